// SPDX-License-Identifier: Apache-2.0
/*
 * meta.c - see meta.h.
 *
 *   value := format:u8 run:varint flags:u8 begun:u64 ended:u64 next:u64
 *            documents:varint fingerprint:u64 run_fingerprint:u64
 *            count:varint end:varint*
 */
#include "ingestor/io/meta.h"

#include <stdio.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_reader.h"

#define FORMAT          1u
#define FLAG_UNFINISHED 1u
#define FLAG_EVERYTHING 2u
#define FLAG_WHOLE      4u

enum mr_code meta_space(const struct mr_place *place, const char *source,
                        const char *kind, mr_space_id *out, struct mr_err *err)
{
    char name[MR_SPACE_NAME_MAX + 1];

    if (kind == NULL)
        (void)snprintf(name, sizeof(name), "ingestor.%s", place->collection);
    else
        (void)snprintf(name, sizeof(name), "ingestor.%s.%s.%s",
                       place->collection, source, kind);
    return mr_store_space(place->store, name, out, err);
}

static struct mr_span key(void)
{
    return mr_span_str("run");
}

enum mr_code meta_load(const struct mr_place *place, mr_space_id space,
                       struct mr_arena *arena, struct source_meta *out,
                       struct mr_err *err)
{
    struct mr_span value;
    enum mr_code code =
        mr_store_get(place->store, space, key(), arena, &value, err);
    struct mr_reader in = mr_reader(value);
    uint8_t flags;

    *out = (struct source_meta){ 0 };
    if (code != MR_OK || value.data == NULL)
        return code;
    if (mr_read_byte(&in) != FORMAT)
        return mr_fail(err, MR_E_DAMAGED,
                       "source: its state has a format that "
                       "is not known");
    out->run = mr_read_varint(&in);
    flags = mr_read_byte(&in);
    out->unfinished = (flags & FLAG_UNFINISHED) != 0;
    out->everything = (flags & FLAG_EVERYTHING) != 0;
    out->whole = (flags & FLAG_WHOLE) != 0;
    out->begun_ms = (int64_t)mr_read_u64(&in);
    out->ended_ms = (int64_t)mr_read_u64(&in);
    out->next_ms = (int64_t)mr_read_u64(&in);
    out->documents = mr_read_varint(&in);
    out->fingerprint = mr_read_u64(&in);
    out->run_fingerprint = mr_read_u64(&in);
    out->end_count = (uint32_t)mr_read_varint(&in);
    if (in.overrun || out->end_count > MR_PARTITIONS_MAX)
        return mr_fail(err, MR_E_DAMAGED, "source: its state is cut short");
    out->ends = mr_arena_calloc(arena, out->end_count, sizeof(*out->ends));
    for (uint32_t i = 0; i < out->end_count; i++)
        out->ends[i] = mr_read_varint(&in);
    if (!mr_reader_done(&in))
        return mr_fail(err, MR_E_DAMAGED,
                       "source: its state has %zu bytes, "
                       "which do not fit",
                       value.size);
    return MR_OK;
}

enum mr_code meta_save(const struct mr_place *place, mr_space_id space,
                       const struct source_meta *meta, struct mr_err *err)
{
    struct mr_buf value = mr_buf(64u + 10u * MR_PARTITIONS_MAX);
    struct mr_batch *batch = mr_batch_new();
    enum mr_code code;

    mr_buf_byte(&value, FORMAT);
    mr_buf_varint(&value, meta->run);
    mr_buf_byte(&value, (uint8_t)((meta->unfinished ? FLAG_UNFINISHED : 0) |
                                  (meta->everything ? FLAG_EVERYTHING : 0) |
                                  (meta->whole ? FLAG_WHOLE : 0)));
    mr_buf_u64(&value, (uint64_t)meta->begun_ms);
    mr_buf_u64(&value, (uint64_t)meta->ended_ms);
    mr_buf_u64(&value, (uint64_t)meta->next_ms);
    mr_buf_varint(&value, meta->documents);
    mr_buf_u64(&value, meta->fingerprint);
    mr_buf_u64(&value, meta->run_fingerprint);
    mr_buf_varint(&value, meta->end_count);
    for (uint32_t i = 0; i < meta->end_count; i++)
        mr_buf_varint(&value, meta->ends[i]);
    mr_batch_put(batch, space, key(), mr_buf_bytes(&value));
    code = mr_store_write(place->store, batch, true, err);
    mr_batch_free(batch);
    mr_buf_deinit(&value);
    return code;
}

static enum mr_code collect_key(void *context, struct mr_span pair_key,
                                struct mr_span value, bool *stop,
                                struct mr_err *err)
{
    struct mr_batch *batch = ((void **)context)[0];
    mr_space_id *space = ((void **)context)[1];

    (void)value;
    (void)err;
    mr_batch_delete(batch, *space, pair_key);
    *stop = mr_batch_count(batch) >= 10000;
    return MR_OK;
}

enum mr_code meta_clear(const struct mr_place *place, mr_space_id space,
                        struct mr_err *err)
{
    struct mr_batch *batch = mr_batch_new();
    const struct mr_range all = { 0 };
    enum mr_code code;
    size_t removed;

    do {
        void *context[] = { batch, &space };

        mr_batch_reset(batch);
        code =
            mr_store_scan(place->store, space, all, collect_key, context, err);
        removed = mr_batch_count(batch);
        if (code == MR_OK && removed > 0)
            code = mr_store_write(place->store, batch, true, err);
    } while (code == MR_OK && removed > 0);
    mr_batch_free(batch);
    return code;
}
