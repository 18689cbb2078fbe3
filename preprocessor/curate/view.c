// SPDX-License-Identifier: Apache-2.0
/*
 * view.c - see view.h.
 */
#include "preprocessor/curate/view.h"

#include "common/base/mr_assert.h"

struct keys {
    struct mr_arena *arena;
    size_t skip;
    size_t max;
    struct mr_span *out;
    size_t count;
};

static enum mr_code take_key(void *context, struct mr_span key,
                             struct mr_span value, bool *stop,
                             struct mr_err *err)
{
    struct keys *keys = context;

    (void)value;
    (void)err;
    MR_ASSERT(key.size >= keys->skip && keys->count < keys->max);
    keys->out[keys->count++] = mr_arena_copy(
        keys->arena, mr_span(key.data + keys->skip, key.size - keys->skip));
    *stop = keys->count == keys->max;
    return MR_OK;
}

enum mr_code view_keys(struct curate_view *view, enum curate_space space,
                       struct mr_range range, size_t skip, size_t max,
                       struct mr_span *out, size_t *count, struct mr_err *err)
{
    struct keys keys = { view->arena, skip, max, out, 0 };
    enum mr_code code = MR_OK;

    if (max > 0)
        code = view_scan(view, space, range, take_key, &keys, err);
    *count = keys.count;
    return code;
}

struct mr_span view_past_prefix(struct mr_span prefix, struct mr_arena *arena)
{
    uint8_t *bytes;
    size_t size = prefix.size;

    while (size > 0 && prefix.data[size - 1] == 0xFF)
        size--;
    if (size == 0)
        return mr_span(NULL, 0);
    bytes = mr_arena_alloc(arena, size);
    memcpy(bytes, prefix.data, size);
    bytes[size - 1]++;
    return mr_span(bytes, size);
}

struct mr_span view_past_key(struct mr_span key, struct mr_arena *arena)
{
    uint8_t *bytes = mr_arena_alloc(arena, key.size + 1);

    if (key.size > 0)
        memcpy(bytes, key.data, key.size);
    bytes[key.size] = 0;
    return mr_span(bytes, key.size + 1);
}

struct mr_span view_key(uint64_t head, struct mr_span tail,
                        struct mr_arena *arena)
{
    uint8_t *bytes = mr_arena_alloc(arena, sizeof(head) + tail.size);

    for (size_t i = 0; i < sizeof(head); i++)
        bytes[i] = (uint8_t)(head >> 8 * (sizeof(head) - 1 - i));
    if (tail.size > 0)
        memcpy(bytes + sizeof(head), tail.data, tail.size);
    return mr_span(bytes, sizeof(head) + tail.size);
}
