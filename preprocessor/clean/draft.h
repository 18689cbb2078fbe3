// SPDX-License-Identifier: Apache-2.0
/*
 * draft.h - text as an extractor writes it, before it is normalised.
 *
 * A draft grows at its end: bytes copied from the source, or bytes that stand
 * for some of the source.  Headings are ranges of the text.
 *
 * Memory:  `text`, `headings` and `map` by malloc, freed by
 *          clean_draft_deinit(); spans point where the extractor says.
 * Threads: one at a time.  I/O: none.
 */
#ifndef PREPROCESSOR_CLEAN_DRAFT_H
#define PREPROCESSOR_CLEAN_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/text/source_map.h"

/* A document with more headings keeps the first. */
#define CLEAN_HEADINGS_MAX 65536u

/* The words of a heading: bytes of the text. */
struct clean_heading {
    size_t start;
    size_t end;
    unsigned level; /* 1 is the highest, 6 the lowest */
};

struct clean_draft {
    struct mr_buf text;
    struct mr_source_map map;
    struct clean_heading *headings; /* in the order of the text */
    size_t heading_count;
    size_t heading_room;
    struct mr_span title;     /* or absent; the same for what follows */
    struct mr_span language;  /* as the document names it */
    struct mr_span canonical; /* the URL that it gives as its own */
    struct mr_span refresh;   /* the URL that it sends readers on to */
    bool noindex;             /* it asks not to be indexed */
    bool cut;                 /* not read to its end, see common/text/html.h */
    size_t hidden;            /* bytes of text that no reader sees, dropped */
    size_t linked;            /* bytes of `text` that are links */
};

/* An empty draft for a source of `size` bytes. */
struct clean_draft clean_draft(size_t size);

void clean_draft_deinit(struct clean_draft *draft);

/* Appends bytes of the source.  What does not fit the limit (4 bytes for one
 * of the source, which no honest document needs) is left out. */
void clean_draft_copy(struct clean_draft *draft, struct mr_span source,
                      size_t start, size_t end);

/* Appends bytes that stand for source bytes `start` up to `end`. */
void clean_draft_write(struct clean_draft *draft, struct mr_span bytes,
                       size_t start, size_t end);

/* Notes that the text from `start` up to `end` is a heading.  Empty ones and
 * those past the limit are not kept. */
void clean_draft_heading(struct clean_draft *draft, size_t start, size_t end,
                         unsigned level);

#endif
