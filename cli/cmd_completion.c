// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_completion.c - `millrace completion bash|zsh|fish`.
 *
 * Commands and the words that may follow them are written into the script;
 * options are asked of the command itself when they are completed, so that
 * they cannot differ.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "common/base/mr_mem.h"

/* How each shell gets the options out of `--help`. */
#define OPTIONS_OF "--help 2>/dev/null | grep -o -- '^  --[a-z-]*'"

/* "list|show|retry" are words, "URL|PATH" are not. */
static bool has_words(const struct cli_command *command)
{
    return command->args[0] >= 'a' && command->args[0] <= 'z' &&
           strspn(command->args, "abcdefghijklmnopqrstuvwxyz|") ==
               strlen(command->args);
}

static void print_words(const struct cli_command *command)
{
    for (const char *at = command->args; *at != '\0'; at++)
        (void)putchar(*at == '|' ? ' ' : *at);
}

static void print_names(void)
{
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++)
        (void)printf("%s%s", at == cli_commands ? "" : " ", at->name);
}

static void print_bash(void)
{
    (void)printf("# bash completion of millrace\n"
                 "_millrace() {\n"
                 "    local word=${COMP_WORDS[COMP_CWORD]} words=''\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                 "        words='help ");
    print_names();
    (void)printf("'\n"
                 "    elif [[ $word == -* ]]; then\n"
                 "        words=$(\"${COMP_WORDS[0]}\" \"${COMP_WORDS[1]}\" "
                 "%s)\n"
                 "    elif [ \"${COMP_WORDS[COMP_CWORD-1]}\" = --mode ]; then\n"
                 "        words='hybrid dense keyword'\n"
                 "    elif [ \"$COMP_CWORD\" -eq 2 ]; then\n"
                 "        case ${COMP_WORDS[1]} in\n"
                 "        help) words='",
                 OPTIONS_OF);
    print_names();
    (void)printf("' ;;\n");
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++) {
        if (!has_words(at))
            continue;
        (void)printf("        %s) words='", at->name);
        print_words(at);
        (void)printf("' ;;\n");
    }
    (void)printf("        esac\n"
                 "    fi\n"
                 "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                 "}\n"
                 "complete -o default -F _millrace millrace\n");
}

/* Between single quotes of zsh and fish; summaries have none of their own. */
static void print_zsh(void)
{
    (void)printf("#compdef millrace\n"
                 "_millrace() {\n"
                 "    local -a found\n"
                 "    if (( CURRENT == 2 )); then\n"
                 "        found=(\n");
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++)
        (void)printf("            '%s:%s'\n", at->name, at->summary);
    (void)printf("        )\n"
                 "        _describe command found\n"
                 "    elif [[ $words[CURRENT] == -* ]]; then\n"
                 "        found=($($words[1] $words[2] %s))\n"
                 "        compadd -a found\n"
                 "    elif [[ $words[CURRENT-1] == --mode ]]; then\n"
                 "        compadd hybrid dense keyword\n"
                 "    elif (( CURRENT == 3 )); then\n"
                 "        case $words[2] in\n",
                 OPTIONS_OF);
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++) {
        if (!has_words(at))
            continue;
        (void)printf("        %s) compadd ", at->name);
        print_words(at);
        (void)printf(" ;;\n");
    }
    (void)printf("        *) _files ;;\n"
                 "        esac\n"
                 "    else\n"
                 "        _files\n"
                 "    fi\n"
                 "}\n"
                 "compdef _millrace millrace\n");
}

static void print_fish(void)
{
    (void)printf("# fish completion of millrace\n");
    for (const struct cli_command *at = cli_commands; at->name != NULL; at++) {
        (void)printf("complete -c millrace -n __fish_use_subcommand -f -a %s "
                     "-d '%s'\n",
                     at->name, at->summary);
        (void)printf("complete -c millrace -n "
                     "'__fish_seen_subcommand_from %s; and string match -q "
                     "-- \"-*\" (commandline -ct)' -f -a '(millrace %s %s | "
                     "string trim)'\n",
                     at->name, at->name,
                     "--help 2>/dev/null | string match -r -- \"^  "
                     "--[a-z-]+\"");
        if (!has_words(at))
            continue;
        (void)printf("complete -c millrace -n '__fish_seen_subcommand_from "
                     "%s' -f -a '",
                     at->name);
        print_words(at);
        (void)printf("'\n");
    }
}

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {
    { "bash", print_bash },
    { "zsh", print_zsh },
    { "fish", print_fish },
};

int cli_run_completion(const struct cli_command *command, int argc, char **argv)
{
    const struct cli_option options[] = { { 0 } };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);

    for (size_t i = 0;
         code < 0 && count == 1 && i < sizeof(shells) / sizeof(shells[0]);
         i++) {
        if (strcmp(rest[0], shells[i].name) == 0) {
            shells[i].print();
            code = CLI_OK;
        }
    }
    if (code < 0)
        code = cli_usage(command, "which shell: bash, zsh or fish?");
    mr_free(rest);
    return code;
}
