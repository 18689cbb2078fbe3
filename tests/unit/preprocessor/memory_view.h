// SPDX-License-Identifier: Apache-2.0
/*
 * memory_view.h - the state of curation as a sorted array, for tests.
 *
 * Memory:  copies what is put; memory_view_deinit() frees all.
 */
#ifndef TESTS_UNIT_PREPROCESSOR_MEMORY_VIEW_H
#define TESTS_UNIT_PREPROCESSOR_MEMORY_VIEW_H

#include "common/base/mr_mem.h"
#include "preprocessor/curate/view.h"

struct memory_pair {
    struct mr_span key;
    struct mr_span value;
};

struct memory_space {
    struct memory_pair *pairs;
    size_t count;
    size_t room;
};

struct memory_view {
    struct curate_view view;
    struct memory_space spaces[CURATE_SPACE_COUNT];
};

static inline struct memory_space *memory_space(struct curate_view *view,
                                                enum curate_space space)
{
    return &((struct memory_view *)(void *)view)->spaces[space];
}

static inline struct mr_span memory_copy(struct mr_span span)
{
    return mr_span(mr_memdup(span.data, span.size), span.size);
}

static inline void memory_drop(struct mr_span span)
{
    mr_free((void *)(uintptr_t)span.data);
}

/* The first place whose key is not below `key`. */
static inline size_t memory_find(const struct memory_space *space,
                                 struct mr_span key, bool *found)
{
    size_t low = 0;
    size_t high = space->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (mr_span_compare(space->pairs[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < space->count && mr_span_equal(space->pairs[low].key, key);
    return low;
}

static inline enum mr_code memory_get(struct curate_view *view,
                                      enum curate_space which,
                                      struct mr_span key, struct mr_span *out,
                                      struct mr_err *err)
{
    struct memory_space *space = memory_space(view, which);
    bool found;
    size_t at = memory_find(space, key, &found);

    (void)err;
    *out = mr_span(NULL, 0);
    if (found)
        *out = mr_arena_copy(view->arena, space->pairs[at].value);
    return MR_OK;
}

static inline enum mr_code memory_scan(struct curate_view *view,
                                       enum curate_space which,
                                       struct mr_range range,
                                       mr_store_visit *visit, void *context,
                                       struct mr_err *err)
{
    struct memory_space *space = memory_space(view, which);
    bool stop = false;
    enum mr_code code = MR_OK;
    size_t at = 0;

    if (range.from.data != NULL)
        at = memory_find(space, range.from, &stop);
    for (stop = false; at < space->count && !stop && code == MR_OK; at++) {
        struct memory_pair *pair = &space->pairs[at];

        if (range.to.data != NULL && mr_span_compare(pair->key, range.to) >= 0)
            break;
        code = visit(context, pair->key, pair->value, &stop, err);
    }
    return code;
}

static inline void memory_put(struct curate_view *view, enum curate_space which,
                              struct mr_span key, struct mr_span value)
{
    struct memory_space *space = memory_space(view, which);
    bool found;
    size_t at = memory_find(space, key, &found);

    if (found) {
        struct mr_span old = space->pairs[at].value;

        space->pairs[at].value = memory_copy(value);
        memory_drop(old);
        return;
    }
    if (space->count == space->room) {
        space->room = space->room > 0 ? 2 * space->room : 16;
        space->pairs =
            mr_realloc_array(space->pairs, space->room, sizeof(*space->pairs));
    }
    memmove(space->pairs + at + 1, space->pairs + at,
            (space->count - at) * sizeof(*space->pairs));
    space->count++;
    space->pairs[at] =
        (struct memory_pair){ memory_copy(key), memory_copy(value) };
}

static inline void memory_del(struct curate_view *view, enum curate_space which,
                              struct mr_span key)
{
    struct memory_space *space = memory_space(view, which);
    bool found;
    size_t at = memory_find(space, key, &found);

    if (!found)
        return;
    memory_drop(space->pairs[at].key);
    memory_drop(space->pairs[at].value);
    space->count--;
    memmove(space->pairs + at, space->pairs + at + 1,
            (space->count - at) * sizeof(*space->pairs));
}

static inline void memory_view_init(struct memory_view *memory,
                                    struct mr_arena *arena)
{
    static const struct curate_view_ops ops = { memory_get, memory_scan,
                                                memory_put, memory_del };

    *memory = (struct memory_view){ .view = { &ops, arena } };
}

static inline void memory_view_deinit(struct memory_view *memory)
{
    for (size_t i = 0; i < CURATE_SPACE_COUNT; i++) {
        struct memory_space *space = &memory->spaces[i];

        for (size_t at = 0; at < space->count; at++) {
            memory_drop(space->pairs[at].key);
            memory_drop(space->pairs[at].value);
        }
        mr_free(space->pairs);
    }
}

#endif
