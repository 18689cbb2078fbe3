// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_up.c - `millrace up`.
 */
#include "cli/command.h"
#include "cli/serve.h"
#include "cli/settings.h"
#include "common/base/mr_mem.h"

int cli_run_up(const struct cli_command *command, int argc, char **argv)
{
    const char *file = NULL;
    const char *data = NULL;
    const char *listen = NULL;
    const struct cli_option options[] = {
        { "config", "FILE", "default ./millrace.yaml if it is there; also -c",
          &file, NULL },
        { "data", "DIR", "the data folder (default millrace-data)", &data,
          NULL },
        { "listen", "HOST:PORT", "default 127.0.0.1:7700", &listen, NULL },
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    struct mr_config *config;
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    if (code < 0 && count > 0)
        code = cli_usage(command, "\"%s\" is one word too many", rest[0]);
    mr_free(rest);
    if (code >= 0)
        return code;
    config = settings_load(file != NULL ? file : settings_default_file());
    if (config == NULL)
        return CLI_UNUSABLE;
    code = CLI_UNUSABLE;
    if (serve_override(command, config, "data", data) &&
        serve_override(command, config, "listen", listen))
        code = serve_config(config, NULL, 0);
    mr_config_free(config);
    return code;
}
