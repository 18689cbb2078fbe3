// SPDX-License-Identifier: Apache-2.0
/*
 * top_hits.h - the best hits of a segment, while they are found.
 *
 * A heap with the worst hit first, in the caller's room.  Of equal scores the
 * lower unit is better.
 *
 * Memory:  the caller's.  Threads: one at a time.  I/O: none.
 */
#ifndef INDEXER_SEGMENT_TOP_HITS_H
#define INDEXER_SEGMENT_TOP_HITS_H

#include <stddef.h>
#include <stdint.h>

struct unit_hit {
    uint32_t unit;
    double score;
};

/* Keeps `hit` if it is among the best `room` (not 0); `count` are there. */
void top_hits_offer(struct unit_hit *hits, size_t *count, size_t room,
                    struct unit_hit hit);

/* Best first; no heap any more. */
void top_hits_sort(struct unit_hit *hits, size_t count);

#endif
