// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_cursor.h - reads the postings of one term, a block at a time.
 *
 * Blocks are numbered from 0 and may be loaded in any order; a term of up to
 * KEYWORD_BLOCK postings has one.  A block that breaks its format is as good as
 * empty.
 *
 * Memory:  borrows the segment.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef INDEXER_KEYWORD_KEYWORD_CURSOR_H
#define INDEXER_KEYWORD_KEYWORD_CURSOR_H

#include "indexer/keyword/keyword_segment.h"

struct keyword_cursor {
    const struct keyword_segment *segment;
    const struct keyword_block *blocks; /* NULL for one that is short */
    uint32_t block_count;
    uint32_t frequency;
    uint32_t loaded; /* which block, KEYWORD_NONE */
    uint32_t count;  /* its postings */
    uint32_t units[KEYWORD_BLOCK];
    uint32_t tfs[KEYWORD_BLOCK];
};

/* A short one is loaded at once. */
void keyword_cursor_init(struct keyword_cursor *cursor,
                         const struct keyword_segment *segment, uint32_t term);

/* Sets units, tfs and count; nothing is done when it is loaded already.
 * False for a broken block. */
bool keyword_cursor_load(struct keyword_cursor *cursor, uint32_t block);

/* The last unit of a block. */
static inline uint32_t keyword_cursor_last(const struct keyword_cursor *cursor,
                                           uint32_t block)
{
    if (cursor->blocks != NULL)
        return cursor->blocks[block].last;
    return cursor->count == 0 ? 0 : cursor->units[cursor->count - 1];
}

/* The tf of a unit, 0 when the term is not in it; looks from *block on, and
 * moves it there. */
uint32_t keyword_cursor_tf(struct keyword_cursor *cursor, uint32_t *block,
                           uint32_t unit);

#endif
