// SPDX-License-Identifier: Apache-2.0
/*
 * effects_internal.h - what stands behind struct mr_effects and mr_state.
 *
 * Private to runtime: a worker makes one pair, resets it before each attempt
 * and performs what it holds.  Stages see stage.h only.
 *
 * Memory:  what a step appends lies in the worker's arena; the lists are kept
 *          from step to step.
 * Threads: the worker's.
 * I/O:     reads of mr_state_*() only.
 */
#ifndef COMMON_RUNTIME_EFFECTS_INTERNAL_H
#define COMMON_RUNTIME_EFFECTS_INTERNAL_H

#include "common/runtime/overlay.h"
#include "common/runtime/place.h"
#include "common/runtime/stage.h"

/* Rules in one step with a count of their own; more are "other". */
#define MR_TALLIES_MAX 64u

#define MR_WAKE_NEVER INT64_MAX

/* Bytes on their way to the blob store. */
struct mr_claim {
    struct mr_span bytes;
    struct mr_hash128 hash;
};

struct mr_tally {
    const char *reason; /* static */
    uint64_t count;
};

struct mr_effects {
    const struct mr_place *place; /* borrowed, as the next two */
    const struct mr_stage *stage;
    struct mr_arena *arena;
    struct mr_overlay changes[MR_STAGE_SPACES_MAX];
    struct mr_record *outputs;
    size_t output_count;
    size_t output_room;
    struct mr_claim *claims;
    size_t claim_count;
    size_t claim_room;
    struct mr_tally tallies[MR_TALLIES_MAX];
    size_t tally_count;
    uint64_t passed;
    uint64_t rejected;
    int64_t wake_ms; /* MR_WAKE_NEVER: not asked for */
    size_t bytes;
    bool frozen;           /* a scan is under way */
    struct mr_err failure; /* the first effect that was refused, or MR_OK */
};

struct mr_state {
    struct mr_effects *effects;
    struct mr_stored spaces[MR_STAGE_SPACES_MAX];
};

void mr_effects_init(struct mr_effects *effects, const struct mr_place *place,
                     const struct mr_stage *stage, struct mr_arena *arena);
void mr_effects_deinit(struct mr_effects *effects);

/* Throws everything away. */
void mr_effects_reset(struct mr_effects *effects);

/* True when there is nothing to commit. */
bool mr_effects_empty(const struct mr_effects *effects);

/* "<collection>.<generation>.<stage>.<lane>.", before the names of spaces;
 * without the generation for a foreign stage. */
void mr_state_prefix(const struct mr_effects *effects, uint32_t lane,
                     char out[MR_SPACE_NAME_MAX + 1]);

/* Opens the stage's spaces: mr_state_prefix() and their own names.
 * Borrows `effects`. */
MR_MUST_CHECK enum mr_code mr_state_init(struct mr_state *state,
                                         struct mr_effects *effects,
                                         uint32_t lane, struct mr_err *err);

/* The changes of all spaces into an empty batch. */
void mr_state_write(struct mr_state *state, struct mr_batch *batch);

/* Puts the claimed blobs. */
MR_MUST_CHECK enum mr_code mr_effects_put_blobs(
    const struct mr_effects *effects, struct mr_err *err);

#endif
