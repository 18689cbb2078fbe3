// SPDX-License-Identifier: Apache-2.0
/*
 * overlay.h - what a step has changed in one space, over what is stored.
 *
 * An ordered map of keys to values or deletions: a skip list whose heights
 * come from a hash of a counter, so that equal steps build equal lists.  Both
 * a lookup and the first key of a range cost O(log n).  Private to runtime.
 *
 * Memory:  copies keys and values into the step's arena, and never gives
 *          anything back: what was handed out lives until the arena's reset.
 * Threads: one at a time.
 * I/O:     that of the store, in mr_overlay_scan().
 */
#ifndef COMMON_RUNTIME_OVERLAY_H
#define COMMON_RUNTIME_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_batch.h"
#include "common/base/mr_span.h"
#include "common/ports/store.h"
#include "common/runtime/stored.h"

/* 4^12 keys are more than MR_EFFECTS_BYTES_MAX holds. */
#define MR_OVERLAY_LEVELS 12u

struct mr_overlay_entry {
    struct mr_span key;
    struct mr_span value; /* absent: deleted */
    struct mr_overlay_entry *next[];
};

struct mr_overlay {
    struct mr_arena *arena; /* borrowed */
    struct mr_overlay_entry *head[MR_OVERLAY_LEVELS];
    size_t count;
};

/* Empty; also what an arena's reset must be followed by. */
void mr_overlay_init(struct mr_overlay *overlay, struct mr_arena *arena);

/* Sets or replaces; an absent value deletes. */
void mr_overlay_set(struct mr_overlay *overlay, struct mr_span key,
                    struct mr_span value);

/* NULL: this step did not touch the key. */
const struct mr_overlay_entry *mr_overlay_find(const struct mr_overlay *overlay,
                                               struct mr_span key);

/* The first entry not below `from` (absent: the first), or NULL. */
const struct mr_overlay_entry *mr_overlay_seek(const struct mr_overlay *overlay,
                                               struct mr_span from);

/* The entries in order of keys, as operations on the space. */
void mr_overlay_write(const struct mr_overlay *overlay,
                      struct mr_stored *stored, struct mr_batch *batch);

/* As mr_stored_scan(), the changes included. */
MR_MUST_CHECK enum mr_code mr_overlay_scan(const struct mr_overlay *overlay,
                                           struct mr_stored *stored,
                                           struct mr_range range,
                                           mr_store_visit *visit, void *context,
                                           struct mr_err *err);

#endif
