// SPDX-License-Identifier: Apache-2.0
/*
 * side.c - the life of a side, and what dies in it; see side.h.
 */
#include "indexer/shard/side.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "indexer/shard/side_state.h"

#define FOUND_AT_ONCE ((size_t)64)

struct side *side_new(const struct side_spec *spec)
{
    struct side *side = mr_calloc(1, sizeof(*side));

    side->spec = *spec;
    if (spec->kind == IMAGE_KEYWORD)
        side->keyword = keyword_builder_new();
    else
        side->dense = vector_builder_new(spec->dimension);
    return side;
}

void side_forget_waiting(struct side *side)
{
    for (size_t i = 0; i < side->waiting_count; i++) {
        union {
            const void *from;
            void *to;
        } id = { .from = side->waiting[i].data };

        mr_free(id.to);
    }
    side->waiting_count = 0;
}

void side_drop_views(struct side *side, size_t from, size_t count)
{
    if (count == 0)
        return;
    for (size_t i = from; i < from + count; i++) {
        marks_unref(side->views[i].marks);
        segment_unref(side->views[i].segment);
    }
    memmove(side->views + from, side->views + from + count,
            (side->count - from - count) * sizeof(*side->views));
    side->count -= count;
}

void side_free(struct side *side)
{
    if (side == NULL)
        return;
    if (side->job.under_way && side->job.threaded)
        (void)pthread_join(side->job.thread, NULL);
    sealed_clear(&side->job.before);
    sealed_clear(&side->job.after);
    sealed_clear(&side->committed);
    sealed_clear(&side->garbage);
    side_drop_views(side, 0, side->count);
    side_forget_waiting(side);
    if (side->keyword != NULL)
        keyword_builder_free(side->keyword);
    if (side->dense != NULL)
        vector_builder_free(side->dense);
    mr_free(side->waiting);
    mr_free(side->views);
    mr_free(side);
}

/* Hidden as the table says, for one entry. */
void side_refresh_entry(const struct side *side, struct view *view,
                        uint32_t entry)
{
    const struct entries *entries = view->segment->entries;
    const struct table_doc *doc =
        table_find(side->spec.table, entries_id(entries, entry));

    view_hide(view, entry,
              view_is_dead(view, entry) ||
                  !table_doc_serves(doc, entries->content_versions[entry]));
}

/* Puts a view at `at`; takes the segment. */
struct view *side_insert(struct side *side, size_t at, struct segment *segment)
{
    side->views =
        mr_realloc_array(side->views, side->count + 1, sizeof(*side->views));
    memmove(side->views + at + 1, side->views + at,
            (side->count - at) * sizeof(*side->views));
    side->views[at] =
        (struct view){ .segment = segment, .marks = marks_new(segment) };
    side->count++;
    return &side->views[at];
}

static enum mr_code restore_one(struct side *side,
                                const struct manifest_segment *from,
                                struct mr_arena *arena, struct mr_err *err)
{
    struct segment_spec spec = { .kind = side->spec.kind,
                                 .sealed = true,
                                 .level = from->level,
                                 .from = from->from,
                                 .to = from->to,
                                 .name = mr_arena_str(arena, from->name) };
    struct segment *segment;
    struct mr_span mapped;
    struct view *view;
    enum mr_code code =
        shard_folder_map(side->spec.folder, spec.name, &mapped, err);

    if (code != MR_OK)
        return code;
    if (mapped.data == NULL)
        return mr_fail(err, MR_E_DAMAGED, "index: segment %s is not there",
                       spec.name);
    code = segment_new(&spec, mapped, true, &segment, err);
    if (code != MR_OK)
        return code;
    view = side_insert(side, side->count, segment);
    if (segment->units != from->units)
        return mr_fail(err, MR_E_DAMAGED,
                       "index: segment %s has %u units, the manifest says %u",
                       spec.name, segment->units, from->units);
    for (uint32_t i = 0; i < segment->entries->count; i++) {
        uint32_t first = segment->entries->first_units[i];

        if (from->dead.data != NULL &&
            first < segment->entries->first_units[i + 1] &&
            (from->dead.data[first / 8] >> (first % 8) & 1) != 0)
            view_kill(view, i);
    }
    sealed_add(&side->committed, segment, view->marks);
    for (uint32_t i = 0; i < segment->entries->count; i++)
        side_refresh_entry(side, view, i);
    return MR_OK;
}

enum mr_code side_restore(struct side *side, const struct manifest_side *from,
                          struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    enum mr_code code = MR_OK;

    MR_ASSERT(side->count == 0);
    for (uint32_t i = 0; code == MR_OK && i < from->count; i++)
        code = restore_one(side, &from->segments[i], arena, err);
    side->memory_from = side->count;
    side_begin_at(side, from->next);
    mr_arena_free(arena);
    return code;
}

uint64_t side_next(const struct side *side)
{
    return side->next;
}

void side_begin_at(struct side *side, uint64_t next)
{
    side->next = next;
    side->sealed_next = next;
    side->committed.next = next;
}

static bool is_waiting(const struct side *side, struct mr_span id)
{
    for (size_t i = 0; i < side->waiting_count; i++) {
        if (mr_span_equal(side->waiting[i], id))
            return true;
    }
    return false;
}

enum mr_code side_kill(struct side *side, struct mr_span id, bool keep,
                       uint64_t content_version, bool *has, struct mr_err *err)
{
    enum mr_code code = is_waiting(side, id) ? side_flush(side, err) : MR_OK;

    *has = false;
    for (size_t i = 0; code == MR_OK && i < side->count; i++) {
        const struct entries *entries = side->views[i].segment->entries;
        uint32_t found[FOUND_AT_ONCE];
        size_t count = entries_find(entries, id, found, FOUND_AT_ONCE);

        MR_ASSERT(count <= FOUND_AT_ONCE);
        for (size_t k = 0; k < count; k++) {
            if (!keep || entries->content_versions[found[k]] != content_version)
                view_kill(&side->views[i], found[k]);
            else
                *has = *has || !view_is_dead(&side->views[i], found[k]);
        }
    }
    return code;
}

void side_refresh(struct side *side, struct mr_span id)
{
    for (size_t i = 0; i < side->count; i++) {
        uint32_t found[FOUND_AT_ONCE];
        size_t count = entries_find(side->views[i].segment->entries, id, found,
                                    FOUND_AT_ONCE);

        for (size_t k = 0; k < count; k++)
            side_refresh_entry(side, &side->views[i], found[k]);
    }
}

static void note_waiting(struct side *side, struct mr_span id, uint64_t offset,
                         size_t units)
{
    if (side->waiting_count == 0)
        side->waiting_from = offset;
    side->waiting = mr_realloc_array(side->waiting, side->waiting_count + 1,
                                     sizeof(*side->waiting));
    side->waiting[side->waiting_count++] =
        mr_span(mr_memdup(id.data, id.size), id.size);
    side->added += (uint32_t)units;
}

void side_add_keyword(struct side *side, struct mr_span id,
                      uint64_t content_version, uint64_t offset,
                      const struct keyword_unit *units, size_t count)
{
    MR_ASSERT(side->keyword != NULL);
    if (count == 0)
        return;
    keyword_builder_add(side->keyword, id, content_version, offset, units,
                        count);
    note_waiting(side, id, offset, count);
}

void side_add_dense(struct side *side, struct mr_span id,
                    uint64_t content_version, uint64_t offset,
                    const float *vectors, const uint32_t *ordinals,
                    size_t count)
{
    MR_ASSERT(side->dense != NULL);
    if (count == 0)
        return;
    vector_builder_add(side->dense, id, content_version, offset, vectors,
                       ordinals, count);
    note_waiting(side, id, offset, count);
}

const struct view *side_views(const struct side *side, size_t *count)
{
    *count = side->count;
    return side->views;
}
