// SPDX-License-Identifier: Apache-2.0
/*
 * html_pieces.h - the text of a node beside the source that it was read from.
 *
 * The parser resolves character references and line ends; a piece is a stretch
 * of text that is byte for byte in the source, or one that stands for other
 * bytes of it.
 *
 * Memory:  borrows all.  Threads: any.  I/O: none.  Linear in the bytes.
 */
#ifndef PREPROCESSOR_CLEAN_HTML_PIECES_H
#define PREPROCESSOR_CLEAN_HTML_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_span.h"
#include "common/text/html.h"

struct html_pieces {
    struct mr_span source;
    struct mr_span text;
    size_t at;     /* in the text */
    size_t from;   /* in the source */
    size_t to;     /* where the source of this node ends */
    bool is_known; /* false: only that it lies between `from` and `to` */
};

struct html_piece {
    size_t start; /* in the text of the node */
    size_t end;
    size_t source; /* in the page */
    size_t source_end;
    bool copied;
};

/* `last` is where in the source the node before was, for those whose place
 * the parser did not tell. */
struct html_pieces html_pieces(struct mr_span source,
                               const struct mr_html_node *node, size_t last);

/* The next piece, or false at the end. */
bool html_pieces_next(struct html_pieces *pieces, struct html_piece *out);

#endif
