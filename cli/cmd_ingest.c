// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_ingest.c - `millrace ingest URL|PATH...`: gives sources to the running
 * server, which reads them now and again by itself.
 *
 * With --wait it stays until everything that was given has its final state in
 * every mode: first until the server says that the sources were read to their
 * end, then until the last document that each of them sent is known to the
 * index.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/remote.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define TIMEOUT_MS     60000L
#define POLL_NS        200000000L
#define BAR_WIDTH      24
#define PROBLEMS_SHOWN ((size_t)10)

struct wishes {
    const char *server;
    const char *max_pages;
    const char *depth;
    bool allow_private;
    bool wait;
};

/* What the server made of one argument. */
struct given {
    char *name;
    uint64_t job;
};

static double number(const struct mr_json *object, const char *key)
{
    return mr_json_number(mr_json_get(object, key), 0);
}

static void pause_a_little(void)
{
    struct timespec wait = { .tv_nsec = POLL_NS };

    (void)nanosleep(&wait, NULL);
}

static void put_number(struct mr_json_out *out, const char *key,
                       const char *text)
{
    if (text == NULL)
        return;
    mr_json_key(out, key);
    mr_json_put_number(out, strtod(text, NULL));
}

/* The body that gives one source; -1, or the exit code. */
static int write_source(const struct wishes *wishes, const char *what,
                        struct mr_buf *buf)
{
    struct mr_json_out out = mr_json_out(buf);
    bool web = strstr(what, "://") != NULL;
    char path[PATH_MAX];

    if (!web && realpath(what, path) == NULL) {
        (void)fprintf(stderr, "millrace ingest: %s: %s\n", what,
                      strerror(errno));
        return CLI_FAILED;
    }
    mr_json_object_begin(&out);
    mr_json_key(&out, web ? "url" : "path");
    mr_json_put_str(&out, web ? what : path);
    if (web) {
        put_number(&out, "max_pages", wishes->max_pages);
        put_number(&out, "depth", wishes->depth);
    }
    if (web && wishes->allow_private) {
        mr_json_key(&out, "allow_private");
        mr_json_put_bool(&out, true);
    }
    mr_json_object_end(&out);
    return -1;
}

static int give(const struct wishes *wishes, const char *what,
                struct given *out)
{
    struct mr_buf body = mr_buf((size_t)1 << 20);
    struct remote_reply reply;
    struct mr_span name;
    int code = write_source(wishes, what, &body);

    if (code < 0) {
        reply = remote_call(wishes->server, "POST", "/v1/sources",
                            mr_buf_bytes(&body), TIMEOUT_MS);
        code = reply.exit_code;
        if (code == CLI_OK && reply.json != NULL) {
            name = mr_json_text(mr_json_get(reply.json, "source"));
            out->name = mr_calloc(1, name.size + 1);
            memcpy(out->name, name.data, name.size);
            out->job = (uint64_t)number(reply.json, "job");
            if (!wishes->wait)
                (void)printf("%s is read as source %s\n", what, out->name);
        }
        remote_free(&reply);
    }
    mr_buf_deinit(&body);
    return code;
}

static void draw(const struct mr_json *source, const char *name)
{
    double found = number(source, "found");
    double done = number(source, "fetched") + number(source, "failed");
    int filled = found > 0 ? (int)(done / found * BAR_WIDTH) : 0;

    if (isatty(STDERR_FILENO) == 0)
        return;
    filled = filled > BAR_WIDTH ? BAR_WIDTH : filled;
    (void)fprintf(stderr, "\r%s [", name);
    for (int i = 0; i < BAR_WIDTH; i++)
        (void)fputc(i < filled ? '#' : '.', stderr);
    (void)fprintf(stderr, "] %.0f of %.0f, %.0f sent, %.0f/s   ", done, found,
                  number(source, "sent"), number(source, "rate"));
}

/* Until the last document of each partition is known in every mode. */
static int wait_for_index(const struct wishes *wishes,
                          const struct mr_json *source)
{
    const struct mr_json *appended = mr_json_get(source, "appended");
    int code = CLI_OK;

    for (size_t i = 0; code == CLI_OK && i < mr_json_size(appended); i++) {
        const struct mr_json *last = mr_json_at(appended, i);
        struct mr_span id = mr_json_text(mr_json_get(last, "id"));
        struct mr_buf body = mr_buf((size_t)1 << 20);
        struct mr_json_out out = mr_json_out(&body);
        struct remote_reply reply = { .status = 503 };

        mr_json_object_begin(&out);
        mr_json_key(&out, "query");
        mr_json_put_str(&out, "x");
        mr_json_key(&out, "top_k");
        mr_json_put_u64(&out, 1);
        mr_json_key(&out, "draft");
        mr_json_put_bool(&out, true);
        mr_json_key(&out, "at_least");
        mr_buf_printf(&body, "\"%016" PRIx64 "-",
                      (uint64_t)number(last, "version"));
        for (size_t k = 0; k < id.size; k++) {
            if (id.data[k] == '"' || id.data[k] == '\\')
                mr_buf_byte(&body, '\\');
            mr_buf_byte(&body, id.data[k]);
        }
        mr_buf_byte(&body, '"');
        mr_json_object_end(&out);
        /* The server waits some seconds at a time. */
        while (code == CLI_OK && reply.status == 503) {
            reply = remote_quiet(wishes->server, "POST", "/v1/search",
                                 mr_buf_bytes(&body), TIMEOUT_MS);
            code = reply.status == 503 || reply.status == 200 ? CLI_OK
                                                              : CLI_FAILED;
            remote_free(&reply);
        }
        mr_buf_deinit(&body);
    }
    return code;
}

static void print_problems(const struct mr_json *source)
{
    const struct mr_json *problems = mr_json_get(source, "problems");
    size_t count = mr_json_size(problems);

    for (size_t i = 0; i < count && i < PROBLEMS_SHOWN; i++) {
        const struct mr_json *problem = mr_json_at(problems, i);

        (void)fprintf(
            stderr, "  %.*s: %.*s\n",
            MR_SPAN_ARG(mr_json_text(mr_json_get(problem, "where"))),
            MR_SPAN_ARG(mr_json_text(mr_json_get(problem, "problem"))));
    }
    if (count > PROBLEMS_SHOWN)
        (void)fprintf(stderr, "  and %zu more; see `millrace status --json`\n",
                      count - PROBLEMS_SHOWN);
}

/* The source was read: says how that went. */
static int finish(const struct wishes *wishes, const struct mr_json *source,
                  const char *name)
{
    struct mr_span outcome = mr_json_text(mr_json_get(source, "outcome"));
    bool whole = mr_span_equal(outcome, mr_span_str("done"));
    int code = wait_for_index(wishes, source);

    if (isatty(STDERR_FILENO) == 1)
        (void)fprintf(stderr, "\r%*s\r", 100, "");
    (void)printf("%s: %.0f found, %.0f sent, %.0f unchanged, %.0f skipped, "
                 "%.0f deleted, %.0f failed\n",
                 name, number(source, "found"), number(source, "sent"),
                 number(source, "unchanged"), number(source, "skipped"),
                 number(source, "deleted"), number(source, "failed"));
    print_problems(source);
    if (!whole)
        (void)fprintf(stderr,
                      "millrace ingest: %s was not read to its end: "
                      "%.*s\n",
                      name, MR_SPAN_ARG(outcome));
    return code == CLI_OK && whole ? CLI_OK : CLI_FAILED;
}

static int wait_for(const struct wishes *wishes, const struct given *given)
{
    char *segment = remote_segment(given->name);
    struct mr_buf path = mr_buf(4096);
    int code = -1;

    mr_buf_printf(&path, "/v1/sources/%s", segment);
    while (code < 0) {
        struct remote_reply reply =
            remote_call(wishes->server, "GET", mr_buf_text(&path),
                        (struct mr_span){ 0 }, TIMEOUT_MS);

        if (reply.exit_code != CLI_OK || reply.json == NULL) {
            code = reply.exit_code == CLI_OK ? CLI_FAILED : reply.exit_code;
        } else if ((uint64_t)number(reply.json, "job_ended") >= given->job) {
            code = finish(wishes, reply.json, given->name);
        } else {
            draw(reply.json, given->name);
            pause_a_little();
        }
        remote_free(&reply);
    }
    mr_buf_deinit(&path);
    mr_free(segment);
    return code;
}

int cli_run_ingest(const struct cli_command *command, int argc, char **argv)
{
    struct wishes wishes = { 0 };
    const struct cli_option options[] = {
        { "wait", NULL, "return when all of it is searchable", NULL,
          &wishes.wait },
        { "allow-private", NULL,
          "addresses on this machine and in private "
          "networks too",
          NULL, &wishes.allow_private },
        { "max-pages", "N", "of one crawl (default 1000)", &wishes.max_pages,
          NULL },
        { "depth", "N", "links from the first page (default 8)", &wishes.depth,
          NULL },
        { "server", "URL", "default " REMOTE_DEFAULT ", or MILLRACE_SERVER",
          &wishes.server, NULL },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct given *given = mr_calloc((size_t)argc, sizeof(*given));
    int count;
    int worst = CLI_OK;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count == 0)
        code = cli_usage(command, "which URL, folder or file?");
    for (int i = 0; code < 0 && i < count; i++) {
        int one = give(&wishes, rest[i], &given[i]);

        worst = one > worst ? one : worst;
    }
    for (int i = 0; code < 0 && wishes.wait && i < count; i++) {
        int one = given[i].name == NULL ? CLI_OK : wait_for(&wishes, &given[i]);

        worst = one > worst ? one : worst;
    }
    for (int i = 0; i < argc; i++)
        mr_free(given[i].name);
    mr_free(given);
    mr_free(rest);
    return code < 0 ? worst : code;
}
