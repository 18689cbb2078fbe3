// SPDX-License-Identifier: Apache-2.0
/*
 * types.c - see types.h.
 */
#include "common/wire/types.h"

#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "proto/types.pb-c.h"

/* Plain enums and those of the messages are one, so a cast translates. */
#define SAME(ours, theirs) \
    static_assert((int)(ours) == (int)(theirs), #ours " as in types.proto")

SAME(MR_KIND_PUT, MILLRACE__KIND__KIND_PUT);
SAME(MR_KIND_DELETE, MILLRACE__KIND__KIND_DELETE);
SAME(MR_KIND_PATCH, MILLRACE__KIND__KIND_PATCH);
SAME(MR_KIND_FAILED, MILLRACE__KIND__KIND_FAILED);
SAME(MR_STATE_LIVE, MILLRACE__STATE__STATE_LIVE);
SAME(MR_STATE_REJECTED, MILLRACE__STATE__STATE_REJECTED);
SAME(MR_STATE_DUPLICATE, MILLRACE__STATE__STATE_DUPLICATE);
SAME(MR_STATE_DELETED, MILLRACE__STATE__STATE_DELETED);
SAME(MR_STATE_FAILED, MILLRACE__STATE__STATE_FAILED);
SAME(MR_LANE_PUSH, MILLRACE__LANE__LANE_PUSH);
SAME(MR_LANE_BULK, MILLRACE__LANE__LANE_BULK);
SAME(MR_VALUE_TEXT, MILLRACE__VALUE_KIND__VALUE_TEXT);
SAME(MR_VALUE_NUMBER, MILLRACE__VALUE_KIND__VALUE_NUMBER);
SAME(MR_VALUE_FLAG, MILLRACE__VALUE_KIND__VALUE_FLAG);
SAME(MR_VALUE_NULL, MILLRACE__VALUE_KIND__VALUE_NULL);

const char *mr_state_name(enum mr_doc_state state)
{
    switch (state) {
    case MR_STATE_LIVE:
        return "live";
    case MR_STATE_REJECTED:
        return "rejected";
    case MR_STATE_DUPLICATE:
        return "duplicate";
    case MR_STATE_DELETED:
        return "deleted";
    case MR_STATE_FAILED:
        return "failed";
    }
    MR_UNREACHABLE();
}

/* qsort() is not stable, so each pair brings its place. */
struct placed {
    struct mr_pair pair;
    size_t place;
};

static int compare_placed(const void *left, const void *right)
{
    const struct placed *a = left;
    const struct placed *b = right;
    int order = mr_span_compare(a->pair.key, b->pair.key);

    return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

void mr_pairs_sort(struct mr_pairs *pairs)
{
    struct placed *placed;

    if (pairs->count < 2)
        return;
    placed = mr_calloc(pairs->count, sizeof(*placed));
    for (size_t i = 0; i < pairs->count; i++)
        placed[i] = (struct placed){ .pair = pairs->items[i], .place = i };
    qsort(placed, pairs->count, sizeof(*placed), compare_placed);
    for (size_t i = 0; i < pairs->count; i++)
        pairs->items[i] = placed[i].pair;
    mr_free(placed);
}

static int compare_spans(const void *left, const void *right)
{
    const struct mr_span *a = left;
    const struct mr_span *b = right;

    return mr_span_compare(*a, *b);
}

/* Each hash is the seed of the next, so that borders count. */
static uint64_t hash_principals(const struct mr_access *access, uint64_t hash)
{
    size_t bytes = access->principal_count * sizeof(*access->principals);
    struct mr_span *sorted = mr_memdup(access->principals, bytes);

    qsort(sorted, access->principal_count, sizeof(*sorted), compare_spans);
    for (size_t i = 0; i < access->principal_count; i++) {
        if (i == 0 || !mr_span_equal(sorted[i - 1], sorted[i]))
            hash = mr_hash64(sorted[i], hash);
    }
    mr_free(sorted);
    return hash;
}

uint64_t mr_access_hash(const struct mr_access *access)
{
    uint64_t hash = mr_hash64(access->owner, 0);

    if (access->principal_count > 0)
        hash = hash_principals(access, hash);
    return hash;
}
