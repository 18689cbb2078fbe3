// SPDX-License-Identifier: Apache-2.0
/*
 * fold.c - see fold.h.
 */
#include "preprocessor/admit/fold.h"

/* The place behind the pairs of the key at `at`. */
static size_t past_key(const struct mr_pairs *pairs, size_t at)
{
    size_t end = at + 1;

    while (end < pairs->count &&
           mr_span_equal(pairs->items[end].key, pairs->items[at].key))
        end++;
    return end;
}

/* Merges by keys; a key of both is taken from `over`. */
static struct mr_pairs merge(const struct mr_pairs *under,
                             const struct mr_pairs *over,
                             struct mr_arena *arena)
{
    struct mr_pairs out = {
        .items = mr_arena_alloc(arena, (under->count + over->count) *
                                           sizeof(*out.items)),
    };
    size_t a = 0;
    size_t b = 0;

    while (a < under->count || b < over->count) {
        const struct mr_pairs *from = over;
        size_t *at = &b;
        int order = a == under->count  ? 1
                    : b == over->count ? -1
                                       : mr_span_compare(under->items[a].key,
                                                         over->items[b].key);
        size_t end;

        if (order == 0)
            a = past_key(under, a);
        if (order < 0) {
            from = under;
            at = &a;
        }
        for (end = past_key(from, *at); *at < end; (*at)++)
            out.items[out.count++] = from->items[*at];
    }
    return out;
}

struct mr_pairs fold_patches(const struct mr_pairs *first,
                             const struct mr_pairs *second,
                             struct mr_arena *arena)
{
    return merge(first, second, arena);
}

struct mr_pairs fold_metadata(const struct mr_pairs *metadata,
                              const struct mr_pairs *patch,
                              struct mr_arena *arena)
{
    struct mr_pairs out = merge(metadata, patch, arena);
    size_t count = 0;

    for (size_t i = 0; i < out.count; i++) {
        if (out.items[i].kind != MR_VALUE_NULL)
            out.items[count++] = out.items[i];
    }
    out.count = count;
    return out;
}

struct mr_verdict fold_verdict(const struct mr_verdict *old,
                               const struct mr_verdict *verdict,
                               struct mr_arena *arena)
{
    struct mr_verdict out = *verdict;

    if (old != NULL && old->content_version == verdict->content_version) {
        out.patch = fold_patches(&old->patch, &verdict->patch, arena);
        if (!verdict->has_access && old->has_access) {
            out.has_access = true;
            out.access = old->access;
        }
    }
    if (verdict->state == MR_STATE_DELETED)
        out.patch = (struct mr_pairs){ 0 };
    out.is_patch = out.patch.count > 0 || out.has_access;
    return out;
}
