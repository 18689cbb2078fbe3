// SPDX-License-Identifier: Apache-2.0
/*
 * sealed.c - see sealed.h.
 */
#include "indexer/shard/sealed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "indexer/io/pause.h"

void sealed_add(struct sealed *list, struct segment *segment,
                const struct marks *marks)
{
    size_t bytes = ((size_t)segment->units + 63) / 64 * 8;
    struct sealed_item *item;

    list->items =
        mr_realloc_array(list->items, list->count + 1, sizeof(*list->items));
    item = &list->items[list->count++];
    item->segment = segment_ref(segment);
    item->dead =
        marks == NULL ? mr_calloc(1, bytes) : mr_memdup(marks->dead, bytes);
    item->dead_units = marks == NULL ? 0 : marks->dead_units;
}

void sealed_copy(const struct sealed *from, struct sealed *out)
{
    *out = (struct sealed){ .next = from->next };
    for (size_t i = 0; i < from->count; i++) {
        const struct sealed_item *item = &from->items[i];
        size_t bytes = ((size_t)item->segment->units + 63) / 64 * 8;

        sealed_add(out, item->segment, NULL);
        memcpy(out->items[i].dead, item->dead, bytes);
        out->items[i].dead_units = item->dead_units;
    }
}

static void drop(struct sealed_item *item)
{
    segment_unref(item->segment);
    mr_free(item->dead);
}

void sealed_clear(struct sealed *list)
{
    for (size_t i = 0; i < list->count; i++)
        drop(&list->items[i]);
    mr_free(list->items);
    mr_free(list->garbage);
    *list = (struct sealed){ 0 };
}

bool sealed_wants_merge(const struct sealed *list, uint32_t fan_in)
{
    uint32_t level;

    if (fan_in < 2 || list->count < fan_in)
        return false;
    level = list->items[list->count - 1].segment->level;
    for (size_t i = list->count - fan_in; i < list->count; i++) {
        if (list->items[i].segment->level != level)
            return false;
    }
    return true;
}

static enum mr_code merge_images(const struct side_spec *spec,
                                 const struct sealed_item *items, size_t count,
                                 struct mr_buf *out, struct mr_err *err)
{
    struct keyword_segment **keyword = mr_calloc(count, sizeof(*keyword));
    struct vector_segment **dense = mr_calloc(count, sizeof(*dense));
    const uint64_t **dead = mr_calloc(count, sizeof(*dead));
    enum mr_code code;

    for (size_t i = 0; i < count; i++) {
        keyword[i] = items[i].segment->keyword;
        dense[i] = items[i].segment->dense;
        dead[i] = items[i].dead;
    }
    if (spec->kind == IMAGE_KEYWORD)
        code = keyword_merge(keyword, dead, count, out, err);
    else
        code = vector_merge(dense, dead, count, spec->exact_max, out, err);
    mr_free(dead);
    mr_free(dense);
    mr_free(keyword);
    return code;
}

enum mr_code sealed_write(const struct side_spec *spec, uint32_t level,
                          uint64_t from, uint64_t to, struct mr_buf *image,
                          struct segment **out, struct mr_err *err)
{
    struct segment_spec segment = { .kind = spec->kind,
                                    .sealed = true,
                                    .level = level,
                                    .from = from,
                                    .to = to };
    char name[SHARD_FOLDER_NAME_MAX];
    struct mr_span mapped;
    enum mr_code code;
    int round = 0;

    (void)snprintf(name, sizeof(name), "%s-%" PRIu64 "-%" PRIu64 "-L%u.seg",
                   spec->kind == IMAGE_KEYWORD ? "keyword" : "dense", from, to,
                   level);
    segment.name = name;
    MR_ASSERT(!image->full);
    do {
        code = shard_folder_write(spec->folder, name, mr_buf_bytes(image), err);
    } while (code != MR_OK && pause_before_retry(round++, spec->ending));
    mr_buf_deinit(image);
    if (code != MR_OK)
        return code;
    code = shard_folder_map(spec->folder, name, &mapped, err);
    if (code != MR_OK)
        return code;
    return segment_new(&segment, mapped, false, out, err);
}

static void discard(struct sealed *list, const char *name)
{
    list->garbage = mr_realloc_array(list->garbage, list->garbage_count + 1,
                                     sizeof(*list->garbage));
    memcpy(list->garbage[list->garbage_count++], name, SHARD_FOLDER_NAME_MAX);
}

/* The last `fan_in` items become one of the next level, or none when nothing
 * of them is alive. */
static enum mr_code merge_once(struct sealed *list,
                               const struct side_spec *spec, struct mr_err *err)
{
    struct sealed_item *items = &list->items[list->count - spec->fan_in];
    const struct segment *first = items[0].segment;
    const struct segment *last = items[spec->fan_in - 1].segment;
    struct mr_buf image = mr_buf(IMAGE_BYTES_MAX);
    struct segment *merged = NULL;
    uint32_t alive = 0;
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < spec->fan_in; i++)
        alive += items[i].segment->units - items[i].dead_units;
    if (alive > 0) {
        code = merge_images(spec, items, spec->fan_in, &image, err);
        if (code == MR_OK)
            code = sealed_write(spec, first->level + 1, first->from, last->to,
                                &image, &merged, err);
        mr_buf_deinit(&image);
    }
    if (code != MR_OK)
        return code;
    for (size_t i = 0; i < spec->fan_in; i++) {
        discard(list, items[i].segment->name);
        drop(&items[i]);
    }
    list->count -= spec->fan_in;
    if (merged != NULL) {
        sealed_add(list, merged, NULL);
        segment_unref(merged);
    }
    return MR_OK;
}

enum mr_code sealed_merge(struct sealed *list, const struct side_spec *spec,
                          struct mr_err *err)
{
    enum mr_code code = MR_OK;

    while (code == MR_OK && sealed_wants_merge(list, spec->fan_in))
        code = merge_once(list, spec, err);
    return code;
}
