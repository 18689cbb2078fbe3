// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_merge.c - one image of what is live in several.
 *
 * Units get new numbers in the order of segments; then the sorted terms of all
 * are merged through a heap, each with its live postings; then the forward
 * lists are written again through the maps from old to new ordinals, which
 * keep their order.  Everything is written by keyword_writer.h as a builder
 * would write it.
 */
#include "common/base/mr_mem.h"
#include "indexer/keyword/keyword_cursor.h"
#include "indexer/keyword/keyword_writer.h"

struct source {
    const struct keyword_segment *segment;
    const uint64_t *dead;
    uint32_t *units;    /* old to new, KEYWORD_NONE for the dead */
    uint32_t *ordinals; /* old to new, KEYWORD_NONE where nothing lives */
    uint32_t next;      /* term */
};

struct merge {
    struct source *sources;
    size_t count;
    uint32_t *heap; /* sources with terms left, the lowest term first */
    size_t heap_size;
    struct entries_builder *entries;
    struct keyword_writer writer;
    uint32_t unit_count;
    bool is_broken;      /* a source breaks its format */
    struct mr_buf units; /* u32 each: of the term at hand */
    struct mr_buf tfs;
    struct keyword_cursor cursor;
};

static bool is_dead(const uint64_t *dead, uint32_t unit)
{
    return dead != NULL && (dead[unit / 64] >> unit % 64 & 1) != 0;
}

/* Numbers the units of one entry, which live or die together. */
static void map_entry(struct merge *merge, struct source *source,
                      uint32_t entry)
{
    const struct entries *entries = &source->segment->entries;
    uint32_t first = entries->first_units[entry];
    uint32_t end = entries->first_units[entry + 1];
    bool dead = first == end || is_dead(source->dead, first);

    for (uint32_t unit = first; unit < end; unit++) {
        MR_ASSERT(is_dead(source->dead, unit) == dead);
        source->units[unit] = dead ? KEYWORD_NONE : merge->unit_count++;
        if (!dead)
            keyword_writer_unit(&merge->writer, source->segment->lengths[unit]);
    }
    if (!dead)
        entries_builder_add(merge->entries, entries_id(entries, entry),
                            entries->content_versions[entry],
                            entries->offsets[entry], end - first);
}

static void map_source(struct merge *merge, struct source *source)
{
    const struct keyword_segment *segment = source->segment;

    source->units = mr_malloc(segment->head.units * sizeof(*source->units));
    source->ordinals =
        mr_malloc(segment->head.terms * sizeof(*source->ordinals));
    for (uint32_t entry = 0; entry < segment->entries.count; entry++)
        map_entry(merge, source, entry);
}

static struct mr_span next_word(const struct merge *merge, uint32_t source)
{
    return keyword_word(merge->sources[source].segment,
                        merge->sources[source].next);
}

/* By word, and among equal words by source. */
static bool is_before(const struct merge *merge, uint32_t a, uint32_t b)
{
    int order = mr_span_compare(next_word(merge, a), next_word(merge, b));

    return order != 0 ? order < 0 : a < b;
}

static void sink(struct merge *merge, size_t at)
{
    uint32_t *heap = merge->heap;

    for (;;) {
        size_t least = at;
        uint32_t held = heap[at];

        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < merge->heap_size &&
                is_before(merge, heap[child], heap[least]))
                least = child;
        if (least == at)
            return;
        heap[at] = heap[least];
        heap[least] = held;
        at = least;
    }
}

static void fill_heap(struct merge *merge)
{
    for (uint32_t i = 0; i < merge->count; i++)
        if (merge->sources[i].segment->head.terms > 0)
            merge->heap[merge->heap_size++] = i;
    for (size_t i = merge->heap_size; i-- > 0;)
        sink(merge, i);
}

static void gather_posting(struct merge *merge, uint32_t unit, uint32_t tf)
{
    const uint32_t *units = (const void *)merge->units.data;
    size_t count = merge->units.size / sizeof(unit);

    if (unit == KEYWORD_NONE)
        return;
    if (count > 0 && units[count - 1] >= unit)
        merge->is_broken = true;
    mr_buf_append(&merge->units, &unit, sizeof(unit));
    mr_buf_append(&merge->tfs, &tf, sizeof(tf));
}

/* Adds the live postings of the source's next term to those at hand. */
static void gather(struct merge *merge, struct source *source)
{
    struct keyword_cursor *cursor = &merge->cursor;

    keyword_cursor_init(cursor, source->segment, source->next);
    for (uint32_t block = 0; block < cursor->block_count; block++) {
        if (!keyword_cursor_load(cursor, block))
            merge->is_broken = true;
        for (uint32_t i = 0; i < cursor->count; i++)
            gather_posting(merge, source->units[cursor->units[i]],
                           cursor->tfs[i]);
    }
}

/* Takes the lowest word off all sources that have it, and writes it. */
static void merge_term(struct merge *merge)
{
    struct mr_span word = next_word(merge, merge->heap[0]);
    uint32_t ordinal = merge->writer.head.terms;

    mr_buf_reset(&merge->units);
    mr_buf_reset(&merge->tfs);
    while (merge->heap_size > 0 &&
           mr_span_equal(next_word(merge, merge->heap[0]), word)) {
        struct source *source = &merge->sources[merge->heap[0]];
        size_t before = merge->units.size;

        gather(merge, source);
        source->ordinals[source->next] =
            merge->units.size > before ? ordinal : KEYWORD_NONE;
        if (++source->next == source->segment->head.terms)
            merge->heap[0] = merge->heap[--merge->heap_size];
        else if (mr_span_compare(next_word(merge, merge->heap[0]), word) <= 0)
            merge->is_broken = true;
        if (merge->heap_size > 0)
            sink(merge, 0);
    }
    if (merge->units.size > 0 && !merge->is_broken)
        keyword_writer_term(&merge->writer, word,
                            (const void *)merge->units.data,
                            (const void *)merge->tfs.data,
                            merge->units.size / sizeof(uint32_t));
}

static void merge_forward(struct merge *merge, struct source *source)
{
    const struct keyword_segment *segment = source->segment;
    uint32_t *list = mr_malloc(segment->head.unit_terms_max * sizeof(*list));

    for (uint32_t unit = 0; unit < segment->head.units; unit++) {
        size_t count;

        if (source->units[unit] == KEYWORD_NONE)
            continue;
        count = keyword_forward(segment, unit, list);
        for (size_t i = 0; i < count; i++) {
            list[i] = source->ordinals[list[i]];
            if (list[i] == KEYWORD_NONE)
                merge->is_broken = true;
        }
        keyword_writer_forward(&merge->writer, list, count);
    }
    mr_free(list);
}

static void init(struct merge *merge, struct keyword_segment *const *segments,
                 const uint64_t *const *dead, size_t count)
{
    *merge = (struct merge){ .count = count,
                             .units = mr_buf(IMAGE_BYTES_MAX),
                             .tfs = mr_buf(IMAGE_BYTES_MAX) };
    merge->sources = mr_calloc(count, sizeof(*merge->sources));
    merge->heap = mr_calloc(count, sizeof(*merge->heap));
    merge->entries = entries_builder_new();
    keyword_writer_init(&merge->writer);
    for (size_t i = 0; i < count; i++) {
        merge->sources[i].segment = segments[i];
        merge->sources[i].dead = dead == NULL ? NULL : dead[i];
    }
}

static void deinit(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        mr_free(merge->sources[i].units);
        mr_free(merge->sources[i].ordinals);
    }
    mr_free(merge->sources);
    mr_free(merge->heap);
    entries_builder_free(merge->entries);
    keyword_writer_deinit(&merge->writer);
    mr_buf_deinit(&merge->units);
    mr_buf_deinit(&merge->tfs);
}

static enum mr_code check_size(struct keyword_segment *const *segments,
                               size_t count, struct mr_err *err)
{
    uint64_t units = 0;

    for (size_t i = 0; i < count; i++)
        units += segments[i]->head.units;
    if (units >= UINT32_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "keyword merge: %llu passages, at most %u",
                       (unsigned long long)units, UINT32_MAX - 1);
    return MR_OK;
}

enum mr_code keyword_merge(struct keyword_segment *const *segments,
                           const uint64_t *const *dead, size_t count,
                           struct mr_buf *out, struct mr_err *err)
{
    enum mr_code code = check_size(segments, count, err);
    struct merge merge;

    if (code != MR_OK)
        return code;
    init(&merge, segments, dead, count);
    for (size_t i = 0; i < count; i++)
        map_source(&merge, &merge.sources[i]);
    fill_heap(&merge);
    while (merge.heap_size > 0 && !merge.is_broken)
        merge_term(&merge);
    for (size_t i = 0; i < count && !merge.is_broken; i++)
        merge_forward(&merge, &merge.sources[i]);
    if (merge.is_broken)
        code = mr_fail(err, MR_E_DAMAGED,
                       "keyword merge: a source breaks its format; check the "
                       "index with millrace fsck");
    else
        keyword_writer_end(&merge.writer, merge.entries, out);
    if (code == MR_OK && out->full)
        code = mr_fail(err, MR_E_LIMIT,
                       "keyword merge: an image of more than %zu bytes; lower "
                       "the number of passages a shard",
                       out->limit);
    deinit(&merge);
    return code;
}
