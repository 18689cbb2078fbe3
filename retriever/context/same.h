// SPDX-License-Identifier: Apache-2.0
/*
 * same.h - how much of a passage others hold already.
 *
 * By shingles of five words (containment, Broder 1997, "On the resemblance and
 * containment of documents"): a passage is within another when that one has
 * SAME_SHARE of its shingles.  A passage of less than five words is one
 * shingle.  Case, white space and marks do not count.
 *
 * An index of shingles tells how many of them a passage shares with each of
 * those before it, in one look at each.
 *
 * Memory:  in the arena: forty bytes a word.
 * Threads: plain values.
 * I/O:     none.
 */
#ifndef RETRIEVER_CONTEXT_SAME_H
#define RETRIEVER_CONTEXT_SAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"

#define SAME_SHARE .85

/* The shingles of a passage: hashes, rising, each once. */
struct shingles {
    uint64_t *items;
    size_t count;
};

struct shingles shingles_of(struct mr_span text, struct mr_arena *arena);

/* Whether `shared` of them are enough to call `inner` a part of what has them
 * as well; never of what has no word. */
bool shingles_within(const struct shingles *inner, size_t shared);

struct shingle_index;

/* For about so many words; more only make it slower. */
struct shingle_index *shingle_index_new(size_t words, struct mr_arena *arena);

void shingle_index_add(struct shingle_index *index, uint32_t passage,
                       const struct shingles *shingles);

/* Adds to shared[passage], of each passage that was added, how many of the
 * shingles it has. */
void shingle_index_count(const struct shingle_index *index,
                         const struct shingles *shingles, uint32_t *shared);

#endif
