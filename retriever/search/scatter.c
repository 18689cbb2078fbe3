// SPDX-License-Identifier: Apache-2.0
/*
 * scatter.c - see scatter.h.
 */
#include "retriever/search/scatter.h"

#include "common/base/mr_assert.h"

void scatter_hold(struct scatter *scatter, struct index_peer *const *peers,
                  size_t count, int64_t within_ms, struct mr_arena *arena)
{
    *scatter = (struct scatter){ .arena = arena, .count = count };
    scatter->shards = mr_arena_calloc(arena, count, sizeof(*scatter->shards));
    for (size_t i = 0; i < count; i++) {
        scatter->shards[i].peer = peers[i];
        peer_hold(peers[i], within_ms, &scatter->shards[i].view);
    }
}

void scatter_release(struct scatter *scatter)
{
    for (size_t i = 0; i < scatter->count; i++)
        peer_release(scatter->shards[i].peer, &scatter->shards[i].view);
}

struct peer_call *scatter_call(struct scatter *scatter, size_t nth,
                               enum peer_verb verb)
{
    struct scatter_shard *shard = &scatter->shards[nth];

    MR_ASSERT(nth < scatter->count);
    shard->asked = !shard->away;
    if (shard->away)
        return NULL;
    shard->call = (struct peer_call){ .verb = verb,
                                      .view = &shard->view,
                                      .arena = scatter->arena };
    return &shard->call;
}

void scatter_begin(struct scatter *scatter)
{
    for (size_t i = 0; i < scatter->count; i++) {
        struct scatter_shard *shard = &scatter->shards[i];

        if (shard->asked)
            peer_begin(shard->peer, &shard->call);
    }
}

enum mr_code scatter_finish(struct scatter *scatter, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < scatter->count; i++) {
        struct scatter_shard *shard = &scatter->shards[i];

        if (!shard->asked)
            continue;
        peer_finish(shard->peer, &shard->call);
        if (shard->call.code == MR_OK)
            continue;
        shard->asked = false;
        shard->away = true;
        scatter->away_count++;
        scatter->problem = shard->call.err;
        if (!peer_is_away(shard->call.code))
            code = mr_fail(err, shard->call.code, "%s", scatter->problem.text);
    }
    return code;
}

struct peer_call *scatter_result(struct scatter *scatter, size_t nth)
{
    struct scatter_shard *shard = &scatter->shards[nth];

    return shard->asked ? &shard->call : NULL;
}

uint32_t *scatter_away(const struct scatter *scatter)
{
    uint32_t *partitions = mr_arena_calloc(scatter->arena, scatter->away_count,
                                           sizeof(*partitions));
    size_t count = 0;

    for (size_t i = 0; i < scatter->count; i++) {
        if (scatter->shards[i].away)
            partitions[count++] = scatter->shards[i].peer->partition;
    }
    MR_ASSERT(count == scatter->away_count);
    return partitions;
}
