// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_codec.h - postings to bytes and back, as keyword_format.h says.
 *
 * Memory:  none of its own.
 * Threads: any.
 * I/O:     none.
 */
#ifndef INDEXER_KEYWORD_KEYWORD_CODEC_H
#define INDEXER_KEYWORD_KEYWORD_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "indexer/keyword/keyword_format.h"

/* Bytes that `count` numbers of `bits` each take. */
static inline size_t keyword_packed_bytes(size_t count, unsigned bits)
{
    return (count * bits + 7) / 8;
}

/* Appends up to KEYWORD_BLOCK postings as varints. */
void keyword_encode_short(const uint32_t *units, const uint32_t *tfs,
                          size_t count, struct mr_buf *out);

/* Reads `count` of them; false when the bytes end before, or a unit is not
 * below `units_end`. */
bool keyword_decode_short(struct mr_span bytes, size_t count,
                          uint32_t units_end, uint32_t *units, uint32_t *tfs);

/* Appends a block whose distances begin at `before` (UINT32_MAX: none), and
 * sets unit_bits, tf_bits and last of it. */
void keyword_encode_block(uint32_t before, const uint32_t *units,
                          const uint32_t *tfs, size_t count, struct mr_buf *out,
                          struct keyword_block *block);

/* Reads `count` postings of a block, whose bytes and KEYWORD_POST_SLACK more
 * are there; false when they do not end at its `last`. */
bool keyword_decode_block(const uint8_t *bytes, uint32_t before,
                          const struct keyword_block *block, size_t count,
                          uint32_t *units, uint32_t *tfs);

#endif
