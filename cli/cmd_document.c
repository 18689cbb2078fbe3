// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_document.c - `millrace why ID` and `millrace delete ID`.
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/remote.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define TIMEOUT_MS 120000L

/* Calls `method` on <path><id><query> for the one id of the command line. */
static int call(const struct cli_command *command, int argc, char **argv,
                const char *method, const char *path, const char *query,
                void (*print)(const struct mr_json *reply))
{
    const char *server = NULL;
    bool json = false;
    const struct cli_option options[] = {
        { "json", NULL, "the server's answer as it is", NULL, &json },
        REMOTE_OPTIONS(server),
        { 0 }
    };
    struct mr_buf whole = mr_buf((size_t)1 << 20);
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct remote_reply reply;
    char *segment;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count != 1)
        code = cli_usage(command, "one document's id is needed");
    if (code < 0) {
        segment = remote_segment(rest[0]);
        mr_buf_printf(&whole, "%s%s%s", path, segment, query);
        reply = remote_call(server, method, mr_buf_text(&whole),
                            (struct mr_span){ 0 }, TIMEOUT_MS);
        code = reply.exit_code;
        if (code == CLI_OK && json)
            (void)printf("%.*s\n", (int)reply.body.size,
                         (const char *)reply.body.data);
        else if (code == CLI_OK && reply.json != NULL)
            print(reply.json);
        remote_free(&reply);
        mr_free(segment);
    }
    mr_buf_deinit(&whole);
    mr_free(rest);
    return code;
}

static void line(const char *name, struct mr_span text)
{
    if (text.size > 0)
        (void)printf("%-10s %.*s\n", name, (int)text.size,
                     (const char *)text.data);
}

/* When, by whom, and as which version it was deleted. */
static void print_deletion(const struct mr_json *reply)
{
    const struct mr_json *raw = mr_json_get(reply, "raw");
    struct mr_span by = mr_json_text(mr_json_get(raw, "deleted_by"));
    struct mr_span source = mr_json_text(mr_json_get(raw, "source"));
    struct mr_span at = mr_json_text(mr_json_get(raw, "arrived"));

    if (by.size == 0)
        return;
    (void)printf("%-10s %.*s, ", "deleted", MR_SPAN_ARG(at));
    if (mr_span_equal(by, mr_span_str("sweep")))
        (void)printf("by the sweep of source %.*s (it is gone there, or the "
                     "source was forgotten)",
                     MR_SPAN_ARG(source));
    else if (mr_span_equal(by, mr_span_str("source")))
        (void)printf("by a delete that source %.*s read", MR_SPAN_ARG(source));
    else
        (void)printf("by a request");
    (void)printf(", version %.0f\n",
                 mr_json_number(mr_json_get(reply, "version"), 0));
}

static void print_story(const struct mr_json *reply)
{
    const struct mr_json *raw = mr_json_get(reply, "raw");
    const struct mr_json *lineage = mr_json_get(reply, "lineage");

    line("document", mr_json_text(mr_json_get(reply, "id")));
    line("title", mr_json_text(mr_json_get(reply, "title")));
    line("url", mr_json_text(mr_json_get(reply, "url")));
    line("state", mr_json_text(mr_json_get(reply, "state")));
    line("because", mr_json_text(mr_json_get(reply, "reason")));
    print_deletion(reply);
    line("arrived", mr_json_text(mr_json_get(raw, "arrived")));
    line("from", mr_json_text(mr_json_get(raw, "source")));
    (void)printf("%-10s %.0f (content %.0f)\n", "version",
                 mr_json_number(mr_json_get(reply, "version"), 0),
                 mr_json_number(mr_json_get(reply, "content_version"), 0));
    (void)printf("%-10s raw %.0f, clean %.0f, verdicts %.0f, documents %.0f\n",
                 "offsets", mr_json_number(mr_json_get(raw, "offset"), 0),
                 mr_json_number(mr_json_get(lineage, "clean_offset"), 0),
                 mr_json_number(mr_json_get(lineage, "verdict_offset"), 0),
                 mr_json_number(mr_json_get(lineage, "documents_offset"), 0));
    (void)printf("%-10s %.0f\n", "passages",
                 mr_json_number(mr_json_get(reply, "passages"), 0));
}

int cli_run_why(const struct cli_command *command, int argc, char **argv)
{
    return call(command, argc, argv, "GET", "/v1/why/", "", print_story);
}

static void print_state(const struct mr_json *reply)
{
    struct mr_span state = mr_json_text(mr_json_get(reply, "state"));

    bool seen = mr_json_number(mr_json_get(reply, "content_version"), 0) > 0;

    if (state.data != NULL)
        (void)printf("%.*s%s\n", MR_SPAN_ARG(state),
                     seen ? "" : "; it was never seen here, is the id right?");
    else
        (void)printf("accepted; not yet applied\n");
}

int cli_run_delete(const struct cli_command *command, int argc, char **argv)
{
    return call(command, argc, argv, "DELETE", "/v1/documents/", "?wait=true",
                print_state);
}
