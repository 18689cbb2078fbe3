// SPDX-License-Identifier: Apache-2.0
/*
 * same.h - how much of a passage another one holds already.
 *
 * By shingles of five words (containment, Broder 1997, "On the resemblance and
 * containment of documents"): a passage is within another when that one has
 * SAME_SHARE of its shingles.  A passage of less than five words is one
 * shingle.  Case, white space and marks do not count.
 *
 * Memory:  in the arena: eight bytes a word.
 * Threads: any.  I/O: none.
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

/* How many both have. */
size_t shingles_shared(const struct shingles *a, const struct shingles *b);

/* Whether `shared` of them are enough to call `inner` a part of the other;
 * never of what has no word. */
bool shingles_within(const struct shingles *inner, size_t shared);

#endif
