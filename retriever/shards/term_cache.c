// SPDX-License-Identifier: Apache-2.0
/*
 * term_cache.c - see term_cache.h.
 */
#include "retriever/shards/term_cache.h"

#include <string.h>

static bool is_fresh(int64_t us, int64_t now_us)
{
    return us > 0 && now_us - us <= TERM_CACHE_US;
}

void term_cache_reset(struct term_cache *cache)
{
    memset(cache, 0, sizeof(*cache));
}

bool term_cache_find(const struct term_cache *cache,
                     const struct index_query *query, int64_t now_us,
                     struct index_stats *stats)
{
    size_t count = index_query_terms(query);
    uint64_t frequency[INDEX_QUERY_TERMS_MAX];

    if (!is_fresh(cache->totals_us, now_us))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct mr_hash128 hash = mr_hash128(index_query_term(query, i));
        size_t slot = hash.low % TERM_CACHE_SLOTS;

        if (!is_fresh(cache->slots[slot].us, now_us) ||
            cache->slots[slot].hash.low != hash.low ||
            cache->slots[slot].hash.high != hash.high)
            return false;
        frequency[i] = cache->slots[slot].frequency;
    }
    stats->passages += cache->passages;
    stats->length += cache->length;
    for (size_t i = 0; i < count; i++)
        stats->frequency[i] += frequency[i];
    return true;
}

void term_cache_put(struct term_cache *cache, const struct index_query *query,
                    const struct index_stats *stats, int64_t now_us)
{
    cache->totals_us = now_us;
    cache->passages = stats->passages;
    cache->length = stats->length;
    for (size_t i = 0; i < index_query_terms(query); i++) {
        struct mr_hash128 hash = mr_hash128(index_query_term(query, i));
        size_t slot = hash.low % TERM_CACHE_SLOTS;

        cache->slots[slot].hash = hash;
        cache->slots[slot].frequency = stats->frequency[i];
        cache->slots[slot].us = now_us;
    }
}
