// SPDX-License-Identifier: Apache-2.0
/*
 * data.h - reads the evaluation data, which lies beside the checkout or where
 * MILLRACE_EVAL_DATA says; tests without it say so and pass.
 */
#ifndef TESTS_UNIT_INGESTOR_DATA_H
#define TESTS_UNIT_INGESTOR_DATA_H

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_buf.h"

/* The path of a file or folder of the data, in the arena. */
static inline char *test_data_path(struct mr_arena *arena, const char *name)
{
    const char *data = getenv("MILLRACE_EVAL_DATA");
    const char *source = getenv("MILLRACE_SOURCE_DIR");

    if (data != NULL)
        return mr_arena_printf(arena, "%s/%s", data, name);
    return mr_arena_printf(arena, "%s/../shared/data/%s",
                           source != NULL ? source : ".", name);
}

/* The bytes of a file in the arena; absent, with a word, when it is not
 * there. */
static inline struct mr_span test_data(struct mr_arena *arena, const char *name)
{
    char *path = test_data_path(arena, name);
    struct mr_buf bytes = mr_buf((size_t)64 * 1024 * 1024);
    FILE *file = fopen(path, "rb");
    struct mr_span out = { 0 };
    char chunk[4096];
    size_t size;

    if (file == NULL) {
        (void)fprintf(stderr, "skipped: no %s\n", path);
        return out;
    }
    while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
        mr_buf_append(&bytes, chunk, size);
    (void)fclose(file);
    out = mr_arena_copy(
        arena, mr_span(bytes.data != NULL ? bytes.data : (const uint8_t *)"",
                       bytes.size));
    mr_buf_deinit(&bytes);
    return out;
}

#endif
