// SPDX-License-Identifier: Apache-2.0
/*
 * event_find.c - see event_find.h.
 */
#include "retriever/io/event_find.h"

#include "common/base/mr_hash.h"
#include "retriever/io/event_log.h"

#define BATCH_RECORDS 1000u
#define BATCH_BYTES   ((size_t)4 * 1024 * 1024)
/* A poll of a bus that is elsewhere. */
#define POLL_MS 1000
/* Polls in a row that give nothing, before the end. */
#define POLLS_EMPTY_MAX 10

struct search {
    const struct mr_place *place;
    struct mr_span id;
    int64_t time_ms; /* of the id */
    uint32_t partition;
    uint64_t begin;
    uint64_t end;
    struct mr_arena *arena;   /* of what is found */
    struct mr_arena *reading; /* reset for each batch */
    struct mr_event *out;
    bool found;
};

/* The time of the append at `*offset`, or of the next record there is;
 * *offset is `end` when there is none. */
static enum mr_code time_at(const struct search *s, uint64_t *offset,
                            int64_t *out, struct mr_err *err)
{
    mr_topic_id topic = s->place->topics[MR_TOPIC_EVENTS];

    /* Offsets may have gaps: on Kafka the end of a transaction takes one. */
    for (; *offset < s->end; (*offset)++) {
        struct mr_record record;
        struct mr_err why = { 0 };
        enum mr_code code;

        mr_arena_reset(s->reading);
        code = mr_bus_fetch(s->place->bus, topic, s->partition, *offset,
                            s->reading, &record, &why);
        if (code == MR_OK) {
            *out = record.append_ms;
            return MR_OK;
        }
        if (code != MR_E_LOST)
            return mr_fail(err, code, "%s", why.text);
    }
    return MR_OK;
}

/* The first record that was appended at `time_ms` or later. */
static enum mr_code bisect(const struct search *s, int64_t time_ms,
                           uint64_t *out, struct mr_err *err)
{
    uint64_t low = s->begin;
    uint64_t high = s->end;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        uint64_t at = middle;
        int64_t there = 0;
        enum mr_code code = time_at(s, &at, &there, err);

        if (code != MR_OK)
            return code;
        if (at >= high || there >= time_ms)
            high = middle;
        else
            low = at + 1;
    }
    *out = low;
    return MR_OK;
}

/* Looks at a batch; false: there is no need to read on. */
static enum mr_code look(struct search *s, const struct mr_batch_in *batch,
                         int64_t until_ms, bool *more, struct mr_err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct mr_record *record = &batch->records[i];

        if (record->append_ms > until_ms) {
            *more = false;
            return MR_OK;
        }
        if (!mr_span_equal(record->key, s->id))
            continue;
        *more = false;
        s->found = true;
        return mr_event_parse(mr_arena_copy(s->arena, record->value), s->arena,
                              s->out, err);
    }
    return MR_OK;
}

/* Reads from `from` until it is found, the end, or a record of after
 * `until_ms`; at most EVENT_FIND_MAX records. */
static enum mr_code scan(struct search *s, uint64_t from, int64_t until_ms,
                         struct mr_err *err)
{
    const struct mr_poll_limits limits = { .records_max = BATCH_RECORDS,
                                           .bytes_max = BATCH_BYTES,
                                           .wait_ms = POLL_MS };
    struct mr_position at = { .topic = s->place->topics[MR_TOPIC_EVENTS],
                              .partition = s->partition,
                              .next = from };
    struct mr_reader_spec spec = { .partitions = &at, .count = 1 };
    struct mr_bus_reader *reader = NULL;
    bool more = true;
    size_t seen = 0;
    unsigned empty = 0;
    enum mr_code code = mr_bus_reader(s->place->bus, &spec, &reader, err);

    while (code == MR_OK && more && at.next < s->end && seen < EVENT_FIND_MAX &&
           empty < POLLS_EMPTY_MAX) {
        struct mr_batch_in batch;

        mr_arena_reset(s->reading);
        code = mr_bus_poll(reader, &limits, s->reading, &batch, err);
        if (code != MR_OK)
            break;
        seen += batch.count;
        empty = batch.count == 0 ? empty + 1 : 0;
        code = look(s, &batch, until_ms, &more, err);
        mr_bus_position(reader, &at);
    }
    mr_bus_close_reader(reader);
    return code;
}

static enum mr_code find(struct search *s, struct mr_err *err)
{
    enum mr_code code =
        mr_bus_bounds(s->place->bus, s->place->topics[MR_TOPIC_EVENTS],
                      s->partition, &s->begin, &s->end, err);
    uint64_t newest;
    uint64_t from = 0;

    if (code == MR_OK)
        code = bisect(s, s->time_ms - EVENT_EARLY_MS, &from, err);
    if (code == MR_OK && from < s->end)
        code = scan(s, from, s->time_ms + EVENT_LATE_MS, err);
    if (code != MR_OK || s->found)
        return code;
    newest =
        s->end - s->begin > EVENT_FIND_MAX ? s->end - EVENT_FIND_MAX : s->begin;
    return newest < s->end ? scan(s, newest, INT64_MAX, err) : MR_OK;
}

enum mr_code event_find(const struct mr_place *place, struct mr_span id,
                        struct mr_arena *arena, struct mr_event *out,
                        struct mr_err *err)
{
    struct search s = {
        .place = place,
        .id = id,
        .partition = mr_partition_of(id, place->partitions),
        .arena = arena,
        .out = out,
    };
    enum mr_code code;

    if (!event_log_id_time(id, &s.time_ms))
        return mr_fail(err, MR_E_INVALID,
                       "an event's id has 32 digits 0-9, a-f, as answers and "
                       "searches come with");
    s.reading = mr_arena_new();
    code = find(&s, err);
    mr_arena_free(s.reading);
    if (code == MR_OK && !s.found)
        return mr_fail(err, MR_E_LOST, "there is no event \"%.*s\"",
                       MR_SPAN_ARG(id));
    return code;
}
