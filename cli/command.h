// SPDX-License-Identifier: Apache-2.0
/*
 * command.h - the commands of `millrace`, and what they have in common.
 *
 * Exit codes, the same for all commands:
 *   0  it was done
 *   1  it was understood, but failed; standard error says why
 *   2  the command line is wrong
 *   3  the server cannot be reached
 *   4  the configuration, the data folder, the address or the model is
 *      unusable
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_NO_SERVER = 3,
    CLI_UNUSABLE = 4,
    CLI_FENCED = 5,
};

/* An option: `text` gets its value, or `flag` becomes true. */
struct cli_option {
    const char *name; /* "server", for --server */
    const char *arg;  /* "URL"; NULL: a flag */
    const char *help;
    const char **text;
    bool *flag;
};

struct cli_command {
    const char *name;
    const char *args;    /* "TEXT", for the usage line */
    const char *summary; /* a line */
    const char *details; /* paragraphs and examples, for --help */
    /* `argv[0]` is the command's name. */
    int (*run)(const struct cli_command *command, int argc, char **argv);
};

/* All commands, in the order of --help, ended by one without a name. */
extern const struct cli_command cli_commands[];

/*
 * Takes options out of argv (also "--name=value"; "--" ends them) and leaves
 * what is no option in `rest`, an array of argc + 1 that a NULL ends; *count
 * is their number.  -1: go on; else the exit code: --help was printed, or
 * there is a mistake, which was printed.
 */
int cli_parse(const struct cli_command *command,
              const struct cli_option *options, int argc, char **argv,
              char **rest, int *count);

/* Prints "millrace NAME: ..." to standard error; gives CLI_USAGE. */
int cli_usage(const struct cli_command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* -1 when the option's value (or NULL) is a whole number, else CLI_USAGE, said
 * as above. */
int cli_check_count(const struct cli_command *command, const char *name,
                    const char *value);

/* The known word that is nearest to `word`, or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *known,
                        size_t count);

/* The texts joined by spaces, freed by mr_free(). */
char *cli_join(char **texts, int count);

int cli_run_up(const struct cli_command *command, int argc, char **argv);
int cli_run_worker(const struct cli_command *command, int argc, char **argv);
int cli_run_replay(const struct cli_command *command, int argc, char **argv);
int cli_run_bus(const struct cli_command *command, int argc, char **argv);
int cli_run_generation(const struct cli_command *command, int argc,
                       char **argv);
int cli_run_compare(const struct cli_command *command, int argc, char **argv);
int cli_run_ingest(const struct cli_command *command, int argc, char **argv);
int cli_run_query(const struct cli_command *command, int argc, char **argv);
int cli_run_answer(const struct cli_command *command, int argc, char **argv);
int cli_run_why(const struct cli_command *command, int argc, char **argv);
int cli_run_status(const struct cli_command *command, int argc, char **argv);
int cli_run_delete(const struct cli_command *command, int argc, char **argv);
int cli_run_forget(const struct cli_command *command, int argc, char **argv);
int cli_run_dead(const struct cli_command *command, int argc, char **argv);
int cli_run_fsck(const struct cli_command *command, int argc, char **argv);
int cli_run_eval(const struct cli_command *command, int argc, char **argv);
int cli_run_stage(const struct cli_command *command, int argc, char **argv);
int cli_run_key(const struct cli_command *command, int argc, char **argv);
int cli_run_config(const struct cli_command *command, int argc, char **argv);
int cli_run_completion(const struct cli_command *command, int argc,
                       char **argv);
int cli_run_version(const struct cli_command *command, int argc, char **argv);

#endif
