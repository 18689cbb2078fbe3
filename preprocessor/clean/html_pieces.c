// SPDX-License-Identifier: Apache-2.0
/*
 * html_pieces.c - see html_pieces.h.
 */
#include "preprocessor/clean/html_pieces.h"

#include "common/text/utf8.h"

/* "&CounterClockwiseContourIntegral;" is the longest. */
#define REFERENCE_MAX 40u

struct html_pieces html_pieces(struct mr_span source,
                               const struct mr_html_node *node, size_t last)
{
    struct html_pieces pieces = { .source = source, .text = node->text };

    if (node->source_end > node->source && node->source_end <= source.size) {
        pieces.from = node->source;
        pieces.to = node->source_end;
        pieces.is_known = true;
    } else {
        pieces.from = pieces.to = last;
    }
    return pieces;
}

static bool is_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') ||
           ((byte | 0x20u) >= 'a' && (byte | 0x20u) <= 'z');
}

/* The byte after the character reference at `from`; `from` when none is. */
static size_t reference_end(const struct html_pieces *pieces)
{
    size_t at = pieces->from + 1;
    size_t max = pieces->to - pieces->from < REFERENCE_MAX
                     ? pieces->to
                     : pieces->from + REFERENCE_MAX;

    if (at < max && pieces->source.data[at] == '#')
        at++;
    while (at < max && is_word(pieces->source.data[at]))
        at++;
    if (at < max && pieces->source.data[at] == ';' && at > pieces->from + 1)
        return at + 1;
    return pieces->from;
}

/* Equal bytes that are no reference and no line end of two. */
static size_t equal_size(const struct html_pieces *pieces)
{
    const uint8_t *text = pieces->text.data + pieces->at;
    const uint8_t *source = pieces->source.data + pieces->from;
    size_t left = pieces->text.size - pieces->at, i = 0;

    if (left > pieces->to - pieces->from)
        left = pieces->to - pieces->from;
    while (i < left && text[i] == source[i] && source[i] != '&')
        i++;
    return i;
}

static void replace(struct html_pieces *pieces, struct html_piece *out,
                    size_t text_size, size_t source_end)
{
    *out = (struct html_piece){ .start = pieces->at,
                                .end = pieces->at + text_size,
                                .source = pieces->from,
                                .source_end = source_end };
    pieces->at += text_size;
    pieces->from = source_end;
}

bool html_pieces_next(struct html_pieces *pieces, struct html_piece *out)
{
    size_t size, end;

    if (pieces->at == pieces->text.size)
        return false;
    if (!pieces->is_known) {
        replace(pieces, out, pieces->text.size - pieces->at, pieces->to);
        return true;
    }
    /* A line end of two, or the first one in <pre>, is not in the text. */
    if (pieces->from < pieces->to && pieces->source.data[pieces->from] == '\r')
        pieces->from++;
    else if (pieces->at == 0 && pieces->from < pieces->to &&
             pieces->source.data[pieces->from] == '\n' &&
             pieces->text.data[0] != '\n')
        pieces->from++;
    size = equal_size(pieces);
    if (size > 0) {
        *out = (struct html_piece){ pieces->at, pieces->at + size, pieces->from,
                                    pieces->from + size, true };
        pieces->at += size;
        pieces->from += size;
        return true;
    }
    end = pieces->from < pieces->to && pieces->source.data[pieces->from] == '&'
              ? reference_end(pieces)
              : pieces->from;
    if (end > pieces->from) {
        size = pieces->at;
        (void)mr_utf8_next(pieces->text.data, pieces->text.size, &size);
        replace(pieces, out, size - pieces->at, end);
        return true;
    }
    if (pieces->from < pieces->to && pieces->source.data[pieces->from] == '&' &&
        pieces->text.data[pieces->at] == '&') { /* a lone "&" */
        *out = (struct html_piece){ pieces->at, pieces->at + 1, pieces->from,
                                    pieces->from + 1, true };
        pieces->at++;
        pieces->from++;
        return true;
    }
    replace(pieces, out, pieces->text.size - pieces->at, pieces->to);
    return true;
}
