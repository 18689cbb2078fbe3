// SPDX-License-Identifier: Apache-2.0
/*
 * mr_span.h - bytes that somebody else owns.
 *
 * Ids, texts and encoded messages are spans: a pointer and a size, not ended
 * by a zero byte.  Whoever hands one out says how long it lives.  A span with
 * data NULL is "not there", which is different from an empty one.
 *
 * Memory: owns nothing.  Threads: plain values.  I/O: none.
 */
#ifndef COMMON_BASE_MR_SPAN_H
#define COMMON_BASE_MR_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mr_span {
    const uint8_t *data;
    size_t size;
};

/* For printf("%.*s", MR_SPAN_ARG(span)); cut at 512 bytes. */
#define MR_SPAN_ARG(span) \
    (int)((span).size > 512 ? 512 : (span).size), (const char *)(span).data

static inline struct mr_span mr_span(const void *data, size_t size)
{
    return (struct mr_span){ .data = (const uint8_t *)data, .size = size };
}

/* The bytes of a C string without its zero; NULL gives "not there". */
static inline struct mr_span mr_span_str(const char *text)
{
    return mr_span(text, text == NULL ? 0 : strlen(text));
}

static inline bool mr_span_equal(struct mr_span a, struct mr_span b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Byte order, the shorter of two equal beginnings first: <0, 0 or >0. */
static inline int mr_span_compare(struct mr_span a, struct mr_span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

static inline bool mr_span_starts(struct mr_span span, struct mr_span with)
{
    return span.size >= with.size &&
           (with.size == 0 || memcmp(span.data, with.data, with.size) == 0);
}

#endif
