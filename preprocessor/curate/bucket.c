// SPDX-License-Identifier: Apache-2.0
/*
 * bucket.c - see bucket.h.
 */
#include "preprocessor/curate/bucket.h"

#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_reader.h"
#include "preprocessor/curate/priority.h"

#define HEAD_BYTES_MAX (64u * 1024u)

static bool parse_head(struct mr_span bytes, struct bucket *out)
{
    struct mr_reader in = mr_reader(bytes);
    unsigned spilled = mr_read_byte(&in);

    for (size_t side = 0; side < BUCKET_SIDES; side++) {
        out->spilled[side] = (spilled >> side & 1) != 0;
        out->count[side] = mr_read_byte(&in);
        if (out->count[side] > BUCKET_INLINE_MAX)
            return false;
    }
    for (size_t side = 0; side < BUCKET_SIDES; side++) {
        for (size_t i = 0; i < out->count[side]; i++)
            out->members[side][i] = mr_read_sized(&in);
    }
    return mr_reader_done(&in);
}

enum mr_code bucket_load(struct curate_view *view, enum curate_space space,
                         uint64_t name, struct bucket *out, struct mr_err *err)
{
    struct mr_span key = view_key(name, mr_span(NULL, 0), view->arena);
    struct mr_span bytes;
    enum mr_code code = view_get(view, space, key, &bytes, err);

    *out = (struct bucket){ .space = space, .name = name };
    if (code != MR_OK || bytes.data == NULL)
        return code;
    if (!parse_head(bytes, out))
        return mr_fail(err, MR_E_DAMAGED,
                       "curate: bucket %016llx (%zu bytes) is damaged; "
                       "rebuild this stage's state from the log",
                       (unsigned long long)name, bytes.size);
    return MR_OK;
}

static void write_head(struct curate_view *view, const struct bucket *bucket)
{
    struct mr_span key = view_key(bucket->name, mr_span(NULL, 0), view->arena);
    struct mr_buf out = mr_buf(HEAD_BYTES_MAX);
    unsigned spilled = 0;
    bool empty = true;

    for (size_t side = 0; side < BUCKET_SIDES; side++) {
        spilled |= (unsigned)bucket->spilled[side] << side;
        empty = empty && !bucket->spilled[side] && bucket->count[side] == 0;
    }
    if (empty) {
        view_delete(view, bucket->space, key);
        return;
    }
    mr_buf_byte(&out, (uint8_t)spilled);
    for (size_t side = 0; side < BUCKET_SIDES; side++)
        mr_buf_byte(&out, (uint8_t)bucket->count[side]);
    for (size_t side = 0; side < BUCKET_SIDES; side++) {
        for (size_t i = 0; i < bucket->count[side]; i++)
            mr_buf_sized(&out, bucket->members[side][i]);
    }
    MR_ASSERT(!out.full);
    view_put(view, bucket->space, key, mr_buf_bytes(&out));
    mr_buf_deinit(&out);
}

/* bucket, side, priority. */
static struct mr_span member_key(const struct bucket *bucket,
                                 enum bucket_side side, struct mr_span priority,
                                 struct mr_arena *arena)
{
    uint8_t *tail = mr_arena_alloc(arena, 1 + priority.size);

    tail[0] = (uint8_t)side;
    if (priority.size > 0)
        memcpy(tail + 1, priority.data, priority.size);
    return view_key(bucket->name, mr_span(tail, 1 + priority.size), arena);
}

static void put_member(struct curate_view *view, const struct bucket *bucket,
                       enum bucket_side side, struct mr_span priority)
{
    view_put(view, bucket->space,
             member_key(bucket, side, priority, view->arena), mr_span("", 0));
}

static void spill(struct curate_view *view, struct bucket *bucket,
                  enum bucket_side side)
{
    for (size_t i = 0; i < bucket->count[side]; i++)
        put_member(view, bucket, side, bucket->members[side][i]);
    bucket->count[side] = 0;
    bucket->spilled[side] = true;
}

/* The first place in the head whose member is not before `priority`. */
static size_t find(const struct bucket *bucket, enum bucket_side side,
                   struct mr_span priority)
{
    size_t at = 0;

    while (at < bucket->count[side] &&
           priority_before(bucket->members[side][at], priority))
        at++;
    return at;
}

void bucket_add(struct curate_view *view, struct bucket *bucket,
                enum bucket_side side, struct mr_span priority)
{
    struct mr_span *members = bucket->members[side];
    size_t at = find(bucket, side, priority);

    if (at < bucket->count[side] && mr_span_equal(members[at], priority))
        return;
    if (!bucket->spilled[side] && bucket->count[side] == BUCKET_INLINE_MAX) {
        spill(view, bucket, side);
        write_head(view, bucket);
    }
    if (bucket->spilled[side]) {
        put_member(view, bucket, side, priority);
        return;
    }
    memmove(members + at + 1, members + at,
            (bucket->count[side] - at) * sizeof(*members));
    members[at] = mr_arena_copy(view->arena, priority);
    bucket->count[side]++;
    write_head(view, bucket);
}

static enum mr_code remove_spilled(struct curate_view *view,
                                   struct bucket *bucket, enum bucket_side side,
                                   struct mr_span priority, struct mr_err *err)
{
    struct mr_span first;
    enum mr_code code;

    view_delete(view, bucket->space,
                member_key(bucket, side, priority, view->arena));
    code = bucket_at(view, bucket, side, 0, &first, err);
    if (code != MR_OK || first.data != NULL)
        return code;
    bucket->spilled[side] = false;
    write_head(view, bucket);
    return MR_OK;
}

enum mr_code bucket_remove(struct curate_view *view, struct bucket *bucket,
                           enum bucket_side side, struct mr_span priority,
                           struct mr_err *err)
{
    struct mr_span *members = bucket->members[side];
    size_t at;

    if (bucket->spilled[side])
        return remove_spilled(view, bucket, side, priority, err);
    at = find(bucket, side, priority);
    if (at == bucket->count[side] || !mr_span_equal(members[at], priority))
        return MR_OK;
    bucket->count[side]--;
    memmove(members + at, members + at + 1,
            (bucket->count[side] - at) * sizeof(*members));
    write_head(view, bucket);
    return MR_OK;
}

static bool within(struct mr_span priority, struct mr_range range)
{
    return (range.from.data == NULL ||
            !priority_before(priority, range.from)) &&
           (range.to.data == NULL || priority_before(priority, range.to));
}

static enum mr_code list_spilled(struct curate_view *view,
                                 const struct bucket *bucket,
                                 enum bucket_side side, struct mr_range range,
                                 size_t max, struct bucket_list *list,
                                 struct mr_err *err)
{
    struct mr_arena *arena = view->arena;
    struct mr_span all = member_key(bucket, side, mr_span(NULL, 0), arena);
    struct mr_range keys = { member_key(bucket, side, range.from, arena),
                             view_past_prefix(all, arena) };
    struct mr_span *found = mr_arena_alloc(arena, max * sizeof(*found));
    size_t count;
    enum mr_code code;

    if (range.to.data != NULL)
        keys.to = member_key(bucket, side, range.to, arena);
    code =
        view_keys(view, bucket->space, keys, all.size, max, found, &count, err);
    for (size_t i = 0; i < count; i++)
        bucket_list_add(list, found[i], arena);
    return code;
}

enum mr_code bucket_members(struct curate_view *view,
                            const struct bucket *bucket, enum bucket_side side,
                            struct mr_range range, size_t max,
                            struct bucket_list *list, struct mr_err *err)
{
    size_t taken = 0;

    if (bucket->spilled[side])
        return list_spilled(view, bucket, side, range, max, list, err);
    for (size_t i = 0; i < bucket->count[side] && taken < max; i++) {
        if (!within(bucket->members[side][i], range))
            continue;
        bucket_list_add(list, bucket->members[side][i], view->arena);
        taken++;
    }
    return MR_OK;
}

enum mr_code bucket_at(struct curate_view *view, const struct bucket *bucket,
                       enum bucket_side side, size_t nth, struct mr_span *out,
                       struct mr_err *err)
{
    struct bucket_list list = { 0 };
    enum mr_code code = bucket_members(
        view, bucket, side, (struct mr_range){ 0 }, nth + 1, &list, err);

    *out = list.count == nth + 1 ? list.items[nth] : mr_span(NULL, 0);
    return code;
}

void bucket_list_add(struct bucket_list *list, struct mr_span priority,
                     struct mr_arena *arena)
{
    if (list->count == list->room) {
        size_t room = list->room > 0 ? 2 * list->room : 16;
        struct mr_span *items = mr_arena_alloc(arena, room * sizeof(*items));

        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = priority;
}

static int compare(const void *a, const void *b)
{
    return mr_span_compare(*(const struct mr_span *)a,
                           *(const struct mr_span *)b);
}

void bucket_list_sort(struct bucket_list *list)
{
    size_t count = 0;

    if (list->count < 2)
        return;
    qsort(list->items, list->count, sizeof(*list->items), compare);
    for (size_t i = 0; i < list->count; i++) {
        if (count > 0 && mr_span_equal(list->items[count - 1], list->items[i]))
            continue;
        list->items[count++] = list->items[i];
    }
    list->count = count;
}
