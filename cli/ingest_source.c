// SPDX-License-Identifier: Apache-2.0
/*
 * ingest_source.c - sites, folders and files: given to the server, which reads
 * them now and again by itself; and waiting until all of it is searchable.
 *
 * First until the server says that a source was read to its end, then until
 * the last document that it sent to each partition is known in every mode, and
 * the embedder has nothing left of what came before.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/ingest.h"
#include "cli/remote.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define TIMEOUT_MS     60000L
#define PROBLEMS_SHOWN ((size_t)10)

static double number(const struct mr_json *object, const char *key)
{
    return mr_json_number(mr_json_get(object, key), 0);
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
static int write_source(const struct ingest_wishes *wishes, const char *what,
                        struct mr_buf *buf)
{
    struct mr_json_out out = mr_json_out(buf);
    bool web = strstr(what, "://") != NULL;
    char path[PATH_MAX];

    if (!web && realpath(what, path) == NULL) {
        (void)fprintf(stderr,
                      "millrace ingest: %s: %s (a web site begins with "
                      "https:// or http://)\n",
                      what, strerror(errno));
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

int ingest_give(const struct ingest_wishes *wishes, const char *what,
                struct ingest_given *out)
{
    struct mr_buf body = mr_buf((size_t)1 << 20);
    struct remote_reply reply;
    struct mr_span name;
    int code = write_source(wishes, what, &body);

    out->what = what;
    if (code < 0) {
        reply = remote_call(wishes->server, "POST", "/v1/sources",
                            mr_buf_bytes(&body), TIMEOUT_MS);
        code = reply.exit_code;
        if (code == CLI_OK && reply.json != NULL) {
            name = mr_json_text(mr_json_get(reply.json, "source"));
            out->name = mr_calloc(1, name.size + 1);
            memcpy(out->name, name.data, name.size);
            out->job = (uint64_t)number(reply.json, "job");
            if (!wishes->wait && !wishes->json)
                (void)printf("%s is read as source %s\n", what, out->name);
        }
        remote_free(&reply);
    }
    mr_buf_deinit(&body);
    return code;
}

static void draw(const struct mr_json *source, const char *name)
{
    bool web = mr_json_get(source, "url") != NULL;
    /* A page that did not change was asked for all the same; a file not. */
    double done = number(source, "fetched") + number(source, "failed") +
                  (web ? 0 : number(source, "unchanged"));
    double found = number(source, "found");
    char words[96];

    (void)snprintf(words, sizeof(words), "%.0f of %.0f read, %.0f sent, %.0f/s",
                   done, found, number(source, "sent"), number(source, "rate"));
    ingest_bar(name, found > 0 ? done / found : 0, words);
}

static int wait_for_index(const struct ingest_wishes *wishes,
                          const struct mr_json *source)
{
    const struct mr_json *appended = mr_json_get(source, "appended");
    size_t count = mr_json_size(appended);
    struct ingest_taken *last = mr_calloc(count, sizeof(*last));
    int code;

    for (size_t i = 0; i < count; i++) {
        const struct mr_json *one = mr_json_at(appended, i);
        struct mr_span id = mr_json_text(mr_json_get(one, "id"));

        last[i].version = (uint64_t)number(one, "version");
        last[i].id = mr_calloc(1, id.size + 1);
        if (id.size > 0)
            memcpy(last[i].id, id.data, id.size);
    }
    code = ingest_settle(wishes, last, count);
    for (size_t i = 0; i < count; i++)
        mr_free(last[i].id);
    mr_free(last);
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

/* What else a site's pages may be: told when there are some. */
static void print_others(const struct mr_json *source)
{
    static const struct {
        const char *key;
        const char *words;
    } others[] = { { "redirected", "redirected" },
                   { "forbidden", "forbidden by robots.txt" },
                   { "gone", "gone" },
                   { "left_out", "left out beyond max_pages or depth" } };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (number(source, others[i].key) > 0)
            (void)printf(", %.0f %s", number(source, others[i].key),
                         others[i].words);
    }
    (void)printf("\n");
}

static void print_summary(const struct mr_json *source, const char *name)
{
    (void)printf("%s: %.0f found, %.0f sent, %.0f unchanged, %.0f skipped, "
                 "%.0f deleted, %.0f failed",
                 name, number(source, "found"), number(source, "sent"),
                 number(source, "unchanged"), number(source, "skipped"),
                 number(source, "deleted"), number(source, "failed"));
    print_others(source);
    if (number(source, "skipped") > 0 && number(source, "documents") == 0)
        (void)printf("  nothing there is of a kind that is read: "
                     "docs/sources.md lists them\n");
}

/* The source was read: says how that went. */
static int finish(const struct ingest_wishes *wishes,
                  const struct mr_json *source, const char *name,
                  struct mr_json_out *out)
{
    struct mr_span outcome = mr_json_text(mr_json_get(source, "outcome"));
    bool whole = mr_span_equal(outcome, mr_span_str("done"));
    int code = wait_for_index(wishes, source);

    ingest_bar_clear();
    if (wishes->json) {
        mr_json_key(out, "status");
        mr_json_put_value(out, source);
    } else {
        print_summary(source, name);
    }
    print_problems(source);
    if (!whole)
        (void)fprintf(stderr,
                      "millrace ingest: %s was not read to its end: %.*s\n",
                      name, MR_SPAN_ARG(outcome));
    return code == CLI_OK && !whole ? CLI_FAILED : code;
}

int ingest_wait(const struct ingest_wishes *wishes,
                const struct ingest_given *given, struct mr_json_out *out)
{
    char *segment = remote_segment(given->name);
    struct mr_buf path = mr_buf(4096);
    int code = -1;

    ingest_on_interrupt(INGEST_GOES_ON);
    mr_buf_printf(&path, "/v1/sources/%s", segment);
    while (code < 0) {
        struct remote_reply reply =
            remote_call(wishes->server, "GET", mr_buf_text(&path),
                        (struct mr_span){ 0 }, TIMEOUT_MS);

        if (reply.exit_code != CLI_OK || reply.json == NULL) {
            code = reply.exit_code == CLI_OK ? CLI_FAILED : reply.exit_code;
        } else if ((uint64_t)number(reply.json, "job_ended") >= given->job) {
            code = finish(wishes, reply.json, given->name, out);
        } else {
            draw(reply.json, given->name);
            ingest_pause();
        }
        remote_free(&reply);
    }
    mr_buf_deinit(&path);
    mr_free(segment);
    return code;
}
