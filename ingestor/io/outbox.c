// SPDX-License-Identifier: Apache-2.0
/*
 * outbox.c - see outbox.h.
 */
#include "ingestor/io/outbox.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define HOLD_SLICE_MS    50
#define RETRY_MS_MIN     100
#define RETRY_MS_MAX     5000
#define RETRY_TOLD_AFTER 3

struct outbox {
    struct outbox_spec spec;
    struct mr_arena *arena; /* keys and values of the records */
    struct mr_record *records;
    size_t count;
    size_t bytes;
    struct mr_batch *state;
    int64_t since_us; /* of the oldest that waits; 0: nothing does */
};

struct outbox *outbox_new(const struct outbox_spec *spec)
{
    struct outbox *outbox = mr_calloc(1, sizeof(*outbox));

    outbox->spec = *spec;
    outbox->arena = mr_arena_new();
    outbox->records = mr_calloc(OUTBOX_RECORDS_MAX, sizeof(*outbox->records));
    outbox->state = mr_batch_new();
    return outbox;
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    mr_batch_free(outbox->state);
    mr_free(outbox->records);
    mr_arena_free(outbox->arena);
    mr_free(outbox);
}

static bool stopped(const struct outbox *outbox)
{
    return atomic_load(outbox->spec.stop);
}

static enum mr_code cancelled(struct mr_err *err)
{
    return mr_fail(err, MR_E_CANCELLED, "told to stop");
}

/* Waits before the next try of something that failed for the `tries`th time.
 * MR_OK: try again; else `code`, or MR_E_CANCELLED. */
static enum mr_code wait_to_retry(struct outbox *outbox, enum mr_code code,
                                  unsigned tries, struct mr_err *err)
{
    struct mr_clock *clock = outbox->spec.place->clock;
    int64_t ms = (int64_t)RETRY_MS_MIN << (tries < 6 ? tries : 6);

    if (mr_class_of(code) != MR_CLASS_RETRY)
        return code;
    if (tries == RETRY_TOLD_AFTER)
        progress_problem(
            outbox->spec.progress, mr_span_str("raw"), mr_clock_wall_ms(clock),
            "it cannot be written to and is tried again: %s", err->text);
    ms = ms < RETRY_MS_MAX ? ms : RETRY_MS_MAX;
    for (int64_t slept = 0; slept < ms && !stopped(outbox);
         slept += RETRY_MS_MIN)
        mr_clock_sleep_ms(clock, RETRY_MS_MIN);
    return stopped(outbox) ? cancelled(err) : MR_OK;
}

static enum mr_code claim(struct outbox *outbox, struct mr_payload *payload,
                          struct mr_err *err)
{
    enum mr_code code = MR_OK;
    bool done = false;

    MR_ASSERT(!payload->in_blob);
    for (unsigned tries = 0; code == MR_OK && !done; tries++) {
        code = mr_blob_put(outbox->spec.place->blob, payload->bytes,
                           &payload->hash, err);
        done = code == MR_OK;
        if (!done)
            code = wait_to_retry(outbox, code, tries, err);
    }
    if (code != MR_OK)
        return code;
    payload->in_blob = true;
    payload->size = payload->bytes.size;
    payload->bytes = (struct mr_span){ 0 };
    return MR_OK;
}

static void note_time(struct outbox *outbox)
{
    if (outbox->since_us == 0)
        outbox->since_us = mr_clock_mono_us(outbox->spec.place->clock) + 1;
}

static void add(struct outbox *outbox, const struct mr_raw *raw,
                struct mr_span value)
{
    MR_ASSERT(outbox->count < OUTBOX_RECORDS_MAX);
    outbox->records[outbox->count++] = (struct mr_record){
        .topic = outbox->spec.place->topics[MR_TOPIC_RAW],
        .partition = MR_PARTITION_BY_KEY,
        .key = mr_arena_copy(outbox->arena, raw->id),
        .value = value,
        .time_ms = raw->time_ms,
    };
    outbox->bytes += raw->id.size + value.size;
    note_time(outbox);
}

static enum mr_code make_room(struct outbox *outbox, struct mr_err *err)
{
    return outbox->count == OUTBOX_RECORDS_MAX ||
                   outbox->bytes >= OUTBOX_BYTES_MAX
               ? outbox_flush(outbox, err)
               : MR_OK;
}

enum mr_code outbox_put(struct outbox *outbox, struct mr_raw *raw,
                        struct mr_err *err)
{
    struct mr_payload *body = &raw->put.body;
    struct mr_span value = { 0 };
    enum mr_code code = make_room(outbox, err);

    raw->kind = MR_KIND_PUT;
    raw->source = mr_span_str(outbox->spec.source);
    raw->source_rank = outbox->spec.rank;
    raw->lane = MR_LANE_BULK;
    if (code == MR_OK && body->bytes.size > MR_INLINE_BYTES_MAX)
        code = claim(outbox, body, err);
    if (code == MR_OK)
        code = mr_raw_encode(raw, outbox->arena, &value, err);
    /* Much metadata and a body that is just inline. */
    if (code == MR_E_LIMIT && body->bytes.size > 0) {
        code = claim(outbox, body, err);
        if (code == MR_OK)
            code = mr_raw_encode(raw, outbox->arena, &value, err);
    }
    if (code == MR_OK)
        add(outbox, raw, value);
    return code;
}

enum mr_code outbox_ends(const struct mr_place *place, uint64_t *ends,
                         struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (uint32_t i = 0; code == MR_OK && i < place->partitions; i++) {
        uint64_t begin;

        code = mr_bus_bounds(place->bus, place->topics[MR_TOPIC_RAW], i, &begin,
                             &ends[i], err);
    }
    return code;
}

enum mr_code outbox_delete(struct outbox *outbox, struct mr_span id,
                           const uint64_t *ends, struct mr_err *err)
{
    const struct mr_place *place = outbox->spec.place;
    uint64_t end = ends[mr_place_partition(place, id)];
    const struct mr_raw raw = {
        .id = id,
        .kind = MR_KIND_DELETE,
        .source = mr_span_str(outbox->spec.source),
        .source_rank = outbox->spec.rank,
        .lane = MR_LANE_PUSH, /* a deletion is never held back */
        .del = { .source = mr_span_str(outbox->spec.source),
                 .before = mr_place_version(place, end) },
    };
    struct mr_span value = { 0 };
    enum mr_code code = make_room(outbox, err);

    if (code == MR_OK)
        code = mr_raw_encode(&raw, outbox->arena, &value, err);
    if (code == MR_OK)
        add(outbox, &raw, value);
    return code;
}

struct mr_batch *outbox_state(struct outbox *outbox)
{
    note_time(outbox);
    return outbox->state;
}

bool outbox_is_due(const struct outbox *outbox)
{
    int64_t now_us = mr_clock_mono_us(outbox->spec.place->clock);

    if (outbox->since_us == 0)
        return false;
    return outbox->count == OUTBOX_RECORDS_MAX ||
           outbox->bytes >= OUTBOX_BYTES_MAX ||
           mr_batch_count(outbox->state) >= OUTBOX_CHANGES_MAX ||
           now_us - outbox->since_us >= OUTBOX_WAIT_US;
}

static void tell_appended(const struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++) {
        const struct mr_record *record = &outbox->records[i];

        progress_appended(outbox->spec.progress, record->partition,
                          mr_place_version(outbox->spec.place, record->offset),
                          record->key);
    }
}

static enum mr_code append(struct outbox *outbox, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (unsigned tries = 0; outbox->count > 0; tries++) {
        /* A call that failed may have set what a next one must find open. */
        for (size_t i = 0; i < outbox->count; i++)
            outbox->records[i].partition = MR_PARTITION_BY_KEY;
        code = mr_bus_append(outbox->spec.place->bus, outbox->records,
                             outbox->count, err);
        if (code == MR_OK) {
            tell_appended(outbox);
            outbox->count = 0;
            outbox->bytes = 0;
            break;
        }
        code = wait_to_retry(outbox, code, tries, err);
        if (code != MR_OK)
            break;
    }
    return code;
}

enum mr_code outbox_flush(struct outbox *outbox, struct mr_err *err)
{
    enum mr_code code = append(outbox, err);
    bool written = mr_batch_count(outbox->state) == 0;

    for (unsigned tries = 0; code == MR_OK && !written; tries++) {
        code = mr_store_write(outbox->spec.place->store, outbox->state, false,
                              err);
        written = code == MR_OK;
        if (!written)
            code = wait_to_retry(outbox, code, tries, err);
    }
    if (code != MR_OK)
        return code;
    mr_batch_reset(outbox->state);
    mr_arena_reset(outbox->arena);
    outbox->since_us = 0;
    return MR_OK;
}

static bool is_refused(const struct outbox *outbox, struct mr_err *why)
{
    return outbox->spec.may_write != NULL &&
           outbox->spec.may_write(outbox->spec.context, why) != MR_OK;
}

bool outbox_is_held(const struct outbox *outbox)
{
    if (is_refused(outbox, NULL))
        return true;
    return outbox->spec.keyword_lag != NULL &&
           outbox->spec.keyword_lag(outbox->spec.context) >
               outbox->spec.keyword_lag_max;
}

enum mr_code outbox_hold(struct outbox *outbox, struct mr_err *err)
{
    bool held = outbox_is_held(outbox);
    struct mr_err why;

    if (!held)
        return MR_OK;
    if (is_refused(outbox, &why))
        progress_problem(outbox->spec.progress, mr_span_str("raw"),
                         mr_clock_wall_ms(outbox->spec.place->clock),
                         "it is not written to for now: %s", why.text);
    progress_set_state(outbox->spec.progress, PROGRESS_HELD);
    while (held && !stopped(outbox)) {
        mr_clock_sleep_ms(outbox->spec.place->clock, HOLD_SLICE_MS);
        held = outbox_is_held(outbox);
    }
    progress_set_state(outbox->spec.progress, PROGRESS_READING);
    return stopped(outbox) ? cancelled(err) : MR_OK;
}
