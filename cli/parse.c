// SPDX-License-Identifier: Apache-2.0
/*
 * parse.c - command lines: options, help, and words for mistakes.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define WORD_MAX     64u
#define DISTANCE_MAX 3u
#define HELP_COLUMN  24

int cli_usage(const struct cli_command *command, const char *fmt, ...)
{
    va_list args;

    (void)fprintf(stderr, "millrace %s: ", command->name);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fprintf(stderr, "\nmillrace %s --help shows how it is used\n",
                  command->name);
    return CLI_USAGE;
}

int cli_check_count(const struct cli_command *command, const char *name,
                    const char *value)
{
    if (value == NULL ||
        (value[0] != '\0' && value[strspn(value, "0123456789")] == '\0'))
        return -1;
    return cli_usage(command, "--%s %s: should be a whole number", name, value);
}

/* Levenshtein's distance (1966), by one row. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t size = strlen(b);

    if (strlen(a) > WORD_MAX || size > WORD_MAX)
        return WORD_MAX;
    for (size_t k = 0; k <= size; k++)
        row[k] = k;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t k = 1; k <= size; k++) {
            size_t change = diagonal + (a[i - 1] != b[k - 1]);
            size_t add = row[k - 1] < row[k] ? row[k - 1] + 1 : row[k] + 1;

            diagonal = row[k];
            row[k] = change < add ? change : add;
        }
    }
    return row[size];
}

const char *cli_nearest(const char *word, const char *const *known,
                        size_t count)
{
    const char *best = NULL;
    size_t least = DISTANCE_MAX + 1;

    for (size_t i = 0; i < count; i++) {
        size_t here = distance(word, known[i]);

        if (here < least && here < strlen(known[i])) {
            least = here;
            best = known[i];
        }
    }
    return best;
}

static void print_help(const struct cli_command *command,
                       const struct cli_option *options)
{
    (void)printf("usage: millrace %s [options]%s%s\n\n%s\n", command->name,
                 command->args[0] == '\0' ? "" : " ", command->args,
                 command->details);
    (void)printf("\noptions:\n");
    for (; options->name != NULL; options++) {
        char left[64];

        (void)snprintf(left, sizeof(left), "--%s%s%s", options->name,
                       options->arg == NULL ? "" : " ",
                       options->arg == NULL ? "" : options->arg);
        (void)printf("  %-*s %s\n", HELP_COLUMN, left, options->help);
    }
    (void)printf("  %-*s %s\n", HELP_COLUMN, "--help", "print this");
}

static int unknown_option(const struct cli_command *command,
                          const struct cli_option *options, const char *word)
{
    const char *names[32];
    const char *near;
    size_t count = 0;

    for (; options->name != NULL && count < 32; options++)
        names[count++] = options->name;
    near = cli_nearest(word, names, count);
    if (near != NULL)
        return cli_usage(command, "there is no option --%s; did you mean --%s?",
                         word, near);
    return cli_usage(command, "there is no option --%s", word);
}

/* One option at argv[*at]; steps over its value. -1: go on. */
static int take_option(const struct cli_command *command,
                       const struct cli_option *options, int argc, char **argv,
                       int *at)
{
    /* The one short option that everybody expects. */
    const char *word = strcmp(argv[*at], "-c") == 0 ? "config" : argv[*at] + 2;
    const char *equals = strchr(word, '=');
    size_t size = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const struct cli_option *option = options;

    if (strcmp(word, "help") == 0) {
        print_help(command, options);
        return CLI_OK;
    }
    while (option->name != NULL && (strlen(option->name) != size ||
                                    strncmp(option->name, word, size) != 0))
        option++;
    if (option->name == NULL)
        return unknown_option(command, options, word);
    if (option->flag != NULL) {
        if (equals != NULL)
            return cli_usage(command, "--%s takes no value", option->name);
        *option->flag = true;
        return -1;
    }
    if (equals == NULL && *at + 1 == argc)
        return cli_usage(command, "--%s needs a value: %s", option->name,
                         option->arg);
    *option->text = equals == NULL ? argv[++*at] : equals + 1;
    return -1;
}

int cli_parse(const struct cli_command *command,
              const struct cli_option *options, int argc, char **argv,
              char **rest, int *count)
{
    bool ended = false;

    *count = 0;
    for (int i = 1; i < argc; i++) {
        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (!ended && strcmp(argv[i], "-h") == 0) {
            print_help(command, options);
            return CLI_OK;
        } else if (!ended && (strncmp(argv[i], "--", 2) == 0 ||
                              strcmp(argv[i], "-c") == 0)) {
            int code = take_option(command, options, argc, argv, &i);

            if (code >= 0)
                return code;
        } else if (!ended && argv[i][0] == '-' && argv[i][1] != '\0') {
            return cli_usage(command, "there is no option %s", argv[i]);
        } else {
            rest[(*count)++] = argv[i];
        }
    }
    rest[*count] = NULL;
    return -1;
}

char *cli_join(char **texts, int count)
{
    struct mr_buf buf = mr_buf((size_t)1 << 30);

    for (int i = 0; i < count; i++) {
        if (i > 0)
            mr_buf_byte(&buf, ' ');
        mr_buf_str(&buf, texts[i]);
    }
    (void)mr_buf_text(&buf);
    return (char *)buf.data;
}
