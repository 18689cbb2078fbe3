// SPDX-License-Identifier: Apache-2.0
/*
 * eval_data.h - the judged data beside the checkout, and the model folder, for
 * tests that need them.
 *
 * Tests that do not find them say so and pass.
 */
#ifndef TESTS_UNIT_EMBEDDER_EVAL_DATA_H
#define TESTS_UNIT_EMBEDDER_EVAL_DATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_mem.h"
#include "common/base/mr_span.h"

#define EVAL_PATH_MAX 1024

/* A whole file, freed by mr_free(); absent when it is not there. */
static inline struct mr_span eval_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct mr_span out = { 0 };
    uint8_t *bytes;
    long size;

    if (file == NULL)
        return out;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0) {
        bytes = mr_malloc((size_t)size + 1);
        out = mr_span(bytes, fread(bytes, 1, (size_t)size, file));
    }
    (void)fclose(file);
    return out;
}

/* Opens a file of the data; NULL, with a word, when it is not there. */
static inline FILE *eval_open(const char *name)
{
    const char *root = getenv("MILLRACE_EVAL_DATA");
    const char *source = getenv("MILLRACE_SOURCE_DIR");
    char path[EVAL_PATH_MAX];
    FILE *file;

    if (root != NULL)
        (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    else
        (void)snprintf(path, sizeof(path), "%s/../shared/data/%s",
                       source == NULL ? "." : source, name);
    file = fopen(path, "rb");
    if (file == NULL)
        (void)printf("skipped: no %s\n", path);
    return file;
}

/* The next line as JSON, freed by json_decref(); NULL at the end. */
static inline json_t *eval_next(FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size = getline(&line, &room, file);
    json_t *value = NULL;

    if (size > 0) {
        json_error_t error;

        value = json_loadb(line, (size_t)size, JSON_ALLOW_NUL, &error);
        if (value == NULL)
            (void)printf("not JSON: %s: %s\n", error.text, line);
    }
    free(line);
    return value;
}

static inline struct mr_span eval_text(const json_t *line)
{
    const json_t *text = json_object_get(line, "text");

    return mr_span(json_string_value(text), json_string_length(text));
}

/* The folder of the model, NULL with a word when there is none. */
static inline const char *eval_model(void)
{
    const char *folder = getenv("MILLRACE_MODEL");

#ifdef MILLRACE_MODEL_DIR_DEFAULT
    if (folder == NULL)
        folder = MILLRACE_MODEL_DIR_DEFAULT;
#endif
    if (folder == NULL)
        (void)printf("skipped: no model; set MILLRACE_MODEL to its folder\n");
    return folder;
}

/* The model's vocabulary; absent, with a word, when there is none. */
static inline struct mr_span eval_vocabulary(void)
{
    const char *folder = eval_model();
    char path[EVAL_PATH_MAX];
    struct mr_span out = { 0 };

    if (folder == NULL)
        return out;
    (void)snprintf(path, sizeof(path), "%s/vocab.txt", folder);
    out = eval_read(path);
    if (out.data == NULL)
        (void)printf("skipped: no %s\n", path);
    return out;
}

#endif
