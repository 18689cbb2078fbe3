// SPDX-License-Identifier: Apache-2.0
/*
 * query.h - searches over all shards of a world.
 *
 * Memory:  hits live in the caller's arena.
 * Threads: one.
 * I/O:     reads the shards.
 */
#ifndef TESTS_SIM_QUERY_H
#define TESTS_SIM_QUERY_H

#include "tests/sim/world.h"

struct query_hits {
    struct shard_hit *hits[WORLD_PARTITIONS_MAX]; /* a list a shard */
    size_t counts[WORLD_PARTITIONS_MAX];
};

/* The best passages of each shard, at most `per_document` of one document (0:
 * any number). */
void query_keyword(struct world *world, const char *text, uint32_t per_document,
                   struct mr_arena *arena, struct query_hits *out);
void query_dense(struct world *world, const char *text, uint32_t per_document,
                 struct mr_arena *arena, struct query_hits *out);

/* The first hit of the document, or NULL. */
const struct shard_hit *query_find(const struct query_hits *hits,
                                   struct mr_span id);

#endif
