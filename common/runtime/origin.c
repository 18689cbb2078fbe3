// SPDX-License-Identifier: Apache-2.0
/*
 * origin.c - see origin.h.
 */
#include "common/runtime/origin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_time.h"

#define POLL_RECORDS 256u
#define POLL_BYTES   ((size_t)1 << 20)
#define KEY_ROOM     32u

/* --- the wish --- */

/* A whole number, and where it ends. */
static bool read_number(const char *text, uint64_t *out, const char **end)
{
    char *stop;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &stop, 10);
    *end = stop;
    return errno == 0;
}

static bool read_offsets(const char *text, struct mr_origin_wish *out)
{
    const char *at = text;

    do {
        uint64_t partition, offset;

        if (!read_number(at, &partition, &at) || *at != ':' ||
            !read_number(at + 1, &offset, &at) ||
            partition >= MR_PARTITIONS_MAX || out->count == MR_PARTITIONS_MAX)
            return false;
        for (uint32_t i = 0; i < out->count; i++) {
            if (out->partitions[i] == partition)
                return false;
        }
        out->partitions[out->count] = (uint32_t)partition;
        out->offsets[out->count++] = offset;
    } while (*at++ == ',');
    return at[-1] == '\0';
}

/* "7d": how long, in milliseconds. */
static bool read_back(const char *text, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        { "s", 1000 }, { "min", 60000 }, { "h", 3600000 }, { "d", 86400000 }
    };
    const char *at;
    uint64_t count;

    if (!read_number(text, &count, &at))
        return false;
    at += strspn(at, " ");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(at, units[i].name) != 0)
            continue;
        if (count > (uint64_t)(INT64_MAX / units[i].ms))
            return false;
        *out = (int64_t)count * units[i].ms;
        return true;
    }
    return false;
}

enum mr_code mr_origin_parse(const char *text, int64_t now_ms,
                             struct mr_origin_wish *out, struct mr_err *err)
{
    int64_t back_ms;

    *out = (struct mr_origin_wish){ .text = text };
    if (strcmp(text, "beginning") == 0)
        return MR_OK;
    if (read_back(text, &back_ms)) {
        out->kind = MR_ORIGIN_TIME;
        out->time_ms = back_ms > now_ms ? 0 : now_ms - back_ms;
        return MR_OK;
    }
    if (mr_time_parse(mr_span_str(text), &out->time_ms)) {
        out->kind = MR_ORIGIN_TIME;
        if (out->time_ms <= now_ms)
            return MR_OK;
        return mr_fail(err, MR_E_INVALID, "%.100s is still to come", text);
    }
    out->kind = MR_ORIGIN_OFFSETS;
    if (read_offsets(text, out))
        return MR_OK;
    return mr_fail(err, MR_E_INVALID,
                   "\"%.200s\" is no beginning: write partition:offset (each "
                   "partition once) such as 0:120,1:98, a time such as "
                   "2026-01-31T12:00Z, a span back such as 7d or 12h, or "
                   "beginning",
                   text);
}

/* --- what is kept --- */

static struct mr_span key_of(const struct mr_place *place, char room[KEY_ROOM])
{
    (void)snprintf(room, KEY_ROOM, MR_ORIGIN_KEY, place->generation);
    return mr_span_str(room);
}

/* The newest record of the key wins. */
static void take(const struct mr_record *record, struct mr_span key,
                 struct mr_arena *arena, struct mr_origin *out, bool *found)
{
    struct mr_control control;

    if (!mr_span_equal(record->key, key) || record->value.data == NULL ||
        mr_control_parse(mr_arena_copy(arena, record->value), arena, &control,
                         NULL) != MR_OK ||
        !control.is_origin)
        return;
    *out = control.origin;
    *found = true;
}

enum mr_code mr_origin_find(const struct mr_place *place,
                            struct mr_arena *arena, struct mr_origin *out,
                            bool *found, struct mr_err *err)
{
    const struct mr_poll_limits limits = { POLL_RECORDS, POLL_BYTES, 0 };
    char room[KEY_ROOM];
    struct mr_span key = key_of(place, room);
    struct mr_position at = { .topic = place->topics[MR_TOPIC_CONTROL],
                              .partition = mr_place_partition(place, key) };
    struct mr_reader_spec spec = { .partitions = &at, .count = 1 };
    struct mr_arena *polled = mr_arena_new();
    struct mr_bus_reader *reader = NULL;
    struct mr_batch_in batch = { .count = 1 };
    uint64_t end = 0;
    enum mr_code code =
        mr_bus_bounds(place->bus, at.topic, at.partition, &at.next, &end, err);

    *found = false;
    if (code == MR_OK && at.next < end)
        code = mr_bus_reader(place->bus, &spec, &reader, err);
    while (code == MR_OK && reader != NULL && batch.count > 0) {
        mr_arena_reset(polled);
        code = mr_bus_poll(reader, &limits, polled, &batch, err);
        for (size_t i = 0; code == MR_OK && i < batch.count; i++)
            take(&batch.records[i], key, arena, out, found);
    }
    mr_bus_close_reader(reader);
    mr_arena_free(polled);
    if (code == MR_OK && *found && out->offset_count != place->partitions)
        return mr_fail(err, MR_E_CONFIG,
                       "control: generation %u begins at %zu partitions, but "
                       "there are %u",
                       place->generation, out->offset_count, place->partitions);
    return code;
}

static enum mr_code keep(const struct mr_place *place,
                         const struct mr_origin *origin, struct mr_arena *arena,
                         struct mr_err *err)
{
    struct mr_control control = { .is_origin = true, .origin = *origin };
    char room[KEY_ROOM];
    struct mr_record record = { .topic = place->topics[MR_TOPIC_CONTROL],
                                .partition = MR_PARTITION_BY_KEY,
                                .key = key_of(place, room) };
    enum mr_code code = mr_control_encode(&control, arena, &record.value, err);

    if (code == MR_OK)
        code = mr_bus_append(place->bus, &record, 1, err);
    return code;
}

/* --- from a wish to offsets --- */

/* The append time of the first record in the partition, or now. */
static enum mr_code time_at(const struct mr_place *place, uint32_t partition,
                            uint64_t offset, uint64_t end, int64_t *out,
                            struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_record record;
    enum mr_code code = MR_OK;

    *out = mr_clock_wall_ms(place->clock);
    if (offset < end)
        code = mr_bus_fetch(place->bus, place->topics[MR_TOPIC_RAW], partition,
                            offset, arena, &record, err);
    if (code == MR_OK && offset < end)
        *out = record.append_ms;
    if (code == MR_E_LOST) { /* a place between records */
        if (err != NULL)
            *err = (struct mr_err){ 0 };
        code = MR_OK;
    }
    mr_arena_free(arena);
    return code;
}

static const uint64_t *wished(const struct mr_origin_wish *wish,
                              uint32_t partition)
{
    for (uint32_t i = 0; i < wish->count; i++) {
        if (wish->partitions[i] == partition)
            return &wish->offsets[i];
    }
    return NULL;
}

static enum mr_code find_offset(const struct mr_place *place,
                                const struct mr_origin_wish *wish,
                                uint32_t partition, uint64_t *offset,
                                struct mr_origin *out, struct mr_err *err)
{
    mr_topic_id raw = place->topics[MR_TOPIC_RAW];
    const uint64_t *named = wished(wish, partition);
    uint64_t begin, end;
    int64_t since_ms = wish->time_ms;
    enum mr_code code =
        mr_bus_bounds(place->bus, raw, partition, &begin, &end, err);

    if (code != MR_OK)
        return code;
    *offset = named != NULL ? *named : begin;
    if (wish->kind == MR_ORIGIN_TIME)
        code = mr_bus_find_time(place->bus, raw, partition, wish->time_ms,
                                offset, err);
    if (code == MR_OK && (*offset < begin || *offset > end))
        return mr_fail(err, MR_E_CONFIG,
                       "--from: offset %" PRIu64 " is not on partition %u of "
                       "raw, which holds %" PRIu64 " to %" PRIu64,
                       *offset, partition, begin, end);
    if (code != MR_OK || *offset == begin)
        return code;
    out->partial = true;
    if (wish->kind != MR_ORIGIN_TIME)
        code = time_at(place, partition, *offset, end, &since_ms, err);
    if (since_ms > out->since_ms)
        out->since_ms = since_ms;
    return code;
}

static enum mr_code find_offsets(const struct mr_place *place,
                                 const struct mr_origin_wish *wish,
                                 struct mr_arena *arena, struct mr_origin *out,
                                 struct mr_err *err)
{
    uint64_t *offsets =
        mr_arena_calloc(arena, place->partitions, sizeof(*offsets));
    enum mr_code code = MR_OK;

    *out = (struct mr_origin){
        .generation = place->generation,
        .from = mr_span_str(wish->text),
        .offsets = offsets,
        .offset_count = place->partitions,
        .set_ms = mr_clock_wall_ms(place->clock),
    };
    for (uint32_t i = 0; i < wish->count; i++) {
        if (wish->partitions[i] >= place->partitions)
            return mr_fail(err, MR_E_CONFIG,
                           "--from: there is no partition %u of raw, but 0 to "
                           "%u",
                           wish->partitions[i], place->partitions - 1);
    }
    for (uint32_t i = 0; i < place->partitions && code == MR_OK; i++)
        code = find_offset(place, wish, i, &offsets[i], out, err);
    return code;
}

/* Whether anything of the generation was made: it has begun. */
static enum mr_code has_begun(const struct mr_place *place, bool *out,
                              struct mr_err *err)
{
    enum mr_code code = MR_OK;

    *out = false;
    for (uint32_t i = 0; i < place->partitions && code == MR_OK; i++) {
        uint64_t begin, end = 0;

        code = mr_bus_bounds(place->bus, place->topics[MR_TOPIC_SIGNATURES], i,
                             &begin, &end, err);
        *out = *out || end > 0;
    }
    return code;
}

static enum mr_code settle_anew(const struct mr_place *place,
                                const struct mr_origin_wish *wish,
                                struct mr_arena *arena, struct mr_origin *out,
                                struct mr_err *err)
{
    bool begun;
    enum mr_code code = has_begun(place, &begun, err);

    if (code == MR_OK)
        code = find_offsets(place, wish, arena, out, err);
    if (code != MR_OK)
        return code;
    if (begun && out->partial)
        return mr_fail(err, MR_E_CONFIG,
                       "--from: generation %u has begun at the log's beginning "
                       "already; take another number",
                       place->generation);
    return keep(place, out, arena, err);
}

enum mr_code mr_origin_settle(const struct mr_place *place,
                              const struct mr_origin_wish *wish,
                              struct mr_arena *arena, struct mr_origin *out,
                              struct mr_err *err)
{
    struct mr_origin asked;
    bool found;
    enum mr_code code = mr_origin_find(place, arena, out, &found, err);

    if (code != MR_OK)
        return code;
    if (!found)
        return settle_anew(place, wish, arena, out, err);
    if (mr_span_equal(out->from, mr_span_str(wish->text)))
        return MR_OK; /* a span back goes by the day when it was given */
    code = find_offsets(place, wish, arena, &asked, err);
    if (code == MR_OK &&
        memcmp(asked.offsets, out->offsets,
               place->partitions * sizeof(*asked.offsets)) != 0)
        code = mr_fail(err, MR_E_CONFIG,
                       "--from: generation %u has begun with --from %.*s; go "
                       "on with that (or none), or take another number",
                       place->generation, MR_SPAN_ARG(out->from));
    return code;
}

const char *mr_origin_words(const struct mr_origin *origin,
                            struct mr_arena *arena)
{
    char since[MR_TIME_TEXT_SIZE];

    mr_time_text(origin->since_ms, since);
    return mr_arena_printf(arena, "since %s (from %.*s)", since,
                           MR_SPAN_ARG(origin->from));
}
