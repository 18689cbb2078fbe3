// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_dead.c - `millrace dead list|show|retry`: what failed for good.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/remote.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#define TIMEOUT_MS     60000L
#define PATH_BYTES_MAX ((size_t)64 * 1024)

struct wishes {
    const char *server;
    const char *stage;
    const char *limit;
    const char *after;
    bool json;
};

static double number(const struct mr_json *object, const char *key)
{
    return mr_json_number(mr_json_get(object, key), 0);
}

static struct mr_span text(const struct mr_json *object, const char *key)
{
    return mr_json_text(mr_json_get(object, key));
}

static void print_letters(const struct mr_json *reply)
{
    const struct mr_json *letters = mr_json_get(reply, "letters");
    struct mr_span next = text(reply, "next");

    for (size_t i = 0; i < mr_json_size(letters); i++) {
        const struct mr_json *letter = mr_json_at(letters, i);
        struct mr_span stage = text(letter, "stage");
        struct mr_span id = text(letter, "id");
        struct mr_span error = text(letter, "error");
        char place[48];

        (void)snprintf(place, sizeof(place), "%.0f/%.0f",
                       number(letter, "partition"), number(letter, "offset"));
        (void)printf("%-10s %.*s  %-8.*s %.*s: %.*s\n", place,
                     MR_SPAN_ARG(text(letter, "died")), MR_SPAN_ARG(stage),
                     MR_SPAN_ARG(id), MR_SPAN_ARG(error));
    }
    if (mr_json_size(letters) == 0)
        (void)printf("no dead letters\n");
    if (next.data != NULL)
        (void)printf("there are older ones: --after %.*s\n", MR_SPAN_ARG(next));
}

static void print_letter(const struct mr_json *letter)
{
    static const char *const members[] = { "id",   "stage", "code",
                                           "died", "error", "value" };
    const struct mr_json *input = mr_json_get(letter, "input");

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct mr_span member = text(letter, members[i]);

        (void)printf("%-8s %.*s\n", members[i], (int)member.size,
                     (const char *)member.data);
    }
    (void)printf("%-8s %.0f\n", "version", number(letter, "version"));
    (void)printf("%-8s %.*s, partition %.0f, offset %.0f, %.0f bytes\n",
                 "input", MR_SPAN_ARG(text(input, "topic")),
                 number(input, "partition"), number(input, "offset"),
                 number(input, "bytes"));
}

static void print_retried(const struct mr_json *reply)
{
    (void)printf("%.*s is tried again as version %.0f\n",
                 MR_SPAN_ARG(text(reply, "id")), number(reply, "version"));
}

/* Calls and prints; gives the exit code. */
static int call(const struct wishes *wishes, const char *method,
                struct mr_buf *path, void (*print)(const struct mr_json *reply))
{
    struct remote_reply reply =
        remote_call(wishes->server, method, mr_buf_text(path),
                    (struct mr_span){ 0 }, TIMEOUT_MS);
    int code = reply.exit_code;

    if (code == CLI_OK && wishes->json)
        (void)printf("%.*s\n", (int)reply.body.size,
                     (const char *)reply.body.data);
    else if (code == CLI_OK && reply.json != NULL)
        print(reply.json);
    remote_free(&reply);
    return code;
}

static void add_query(struct mr_buf *path, const char *key, const char *value)
{
    char *segment;

    if (value == NULL)
        return;
    segment = remote_segment(value);
    mr_buf_printf(path, "%s%s=%s",
                  memchr(path->data, '?', path->size) == NULL ? "?" : "&", key,
                  segment);
    mr_free(segment);
}

static int list(const struct wishes *wishes)
{
    struct mr_buf path = mr_buf(PATH_BYTES_MAX);
    int code;

    mr_buf_str(&path, "/v1/dead");
    add_query(&path, "stage", wishes->stage);
    add_query(&path, "limit", wishes->limit);
    add_query(&path, "after", wishes->after);
    code = call(wishes, "GET", &path, print_letters);
    mr_buf_deinit(&path);
    return code;
}

/* "0/17": digits, a slash, digits. */
static bool is_place(const char *word)
{
    size_t first = strspn(word, "0123456789");
    size_t second =
        word[first] == '/' ? strspn(word + first + 1, "0123456789") : 0;

    return first > 0 && second > 0 && word[first + 1 + second] == '\0';
}

static int one(const struct cli_command *command, const struct wishes *wishes,
               const char *place, bool retry)
{
    struct mr_buf path = mr_buf(PATH_BYTES_MAX);
    int code;

    if (!is_place(place))
        return cli_usage(command,
                         "\"%s\" should be a letter's place as the list shows "
                         "it, such as 0/17",
                         place);
    mr_buf_printf(&path, "/v1/dead/%s%s", place, retry ? "/retry" : "");
    code = call(wishes, retry ? "POST" : "GET", &path,
                retry ? print_retried : print_letter);
    mr_buf_deinit(&path);
    return code;
}

/* Every letter is tried; the first failure is the exit code. */
static int each(const struct cli_command *command, const struct wishes *wishes,
                char **places, int count, bool retry)
{
    int code = CLI_OK;

    if (count < 1)
        return cli_usage(command, "which letter? `millrace dead list` shows "
                                  "their places, such as 0/17");
    for (int i = 0; i < count; i++) {
        int here = one(command, wishes, places[i], retry);

        code = code == CLI_OK ? here : code;
    }
    return code;
}

int cli_run_dead(const struct cli_command *command, int argc, char **argv)
{
    struct wishes wishes = { 0 };
    const struct cli_option options[] = {
        { "stage", "NAME", "list: letters of this stage only", &wishes.stage,
          NULL },
        { "limit", "N", "list: at most N letters; default 100", &wishes.limit,
          NULL },
        { "after", "PLACE", "list: go on where a list stopped", &wishes.after,
          NULL },
        { "json", NULL, "the server's answer as it is", NULL, &wishes.json },
        REMOTE_OPTIONS(wishes.server),
        { 0 }
    };
    char **rest = mr_calloc((size_t)argc + 1, sizeof(*rest));
    int count;
    int code = cli_parse(command, options, argc, argv, rest, &count);
    const char *verb;

    if (code < 0)
        code = cli_check_count(command, "limit", wishes.limit);
    if (code >= 0) {
        mr_free(rest);
        return code;
    }
    verb = count > 0 ? rest[0] : "";
    if (strcmp(verb, "list") == 0 && count == 1)
        code = list(&wishes);
    else if (strcmp(verb, "show") == 0)
        code = each(command, &wishes, rest + 1, count - 1, false);
    else if (strcmp(verb, "retry") == 0)
        code = each(command, &wishes, rest + 1, count - 1, true);
    else
        code = cli_usage(command, "say list, show PLACE or retry PLACE");
    mr_free(rest);
    return code;
}
