// SPDX-License-Identifier: Apache-2.0
/*
 * content.h - what a fetched body is, by its Content-Type header, its first
 * bytes when there is none, and by the end of its address before it is
 * fetched at all.
 *
 * Memory:  spans point into what was given.  Threads: any.  I/O: none.
 */
#ifndef INGESTOR_WEB_CONTENT_H
#define INGESTOR_WEB_CONTENT_H

#include <stdbool.h>

#include "common/base/mr_span.h"

enum content_kind {
    CONTENT_HTML,
    CONTENT_TEXT,
    CONTENT_MARKDOWN,
    CONTENT_OTHER,
};

struct content {
    enum content_kind kind;
    struct mr_span type;    /* "text/html", as sent; absent: not said */
    struct mr_span charset; /* as sent, without quotes; absent: not said */
};

/* `header` is the value of Content-Type, NULL when there is none. */
struct content content_of(const char *header, struct mr_span body);

/* "text/html", "text/plain", "text/markdown"; static.  Not for
 * CONTENT_OTHER. */
const char *content_name(enum content_kind kind);

/* Whether the end of a path says that it is nothing that we read, such as
 * ".png": it need not be fetched. */
bool content_is_foreign_path(struct mr_span path);

#endif
