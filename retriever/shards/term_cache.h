// SPDX-License-Identifier: Apache-2.0
/*
 * term_cache.h - statistics of one shard, for as long as they may be believed.
 *
 * A fixed table of terms by their hash; a newer term takes the place of an
 * older one.  A query is answered when all of its terms are there, and the
 * shard's totals, none older than TERM_CACHE_US.
 *
 * Memory: 64 KiB a shard.  Threads: one at a time.  I/O: none.
 */
#ifndef RETRIEVER_SHARDS_TERM_CACHE_H
#define RETRIEVER_SHARDS_TERM_CACHE_H

#include "indexer/indexer.h"

#define TERM_CACHE_US    1000000
#define TERM_CACHE_SLOTS 2048u

struct term_cache {
    int64_t totals_us; /* when they came; 0: never */
    uint64_t passages;
    uint64_t length;
    struct {
        struct mr_hash128 hash;
        uint64_t frequency;
        int64_t us;
    } slots[TERM_CACHE_SLOTS];
};

/* Everything is forgotten. */
void term_cache_reset(struct term_cache *cache);

/* Adds what is known to *stats; false, and adds nothing, when not all is. */
bool term_cache_find(const struct term_cache *cache,
                     const struct index_query *query, int64_t now_us,
                     struct index_stats *stats);

/* What the shard said at `now_us` of all terms of the query. */
void term_cache_put(struct term_cache *cache, const struct index_query *query,
                    const struct index_stats *stats, int64_t now_us);

#endif
