// SPDX-License-Identifier: Apache-2.0
/*
 * query.h - the inside of a struct index_query.  Private to indexer/shard.
 *
 * Memory:  terms and words lie in the query's arena.
 * Threads: not changed once made: any number of readers.
 * I/O:     none.
 */
#ifndef INDEXER_SHARD_QUERY_H
#define INDEXER_SHARD_QUERY_H

#include "indexer/analysis/analyzer.h"
#include "indexer/indexer.h"

struct query_term {
    struct mr_span term;
    uint32_t weight; /* how often its word stands in the query */
    uint32_t word;   /* whose stem it is */
};

struct index_query {
    struct mr_arena *arena;
    struct query_term *terms;
    size_t count;
    struct mr_span words[INDEX_QUERY_TERMS_MAX];
    uint32_t word_count;
};

/* Adds the terms of `text` by the rules of one language. */
void query_add(struct index_query *query, struct analyzer *analyzer,
               struct mr_span text, const char *language);

#endif
