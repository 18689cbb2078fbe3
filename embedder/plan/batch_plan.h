// SPDX-License-Identifier: Apache-2.0
/*
 * batch_plan.h - which texts go through the model together.
 *
 * All texts of a batch are padded to its longest, and padding costs what text
 * costs; each batch costs BATCH_OVERHEAD_TOKENS beside.  Texts are ordered by
 * length, and the order is cut where the sum of both is least.
 *
 * Memory:  the caller's.  Threads: any.  I/O: none.
 */
#ifndef EMBEDDER_PLAN_BATCH_PLAN_H
#define EMBEDDER_PLAN_BATCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

/* A plan is made for at most so many texts: enough to find mates of one
 * length, and 512 KiB of ids. */
#define BATCH_TEXTS_MAX 256u

/* One inference takes about as much beyond its tokens (about 1 ms of 7). */
#define BATCH_OVERHEAD_TOKENS 16u

struct batch {
    uint32_t first;  /* into the order */
    uint32_t count;  /* of texts */
    uint32_t length; /* of the longest, which all are padded to */
};

struct batch_plan {
    uint32_t order[BATCH_TEXTS_MAX]; /* of texts, longest first */
    struct batch batches[BATCH_TEXTS_MAX];
    size_t count; /* of batches */
};

/*
 * Plans `count` (1 to BATCH_TEXTS_MAX) texts of these lengths in tokens, none
 * of them 0, so that count * length of each batch is at most `tokens_max`; a
 * longer text is a batch of its own.
 */
void batch_plan(struct batch_plan *plan, const uint32_t *lengths, size_t count,
                uint32_t tokens_max);

#endif
