// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_forget.c - `millrace forget SOURCE...`: a source is read no more.
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/remote.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

/* Deletions of a large source take their time. */
#define TIMEOUT_MS     600000L
#define PATH_BYTES_MAX ((size_t)8 * 1024)

struct wishes {
    const char *server;
    bool documents;
    bool json;
};

static int forget(const struct wishes *wishes, const char *name)
{
    struct mr_buf path = mr_buf(PATH_BYTES_MAX);
    char *segment = remote_segment(name);
    struct remote_reply reply;
    int code;

    mr_buf_printf(&path, "/v1/sources/%s%s", segment,
                  wishes->documents ? "?documents=delete" : "");
    reply = remote_call(wishes->server, "DELETE", mr_buf_text(&path),
                        (struct mr_span){ 0 }, TIMEOUT_MS);
    code = reply.exit_code;
    if (code == CLI_OK && wishes->json)
        (void)printf("%.*s\n", MR_SPAN_ARG(reply.body));
    else if (code == CLI_OK)
        (void)printf("%s is forgotten; what it sent %s\n", name,
                     wishes->documents ? "is deleted" : "stays");
    remote_free(&reply);
    mr_free(segment);
    mr_buf_deinit(&path);
    return code;
}

int cli_run_forget(const struct cli_command *command, int argc, char **argv)
{
    struct wishes wishes = { 0 };
    const struct cli_option options[] = {
        { "documents", NULL, "delete what it sent, too", NULL,
          &wishes.documents },
        { "json", NULL, "the server's answer as it is", NULL, &wishes.json },
        REMOTE_OPTIONS(wishes.server),
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count == 0)
        code = cli_usage(command, "which source? `millrace status` lists them");
    if (code < 0) {
        code = CLI_OK;
        for (int i = 0; i < count; i++) {
            int here = forget(&wishes, rest[i]);

            code = code == CLI_OK ? here : code;
        }
    }
    mr_free(rest);
    return code;
}
