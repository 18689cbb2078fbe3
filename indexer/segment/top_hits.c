// SPDX-License-Identifier: Apache-2.0
/*
 * top_hits.c - see top_hits.h.
 */
#include "indexer/segment/top_hits.h"

#include <stdbool.h>
#include <stdlib.h>

static bool is_worse(struct unit_hit a, struct unit_hit b)
{
    return a.score != b.score ? a.score < b.score : a.unit > b.unit;
}

static void sink(struct unit_hit *hits, size_t count)
{
    size_t at = 0;

    for (;;) {
        size_t worst = at;
        struct unit_hit held = hits[at];

        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < count && is_worse(hits[child], hits[worst]))
                worst = child;
        if (worst == at)
            return;
        hits[at] = hits[worst];
        hits[worst] = held;
        at = worst;
    }
}

static void rise(struct unit_hit *hits, size_t at)
{
    while (at > 0 && is_worse(hits[at], hits[(at - 1) / 2])) {
        struct unit_hit held = hits[at];

        hits[at] = hits[(at - 1) / 2];
        hits[(at - 1) / 2] = held;
        at = (at - 1) / 2;
    }
}

void top_hits_offer(struct unit_hit *hits, size_t *count, size_t room,
                    struct unit_hit hit)
{
    if (*count < room) {
        hits[*count] = hit;
        rise(hits, (*count)++);
    } else if (is_worse(hits[0], hit)) {
        hits[0] = hit;
        sink(hits, room);
    }
}

static int compare_hits(const void *left, const void *right)
{
    const struct unit_hit *a = left;
    const struct unit_hit *b = right;

    return is_worse(*a, *b) ? 1 : is_worse(*b, *a) ? -1 : 0;
}

void top_hits_sort(struct unit_hit *hits, size_t count)
{
    if (count > 1)
        qsort(hits, count, sizeof(*hits), compare_hits);
}
