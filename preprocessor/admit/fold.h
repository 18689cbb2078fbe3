// SPDX-License-Identifier: Apache-2.0
/*
 * fold.h - patches upon patches, and patches upon a document.
 *
 * A patch replaces all pairs of each key that it names; a null removes them.
 * Two patches fold into one that does what they did in turn, so a document is
 * always its put and at most one patch.
 *
 * Memory:  results borrow from what went in; arrays lie in the arena.
 * Threads: any.
 * I/O:     none.
 */
#ifndef PREPROCESSOR_ADMIT_FOLD_H
#define PREPROCESSOR_ADMIT_FOLD_H

#include "common/wire/types.h"
#include "common/wire/verdict.h"

/* `first`, then `second`, as one patch: nulls stay. Both and the result are
 * sorted by key. */
struct mr_pairs fold_patches(const struct mr_pairs *first,
                             const struct mr_pairs *second,
                             struct mr_arena *arena);

/* The metadata after the patch: without nulls. All sorted by key. */
struct mr_pairs fold_metadata(const struct mr_pairs *metadata,
                              const struct mr_pairs *patch,
                              struct mr_arena *arena);

/*
 * A new verdict that stands for all patches since the put that it is about:
 * those of `old`, if that is about the same put, then its own.  Of a deleted
 * document only access is kept.  `old` is NULL when there was none.
 */
struct mr_verdict fold_verdict(const struct mr_verdict *old,
                               const struct mr_verdict *verdict,
                               struct mr_arena *arena);

#endif
