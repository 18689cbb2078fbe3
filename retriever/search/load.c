// SPDX-License-Identifier: Apache-2.0
/*
 * load.c - see load.h.
 *
 * Hits are dealt to their shards; in each round every shard is asked for the
 * next of its own, until none is left.
 */
#include "retriever/search/load.h"

#include "common/base/mr_hash.h"

/* What one shard has to load. */
struct pile {
    const struct shard_hit **places;
    size_t *numbers; /* of the hits */
    size_t count;
    size_t done;
};

static struct pile *deal(struct scatter *scatter, const struct fused_hit *hits,
                         size_t count)
{
    struct mr_arena *arena = scatter->arena;
    struct pile *piles = mr_arena_calloc(arena, scatter->count, sizeof(*piles));

    for (size_t i = 0; i < scatter->count; i++) {
        piles[i].places = mr_arena_calloc(arena, count, sizeof(void *));
        piles[i].numbers = mr_arena_calloc(arena, count, sizeof(size_t));
    }
    for (size_t i = 0; i < count; i++) {
        struct pile *pile = &piles[mr_partition_of(hits[i].hit->document,
                                                   (uint32_t)scatter->count)];

        pile->places[pile->count] = hits[i].hit;
        pile->numbers[pile->count++] = i;
    }
    return piles;
}

static bool ask_for_more(struct scatter *scatter, const struct pile *piles)
{
    bool asked = false;

    for (size_t i = 0; i < scatter->count; i++) {
        size_t left = piles[i].count - piles[i].done;
        struct peer_call *call;

        scatter->shards[i].asked = false;
        call = left == 0 ? NULL : scatter_call(scatter, i, PEER_LOAD);
        if (call == NULL)
            continue;
        call->places = piles[i].places + piles[i].done;
        call->place_count = left < PEER_PLACES_MAX ? left : PEER_PLACES_MAX;
        asked = true;
    }
    return asked;
}

enum mr_code load_passages(struct scatter *scatter,
                           const struct fused_hit *hits, size_t count,
                           struct shard_passage **out, struct mr_err *err)
{
    struct pile *piles = deal(scatter, hits, count);
    enum mr_code code = MR_OK;

    *out = mr_arena_calloc(scatter->arena, count, sizeof(**out));
    while (code == MR_OK && ask_for_more(scatter, piles)) {
        scatter_begin(scatter);
        code = scatter_finish(scatter, err);
        for (size_t i = 0; i < scatter->count; i++) {
            const struct peer_call *call = scatter_result(scatter, i);

            for (size_t k = 0; call != NULL && k < call->loaded; k++)
                (*out)[piles[i].numbers[piles[i].done++]] = call->passages[k];
        }
    }
    return code;
}
