// SPDX-License-Identifier: Apache-2.0
/*
 * scatter.h - one query's calls to all shards, round after round.
 *
 * A round prepares a call for each shard that takes part, begins all of them
 * and finishes all of them.  A shard that nobody answered for is away from then
 * on: it takes part in no further one.
 *
 * Memory:  all of it lies in the arena; a call's result is good until the next
 *          one is prepared for that shard.
 * Threads: one at a time.  I/O: the peers'.
 */
#ifndef RETRIEVER_SEARCH_SCATTER_H
#define RETRIEVER_SEARCH_SCATTER_H

#include "indexer/peer.h"

struct scatter_shard {
    struct index_peer *peer;
    struct peer_view view;
    struct peer_call call;
    bool asked; /* in this round */
    bool away;
};

struct scatter {
    struct mr_arena *arena;
    struct scatter_shard *shards;
    size_t count;
    size_t away_count;
    struct mr_err problem; /* of the last that went away */
};

/* Holds all of them, for that long. */
void scatter_hold(struct scatter *scatter, struct index_peer *const *peers,
                  size_t count, int64_t within_ms, struct mr_arena *arena);
void scatter_release(struct scatter *scatter);

/* The call of shard `nth` in this round, to be filled; NULL when it is
 * away. */
struct peer_call *scatter_call(struct scatter *scatter, size_t nth,
                               enum peer_verb verb);

void scatter_begin(struct scatter *scatter);

/* Waits for what was begun.  The code is that of a shard that answered and
 * said that it cannot; one that is away fails nothing. */
MR_MUST_CHECK enum mr_code scatter_finish(struct scatter *scatter,
                                          struct mr_err *err);

/* What the round gave for shard `nth`, or NULL. */
struct peer_call *scatter_result(struct scatter *scatter, size_t nth);

/* Numbers of the partitions that are away, rising; away_count of them. */
uint32_t *scatter_away(const struct scatter *scatter);

#endif
