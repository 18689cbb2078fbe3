// SPDX-License-Identifier: Apache-2.0
/*
 * batch_plan.c - see batch_plan.h.
 */
#include "embedder/plan/batch_plan.h"

#include <stdlib.h>

#include "common/base/mr_assert.h"

/* Longest first, equal ones in their order: one number to sort by. */
static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static void sort(struct batch_plan *plan, const uint32_t *lengths, size_t count)
{
    uint64_t keys[BATCH_TEXTS_MAX];

    for (size_t i = 0; i < count; i++)
        keys[i] = (uint64_t)(UINT32_MAX - lengths[i]) << 32 | i;
    qsort(keys, count, sizeof(keys[0]), compare);
    for (size_t i = 0; i < count; i++)
        plan->order[i] = (uint32_t)keys[i];
}

/*
 * Shortest path: costs[i] is the least for the texts from i on, and ends[i]
 * where their first batch ends.  The longest of a batch is its first.
 */
static void find_ends(const struct batch_plan *plan, const uint32_t *lengths,
                      size_t count, uint32_t tokens_max,
                      uint32_t ends[BATCH_TEXTS_MAX])
{
    uint64_t costs[BATCH_TEXTS_MAX + 1];

    costs[count] = 0;
    for (size_t i = count; i-- > 0;) {
        uint64_t length = lengths[plan->order[i]];

        MR_ASSERT(length > 0);
        ends[i] = (uint32_t)i + 1;
        costs[i] = length + BATCH_OVERHEAD_TOKENS + costs[i + 1];
        for (size_t end = i + 2;
             end <= count && (end - i) * length <= tokens_max; end++) {
            uint64_t cost =
                (end - i) * length + BATCH_OVERHEAD_TOKENS + costs[end];

            if (cost < costs[i]) {
                costs[i] = cost;
                ends[i] = (uint32_t)end;
            }
        }
    }
}

void batch_plan(struct batch_plan *plan, const uint32_t *lengths, size_t count,
                uint32_t tokens_max)
{
    uint32_t ends[BATCH_TEXTS_MAX];

    MR_ASSERT(count >= 1 && count <= BATCH_TEXTS_MAX);
    sort(plan, lengths, count);
    find_ends(plan, lengths, count, tokens_max, ends);
    plan->count = 0;
    for (uint32_t i = 0; i < count; i = ends[i])
        plan->batches[plan->count++] = (struct batch){
            .first = i,
            .count = ends[i] - i,
            .length = lengths[plan->order[i]],
        };
}
