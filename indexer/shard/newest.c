// SPDX-License-Identifier: Apache-2.0
/*
 * newest.c - see newest.h.
 */
#include "indexer/shard/newest.h"

#include <stdlib.h>

#include "common/base/mr_mem.h"

#define BATCH_RECORDS 256u
#define BATCH_BYTES   ((size_t)16 << 20)

struct reading {
    struct newest *out;
    enum mr_topic topic;
    uint64_t end;
    uint64_t next;
    size_t room;
    struct mr_arena *arena; /* of a batch */
};

static enum mr_code parse_document(struct mr_span value, struct mr_arena *arena,
                                   struct newest_record *out,
                                   struct mr_err *err)
{
    struct mr_document document;
    enum mr_code code = mr_document_parse(value, arena, &document, err);

    if (code != MR_OK)
        return code;
    out->version = document.version;
    out->content_version = document.content_version;
    out->state = document.state;
    if (document.state == MR_STATE_LIVE)
        out->units = (uint32_t)document.passages.count;
    return MR_OK;
}

static enum mr_code parse_vectors(struct mr_span value, struct mr_arena *arena,
                                  struct newest_record *out, struct mr_err *err)
{
    struct mr_vectors vectors;
    enum mr_code code = mr_vectors_parse(value, arena, &vectors, err);

    if (code != MR_OK)
        return code;
    out->version = vectors.version;
    out->content_version = vectors.content_version;
    out->state = vectors.state;
    if (vectors.state == MR_STATE_LIVE)
        out->units = (uint32_t)vectors.count;
    return MR_OK;
}

static enum mr_code add(struct reading *reading, const struct mr_record *record,
                        struct mr_err *err)
{
    struct newest *out = reading->out;
    struct newest_record *one;

    if (out->count == reading->room) {
        reading->room = reading->room > 0 ? 2 * reading->room : 256;
        out->records = mr_realloc_array(out->records, reading->room,
                                        sizeof(*out->records));
    }
    one = &out->records[out->count++];
    *one = (struct newest_record){
        .id = mr_arena_copy(out->arena, record->key),
        .offset = record->offset,
        .is_null = record->value.data == NULL,
    };
    if (one->is_null)
        return MR_OK;
    one->hash = mr_hash128(record->value);
    if (reading->topic == MR_TOPIC_DOCUMENTS)
        return parse_document(record->value, reading->arena, one, err);
    return parse_vectors(record->value, reading->arena, one, err);
}

static enum mr_code read_batch(struct reading *reading,
                               struct mr_bus_reader *reader, bool *more,
                               struct mr_err *err)
{
    const struct mr_poll_limits limits = { .records_max = BATCH_RECORDS,
                                           .bytes_max = BATCH_BYTES };
    struct mr_batch_in batch;
    enum mr_code code;

    mr_arena_reset(reading->arena);
    code = mr_bus_poll(reader, &limits, reading->arena, &batch, err);
    *more = code == MR_OK && batch.count > 0;
    for (size_t i = 0; code == MR_OK && i < batch.count && *more; i++) {
        *more = batch.records[i].offset < reading->end;
        if (*more)
            code = add(reading, &batch.records[i], err);
    }
    return code;
}

static int compare(const void *a, const void *b)
{
    const struct newest_record *left = a;
    const struct newest_record *right = b;
    int order = mr_span_compare(left->id, right->id);

    if (order != 0)
        return order;
    return left->offset < right->offset ? -1 : 1;
}

/* The last record of each id stays. */
static void keep_newest(struct newest *newest)
{
    size_t kept = 0;

    if (newest->count > 0)
        qsort(newest->records, newest->count, sizeof(*newest->records),
              compare);
    for (size_t i = 0; i < newest->count; i++) {
        if (i + 1 == newest->count ||
            !mr_span_equal(newest->records[i].id, newest->records[i + 1].id))
            newest->records[kept++] = newest->records[i];
    }
    newest->count = kept;
}

enum mr_code newest_read(const struct shard *shard, enum mr_topic topic,
                         uint64_t end, struct newest *out, struct mr_err *err)
{
    const struct mr_place *place = shard->spec.place;
    struct reading reading = { .out = out, .topic = topic, .end = end };
    struct mr_position from = { .topic = place->topics[topic],
                                .partition = shard->spec.partition };
    struct mr_reader_spec spec = { .partitions = &from, .count = 1 };
    struct mr_bus_reader *reader;
    uint64_t log_end;
    bool more = true;
    enum mr_code code;

    *out = (struct newest){ 0 };
    code = mr_bus_bounds(place->bus, from.topic, from.partition, &from.next,
                         &log_end, err);
    if (code == MR_OK)
        code = mr_bus_reader(place->bus, &spec, &reader, err);
    if (code != MR_OK)
        return code;
    out->arena = mr_arena_new();
    reading.arena = mr_arena_new();
    while (code == MR_OK && more)
        code = read_batch(&reading, reader, &more, err);
    mr_arena_free(reading.arena);
    mr_bus_close_reader(reader);
    if (code == MR_OK)
        keep_newest(out);
    else
        newest_deinit(out);
    return code;
}

void newest_deinit(struct newest *newest)
{
    mr_arena_free(newest->arena);
    mr_free(newest->records);
    *newest = (struct newest){ 0 };
}

struct newest_record *newest_find(const struct newest *newest,
                                  struct mr_span id)
{
    size_t from = 0;
    size_t to = newest->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = mr_span_compare(newest->records[middle].id, id);

        if (order == 0)
            return &newest->records[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}
