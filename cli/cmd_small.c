// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_small.c - `millrace version` and `millrace completion`.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

int cli_run_version(const struct cli_command *command, int argc, char **argv)
{
    (void)command;
    (void)argc;
    (void)argv;
    (void)printf("millrace %s\n", MILLRACE_VERSION);
    return CLI_OK;
}

/* Options are asked of the command itself, so that they cannot differ. */
static void print_bash(void)
{
    (void)printf("_millrace() {\n"
                 "    local word=${COMP_WORDS[COMP_CWORD]}\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                 "        COMPREPLY=($(compgen -W '");
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++)
        (void)printf("%s ", at->name);
    (void)printf("' -- \"$word\"))\n"
                 "    elif [[ $word == -* ]]; then\n"
                 "        COMPREPLY=($(compgen -W \"$(millrace "
                 "${COMP_WORDS[1]} --help 2>/dev/null |\n"
                 "            grep -o -- '^  --[a-z-]*')\" -- \"$word\"))\n"
                 "    elif [ \"${COMP_WORDS[1]}\" = config ]; then\n"
                 "        COMPREPLY=($(compgen -W 'check show reference' -- "
                 "\"$word\"))\n"
                 "    fi\n"
                 "}\n"
                 "complete -o default -F _millrace millrace\n");
}

int cli_run_completion(const struct cli_command *command, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "bash") == 0) {
        print_bash();
        return CLI_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)printf("usage: millrace completion bash\n\n%s\n",
                     command->details);
        return CLI_OK;
    }
    return cli_usage(command, "which shell? bash is known");
}
