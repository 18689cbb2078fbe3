// SPDX-License-Identifier: Apache-2.0
/*
 * cache.h - vectors by the hash of their text, so that no text is embedded
 * twice.
 *
 * It is also where the parts of a long document gather over several steps.
 * Of more entries than it may hold the least recently used go; a use counts
 * when the entry is in the older half, so that few are written again.
 *
 * All texts are of one model: the stage's state is named by it.
 *
 * Memory:  what is handed out lives in the step's arena.
 * Threads: those of the step.
 * I/O:     reads state, appends effects.
 */
#ifndef EMBEDDER_STAGE_CACHE_H
#define EMBEDDER_STAGE_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_hash.h"
#include "common/runtime/stage.h"

/* Beside the floats an entry takes about so much. */
#define CACHE_ENTRY_BYTES 96u

struct cache {
    struct mr_state *state;
    struct mr_effects *effects;
    uint32_t dimension;
    uint64_t entries_max;
    uint64_t next; /* number of the next use */
    uint64_t count;
    bool changed;
};

/* For this step; closed by cache_end(). */
MR_MUST_CHECK enum mr_code cache_begin(struct cache *cache,
                                       struct mr_state *state,
                                       struct mr_effects *effects,
                                       uint32_t dimension, uint64_t entries_max,
                                       struct mr_err *err);

/* The vector of a text, or NULL. */
MR_MUST_CHECK enum mr_code cache_get(struct cache *cache,
                                     struct mr_hash128 hash, const float **out,
                                     struct mr_err *err);

/* Keeps the vector of a text that is not there. */
void cache_put(struct cache *cache, struct mr_hash128 hash,
               const float *vector);

/* Drops what is too much and keeps the count. */
MR_MUST_CHECK enum mr_code cache_end(struct cache *cache, struct mr_err *err);

#endif
