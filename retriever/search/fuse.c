// SPDX-License-Identifier: Apache-2.0
/*
 * fuse.c - see fuse.h.
 */
#include "retriever/search/fuse.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"

static int compare_places(const struct shard_hit *a, const struct shard_hit *b)
{
    int order = mr_span_compare(a->document, b->document);

    if (order != 0)
        return order;
    return (a->passage > b->passage) - (a->passage < b->passage);
}

int fuse_compare_hits(const void *a, const void *b)
{
    const struct shard_hit *left = a;
    const struct shard_hit *right = b;

    if (left->score != right->score)
        return left->score < right->score ? 1 : -1;
    return compare_places(left, right);
}

static int compare_fused(const void *a, const void *b)
{
    const struct fused_hit *left = a;
    const struct fused_hit *right = b;
    uint32_t left_rank = left->dense_rank > 0 ? left->dense_rank : UINT32_MAX;
    uint32_t right_rank =
        right->dense_rank > 0 ? right->dense_rank : UINT32_MAX;

    if (left->score != right->score)
        return left->score < right->score ? 1 : -1;
    if (left_rank != right_rank)
        return left_rank < right_rank ? -1 : 1;
    return compare_places(left->hit, right->hit);
}

/* A document's best parts in both rankings, and the best sum of a passage. */
struct whole {
    struct mr_span document;
    double keyword;
    double dense;
    double own;
};

/* Open addressing, at most half full; a slot holds a position + 1. */
struct table {
    uint32_t *slots;
    size_t mask;
};

struct fusion {
    struct fused_hit *hits;
    size_t hit_count;
    struct table hit_table; /* by document and passage */
    struct whole *wholes;
    size_t whole_count;
    struct table whole_table; /* by document */
    double keyword_weight;
};

static struct table table_new(struct mr_arena *arena, size_t room)
{
    struct table table = { .mask = 1 };

    while (table.mask < 2 * room)
        table.mask *= 2;
    table.slots = mr_arena_calloc(arena, table.mask, sizeof(*table.slots));
    table.mask--;
    return table;
}

static struct fused_hit *hit_of(struct fusion *fusion,
                                const struct shard_hit *hit)
{
    const struct table *table = &fusion->hit_table;
    size_t slot = mr_hash64(hit->document, hit->passage) & table->mask;

    while (table->slots[slot] != 0) {
        struct fused_hit *known = &fusion->hits[table->slots[slot] - 1];

        if (compare_places(known->hit, hit) == 0)
            return known;
        slot = (slot + 1) & table->mask;
    }
    fusion->hits[fusion->hit_count].hit = hit;
    table->slots[slot] = (uint32_t)++fusion->hit_count;
    return &fusion->hits[fusion->hit_count - 1];
}

static struct whole *whole_of(struct fusion *fusion, struct mr_span document)
{
    const struct table *table = &fusion->whole_table;
    size_t slot = mr_hash64(document, 0) & table->mask;

    while (table->slots[slot] != 0) {
        struct whole *known = &fusion->wholes[table->slots[slot] - 1];

        if (mr_span_equal(known->document, document))
            return known;
        slot = (slot + 1) & table->mask;
    }
    fusion->wholes[fusion->whole_count].document = document;
    table->slots[slot] = (uint32_t)++fusion->whole_count;
    return &fusion->wholes[fusion->whole_count - 1];
}

/* A score between the floor of its ranking and the best. */
static double part_of(const struct shard_hit *hits, size_t count, size_t i)
{
    double floor =
        count >= FUSE_FLOOR_RANK ? hits[FUSE_FLOOR_RANK - 1].score : 0;

    if (hits[i].score <= 0)
        return 0;
    if (hits[i].score >= hits[0].score)
        return 1; /* also when all are equal */
    return hits[i].score > floor
               ? (hits[i].score - floor) / (hits[0].score - floor)
               : 0;
}

static void add_keyword(struct fusion *fusion, const struct shard_hit *hits,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fused_hit *hit = hit_of(fusion, &hits[i]);
        struct whole *whole = whole_of(fusion, hits[i].document);

        hit->keyword_rank = (uint32_t)i + 1;
        hit->keyword_score = hits[i].score;
        hit->keyword_part = part_of(hits, count, i);
        hit->parts = hits[i].parts;
        if (hit->keyword_part > whole->keyword)
            whole->keyword = hit->keyword_part;
    }
}

static void add_dense(struct fusion *fusion, const struct shard_hit *hits,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fused_hit *hit = hit_of(fusion, &hits[i]);
        struct whole *whole = whole_of(fusion, hits[i].document);

        hit->dense_rank = (uint32_t)i + 1;
        hit->dense_score = hits[i].score;
        hit->dense_part = part_of(hits, count, i);
        if (hit->dense_part > whole->dense)
            whole->dense = hit->dense_part;
    }
}

static double sum_of(const struct fusion *fusion, double keyword, double dense)
{
    return fusion->keyword_weight * keyword +
           (1 - fusion->keyword_weight) * dense;
}

static void score(struct fusion *fusion)
{
    for (size_t i = 0; i < fusion->hit_count; i++) {
        struct fused_hit *hit = &fusion->hits[i];
        struct whole *whole = whole_of(fusion, hit->hit->document);

        hit->score = sum_of(fusion, hit->keyword_part, hit->dense_part);
        if (hit->score > whole->own)
            whole->own = hit->score;
    }
    for (size_t i = 0; i < fusion->hit_count; i++) {
        struct fused_hit *hit = &fusion->hits[i];
        const struct whole *whole = whole_of(fusion, hit->hit->document);

        if (whole->own > 0)
            hit->score *=
                sum_of(fusion, whole->keyword, whole->dense) / whole->own;
    }
}

void fuse_scores(const struct shard_hit *keyword, size_t keyword_count,
                 const struct shard_hit *dense, size_t dense_count,
                 double keyword_weight, struct mr_arena *arena,
                 struct fused_hit **out, size_t *count)
{
    size_t room = keyword_count + dense_count;
    struct fusion fusion = {
        .hits = mr_arena_calloc(arena, room, sizeof(*fusion.hits)),
        .hit_table = table_new(arena, room),
        .wholes = mr_arena_calloc(arena, room, sizeof(*fusion.wholes)),
        .whole_table = table_new(arena, room),
        .keyword_weight = keyword_weight,
    };

    add_keyword(&fusion, keyword, keyword_count);
    add_dense(&fusion, dense, dense_count);
    score(&fusion);
    qsort(fusion.hits, fusion.hit_count, sizeof(*fusion.hits), compare_fused);
    *out = fusion.hits;
    *count = fusion.hit_count;
}

void fuse_single(const struct shard_hit *hits, size_t count, bool dense,
                 struct mr_arena *arena, struct fused_hit **out)
{
    struct fused_hit *fused = mr_arena_calloc(arena, count, sizeof(*fused));

    for (size_t i = 0; i < count; i++) {
        fused[i].hit = &hits[i];
        fused[i].score = hits[i].score;
        fused[i].parts = hits[i].parts;
        if (dense) {
            fused[i].score = hits[i].score > 0 ? hits[i].score : 0;
            fused[i].dense_rank = (uint32_t)i + 1;
            fused[i].dense_score = hits[i].score;
        } else {
            fused[i].keyword_rank = (uint32_t)i + 1;
            fused[i].keyword_score = hits[i].score;
        }
    }
    *out = fused;
}

size_t fuse_limit(struct fused_hit *hits, size_t count, uint32_t per_document,
                  size_t top_k)
{
    size_t kept = 0;

    for (size_t i = 0; i < count && kept < top_k; i++) {
        uint32_t same = 0;

        for (size_t k = 0; per_document > 0 && k < kept; k++)
            same += mr_span_equal(hits[k].hit->document, hits[i].hit->document);
        if (per_document == 0 || same < per_document)
            hits[kept++] = hits[i];
    }
    return kept;
}
