// SPDX-License-Identifier: Apache-2.0
/*
 * bench_corpus.h - time, and texts in BEIR's layout, for benchmarks.
 *
 * The data are looked for in $MILLRACE_EVAL_DATA, else in ../shared/data
 * beside the checkout.
 */
#ifndef TESTS_BENCH_BENCH_CORPUS_H
#define TESTS_BENCH_BENCH_CORPUS_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/json/json.h"

static inline double bench_clock(clockid_t clock)
{
    struct timespec time;

    (void)clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Seconds on the wall. */
static inline double bench_now(void)
{
    return bench_clock(CLOCK_MONOTONIC);
}

/* Seconds of this thread on a processor: a busy machine does not disturb them
 * much. */
static inline double bench_work(void)
{
    return bench_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* Appends a file of the data folder; false when it is not there. */
static inline bool bench_read(const char *name, struct mr_buf *out)
{
    const char *folder = getenv("MILLRACE_EVAL_DATA");
    char path[1024];
    FILE *file;
    size_t size;

    (void)snprintf(path, sizeof(path), "%s/%s",
                   folder != NULL ? folder : "../shared/data", name);
    file = fopen(path, "rb");
    if (file == NULL)
        return false;
    do {
        uint8_t block[65536];

        size = fread(block, 1, sizeof(block), file);
        mr_buf_append(out, block, size);
    } while (size > 0);
    (void)fclose(file);
    return true;
}

/* The next line of `text` from *at, without its end; false at the end. */
static inline bool bench_line(struct mr_span text, size_t *at,
                              struct mr_span *line)
{
    const uint8_t *end;

    if (*at >= text.size)
        return false;
    *line = mr_span(text.data + *at, text.size - *at);
    end = memchr(line->data, '\n', line->size);
    if (end != NULL)
        line->size = (size_t)(end - line->data);
    *at += line->size + 1;
    return true;
}

/* Calls `each` with every object of a file of JSON lines. */
static inline bool bench_json_lines(const char *name,
                                    void (*each)(void *context,
                                                 const struct mr_json *object),
                                    void *context)
{
    struct mr_buf text = mr_buf(1u << 30);
    struct mr_span line;
    size_t at = 0;
    bool found = bench_read(name, &text);

    while (found && bench_line(mr_buf_bytes(&text), &at, &line)) {
        struct mr_json *root;

        if (mr_json_parse(line, &root, NULL) != MR_OK)
            continue;
        each(context, root);
        mr_json_free(root);
    }
    mr_buf_deinit(&text);
    return found;
}

#endif
