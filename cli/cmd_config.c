// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_config.c - `millrace config check|show|reference`.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"

#define OUTPUT_MAX ((size_t)4 << 20)

static void print_buf(struct mr_buf *buf)
{
    (void)fputs(mr_buf_text(buf), stdout);
    mr_buf_deinit(buf);
}

static int reference(void)
{
    struct mr_buf out = mr_buf(OUTPUT_MAX);

    mr_config_reference(&out);
    print_buf(&out);
    return CLI_OK;
}

static int with_file(const char *file, bool show)
{
    struct mr_config *config = settings_load(file);
    struct mr_buf out = mr_buf(OUTPUT_MAX);

    if (config == NULL)
        return CLI_UNUSABLE;
    if (show)
        mr_config_show(config, &out);
    else
        mr_buf_printf(&out, "%s: no mistakes\n",
                      file == NULL ? "defaults" : file);
    print_buf(&out);
    mr_config_free(config);
    return CLI_OK;
}

int cli_run_config(const struct cli_command *command, int argc, char **argv)
{
    const char *file = NULL;
    const struct cli_option options[] = {
        { "config", "FILE", "default ./millrace.yaml if it is there; also -c",
          &file, NULL },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);
    const char *verb = code < 0 && count > 0 ? rest[0] : "";

    if (file == NULL)
        file = count > 1 ? rest[1] : settings_default_file();
    if (code < 0 && (count < 1 || count > 2))
        code = cli_usage(command, "say check, show or reference");
    else if (code < 0 && strcmp(verb, "check") == 0)
        code = with_file(file, false);
    else if (code < 0 && strcmp(verb, "show") == 0)
        code = with_file(file, true);
    else if (code < 0 && strcmp(verb, "reference") == 0)
        code = reference();
    else if (code < 0)
        code = cli_usage(command, "\"%s\" should be check, show or reference",
                         verb);
    mr_free(rest);
    return code;
}
