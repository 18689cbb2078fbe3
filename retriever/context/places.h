// SPDX-License-Identifier: Apache-2.0
/*
 * places.h - what may be put into a template, and walking over its parts.
 * Private to template*.c.
 *
 * Memory: borrows.  Threads: plain values.  I/O: none.
 */
#ifndef RETRIEVER_CONTEXT_PLACES_H
#define RETRIEVER_CONTEXT_PLACES_H

#include <stdbool.h>
#include <string.h>

#include "common/base/mr_span.h"

/* What may stand between {{ and }}. */
enum template_place {
    PLACE_NUMBER,
    PLACE_TITLE,
    PLACE_URL,
    PLACE_HEADINGS,
    PLACE_TEXT,
    PLACE_SOURCES,
    PLACE_QUESTION,
    PLACE_COUNT, /* none of them */
};

/* "number" and so on; static. */
const char *template_place_name(enum template_place place);

/* Literal text, then what is put behind it. */
struct template_stretch {
    struct mr_span literal;
    bool open;                 /* {{ follows */
    bool closed;               /* and }} on the same line */
    struct mr_span name;       /* between them */
    enum template_place place; /* PLACE_COUNT: unknown, or none */
};

/* Takes the next one off the front of `rest`. */
struct template_stretch template_next(struct mr_span *rest);

/* Where `what` begins, or NULL. */
static inline const uint8_t *span_find(struct mr_span in, const char *what)
{
    return in.size == 0 ? NULL : memmem(in.data, in.size, what, strlen(what));
}

/* The line that begins there, without its end. */
static inline struct mr_span span_line(struct mr_span rest)
{
    const uint8_t *end = memchr(rest.data, '\n', rest.size);

    if (end != NULL)
        rest.size = (size_t)(end - rest.data);
    return rest;
}

/* From `at` to the end. */
static inline struct mr_span span_from(struct mr_span of, const uint8_t *at)
{
    return mr_span(at, of.size - (size_t)(at - of.data));
}

#endif
