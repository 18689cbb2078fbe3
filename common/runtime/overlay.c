// SPDX-License-Identifier: Apache-2.0
/*
 * overlay.c - see overlay.h.
 */
#include "common/runtime/overlay.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"

void mr_overlay_init(struct mr_overlay *overlay, struct mr_arena *arena)
{
    *overlay = (struct mr_overlay){ .arena = arena };
}

/* One entry in four is a level higher than the rest. */
static unsigned height_of(size_t nth)
{
    uint64_t random = mr_mix64((uint64_t)nth + 1);
    unsigned height = 1;

    while (height < MR_OVERLAY_LEVELS && (random & 3) == 0) {
        random >>= 2;
        height++;
    }
    return height;
}

/*
 * Fills `links` with the place, at each level, that points to the first entry
 * not below `key`; returns that entry.
 */
static struct mr_overlay_entry *find_links(
    struct mr_overlay_entry *const *heads, struct mr_span key,
    struct mr_overlay_entry *const **links)
{
    struct mr_overlay_entry *const *from = heads;

    for (unsigned level = MR_OVERLAY_LEVELS; level-- > 0;) {
        while (from[level] != NULL &&
               mr_span_compare(from[level]->key, key) < 0)
            from = from[level]->next;
        if (links != NULL)
            links[level] = &from[level];
    }
    return from[0];
}

static void insert(struct mr_overlay *overlay,
                   struct mr_overlay_entry *const **links, struct mr_span key,
                   struct mr_span value)
{
    unsigned height = height_of(overlay->count++);
    struct mr_overlay_entry *entry = mr_arena_alloc(
        overlay->arena,
        sizeof(*entry) + height * sizeof(struct mr_overlay_entry *));

    entry->key = mr_arena_copy(overlay->arena, key);
    entry->value = mr_arena_copy(overlay->arena, value);
    for (unsigned level = 0; level < height; level++) {
        /* The links lie in the list, which is ours to change. */
        struct mr_overlay_entry **link =
            (struct mr_overlay_entry **)(uintptr_t)links[level];

        entry->next[level] = *link;
        *link = entry;
    }
}

void mr_overlay_set(struct mr_overlay *overlay, struct mr_span key,
                    struct mr_span value)
{
    struct mr_overlay_entry *const *links[MR_OVERLAY_LEVELS];
    struct mr_overlay_entry *entry = find_links(overlay->head, key, links);

    if (entry != NULL && mr_span_equal(entry->key, key))
        entry->value = mr_arena_copy(overlay->arena, value);
    else
        insert(overlay, links, key, value);
}

const struct mr_overlay_entry *mr_overlay_find(const struct mr_overlay *overlay,
                                               struct mr_span key)
{
    const struct mr_overlay_entry *entry;

    if (overlay->count == 0)
        return NULL;
    entry = find_links(overlay->head, key, NULL);
    return entry != NULL && mr_span_equal(entry->key, key) ? entry : NULL;
}

const struct mr_overlay_entry *mr_overlay_seek(const struct mr_overlay *overlay,
                                               struct mr_span from)
{
    if (from.data == NULL)
        return overlay->head[0];
    return find_links(overlay->head, from, NULL);
}

static const struct mr_overlay_entry *first_put(
    const struct mr_overlay *overlay)
{
    const struct mr_overlay_entry *entry = overlay->head[0];

    while (entry != NULL && entry->value.data == NULL)
        entry = entry->next[0];
    return entry;
}

void mr_overlay_write(const struct mr_overlay *overlay,
                      struct mr_stored *stored, struct mr_batch *batch)
{
    const struct mr_overlay_entry *put = first_put(overlay);

    if (put != NULL)
        mr_stored_will_put(stored, put->key);
    for (const struct mr_overlay_entry *entry = overlay->head[0]; entry != NULL;
         entry = entry->next[0]) {
        if (entry->value.data != NULL)
            mr_batch_put(batch, stored->space, entry->key, entry->value);
        else
            mr_batch_delete(batch, stored->space, entry->key);
    }
}

struct merge {
    const struct mr_overlay_entry *next; /* not yet given */
    struct mr_range range;
    mr_store_visit *visit;
    void *context;
    bool stopped;
};

static bool within(const struct merge *merge, struct mr_span key)
{
    return merge->range.to.data == NULL ||
           mr_span_compare(key, merge->range.to) < 0;
}

static enum mr_code give(struct merge *merge, struct mr_span key,
                         struct mr_span value, struct mr_err *err)
{
    return merge->visit(merge->context, key, value, &merge->stopped, err);
}

/* Gives the changed entries below `key` (absent: all that are left). */
static enum mr_code give_below(struct merge *merge, struct mr_span key,
                               struct mr_err *err)
{
    enum mr_code code = MR_OK;

    while (code == MR_OK && !merge->stopped && merge->next != NULL &&
           within(merge, merge->next->key) &&
           (key.data == NULL || mr_span_compare(merge->next->key, key) < 0)) {
        const struct mr_overlay_entry *entry = merge->next;

        merge->next = entry->next[0];
        if (entry->value.data != NULL)
            code = give(merge, entry->key, entry->value, err);
    }
    return code;
}

static enum mr_code visit_stored(void *context, struct mr_span key,
                                 struct mr_span value, bool *stop,
                                 struct mr_err *err)
{
    struct merge *merge = context;
    const struct mr_overlay_entry *entry;
    enum mr_code code = give_below(merge, key, err);

    entry = merge->next;
    if (code == MR_OK && !merge->stopped) {
        if (entry == NULL || !mr_span_equal(entry->key, key)) {
            code = give(merge, key, value, err);
        } else {
            merge->next = entry->next[0];
            if (entry->value.data != NULL)
                code = give(merge, key, entry->value, err);
        }
    }
    *stop = merge->stopped;
    return code;
}

enum mr_code mr_overlay_scan(const struct mr_overlay *overlay,
                             struct mr_stored *stored, struct mr_range range,
                             mr_store_visit *visit, void *context,
                             struct mr_err *err)
{
    struct merge merge = {
        .next = mr_overlay_seek(overlay, range.from),
        .range = range,
        .visit = visit,
        .context = context,
    };
    enum mr_code code;

    if (merge.next == NULL || !within(&merge, merge.next->key))
        return mr_stored_scan(stored, range, visit, context, err);
    code = mr_stored_scan(stored, range, visit_stored, &merge, err);
    if (code == MR_OK && !merge.stopped)
        code = give_below(&merge, (struct mr_span){ 0 }, err);
    return code;
}
