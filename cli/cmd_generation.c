// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_generation.c - `millrace generation show|use|rollback`: which of several
 * generations of the index answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/remote.h"
#include "common/base/mr_mem.h"

#define TIMEOUT_MS 30000L
#define PATH       "/v1/alias"

struct wishes {
    const char *server;
    bool json;
    bool partial;
};

/* Those known: whether they are served, and whole. */
static void show_known(const struct mr_json *list)
{
    for (size_t i = 0; i < mr_json_size(list); i++) {
        const struct mr_json *one = mr_json_at(list, i);
        const struct mr_json *since = mr_json_get(one, "since");

        (void)printf("  generation %-4.0f %s",
                     mr_json_number(mr_json_get(one, "generation"), 0),
                     mr_json_bool(mr_json_get(one, "served"), false)
                         ? "served"
                         : "not served");
        if (since != NULL)
            (void)printf(", PARTIAL: only what was written since %.*s (from "
                         "%.*s)",
                         MR_SPAN_ARG(mr_json_text(since)),
                         MR_SPAN_ARG(mr_json_text(mr_json_get(one, "from"))));
        (void)printf("\n");
    }
}

static int show(const struct wishes *wishes, struct remote_reply *reply)
{
    double generation =
        mr_json_number(mr_json_get(reply->json, "generation"), 0);
    double previous = mr_json_number(mr_json_get(reply->json, "previous"), 0);

    if (reply->exit_code != CLI_OK)
        return reply->exit_code;
    if (wishes->json)
        (void)printf("%.*s\n", (int)reply->body.size,
                     (const char *)reply->body.data);
    else if (previous > 0 && previous != generation)
        (void)printf("generation %.0f answers; before it %.0f did\n",
                     generation, previous);
    else
        (void)printf("generation %.0f answers\n", generation);
    if (!wishes->json)
        show_known(mr_json_get(reply->json, "generations"));
    return CLI_OK;
}

static int call(const struct wishes *wishes, const char *method,
                const char *body)
{
    struct remote_reply reply = remote_call(wishes->server, method, PATH,
                                            mr_span_str(body), TIMEOUT_MS);
    int code = show(wishes, &reply);

    remote_free(&reply);
    return code;
}

static int use(const struct cli_command *command, const struct wishes *wishes,
               const char *number)
{
    char body[80];

    if (number == NULL || cli_check_count(command, "N", number) >= 0)
        return cli_usage(command, "use which generation? it is a number");
    (void)snprintf(body, sizeof(body), "{\"generation\": %lu%s}",
                   strtoul(number, NULL, 10),
                   wishes->partial ? ", \"partial\": true" : "");
    return call(wishes, "PUT", body);
}

static int run(const struct cli_command *command, const struct wishes *wishes,
               char **words, int count)
{
    static const char *const known[] = { "show", "use", "rollback" };
    const char *near;

    if (count == 0 || (count == 1 && strcmp(words[0], "show") == 0))
        return call(wishes, "GET", NULL);
    if (count == 1 && strcmp(words[0], "rollback") == 0)
        return call(wishes, "PUT", "{\"rollback\": true}");
    if (count <= 2 && strcmp(words[0], "use") == 0)
        return use(command, wishes, words[1]);
    near = cli_nearest(words[0], known, 3);
    return cli_usage(command, "\"%s\" is not one of show, use N, rollback%s%s",
                     words[0], near == NULL ? "" : "; did you mean ",
                     near == NULL ? "" : near);
}

int cli_run_generation(const struct cli_command *command, int argc, char **argv)
{
    struct wishes wishes = { 0 };
    const struct cli_option options[] = {
        { "partial", NULL, "use one that begins later than the log, too", NULL,
          &wishes.partial },
        { "json", NULL, "the server's answer as it is", NULL, &wishes.json },
        REMOTE_OPTIONS(wishes.server),
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0)
        code = run(command, &wishes, rest, count);
    mr_free(rest);
    return code;
}
