// SPDX-License-Identifier: Apache-2.0
/*
 * query.c - see query.h.
 */
#include "tests/sim/query.h"

static struct shard_search everything(uint32_t per_document)
{
    return (struct shard_search){ .top_k = INDEX_TOP_K_MAX,
                                  .per_document = per_document,
                                  .exact = true };
}

void query_keyword(struct world *world, const char *text, uint32_t per_document,
                   struct mr_arena *arena, struct query_hits *out)
{
    struct shard_search search = everything(per_document);
    static const char *const languages[] = { "en" };
    struct index_query *query =
        index_query_new(mr_span_str(text), languages, 1);
    struct shard_snapshot *snapshots[WORLD_PARTITIONS_MAX];
    struct index_stats stats = { 0 };
    struct mr_err err;

    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        snapshots[i] = shard_acquire(world->shards[i]);
        shard_add_stats(snapshots[i], query, &stats);
    }
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        if (shard_search_keyword(snapshots[i], query, &stats, &search, arena,
                                 &out->hits[i], &out->counts[i], &err) != MR_OK)
            world_fail("a search by words: %s", err.text);
        shard_release(snapshots[i]);
    }
    index_query_free(query);
}

void query_dense(struct world *world, const char *text, uint32_t per_document,
                 struct mr_arena *arena, struct query_hits *out)
{
    struct shard_search search = everything(per_document);
    struct mr_span span = mr_span_str(text);
    float *vector =
        mr_arena_alloc(arena, world->model->dimension * sizeof(*vector));
    struct mr_err err;

    if (mr_model_embed(world->model, MR_MODEL_QUERY, &span, 1, vector, &err) !=
        MR_OK)
        world_fail("embedding a query: %s", err.text);
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        struct shard_snapshot *snapshot = shard_acquire(world->shards[i]);

        if (shard_search_dense(snapshot, vector, &search, arena, &out->hits[i],
                               &out->counts[i], &err) != MR_OK)
            world_fail("a search by meaning: %s", err.text);
        shard_release(snapshot);
    }
}

const struct shard_hit *query_find(const struct query_hits *hits,
                                   struct mr_span id)
{
    for (size_t i = 0; i < WORLD_PARTITIONS_MAX; i++) {
        for (size_t k = 0; k < hits->counts[i]; k++) {
            if (mr_span_equal(hits->hits[i][k].document, id))
                return &hits->hits[i][k];
        }
    }
    return NULL;
}
