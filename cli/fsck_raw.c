// SPDX-License-Identifier: Apache-2.0
/*
 * fsck_raw.c - `documents` against `raw`: every id that was ever written is
 * known, at a version that stands on `raw` and is not older than its newest
 * message.
 *
 * A sweep may have passed by a document, so it proves nothing of its version;
 * and a document that was deleted is forgotten in the end.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/fsck.h"
#include "common/base/mr_mem.h"
#include "common/wire/raw.h"
#include "common/wire/utf8.h"

#define BATCH_RECORDS  256u
#define BATCH_BYTES    ((size_t)16 << 20)
#define TEXT_BYTES_MAX 400

/* One message. */
struct said {
    struct mr_span id;
    uint64_t version;
    bool sweep;
    bool removes; /* a delete, or a patch of what was deleted perhaps */
};

struct reading {
    const struct fsck *fsck;
    struct fsck_result *out;
    struct mr_arena *ids;
    struct mr_arena *arena; /* of a batch or a document */
    struct said *said;
    size_t count;
    size_t room;
};

static void report(const struct reading *reading, struct mr_span id,
                   const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void report(const struct reading *reading, struct mr_span id,
                   const char *fmt, ...)
{
    char text[TEXT_BYTES_MAX];
    struct shard_finding finding = { .rule = "raw", .id = id, .text = text };
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    reading->out->findings++;
    reading->fsck->found(reading->fsck->context, &finding);
}

static void take(struct reading *reading, const struct mr_record *record)
{
    struct mr_raw raw = { 0 };
    struct said *said;
    bool readable =
        mr_raw_parse(record->value, reading->arena, &raw, NULL) == MR_OK &&
        mr_span_equal(raw.id, record->key);

    reading->out->raw++;
    if (record->key.size == 0 || !mr_wire_utf8_valid(record->key))
        return; /* nobody's: a dead letter is all there is */
    if (reading->count == reading->room) {
        reading->room = reading->room > 0 ? 2 * reading->room : 256;
        reading->said = mr_realloc_array(reading->said, reading->room,
                                         sizeof(*reading->said));
    }
    said = &reading->said[reading->count++];
    *said = (struct said){
        .id = mr_arena_copy(reading->ids, record->key),
        .version = mr_place_version(reading->fsck->place, record->offset),
    };
    if (!readable)
        return;
    said->sweep = raw.kind == MR_KIND_DELETE && raw.del.source.size > 0;
    said->removes = raw.kind != MR_KIND_PUT;
}

static enum mr_code read_all(struct reading *reading, uint32_t partition,
                             struct mr_err *err)
{
    const struct mr_place *place = reading->fsck->place;
    const struct mr_poll_limits limits = { .records_max = BATCH_RECORDS,
                                           .bytes_max = BATCH_BYTES };
    struct mr_position from = { .topic = place->topics[MR_TOPIC_RAW],
                                .partition = partition };
    struct mr_reader_spec spec = { .partitions = &from, .count = 1 };
    struct mr_batch_in batch = { .count = 1 };
    struct mr_bus_reader *reader = NULL;
    uint64_t end;
    enum mr_code code =
        mr_bus_bounds(place->bus, from.topic, partition, &from.next, &end, err);

    /* What lies before the generation's beginning is not missed. */
    if (place->raw_from != NULL && place->raw_from[partition] > from.next)
        from.next = place->raw_from[partition];
    if (code == MR_OK)
        code = mr_bus_reader(place->bus, &spec, &reader, err);
    while (code == MR_OK && batch.count > 0) {
        mr_arena_reset(reading->arena);
        code = mr_bus_poll(reader, &limits, reading->arena, &batch, err);
        for (size_t i = 0; code == MR_OK && i < batch.count; i++)
            take(reading, &batch.records[i]);
    }
    mr_bus_close_reader(reader);
    return code;
}

static int compare(const void *a, const void *b)
{
    const struct said *left = a;
    const struct said *right = b;
    int order = mr_span_compare(left->id, right->id);

    if (order != 0)
        return order;
    return left->version < right->version ? -1 : 1;
}

/* The messages of one id, in order of versions. */
static enum mr_code check_one(struct reading *reading, const struct said *said,
                              size_t count, struct mr_err *err)
{
    const struct fsck *fsck = reading->fsck;
    struct mr_span id = said[0].id;
    struct shard *shard = fsck->shards[mr_place_partition(fsck->place, id)];
    const struct said *newest = NULL;
    struct shard_record record;
    bool on_raw = false;
    enum mr_code code;

    mr_arena_reset(reading->arena);
    code = shard_get(shard, id, reading->arena, &record, err);
    if (code != MR_OK)
        return code;
    reading->out->ids++;
    for (size_t i = 0; i < count; i++) {
        newest = said[i].sweep ? newest : &said[i];
        on_raw = on_raw || said[i].version == record.document.version;
    }
    if (!record.found) {
        if (!said[count - 1].removes)
            report(reading, id,
                   "version %" PRIx64 " is on raw, but nothing "
                   "is known of the document",
                   said[count - 1].version);
    } else if (newest != NULL && record.document.version < newest->version) {
        report(reading, id,
               "version %" PRIx64 " is on raw, but the document "
               "stands at %" PRIx64,
               newest->version, record.document.version);
    } else if (!on_raw) {
        report(reading, id,
               "the document stands at version %" PRIx64
               ", which is not on raw",
               record.document.version);
    }
    return MR_OK;
}

enum mr_code fsck_raw(const struct fsck *fsck, uint32_t partition,
                      struct fsck_result *out, struct mr_err *err)
{
    struct reading reading = {
        .fsck = fsck, .out = out, .ids = mr_arena_new(), .arena = mr_arena_new()
    };
    enum mr_code code = read_all(&reading, partition, err);
    size_t to;

    if (code == MR_OK && reading.count > 0)
        qsort(reading.said, reading.count, sizeof(*reading.said), compare);
    for (size_t from = 0; code == MR_OK && from < reading.count; from = to) {
        to = from + 1;
        while (to < reading.count &&
               mr_span_equal(reading.said[to].id, reading.said[from].id))
            to++;
        code = check_one(&reading, &reading.said[from], to - from, err);
    }
    mr_free(reading.said);
    mr_arena_free(reading.arena);
    mr_arena_free(reading.ids);
    return code;
}
