// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_version.c - `millrace version`.
 */
#include <stdio.h>

#include "cli/command.h"
#include "common/base/mr_mem.h"

int cli_run_version(const struct cli_command *command, int argc, char **argv)
{
    bool json = false;
    const struct cli_option options[] = {
        { "json", NULL, "print an object", NULL, &json }, { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count > 0)
        code = cli_usage(command, "\"%s\" is one word too many", rest[0]);
    mr_free(rest);
    if (code >= 0)
        return code;
    (void)printf(json ? "{\"version\": \"%s\"}\n" : "millrace %s\n",
                 MILLRACE_VERSION);
    return CLI_OK;
}
