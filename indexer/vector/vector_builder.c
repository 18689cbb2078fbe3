// SPDX-License-Identifier: Apache-2.0
/*
 * vector_builder.c - from vectors, or from segments, to an image.
 *
 * Both ways end in vector_write(): equal content gives equal bytes, the graph
 * included, since one thread builds it from the vectors alone.  A merge names
 * the runs of live units, which are copied once, to where they are to lie.
 */
#include <math.h>

#include "common/base/mr_mem.h"
#include "indexer/vector/vector_segment.h"

struct vector_builder {
    uint32_t dimension;
    uint32_t units;
    struct entries_builder *entries;
    struct mr_buf vectors;  /* floats */
    struct mr_buf ordinals; /* u32 of each unit */
};

struct vector_builder *vector_builder_new(uint32_t dimension)
{
    struct vector_builder *builder = mr_calloc(1, sizeof(*builder));

    MR_ASSERT(dimension > 0 && dimension <= VECTOR_DIMENSION_MAX);
    builder->dimension = dimension;
    builder->entries = entries_builder_new();
    builder->vectors = mr_buf(IMAGE_BYTES_MAX);
    builder->ordinals = mr_buf(IMAGE_BYTES_MAX);
    return builder;
}

void vector_builder_free(struct vector_builder *builder)
{
    if (builder == NULL)
        return;
    entries_builder_free(builder->entries);
    mr_buf_deinit(&builder->vectors);
    mr_buf_deinit(&builder->ordinals);
    mr_free(builder);
}

size_t vector_builder_units(const struct vector_builder *builder)
{
    return builder->units;
}

/* A component that no vector of length 1 has becomes 0: infinities and what is
 * no number would spread through a graph. */
static void append_vectors(struct mr_buf *out, const float *from, size_t count)
{
    float *to = (void *)mr_buf_grow(out, count * sizeof(*to));

    for (size_t i = 0; to != NULL && i < count; i++)
        to[i] = fabsf(from[i]) <= VECTOR_COMPONENT_MAX ? from[i] : 0;
}

void vector_builder_add(struct vector_builder *builder, struct mr_span id,
                        uint64_t content_version, uint64_t offset,
                        const float *vectors, const uint32_t *ordinals,
                        size_t count)
{
    if (count == 0)
        return;
    MR_ASSERT(count < UINT32_MAX - builder->units);
    append_vectors(&builder->vectors, vectors, count * builder->dimension);
    mr_buf_append(&builder->ordinals, ordinals, count * sizeof(*ordinals));
    entries_builder_add(builder->entries, id, content_version, offset,
                        (uint32_t)count);
    builder->units += (uint32_t)count;
}

enum mr_code vector_builder_write(struct vector_builder *builder,
                                  size_t exact_max, struct mr_buf *out,
                                  struct mr_err *err)
{
    struct vector_run run = { .vectors = (const void *)builder->vectors.data,
                              .ordinals = (const void *)builder->ordinals.data,
                              .units = builder->units };
    struct vector_content content = { .dimension = builder->dimension,
                                      .units = builder->units,
                                      .runs = &run,
                                      .run_count = 1,
                                      .entries = builder->entries };
    enum mr_code code;

    if (builder->vectors.full || builder->ordinals.full)
        code =
            mr_fail(err, MR_E_LIMIT,
                    "dense segment: %u vectors of %u do not fit %zu bytes; "
                    "lower the number of passages a shard",
                    builder->units, builder->dimension, builder->vectors.limit);
    else
        code = vector_write(&content, exact_max, out, err);
    builder->units = 0;
    mr_buf_reset(&builder->vectors);
    mr_buf_reset(&builder->ordinals);
    entries_builder_free(builder->entries);
    builder->entries = entries_builder_new();
    return code;
}

static bool is_dead(const uint64_t *dead, uint32_t unit)
{
    return dead != NULL && (dead[unit / 64] >> unit % 64 & 1) != 0;
}

struct merge {
    struct entries_builder *entries;
    struct mr_buf runs; /* struct vector_run each */
    uint32_t units;
};

/* Adds units of a segment; to the last run, if they lie behind it. */
static void add_run(struct merge *merge, const struct vector_segment *segment,
                    uint32_t first, uint32_t count)
{
    struct vector_run run = { .vectors = vector_at(segment, first),
                              .ordinals = segment->ordinals + first,
                              .units = count };
    size_t runs = merge->runs.size / sizeof(run);
    struct vector_run *last = (void *)merge->runs.data;

    merge->units += count;
    if (runs > 0 && last[runs - 1].ordinals + last[runs - 1].units ==
                        segment->ordinals + first)
        last[runs - 1].units += count;
    else
        mr_buf_append(&merge->runs, &run, sizeof(run));
}

/* Adds the entries of a segment that live; their units live or die with
 * them. */
static void add_segment(struct merge *merge,
                        const struct vector_segment *segment,
                        const uint64_t *dead)
{
    const struct entries *entries = &segment->entries;

    for (uint32_t i = 0; i < entries->count; i++) {
        uint32_t first = entries->first_units[i];
        uint32_t count = entries->first_units[i + 1] - first;

        for (uint32_t k = 1; k < count; k++)
            MR_ASSERT(is_dead(dead, first + k) == is_dead(dead, first));
        if (count == 0 || is_dead(dead, first))
            continue;
        add_run(merge, segment, first, count);
        entries_builder_add(merge->entries, entries_id(entries, i),
                            entries->content_versions[i], entries->offsets[i],
                            count);
    }
}

enum mr_code vector_merge(struct vector_segment *const *segments,
                          const uint64_t *const *dead, size_t count,
                          size_t exact_max, struct mr_buf *out,
                          struct mr_err *err)
{
    struct merge merge = { .runs = mr_buf(IMAGE_BYTES_MAX) };
    struct vector_content content = { 0 };
    uint64_t units = 0;
    enum mr_code code;

    MR_ASSERT(count > 0);
    for (size_t i = 0; i < count; i++) {
        MR_ASSERT(segments[i]->meta.dimension == segments[0]->meta.dimension);
        units += segments[i]->meta.units;
    }
    if (units >= INT32_MAX)
        return mr_fail(err, MR_E_LIMIT, "dense merge: %llu vectors, at most %d",
                       (unsigned long long)units, INT32_MAX - 1);
    merge.entries = entries_builder_new();
    for (size_t i = 0; i < count; i++)
        add_segment(&merge, segments[i], dead == NULL ? NULL : dead[i]);
    content.dimension = segments[0]->meta.dimension;
    content.units = merge.units;
    content.runs = (const void *)merge.runs.data;
    content.run_count = merge.runs.size / sizeof(struct vector_run);
    content.entries = merge.entries;
    code = vector_write(&content, exact_max, out, err);
    entries_builder_free(merge.entries);
    mr_buf_deinit(&merge.runs);
    return code;
}
