// SPDX-License-Identifier: Apache-2.0
/*
 * side_memory.c - the newest entries: small images in memory, and their
 * merging among themselves so that there are few.
 */
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "indexer/shard/side_state.h"

/* So many images in memory of one size class become one. */
#define MEMORY_FAN_IN 4u
#define CLASS_BITS    2u

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
enum mr_code side_merge_views(struct side *side, size_t from, size_t count,
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

uint32_t side_living(const struct side *side, size_t from, size_t count)
{
    uint32_t units = 0;

    for (size_t i = from; i < from + count; i++)
        units +=
            side->views[i].segment->units - side->views[i].marks->dead_units;
    return units;
}

/* Puts one segment (NULL: none) in place of views [from, from + count). */
void side_replace(struct side *side, size_t from, size_t count,
                  struct segment *segment)
{
    side_drop_views(side, from, count);
    if (segment == NULL)
        return;
    (void)side_insert(side, from, segment);
    for (uint32_t i = 0; i < segment->entries->count; i++)
        side_refresh_entry(side, &side->views[from], i);
}

static enum mr_code shrink_memory(struct side *side, size_t from,
                                  struct mr_err *err)
{
    size_t count = side->count - from;
    struct mr_buf image = mr_buf(IMAGE_BYTES_MAX);
    struct segment *merged = NULL;
    enum mr_code code = MR_OK;

    if (side_living(side, from, count) > 0) {
        code = side_merge_views(side, from, count, &image, err);
        if (code == MR_OK)
            code = open_memory(side, &image, side->views[from].segment->from,
                               side->views[side->count - 1].segment->to,
                               &merged, err);
        else
            mr_buf_deinit(&image);
    }
    if (code == MR_OK)
        side_replace(side, from, count, merged);
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
    side_forget_waiting(side);
    if (code != MR_OK)
        return code;
    side_replace(side, side->count, 0, segment);
    return tidy_memory(side, err);
}
