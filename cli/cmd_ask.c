// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_ask.c - `millrace query` and `millrace answer`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer_replay.h"
#include "cli/command.h"
#include "cli/remote.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define TEXT_COLUMNS   300
#define BEFORE_COLUMNS ((size_t)60)
#define TIMEOUT_MS     120000L

struct wishes {
    const char *server;
    const char *mode;
    const char *top_k;
    const char *filter;
    bool explain;
    bool exact;
    bool json;
};

/* {"query", and what was asked for}; the server checks the values. */
static void write_request(const struct wishes *wishes, const char *query,
                          struct mr_buf *buf)
{
    struct mr_json_out out = mr_json_out(buf);

    mr_json_object_begin(&out);
    mr_json_key(&out, "query");
    mr_json_put_str(&out, query);
    if (wishes->mode != NULL) {
        mr_json_key(&out, "mode");
        mr_json_put_str(&out, wishes->mode);
    }
    if (wishes->top_k != NULL) {
        mr_json_key(&out, "top_k");
        mr_json_put_number(&out, strtod(wishes->top_k, NULL));
    }
    if (wishes->explain) {
        mr_json_key(&out, "explain");
        mr_json_put_bool(&out, true);
    }
    if (wishes->exact) {
        mr_json_key(&out, "exact");
        mr_json_put_bool(&out, true);
    }
    if (wishes->filter != NULL) {
        mr_json_key(&out, "filter");
        mr_buf_str(buf, wishes->filter);
    }
    mr_json_object_end(&out);
}

static void print_span(struct mr_span text)
{
    (void)fwrite(text.data, 1, text.size, stdout);
}

static size_t place(const struct mr_json *highlight, size_t nth)
{
    return (size_t)mr_json_number(mr_json_at(highlight, nth), 0);
}

/* Where the TEXT_COLUMNS bytes begin that show most of the words that were
 * found, with a few words before them; 0 when the beginning is as good. */
static size_t best_start(struct mr_span text, const struct mr_json *highlights)
{
    size_t count = mr_json_size(highlights);
    size_t most = 0;
    size_t best = 0;
    size_t end;

    for (size_t i = 0; i < count; i++) {
        size_t first = place(mr_json_at(highlights, i), 0);
        size_t from = first > BEFORE_COLUMNS ? first - BEFORE_COLUMNS : 0;
        size_t seen = 0;

        for (size_t k = i; k < count; k++)
            seen += place(mr_json_at(highlights, k), 1) <= from + TEXT_COLUMNS;
        if (seen > most) {
            most = seen;
            best = from;
        }
    }
    if (text.size <= TEXT_COLUMNS || best <= BEFORE_COLUMNS)
        return 0;
    /* To the beginning of a word; the first that was found is one. */
    end = best + BEFORE_COLUMNS;
    while (best < end && best < text.size && text.data[best - 1] > 0x20)
        best++;
    return best;
}

/* A text on one line, cut at TEXT_COLUMNS bytes between characters. */
static void print_line(struct mr_span text, size_t from)
{
    size_t end =
        text.size - from < TEXT_COLUMNS ? text.size : from + TEXT_COLUMNS;

    while (end < text.size && end > from && (text.data[end] & 0xC0) == 0x80)
        end--;
    (void)printf("%s", from > 0 ? "…" : "");
    for (size_t i = from; i < end; i++)
        (void)putchar(text.data[i] < 0x20 ? ' ' : text.data[i]);
    (void)printf("%s\n", end < text.size ? "…" : "");
}

static void print_hit(const struct mr_json *hit, size_t number)
{
    struct mr_span title = mr_json_text(mr_json_get(hit, "title"));
    struct mr_span url = mr_json_text(mr_json_get(hit, "url"));
    struct mr_span id = mr_json_text(mr_json_get(hit, "document"));
    struct mr_span text = mr_json_text(mr_json_get(hit, "text"));

    (void)printf("%zu. ", number);
    print_span(title.size > 0 ? title : id);
    (void)printf("  (%.3f)\n   ", mr_json_number(mr_json_get(hit, "score"), 0));
    print_span(url.size > 0 ? url : id);
    (void)printf("\n   ");
    print_line(text, best_start(text, mr_json_get(hit, "highlights")));
}

static void print_footer(const struct mr_json *reply, const char *what)
{
    struct mr_span problem = mr_json_text(mr_json_get(reply, "problem"));

    (void)printf("\n%zu %s in %.0f ms",
                 mr_json_size(mr_json_get(reply, "hits")), what,
                 mr_json_number(mr_json_get(reply, "took_ms"), 0));
    if (problem.data != NULL)
        (void)printf("; PARTIAL: %.*s", MR_SPAN_ARG(problem));
    (void)printf("\n");
}

static void print_hits(const struct mr_json *reply)
{
    const struct mr_json *hits = mr_json_get(reply, "hits");

    for (size_t i = 0; i < mr_json_size(hits); i++)
        print_hit(mr_json_at(hits, i), i + 1);
    if (mr_json_size(hits) == 0)
        (void)printf("nothing found\n");
    print_footer(reply, "hits");
}

/* The headings that the cited passage stands under, unless they are only the
 * title. */
static struct mr_span place_of(const struct mr_json *citation,
                               const struct mr_json *hits)
{
    double hit = mr_json_number(mr_json_get(citation, "hit"), -1);
    struct mr_span title = mr_json_text(mr_json_get(citation, "title"));
    struct mr_span headings = { 0 };

    if (hit >= 0 && hit < (double)mr_json_size(hits))
        headings = mr_json_text(
            mr_json_get(mr_json_at(hits, (size_t)hit), "headings"));
    return mr_span_equal(headings, title) ? (struct mr_span){ 0 } : headings;
}

static void print_citation(const struct mr_json *citation,
                           const struct mr_json *hits)
{
    struct mr_span title = mr_json_text(mr_json_get(citation, "title"));
    struct mr_span url = mr_json_text(mr_json_get(citation, "url"));
    struct mr_span id = mr_json_text(mr_json_get(citation, "document"));
    struct mr_span place = place_of(citation, hits);

    (void)printf("[%.0f] ", mr_json_number(mr_json_get(citation, "number"), 0));
    print_span(title.size > 0 ? title : id);
    if (place.size > 0)
        (void)printf(", ");
    for (size_t i = 0; i < place.size; i++)
        (void)putchar(place.data[i] < 0x20 ? ' ' : place.data[i]);
    (void)printf("  ");
    print_span(url.size > 0 ? url : id);
    (void)printf("\n");
}

static void print_answer(const struct mr_json *reply)
{
    const struct mr_json *citations = mr_json_get(reply, "citations");

    print_span(mr_json_text(mr_json_get(reply, "answer")));
    (void)printf("\n");
    for (size_t i = 0; i < mr_json_size(citations); i++) {
        if (i == 0)
            (void)printf("\n");
        print_citation(mr_json_at(citations, i), mr_json_get(reply, "hits"));
    }
    print_footer(reply, "passages were looked at");
}

/* What goes into the request as it is; -1, or the exit code. */
static int check(const struct cli_command *command, const struct wishes *wishes)
{
    struct mr_json *filter;
    struct mr_err err = { 0 };
    int code = cli_check_count(command, "top-k", wishes->top_k);

    if (code >= 0)
        return code;
    if (wishes->filter == NULL)
        return -1;
    if (mr_json_parse(mr_span_str(wishes->filter), &filter, &err) != MR_OK)
        return cli_usage(command,
                         "--filter should be an object such as "
                         "'{\"lang\": \"en\"}': %s",
                         err.text);
    mr_json_free(filter);
    return -1;
}

/* Of `millrace answer` only. */
static bool can_replay(const struct cli_command *command)
{
    return strcmp(command->name, "answer") == 0;
}

static int replay(const struct cli_command *command,
                  const struct wishes *wishes, struct answer_replay *again,
                  int count)
{
    if (count > 0)
        return cli_usage(command, "--replay takes an event and no question");
    again->server = wishes->server;
    again->json = wishes->json;
    return answer_replay(command, again);
}

static int ask(const struct cli_command *command, const char *path, int argc,
               char **argv, void (*print)(const struct mr_json *reply))
{
    struct wishes wishes = { 0 };
    struct answer_replay again = { 0 };
    const struct cli_option options[] = {
        { "mode", "MODE", "hybrid, dense or keyword (default: the server's)",
          &wishes.mode, NULL },
        { "top-k", "N", "how many passages", &wishes.top_k, NULL },
        { "filter", "JSON", "only documents with this metadata", &wishes.filter,
          NULL },
        { "explain", NULL, "what each score is made of (with --json)", NULL,
          &wishes.explain },
        { "exact", NULL, "no approximate search", NULL, &wishes.exact },
        { "json", NULL, "the server's answer as it is", NULL, &wishes.json },
        REMOTE_OPTIONS(wishes.server),
        { can_replay(command) ? "replay" : NULL, "EVENT",
          "no question: the prompt of an earlier answer once more",
          &again.event, NULL },
        { "data", "DIR",
          "with --replay: from this folder, on which no server runs",
          &again.data, NULL },
        { "config", "FILE",
          "with --data: default ./millrace.yaml if it is there; also -c",
          &again.file, NULL },
        { 0 }
    };
    struct mr_buf request = mr_buf((size_t)1 << 20);
    struct remote_reply reply;
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    char *query;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && again.event != NULL)
        code = replay(command, &wishes, &again, count);
    if (code < 0 && (again.data != NULL || again.file != NULL))
        code = cli_usage(command, "--data and --config go with --replay");
    if (code < 0 && count == 0)
        code = cli_usage(command, "what is the question?");
    if (code < 0)
        code = check(command, &wishes);
    if (code >= 0) {
        mr_free(rest);
        return code;
    }
    query = cli_join(rest, count);
    write_request(&wishes, query, &request);
    reply = remote_call(wishes.server, "POST", path, mr_buf_bytes(&request),
                        TIMEOUT_MS);
    if (reply.exit_code == CLI_OK && wishes.json) {
        print_span(reply.body);
        (void)printf("\n");
    } else if (reply.exit_code == CLI_OK && reply.json != NULL) {
        print(reply.json);
    }
    code = reply.exit_code;
    remote_free(&reply);
    mr_buf_deinit(&request);
    mr_free(query);
    mr_free(rest);
    return code;
}

int cli_run_query(const struct cli_command *command, int argc, char **argv)
{
    return ask(command, "/v1/search", argc, argv, print_hits);
}

int cli_run_answer(const struct cli_command *command, int argc, char **argv)
{
    return ask(command, "/v1/answer", argc, argv, print_answer);
}
