// SPDX-License-Identifier: Apache-2.0
/*
 * config.c - see config.h.
 */
#include "common/runtime/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/config_internal.h"

static_assert(MR_ERR_TEXT_MAX <= UINT16_MAX, "texts of problems are short");

void mr_config_problems_deinit(struct mr_config_problems *problems)
{
    mr_free(problems->items);
    *problems = (struct mr_config_problems){ 0 };
}

/* Words may hold what the file holds: lines stay lines. */
static void make_harmless(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            *text = ' ';
    }
}

void mr_config_complain(struct mr_config_problems *problems, uint32_t line,
                        uint32_t column, const char *fmt, ...)
{
    struct mr_config_problem problem = { .line = line, .column = column };
    size_t at = problems->count;
    va_list args;

    if (mr_config_hopeless(problems))
        return;
    va_start(args, fmt);
    (void)vsnprintf(problem.text, sizeof(problem.text), fmt, args);
    va_end(args);
    make_harmless(problem.text);
    problems->items = mr_realloc_array(problems->items, problems->count + 1,
                                       sizeof(*problems->items));
    for (; at > 0 && problems->items[at - 1].line > line; at--)
        problems->items[at] = problems->items[at - 1];
    problems->items[at] = problem;
    problems->count++;
}

void mr_config_problems_print(const struct mr_config_problems *problems,
                              const char *file, struct mr_buf *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct mr_config_problem *problem = &problems->items[i];

        if (file != NULL)
            mr_buf_printf(out, "%s:", file);
        if (problem->line > 0)
            mr_buf_printf(out, "%u:%u:", problem->line, problem->column);
        mr_buf_printf(out, "%s%s\n",
                      file != NULL || problem->line > 0 ? " " : "",
                      problem->text);
    }
    if (mr_config_hopeless(problems))
        mr_buf_printf(out,
                      "more than %u mistakes: the rest was not looked "
                      "for\n",
                      MR_CONFIG_PROBLEMS_MAX);
}

void mr_config_free(struct mr_config *config)
{
    if (config == NULL)
        return;
    mr_free(config->sources);
    mr_arena_free(config->arena);
    mr_free(config);
}

enum mr_code mr_config_parse(struct mr_span text, const char *file,
                             struct mr_config **out,
                             struct mr_config_problems *problems)
{
    struct mr_config *config = mr_config_new(file);

    *out = NULL;
    if (text.size > MR_CONFIG_BYTES_MAX)
        mr_config_complain(problems, 0, 0,
                           "the file has %zu bytes, at most %zu", text.size,
                           MR_CONFIG_BYTES_MAX);
    else if (text.size > 0)
        mr_config_read_yaml(text, config, problems);
    mr_config_check(config, problems);
    if (problems->count > 0) {
        mr_config_free(config);
        return MR_E_CONFIG;
    }
    *out = config;
    return MR_OK;
}

/* The whole file, or up to `limit` + 1 bytes of it, into an empty buffer. */
static enum mr_code read_file(const char *path, size_t limit,
                              struct mr_buf *out, struct mr_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum mr_code code = MR_OK;
    char part[4096];
    ssize_t size = 1;

    if (fd < 0)
        return mr_fail(err, MR_E_CONFIG, "cannot be read: %s", strerror(errno));
    while (size > 0 && out->size <= limit) {
        size = read(fd, part, sizeof(part));
        if (size < 0 && errno == EINTR)
            size = 1;
        else if (size < 0)
            code = mr_fail(err, MR_E_CONFIG, "cannot be read: %s",
                           strerror(errno));
        else
            mr_buf_append(out, part, (size_t)size);
    }
    explicit_bzero(part, sizeof(part)); /* it may have held a secret */
    (void)close(fd);
    return code;
}

enum mr_code mr_config_load(const char *path, struct mr_config **out,
                            struct mr_config_problems *problems)
{
    struct mr_buf text = mr_buf(2 * MR_CONFIG_BYTES_MAX);
    struct mr_err err;
    enum mr_code code = MR_OK;

    *out = NULL;
    if (path != NULL)
        code = read_file(path, MR_CONFIG_BYTES_MAX, &text, &err);
    if (code == MR_OK)
        code = mr_config_parse(mr_buf_bytes(&text), path, out, problems);
    else
        mr_config_complain(problems, 0, 0, "%s", err.text);
    mr_buf_deinit(&text);
    return code;
}

enum mr_code mr_config_set(struct mr_config *config, const char *key,
                           const char *value, struct mr_err *err)
{
    size_t nth = mr_config_find(&mr_config_keys, mr_span_str(key));
    const struct mr_config_row *row = &mr_config_keys.rows[nth];
    struct mr_config_problems problems = { 0 };
    struct mr_config_origin origin;
    union mr_config_value before;
    union mr_config_value after;
    struct mr_err why;

    if (nth == mr_config_keys.count)
        return mr_fail(err, MR_E_CONFIG, "%s: there is no such key", key);
    if (mr_config_read_value(row, mr_span_str(value), config->arena, &after,
                             &why) != MR_OK)
        return mr_fail(err, MR_E_CONFIG, "%s: %s", key, why.text);
    before = mr_config_fetch(row, config);
    origin = config->origins[nth];
    mr_config_store(row, config, after);
    config->origins[nth] =
        (struct mr_config_origin){ .from = MR_CONFIG_FROM_COMMAND };
    mr_config_check(config, &problems);
    if (problems.count == 0)
        return MR_OK;
    mr_config_store(row, config, before);
    config->origins[nth] = origin;
    (void)mr_fail(err, MR_E_CONFIG, "%s", problems.items[0].text);
    mr_config_problems_deinit(&problems);
    return MR_E_CONFIG;
}

/* Without the newline that editors put at the end. */
static enum mr_code take_secret(struct mr_span text, const char *from,
                                char **out, struct mr_err *err)
{
    while (text.size > 0 && (text.data[text.size - 1] == '\n' ||
                             text.data[text.size - 1] == '\r'))
        text.size--;
    if (text.size == 0)
        return mr_fail(err, MR_E_CONFIG, "config: the secret in %s is empty",
                       from);
    if (text.size > MR_SECRET_BYTES_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "config: the secret in %s has more than %zu bytes", from,
                       MR_SECRET_BYTES_MAX);
    if (memchr(text.data, '\0', text.size) != NULL)
        return mr_fail(err, MR_E_CONFIG,
                       "config: the secret in %s holds a zero byte", from);
    *out = mr_calloc(text.size + 1, 1);
    memcpy(*out, text.data, text.size);
    return MR_OK;
}

enum mr_code mr_config_secret(const char *env, const char *file, char **out,
                              struct mr_err *err)
{
    struct mr_buf text = mr_buf(2 * MR_SECRET_BYTES_MAX);
    struct mr_err why;
    enum mr_code code;

    *out = NULL;
    if (env != NULL) {
        const char *value = getenv(env);

        if (value == NULL)
            return mr_fail(err, MR_E_CONFIG,
                           "config: the environment variable %s, which should "
                           "hold a secret, is not set",
                           env);
        return take_secret(mr_span_str(value), env, out, err);
    }
    if (file == NULL)
        return MR_OK;
    code = read_file(file, MR_SECRET_BYTES_MAX, &text, &why);
    if (code == MR_OK)
        code = take_secret(mr_buf_bytes(&text), file, out, err);
    else
        code = mr_fail(err, MR_E_CONFIG,
                       "config: %s, which should hold a "
                       "secret, %s",
                       file, why.text);
    if (text.data != NULL)
        explicit_bzero(text.data, text.size);
    mr_buf_deinit(&text);
    return code;
}
