// SPDX-License-Identifier: Apache-2.0
/*
 * entries.c - see entries.h for the bytes.
 */
#include "indexer/segment/entries.h"

#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"
#include "indexer/segment/image.h"

#define HEADER_BYTES 8u

/* Where each array begins, from the number of entries alone. */
struct layout {
    size_t versions;
    size_t offsets;
    size_t first_units;
    size_t id_ats;
    size_t by_hash;
    size_t ids;
};

static size_t align8(size_t at)
{
    return (at + 7) / 8 * 8;
}

static struct layout layout_of(uint32_t entry_count)
{
    struct layout layout;
    size_t count = entry_count;

    layout.versions = HEADER_BYTES;
    layout.offsets = layout.versions + 8 * count;
    layout.first_units = layout.offsets + 8 * count;
    layout.id_ats = align8(layout.first_units + 4 * (count + 1));
    layout.by_hash = align8(layout.id_ats + 4 * (count + 1));
    layout.ids = align8(layout.by_hash + 4 * count);
    return layout;
}

/* From 0 up to `last`, never falling. */
static bool is_rising(const uint32_t *values, size_t count, size_t last)
{
    if (values[0] != 0 || values[count] != last)
        return false;
    for (size_t i = 0; i < count; i++)
        if (values[i] > values[i + 1])
            return false;
    return true;
}

static enum mr_code check_arrays(const struct entries *entries, size_t ids_size,
                                 struct mr_err *err)
{
    uint32_t count = entries->count;

    if (!is_rising(entries->first_units, count, entries->units))
        return mr_fail(err, MR_E_DAMAGED,
                       "entries: the units of %u entries do not add up to %u",
                       count, entries->units);
    if (!is_rising(entries->id_ats, count, ids_size))
        return mr_fail(err, MR_E_DAMAGED,
                       "entries: the ids of %u entries do not fill %zu bytes",
                       count, ids_size);
    for (uint32_t i = 0; i < count; i++)
        if (entries->by_hash[i] >= count)
            return mr_fail(err, MR_E_DAMAGED,
                           "entries: entry %u in the table of hashes, of %u",
                           entries->by_hash[i], count);
    return MR_OK;
}

enum mr_code entries_parse(struct mr_span bytes, struct entries *out,
                           struct mr_err *err)
{
    struct mr_reader in = mr_reader(bytes);
    struct layout layout;

    MR_ASSERT((uintptr_t)bytes.data % 8 == 0);
    *out = (struct entries){ .bytes = bytes };
    out->count = mr_read_u32(&in);
    out->units = mr_read_u32(&in);
    layout = layout_of(out->count);
    if (in.overrun || bytes.size < layout.ids)
        return mr_fail(err, MR_E_DAMAGED, "entries: %u do not fit %zu bytes",
                       out->count, bytes.size);
    out->content_versions = (const void *)(bytes.data + layout.versions);
    out->offsets = (const void *)(bytes.data + layout.offsets);
    out->first_units = (const void *)(bytes.data + layout.first_units);
    out->id_ats = (const void *)(bytes.data + layout.id_ats);
    out->by_hash = (const void *)(bytes.data + layout.by_hash);
    out->ids = bytes.data + layout.ids;
    return check_arrays(out, bytes.size - layout.ids, err);
}

struct mr_span entries_id(const struct entries *entries, uint32_t entry)
{
    MR_ASSERT(entry < entries->count);

    return mr_span(entries->ids + entries->id_ats[entry],
                   entries->id_ats[entry + 1] - entries->id_ats[entry]);
}

uint32_t entries_of_unit(const struct entries *entries, uint32_t unit)
{
    uint32_t low = 0;
    uint32_t high = entries->count;

    MR_ASSERT(unit < entries->units);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (entries->first_units[middle] <= unit)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint64_t hash_at(const struct entries *entries, uint32_t place)
{
    return mr_hash64(entries_id(entries, entries->by_hash[place]), 0);
}

/* The first place in by_hash whose hash is not below `hash`. */
static uint32_t lower_bound(const struct entries *entries, uint64_t hash)
{
    uint32_t low = 0;
    uint32_t high = entries->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (hash_at(entries, middle) < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t entries_find(const struct entries *entries, struct mr_span id,
                    uint32_t *out, size_t room)
{
    uint64_t hash = mr_hash64(id, 0);
    uint32_t place = lower_bound(entries, hash);
    size_t found = 0;

    for (; place < entries->count && hash_at(entries, place) == hash; place++) {
        uint32_t entry = entries->by_hash[place];

        if (!mr_span_equal(entries_id(entries, entry), id))
            continue;
        if (found < room)
            out[found] = entry;
        found++;
    }
    return found;
}

struct hashed {
    uint64_t hash;
    uint32_t entry;
};

struct entries_builder {
    uint32_t count;
    uint32_t units;
    struct mr_buf versions;    /* u64 each */
    struct mr_buf offsets;     /* u64 each */
    struct mr_buf first_units; /* u32 each */
    struct mr_buf id_ats;      /* u32 each */
    struct mr_buf hashes;      /* struct hashed each */
    struct mr_buf ids;
};

struct entries_builder *entries_builder_new(void)
{
    struct entries_builder *builder = mr_calloc(1, sizeof(*builder));

    builder->versions = mr_buf(IMAGE_BYTES_MAX);
    builder->offsets = mr_buf(IMAGE_BYTES_MAX);
    builder->first_units = mr_buf(IMAGE_BYTES_MAX);
    builder->id_ats = mr_buf(IMAGE_BYTES_MAX);
    builder->hashes = mr_buf(IMAGE_BYTES_MAX);
    builder->ids = mr_buf(UINT32_MAX);
    return builder;
}

void entries_builder_free(struct entries_builder *builder)
{
    if (builder == NULL)
        return;
    mr_buf_deinit(&builder->versions);
    mr_buf_deinit(&builder->offsets);
    mr_buf_deinit(&builder->first_units);
    mr_buf_deinit(&builder->id_ats);
    mr_buf_deinit(&builder->hashes);
    mr_buf_deinit(&builder->ids);
    mr_free(builder);
}

void entries_builder_add(struct entries_builder *builder, struct mr_span id,
                         uint64_t content_version, uint64_t offset,
                         uint32_t units)
{
    struct hashed hashed = { 0 };

    MR_ASSERT(builder->count < UINT32_MAX);
    MR_ASSERT(units <= UINT32_MAX - builder->units);
    hashed.hash = mr_hash64(id, 0);
    hashed.entry = builder->count;
    mr_buf_append(&builder->versions, &content_version, 8);
    mr_buf_append(&builder->offsets, &offset, 8);
    mr_buf_append(&builder->first_units, &builder->units, 4);
    mr_buf_u32(&builder->id_ats, (uint32_t)builder->ids.size);
    mr_buf_append(&builder->hashes, &hashed, sizeof(hashed));
    mr_buf_span(&builder->ids, id);
    builder->count++;
    builder->units += units;
}

static int compare_hashed(const void *left, const void *right)
{
    const struct hashed *a = left;
    const struct hashed *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

/* By hash and entry, from a sorted copy: the builder may grow on. */
static void write_by_hash(const struct entries_builder *builder,
                          struct mr_buf *out)
{
    struct hashed *sorted =
        mr_memdup(builder->hashes.data, builder->hashes.size);

    qsort(sorted, builder->count, sizeof(*sorted), compare_hashed);
    for (uint32_t i = 0; i < builder->count; i++)
        mr_buf_u32(out, sorted[i].entry);
    mr_free(sorted);
}

static void pad8(struct mr_buf *out, size_t from)
{
    while (!out->full && (out->size - from) % 8 != 0)
        mr_buf_byte(out, 0);
}

void entries_builder_write(const struct entries_builder *builder,
                           struct mr_buf *out)
{
    size_t from = out->size;

    mr_buf_u32(out, builder->count);
    mr_buf_u32(out, builder->units);
    mr_buf_span(out, mr_buf_bytes(&builder->versions));
    mr_buf_span(out, mr_buf_bytes(&builder->offsets));
    mr_buf_span(out, mr_buf_bytes(&builder->first_units));
    mr_buf_u32(out, builder->units);
    pad8(out, from);
    mr_buf_span(out, mr_buf_bytes(&builder->id_ats));
    mr_buf_u32(out, (uint32_t)builder->ids.size);
    pad8(out, from);
    write_by_hash(builder, out);
    pad8(out, from);
    mr_buf_span(out, mr_buf_bytes(&builder->ids));
    if (builder->ids.full)
        out->full = true;
}
