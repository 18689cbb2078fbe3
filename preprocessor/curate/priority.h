// SPDX-License-Identifier: Apache-2.0
/*
 * priority.h - which of two similar documents stays.
 *
 * A priority is bytes that sort as the order does: the smaller one stays.
 *
 *   priority := source_rank:u32  first_seen:u64  id_hash:u64  id
 *
 * all numbers big-endian, first_seen (signed milliseconds) with its sign bit
 * flipped, id_hash XXH3 of 64 bits.  The hash makes the order of equals fair
 * to all ids; the id itself ends the case of two equal hashes.
 *
 * Memory:  a priority lives where its caller says.
 * Threads: plain values.
 * I/O:     none.
 */
#ifndef PREPROCESSOR_CURATE_PRIORITY_H
#define PREPROCESSOR_CURATE_PRIORITY_H

#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"

#define PRIORITY_HEAD_BYTES 20u

/* The priority of a document, in `arena`. */
struct mr_span priority_of(uint32_t source_rank, int64_t first_seen_ms,
                           struct mr_span id, struct mr_arena *arena);

/* The id at its end; absent when it is too short to be a priority. */
struct mr_span priority_id(struct mr_span priority);

/* True when `a` comes before `b` and so stays. */
static inline bool priority_before(struct mr_span a, struct mr_span b)
{
    return mr_span_compare(a, b) < 0;
}

#endif
