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

/* A table of places that were seen, open addressing, at most half full. */
struct places {
    uint32_t *slots; /* position + 1 */
    size_t mask;
};

static size_t slot_of(const struct places *places, const struct fused_hit *hits,
                      const struct shard_hit *hit)
{
    size_t slot = mr_hash64(hit->document, hit->passage) & places->mask;

    while (places->slots[slot] != 0 &&
           compare_places(hits[places->slots[slot] - 1].hit, hit) != 0)
        slot = (slot + 1) & places->mask;
    return slot;
}

void fuse_ranks(const struct shard_hit *keyword, size_t keyword_count,
                const struct shard_hit *dense, size_t dense_count, double rrf_k,
                struct mr_arena *arena, struct fused_hit **out, size_t *count)
{
    size_t room = keyword_count + dense_count;
    struct fused_hit *hits = mr_arena_calloc(arena, room, sizeof(*hits));
    struct places places = { .mask = 1 };
    size_t used = 0;

    while (places.mask < 2 * room)
        places.mask *= 2;
    places.slots = mr_arena_calloc(arena, places.mask, sizeof(*places.slots));
    places.mask--;
    for (size_t i = 0; i < keyword_count; i++) {
        hits[used] = (struct fused_hit){ .hit = &keyword[i],
                                         .keyword_rank = (uint32_t)i + 1,
                                         .keyword_score = keyword[i].score,
                                         .parts = keyword[i].parts };
        used++;
        places.slots[slot_of(&places, hits, &keyword[i])] = (uint32_t)used;
    }
    for (size_t i = 0; i < dense_count; i++) {
        size_t slot = slot_of(&places, hits, &dense[i]);

        if (places.slots[slot] == 0) {
            hits[used++].hit = &dense[i];
            places.slots[slot] = (uint32_t)used;
        }
        hits[places.slots[slot] - 1].dense_rank = (uint32_t)i + 1;
        hits[places.slots[slot] - 1].dense_score = dense[i].score;
    }
    for (size_t i = 0; i < used; i++) {
        double sum = 0;

        if (hits[i].keyword_rank > 0)
            sum += 1 / (rrf_k + hits[i].keyword_rank);
        if (hits[i].dense_rank > 0)
            sum += 1 / (rrf_k + hits[i].dense_rank);
        hits[i].score = sum * (rrf_k + 1) / 2;
    }
    qsort(hits, used, sizeof(*hits), compare_fused);
    *out = hits;
    *count = used;
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
