// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_format.h - the bytes of a keyword segment.
 *
 * Sections of an image (segment/image.h) of kind IMAGE_KEYWORD; numbers are
 * little-endian, structs lie as below:
 *
 *   HEAD  struct keyword_head
 *   ENTR  segment/entries.h
 *   TERM  struct keyword_term[terms], by the bytes of their terms
 *   WORD  the bytes of the terms behind each other, without separators
 *   BLCK  struct keyword_block[blocks], those of a term behind each other
 *   POST  the postings, and 8 zero bytes
 *   LENG  u32[units]: the terms of each unit, repeats counted
 *   FWAT  u64[units + 1]: where each unit's list begins in FORW
 *   FORW  distinct terms of each unit by ordinal, rising: varints of the
 *         distance from the one before, less 1 (the first: from -1)
 *
 * A posting is a unit and tf, how often the term stands in it; postings rise.
 * The unit is written as its distance from the posting before, less 1, the
 * first one's as its distance from -1.
 *
 * Up to KEYWORD_BLOCK postings: `at` of the term is a place in POST where there
 * is for each posting a varint of distance * 2 + (tf == 1), and, if tf is
 * greater, a varint of tf - 2.
 *
 * More: `at` is the first of the term's blocks, each of KEYWORD_BLOCK postings
 * but for the last, which has the rest.  A block's bytes are all distances of
 * unit_bits each and then, at the next full byte, all tf - 1 of tf_bits each;
 * the lowest bit first.  The first distance is from `last` of the block
 * before.
 */
#ifndef INDEXER_KEYWORD_KEYWORD_FORMAT_H
#define INDEXER_KEYWORD_KEYWORD_FORMAT_H

#include <stdint.h>

#include "common/base/mr_assert.h"
#include "indexer/segment/image.h"

#define KEYWORD_HEAD IMAGE_NAME('H', 'E', 'A', 'D')
#define KEYWORD_ENTR IMAGE_NAME('E', 'N', 'T', 'R')
#define KEYWORD_TERM IMAGE_NAME('T', 'E', 'R', 'M')
#define KEYWORD_WORD IMAGE_NAME('W', 'O', 'R', 'D')
#define KEYWORD_BLCK IMAGE_NAME('B', 'L', 'C', 'K')
#define KEYWORD_POST IMAGE_NAME('P', 'O', 'S', 'T')
#define KEYWORD_LENG IMAGE_NAME('L', 'E', 'N', 'G')
#define KEYWORD_FWAT IMAGE_NAME('F', 'W', 'A', 'T')
#define KEYWORD_FORW IMAGE_NAME('F', 'O', 'R', 'W')

#define KEYWORD_BLOCK      128u
#define KEYWORD_POST_SLACK 8u /* numbers are read by 8 bytes */

struct keyword_head {
    uint32_t units;
    uint32_t terms;
    uint64_t length; /* the sum of LENG */
    uint32_t blocks;
    uint32_t unit_terms_max; /* in the longest list of FORW */
};

struct keyword_term {
    uint64_t at;
    uint32_t word_at;   /* in WORD; it ends where the next one begins */
    uint32_t frequency; /* postings */
};

struct keyword_block {
    uint64_t at;         /* in POST */
    uint32_t last;       /* its last unit */
    uint32_t tf_max;     /* the greatest tf */
    uint32_t length_min; /* of the shortest unit */
    uint8_t unit_bits;
    uint8_t tf_bits;
    uint16_t zero;
};

static_assert(sizeof(struct keyword_head) == 24, "as documented");
static_assert(sizeof(struct keyword_term) == 16, "as documented");
static_assert(sizeof(struct keyword_block) == 24, "as documented");

static inline uint32_t keyword_blocks_of(uint32_t frequency)
{
    return frequency <= KEYWORD_BLOCK ? 0 : (frequency - 1) / KEYWORD_BLOCK + 1;
}

#endif
