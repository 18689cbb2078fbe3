// SPDX-License-Identifier: Apache-2.0
/*
 * side.c - see side.h.
 *
 * `views` holds what serves: the sealed segments, then `memory_from` on those
 * in memory.  `committed` is the state that a manifest may name.  Between a
 * seal and the end of its merges, `job` holds the seal's list: `before` as it
 * was, `after` once merged.
 */
#include "indexer/shard/side.h"

#include <pthread.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "indexer/shard/sealed.h"

/* So many images in memory of one size class become one. */
#define MEMORY_FAN_IN 4u
#define CLASS_BITS    2u
#define FOUND_AT_ONCE ((size_t)64)

struct job {
    bool under_way;
    bool threaded;
    pthread_t thread;
    atomic_bool done;
    struct sealed before;
    struct sealed after;
    enum mr_code code;
    struct mr_err err;
};

struct side {
    struct side_spec spec;
    struct view *views;
    size_t count;
    size_t memory_from;
    uint64_t next;
    uint64_t sealed_next; /* the last seal's */
    uint32_t added;       /* units since then */
    struct keyword_builder *keyword;
    struct vector_builder *dense;
    struct mr_span *waiting; /* ids in the builder, on the heap */
    size_t waiting_count;
    uint64_t waiting_from; /* offset of the first of them */
    struct sealed committed;
    struct job job;
    struct sealed garbage; /* only its garbage is used */
};

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

static void free_waiting(struct side *side)
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

static void drop_views(struct side *side, size_t from, size_t count)
{
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
    drop_views(side, 0, side->count);
    free_waiting(side);
    if (side->keyword != NULL)
        keyword_builder_free(side->keyword);
    if (side->dense != NULL)
        vector_builder_free(side->dense);
    mr_free(side->waiting);
    mr_free(side->views);
    mr_free(side);
}

/* Hidden as the table says, for one entry. */
static void refresh(struct side *side, struct view *view, uint32_t entry)
{
    const struct entries *entries = view->segment->entries;
    const struct table_doc *doc =
        table_find(side->spec.table, entries_id(entries, entry));

    view_hide(view, entry,
              view_is_dead(view, entry) ||
                  !table_doc_serves(doc, entries->content_versions[entry]));
}

/* Puts a view at `at`; takes the segment. */
static struct view *insert(struct side *side, size_t at,
                           struct segment *segment)
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
    enum mr_code code = folder_map(side->spec.folder, spec.name, &mapped, err);

    if (code != MR_OK)
        return code;
    if (mapped.data == NULL)
        return mr_fail(err, MR_E_DAMAGED, "index: segment %s is not there",
                       spec.name);
    code = segment_new(&spec, mapped, true, &segment, err);
    if (code != MR_OK)
        return code;
    view = insert(side, side->count, segment);
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
        refresh(side, view, i);
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
            refresh(side, &side->views[i], found[k]);
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

/* The heap bytes of a buffer as an image in memory. */
static enum mr_code open_memory(struct side *side, struct mr_buf *image,
                                uint64_t from, uint64_t to,
                                struct segment **out, struct mr_err *err)
{
    struct segment_spec spec = { .kind = side->spec.kind,
                                 .from = from,
                                 .to = to };

    MR_ASSERT(!image->full);
    return segment_new(&spec, mr_buf_bytes(image), false, out, err);
}

/* Views [from, from + count) as one image, without their dead. */
static enum mr_code merge_views(struct side *side, size_t from, size_t count,
                                struct mr_buf *out, struct mr_err *err)
{
    struct keyword_segment **keyword = mr_calloc(count, sizeof(*keyword));
    struct vector_segment **dense = mr_calloc(count, sizeof(*dense));
    const uint64_t **dead = mr_calloc(count, sizeof(*dead));
    enum mr_code code;

    for (size_t i = 0; i < count; i++) {
        keyword[i] = side->views[from + i].segment->keyword;
        dense[i] = side->views[from + i].segment->dense;
        dead[i] = side->views[from + i].marks->dead;
    }
    if (side->spec.kind == IMAGE_KEYWORD)
        code = keyword_merge(keyword, dead, count, out, err);
    else
        code = vector_merge(dense, dead, count, side->spec.exact_max, out, err);
    mr_free(dead);
    mr_free(dense);
    mr_free(keyword);
    return code;
}

static uint32_t living(const struct side *side, size_t from, size_t count)
{
    uint32_t units = 0;

    for (size_t i = from; i < from + count; i++)
        units +=
            side->views[i].segment->units - side->views[i].marks->dead_units;
    return units;
}

/* Puts one segment (NULL: none) in place of views [from, from + count). */
static void replace(struct side *side, size_t from, size_t count,
                    struct segment *segment)
{
    drop_views(side, from, count);
    if (segment == NULL)
        return;
    (void)insert(side, from, segment);
    for (uint32_t i = 0; i < segment->entries->count; i++)
        refresh(side, &side->views[from], i);
}

static enum mr_code shrink_memory(struct side *side, size_t from,
                                  struct mr_err *err)
{
    size_t count = side->count - from;
    struct mr_buf image = mr_buf(IMAGE_BYTES_MAX);
    struct segment *merged = NULL;
    enum mr_code code = MR_OK;

    if (living(side, from, count) > 0) {
        code = merge_views(side, from, count, &image, err);
        if (code == MR_OK)
            code = open_memory(side, &image, side->views[from].segment->from,
                               side->views[side->count - 1].segment->to,
                               &merged, err);
        else
            mr_buf_deinit(&image);
    }
    if (code == MR_OK)
        replace(side, from, count, merged);
    return code;
}

static unsigned size_class(uint32_t units)
{
    unsigned class = 0;

    for (; units > 1; units >>= CLASS_BITS)
        class ++;
    return class;
}

/* Merges at the end of memory while the last few are of one size or smaller. */
static enum mr_code tidy_memory(struct side *side, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    while (code == MR_OK && side->count - side->memory_from >= MEMORY_FAN_IN) {
        size_t from = side->count - MEMORY_FAN_IN;
        unsigned first = size_class(side->views[from].segment->units);

        for (size_t i = from + 1; i < side->count; i++) {
            if (size_class(side->views[i].segment->units) < first)
                return MR_OK;
        }
        code = shrink_memory(side, from, err);
    }
    return code;
}

enum mr_code side_flush(struct side *side, struct mr_err *err)
{
    struct mr_buf image = mr_buf(IMAGE_BYTES_MAX);
    struct segment *segment;
    enum mr_code code = MR_OK;

    if (side->waiting_count == 0)
        return MR_OK;
    if (side->spec.kind == IMAGE_KEYWORD)
        keyword_builder_write(side->keyword, &image);
    else
        code = vector_builder_write(side->dense, side->spec.exact_max, &image,
                                    err);
    if (code != MR_OK) {
        mr_buf_deinit(&image);
        return code;
    }
    code = open_memory(side, &image, side->waiting_from, side->next, &segment,
                       err);
    free_waiting(side);
    if (code != MR_OK)
        return code;
    replace(side, side->count, 0, segment);
    return tidy_memory(side, err);
}

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

    if (living(side, from, count) > 0) {
        code = merge_views(side, from, count, &image, err);
        if (code == MR_OK)
            code = sealed_write(&side->spec, 0, side->sealed_next, next, &image,
                                &sealed, err);
        mr_buf_deinit(&image);
    }
    if (code != MR_OK)
        return code;
    replace(side, from, count, sealed);
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
            refresh(side, &view, entry++);
        }
    }
    MR_ASSERT(entry == merged->entries->count);
    drop_views(side, first + 1, sources - 1);
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
            drop_views(side, i, 1);
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
               from->garbage[i], FOLDER_NAME_MAX);
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
        folder_remove(side->spec.folder, side->garbage.garbage[i]);
    side->garbage.garbage_count = 0;
}

const struct view *side_views(const struct side *side, size_t *count)
{
    *count = side->count;
    return side->views;
}
