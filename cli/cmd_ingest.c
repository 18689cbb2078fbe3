// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_ingest.c - `millrace ingest URL|PATH|-...`: what is given, one by one.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/ingest.h"
#include "cli/remote.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define OUTPUT_MAX ((size_t)256 << 20)

static bool is_input(const char *what)
{
    return strcmp(what, "-") == 0;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

/* What was given, as an object; with --wait after it was waited for. */
static int tell(const struct ingest_wishes *wishes,
                const struct ingest_given *given, struct mr_json_out *out)
{
    int code = CLI_OK;

    mr_json_object_begin(out);
    mr_json_key(out, "given");
    mr_json_put_str(out, given->what);
    if (is_input(given->what)) {
        code = ingest_lines(wishes, out);
    } else {
        mr_json_key(out, "source");
        mr_json_put_text(out, mr_span_str(given->name));
        mr_json_key(out, "job");
        mr_json_put_u64(out, given->job);
        if (wishes->wait && given->name != NULL)
            code = ingest_wait(wishes, given, out);
    }
    mr_json_object_end(out);
    return code;
}

/* Sources first, since the server reads them while we read lines. */
static int ingest(const struct ingest_wishes *wishes, char **whats, int count)
{
    struct ingest_given *given = mr_calloc((size_t)count, sizeof(*given));
    struct mr_buf buf = mr_buf(OUTPUT_MAX);
    struct mr_json_out out = mr_json_out(&buf);
    int worst = CLI_OK;

    for (int i = 0; i < count; i++) {
        given[i].what = whats[i];
        if (!is_input(whats[i]))
            worst = worse(worst, ingest_give(wishes, whats[i], &given[i]));
    }
    mr_json_object_begin(&out);
    mr_json_key(&out, "given");
    mr_json_array_begin(&out);
    for (int i = 0; i < count; i++)
        worst = worse(worst, tell(wishes, &given[i], &out));
    mr_json_array_end(&out);
    mr_json_object_end(&out);
    if (wishes->json)
        (void)printf("%s\n", mr_buf_text(&buf));
    for (int i = 0; i < count; i++)
        mr_free(given[i].name);
    mr_free(given);
    mr_buf_deinit(&buf);
    return worst;
}

static int count_inputs(char **whats, int count)
{
    int inputs = 0;

    for (int i = 0; i < count; i++)
        inputs += is_input(whats[i]) ? 1 : 0;
    return inputs;
}

int cli_run_ingest(const struct cli_command *command, int argc, char **argv)
{
    struct ingest_wishes wishes = { 0 };
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
        { "json", NULL, "print an object: what became of each argument", NULL,
          &wishes.json },
        REMOTE_OPTIONS(wishes.server),
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count == 0)
        code = cli_usage(command, "which URL, folder or file? \"-\" is "
                                  "standard input");
    else if (code < 0 && count_inputs(rest, count) > 1)
        code = cli_usage(command, "standard input can be given once");
    if (code < 0)
        code = cli_check_count(command, "max-pages", wishes.max_pages);
    if (code < 0)
        code = cli_check_count(command, "depth", wishes.depth);
    if (code < 0)
        code = ingest(&wishes, rest, count);
    mr_free(rest);
    return code;
}
