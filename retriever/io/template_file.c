// SPDX-License-Identifier: Apache-2.0
/*
 * template_file.c - see template_file.h.
 */
#include "retriever/io/template_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_mem.h"

#define KEY "answer.template_file"

/* One byte more than there may be tells that there are more. */
static enum mr_code read_file(const char *path, char **out, size_t *size,
                              struct mr_err *err)
{
    FILE *file = fopen(path, "re");
    char *text;
    bool failed;

    *out = NULL;
    if (file == NULL)
        return mr_fail(err, MR_E_CONFIG, KEY ": %s: %s", path, strerror(errno));
    text = mr_calloc(TEMPLATE_BYTES_MAX + 1, 1);
    errno = 0;
    *size = fread(text, 1, TEMPLATE_BYTES_MAX + 1, file);
    failed = ferror(file) != 0;
    if (failed)
        (void)mr_fail(err, MR_E_CONFIG, KEY ": %s: %s", path, strerror(errno));
    (void)fclose(file);
    if (failed) {
        mr_free(text);
        return MR_E_CONFIG;
    }
    *out = text;
    return MR_OK;
}

enum mr_code template_open(const char *name, const char *file,
                           struct context_template *out, char **text,
                           struct mr_err *err)
{
    struct mr_err why = { 0 };
    size_t size;
    enum mr_code code;

    *text = NULL;
    if (file == NULL) {
        if (template_named(name, out))
            return MR_OK;
        return mr_fail(err, MR_E_CONFIG,
                       "answer.template: there is no \"%s\"; there are plain "
                       "and cited",
                       name);
    }
    code = read_file(file, text, &size, err);
    if (code != MR_OK)
        return code;
    if (template_parse(mr_span(*text, size), "file", out, &why) == MR_OK)
        return MR_OK;
    mr_free(*text);
    *text = NULL;
    return mr_fail(err, MR_E_CONFIG, KEY ": %s: %s", file, why.text);
}
