// SPDX-License-Identifier: Apache-2.0
/*
 * side_seal.c - from memory to files: seals, merges, and taking them over.
 */
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/telemetry.h"
#include "indexer/shard/side_state.h"

static void *run_job(void *context)
{
    struct side *side = context;
    struct job *job = &side->job;

    job->code = sealed_merge(&job->after, &side->spec, &job->err);
    atomic_store(&job->done, true);
    return NULL;
}

/* The list of sealed segments as of now, and the merges that it asks for. */
static enum mr_code start_job(struct side *side, uint64_t next,
                              struct mr_err *err)
{
    struct job *job = &side->job;
    int error;

    MR_ASSERT(!job->under_way);
    *job = (struct job){ .under_way = true };
    atomic_init(&job->done, false);
    job->before.next = next;
    for (size_t i = 0; i < side->memory_from; i++)
        sealed_add(&job->before, side->views[i].segment, side->views[i].marks);
    sealed_copy(&job->before, &job->after);
    job->threaded = side->spec.threaded &&
                    sealed_wants_merge(&job->after, side->spec.fan_in);
    if (!job->threaded) {
        (void)run_job(side);
        return MR_OK;
    }
    error = pthread_create(&job->thread, NULL, run_job, side);
    if (error == 0)
        return MR_OK;
    job->under_way = false;
    return mr_fail_errno(err, MR_E_UNAVAILABLE, error, "index: merge thread");
}

/* What is in memory becomes a sealed segment, if anything of it is alive. */
static enum mr_code seal(struct side *side, uint64_t next, struct mr_err *err)
{
    size_t from = side->memory_from;
    size_t count = side->count - from;
    struct mr_buf image = mr_buf(IMAGE_BYTES_MAX);
    struct segment *sealed = NULL;
    enum mr_code code = MR_OK;

    if (side_living(side, from, count) > 0) {
        code = side_merge_views(side, from, count, &image, err);
        if (code == MR_OK)
            code = sealed_write(&side->spec, 0, side->sealed_next, next, &image,
                                &sealed, err);
        mr_buf_deinit(&image);
    }
    if (code != MR_OK)
        return code;
    if (sealed != NULL)
        mr_log(side->spec.telemetry, MR_EV_INDEX_SEALED, "index",
               "%s: %u passages of the records %llu to %llu", sealed->name,
               sealed->units, (unsigned long long)sealed->from,
               (unsigned long long)sealed->to);
    side_replace(side, from, count, sealed);
    side->memory_from = side->count;
    side->sealed_next = next;
    side->added = 0;
    return start_job(side, next, err);
}

enum mr_code side_done(struct side *side, uint64_t offset, struct mr_err *err)
{
    enum mr_code code;
    bool changed;

    side->next = offset + 1;
    if (side->added < side->spec.seal_units)
        return MR_OK;
    code = side_flush(side, err);
    if (code == MR_OK)
        code = side_settle(side, true, &changed, err);
    if (code == MR_OK)
        code = seal(side, side->next, err);
    return code;
}

/* A merged segment in place of its sources, with what died since the seal. */
static void swap_in(struct side *side, struct segment *merged,
                    const struct sealed *before)
{
    size_t first = 0;
    size_t sources = 0;
    uint32_t entry = 0;
    struct view view;

    while (side->views[first].segment->from < merged->from)
        first++;
    while (first + sources < side->memory_from &&
           side->views[first + sources].segment->to <= merged->to)
        sources++;
    view = (struct view){ .segment = segment_ref(merged),
                          .marks = marks_new(merged) };
    for (size_t i = first; i < first + sources; i++) {
        const struct view *source = &side->views[i];
        const struct entries *entries = source->segment->entries;

        MR_ASSERT(before->items[i].segment == source->segment);
        for (uint32_t k = 0; k < entries->count; k++) {
            if (bit_is_set(before->items[i].dead, entries->first_units[k]))
                continue;
            if (view_is_dead(source, k))
                view_kill(&view, entry);
            side_refresh_entry(side, &view, entry++);
        }
    }
    MR_ASSERT(entry == merged->entries->count);
    mr_log(side->spec.telemetry, MR_EV_INDEX_MERGED, "index",
           "%s: %u passages out of %zu segments", merged->name, merged->units,
           sources);
    side_drop_views(side, first + 1, sources - 1);
    marks_unref(side->views[first].marks);
    segment_unref(side->views[first].segment);
    side->views[first] = view;
    side->memory_from -= sources - 1;
}

/* Views whose segments the merges dropped without a successor. */
static void drop_gone(struct side *side, const struct sealed *after)
{
    size_t i = 0;

    while (i < side->memory_from) {
        bool kept = false;

        for (size_t k = 0; k < after->count && !kept; k++)
            kept = after->items[k].segment == side->views[i].segment;
        if (kept) {
            i++;
        } else {
            side_drop_views(side, i, 1);
            side->memory_from--;
        }
    }
}

static void take_garbage(struct side *side, struct sealed *from)
{
    for (size_t i = 0; i < from->garbage_count; i++) {
        side->garbage.garbage = mr_realloc_array(
            side->garbage.garbage, side->garbage.garbage_count + 1,
            sizeof(*side->garbage.garbage));
        memcpy(side->garbage.garbage[side->garbage.garbage_count++],
               from->garbage[i], SHARD_FOLDER_NAME_MAX);
    }
}

enum mr_code side_settle(struct side *side, bool wait, bool *changed,
                         struct mr_err *err)
{
    struct job *job = &side->job;

    *changed = false;
    if (!job->under_way || (!wait && !atomic_load(&job->done)))
        return MR_OK;
    if (job->threaded)
        (void)pthread_join(job->thread, NULL);
    job->under_way = false;
    if (job->code != MR_OK)
        return mr_fail(err, job->code, "%s", job->err.text);
    for (size_t i = 0; i < job->after.count; i++) {
        bool old = false;

        for (size_t k = 0; k < job->before.count && !old; k++)
            old = job->before.items[k].segment == job->after.items[i].segment;
        if (!old)
            swap_in(side, job->after.items[i].segment, &job->before);
    }
    drop_gone(side, &job->after);
    take_garbage(side, &job->after);
    sealed_clear(&side->committed);
    sealed_copy(&job->after, &side->committed);
    sealed_clear(&job->before);
    sealed_clear(&job->after);
    *changed = true;
    return MR_OK;
}

void side_manifest(const struct side *side, struct mr_arena *arena,
                   struct manifest_side *out)
{
    const struct sealed *list = &side->committed;

    *out = (struct manifest_side){ .next = list->next,
                                   .count = (uint32_t)list->count };
    out->segments = mr_arena_calloc(arena, list->count, sizeof(*out->segments));
    for (size_t i = 0; i < list->count; i++) {
        const struct sealed_item *item = &list->items[i];
        size_t bytes = ((size_t)item->segment->units + 63) / 64 * 8;

        out->segments[i] = (struct manifest_segment){
            .name = mr_span_str(item->segment->name),
            .level = item->segment->level,
            .units = item->segment->units,
            .from = item->segment->from,
            .to = item->segment->to,
        };
        if (item->dead_units > 0)
            out->segments[i].dead = mr_span(item->dead, bytes);
    }
}

void side_collect(struct side *side)
{
    for (size_t i = 0; i < side->garbage.garbage_count; i++)
        shard_folder_remove(side->spec.folder, side->garbage.garbage[i]);
    side->garbage.garbage_count = 0;
}
