// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_segment.h - an opened segment, for the files of this folder.
 */
#ifndef INDEXER_KEYWORD_KEYWORD_SEGMENT_H
#define INDEXER_KEYWORD_KEYWORD_SEGMENT_H

#include "indexer/keyword/keyword.h"
#include "indexer/keyword/keyword_format.h"

#define KEYWORD_NONE UINT32_MAX

struct keyword_segment {
    struct keyword_head head;
    struct entries entries;
    const struct keyword_term *terms;
    struct mr_span words;
    const struct keyword_block *blocks;
    struct mr_span posts; /* without the slack, which lies behind it */
    const uint32_t *lengths;
    const uint64_t *forward_at;
    struct mr_span forward;
};

struct mr_span keyword_word(const struct keyword_segment *segment,
                            uint32_t term);

/* The ordinal of a term, KEYWORD_NONE when the segment has none such. */
uint32_t keyword_find(const struct keyword_segment *segment,
                      struct mr_span word);

/* Reads all postings and lists, and checks that they agree. */
MR_MUST_CHECK enum mr_code keyword_verify(const struct keyword_segment *segment,
                                          struct mr_err *err);

#endif
