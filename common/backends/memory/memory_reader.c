// SPDX-License-Identifier: Apache-2.0
/*
 * memory_reader.c - polls and commits.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/backends/memory/memory_state.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

static struct memory_partition *partition_of(struct memory_reader *reader,
                                             const struct memory_place *place)
{
    struct memory_topic *topic = &reader->memory->topics[place->topic - 1];

    return &topic->partitions[place->partition];
}

static enum mr_code fail_fenced(const struct memory_reader *reader,
                                struct mr_err *err)
{
    return mr_fail(err, MR_E_FENCED,
                   "bus: a reader of group %s is fenced and can only be closed",
                   reader->group == NULL ? "(none)" : reader->group);
}

/* The state between enter and leave, for calls that a fenced reader may not
 * make any more. */
static enum mr_code enter_reader(struct memory_reader *reader, uint64_t *call,
                                 struct mr_err *err)
{
    enum mr_code code = memory_enter(reader->memory, call, err);

    if (code == MR_OK && reader->fenced)
        code =
            memory_leave(reader->memory, *call, fail_fenced(reader, err), err);
    return code;
}

static enum mr_code check_places(struct memory_reader *reader, size_t *waiting,
                                 struct mr_err *err)
{
    *waiting = 0;
    for (size_t i = 0; i < reader->count; i++) {
        struct memory_place *place = &reader->places[i];
        struct memory_partition *held = partition_of(reader, place);

        if (place->next < held->begin || place->next > held->count)
            return mr_rules_lost(&reader->memory->topics[place->topic - 1].spec,
                                 place->partition, place->next, held->begin,
                                 held->count, err);
        *waiting += held->count - place->next;
    }
    return MR_OK;
}

struct filling {
    struct mr_arena *arena;
    struct mr_batch_in *out;
    size_t records_max;
    size_t bytes_left;
    bool full;
};

static bool fits(const struct filling *fill, const struct mr_record *record)
{
    return fill->out->count == 0 ||
           mr_rules_record_bytes(record) <= fill->bytes_left;
}

static void take(struct filling *fill, const struct mr_record *record)
{
    struct mr_record *copy = &fill->out->records[fill->out->count++];
    size_t bytes = mr_rules_record_bytes(record);

    *copy = *record;
    copy->key = mr_arena_copy(fill->arena, record->key);
    copy->value = mr_arena_copy(fill->arena, record->value);
    copy->trace = mr_arena_copy(fill->arena, record->trace);
    fill->bytes_left -= bytes < fill->bytes_left ? bytes : fill->bytes_left;
    fill->full = fill->out->count == fill->records_max;
}

static void take_from(struct memory_reader *reader, struct memory_place *place,
                      struct filling *fill)
{
    struct memory_partition *held = partition_of(reader, place);

    while (place->next < held->count && !fill->full) {
        struct mr_record *record = held->at[place->next];

        if (record != NULL && !fits(fill, record)) {
            fill->full = true;
            return;
        }
        if (record != NULL)
            take(fill, record);
        place->next++;
    }
}

/* Whoever was served last waits longest; the first not reached is next. */
static enum mr_code take_batch(struct memory_reader *reader,
                               const struct mr_poll_limits *limits,
                               struct mr_arena *arena, struct mr_batch_in *out,
                               struct mr_err *err)
{
    size_t records_max = limits->records_max > 0 ? limits->records_max : 1;
    struct filling fill = { .arena = arena, .out = out };
    size_t first = reader->turn;
    size_t waiting;
    enum mr_code code = check_places(reader, &waiting, err);

    *out = (struct mr_batch_in){ 0 };
    if (code != MR_OK || waiting == 0)
        return code;
    fill.records_max = waiting < records_max ? waiting : records_max;
    fill.bytes_left = limits->bytes_max;
    out->records =
        mr_arena_alloc(arena, fill.records_max * sizeof(*out->records));
    for (size_t i = 0; i < reader->count && !fill.full; i++) {
        size_t nth = (first + i) % reader->count;

        take_from(reader, &reader->places[nth], &fill);
        reader->turn = (nth + 1) % reader->count;
    }
    return MR_OK;
}

static struct timespec deadline_in(int wait_ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

static enum mr_code poll_wait(struct memory_reader *reader,
                              const struct mr_poll_limits *limits,
                              struct mr_arena *arena, struct mr_batch_in *out,
                              struct mr_err *err)
{
    struct mr_memory *memory = reader->memory;
    struct timespec deadline = deadline_in(limits->wait_ms);
    int waited = 0;

    for (;;) {
        enum mr_code code = take_batch(reader, limits, arena, out, err);

        if (code != MR_OK || out->count > 0 || limits->wait_ms <= 0)
            return code;
        if (reader->woken) {
            reader->woken = false;
            return MR_OK;
        }
        if (waited == ETIMEDOUT)
            return MR_OK;
        waited =
            pthread_cond_timedwait(&memory->changed, &memory->lock, &deadline);
        if (memory->dead)
            return mr_fail(err, MR_E_CANCELLED, "memory: died in a poll");
        if (reader->fenced)
            return fail_fenced(reader, err);
    }
}

static enum mr_code reader_poll(struct mr_bus_reader *port,
                                const struct mr_poll_limits *limits,
                                struct mr_arena *arena, struct mr_batch_in *out,
                                struct mr_err *err)
{
    struct memory_reader *reader = (struct memory_reader *)port;
    uint64_t call;
    enum mr_code code = enter_reader(reader, &call, err);

    if (code != MR_OK)
        return code;
    code = poll_wait(reader, limits, arena, out, err);
    return memory_leave(reader->memory, call, code, err);
}

static struct memory_place *place_of(struct memory_reader *reader,
                                     const struct mr_position *position)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->places[i].topic == position->topic &&
            reader->places[i].partition == position->partition)
            return &reader->places[i];
    }
    return NULL;
}

static enum mr_code check_position(struct memory_reader *reader,
                                   const struct mr_position *position,
                                   struct mr_err *err)
{
    struct memory_place *place = place_of(reader, position);

    if (place == NULL)
        return mr_fail(err, MR_E_INVALID,
                       "bus: a commit for partition %u, which the reader "
                       "does not read",
                       position->partition);
    if (position->next > partition_of(reader, place)->count)
        return mr_fail(err, MR_E_INVALID,
                       "bus: a commit of offset %" PRIu64
                       " in partition %u, which ends at %zu",
                       position->next, position->partition,
                       partition_of(reader, place)->count);
    return MR_OK;
}

static enum mr_code check_commit(struct memory_reader *reader,
                                 const struct mr_commit *commit,
                                 struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < commit->output_count && code == MR_OK; i++)
        code = memory_check_record(reader->memory, &commit->outputs[i], err);
    for (size_t i = 0; i < commit->position_count && code == MR_OK; i++)
        code = check_position(reader, &commit->positions[i], err);
    if (code == MR_OK && commit->state != NULL)
        code = memory_check_batch(reader->memory, commit->state, err);
    return code;
}

static void apply_commit(struct memory_reader *reader,
                         const struct mr_commit *commit)
{
    struct mr_memory *memory = reader->memory;

    memory_history_begin(&memory->history);
    for (size_t i = 0; i < commit->output_count; i++) {
        struct mr_record record = commit->outputs[i];

        memory_append_record(memory, &record);
    }
    if (commit->state != NULL)
        memory_apply_batch(memory, commit->state);
    for (size_t i = 0; i < commit->position_count; i++) {
        const struct mr_position *position = &commit->positions[i];

        place_of(reader, position)->committed = position->next;
        if (reader->group != NULL)
            memory_set_position(memory, reader->group, position);
    }
    pthread_cond_broadcast(&memory->changed);
}

static enum mr_code reader_commit(struct mr_bus_reader *port,
                                  const struct mr_commit *commit,
                                  struct mr_err *err)
{
    struct memory_reader *reader = (struct memory_reader *)port;
    uint64_t call;
    enum mr_code code = enter_reader(reader, &call, err);

    if (code != MR_OK)
        return code;
    code = check_commit(reader, commit, err);
    if (code == MR_OK)
        apply_commit(reader, commit);
    return memory_leave(reader->memory, call, code, err);
}

static enum mr_code reader_rewind(struct mr_bus_reader *port,
                                  struct mr_err *err)
{
    struct memory_reader *reader = (struct memory_reader *)port;
    uint64_t call;
    enum mr_code code = enter_reader(reader, &call, err);

    if (code != MR_OK)
        return code;
    for (size_t i = 0; i < reader->count; i++)
        reader->places[i].next = reader->places[i].committed;
    return memory_leave(reader->memory, call, MR_OK, err);
}

static void reader_position(struct mr_bus_reader *port, struct mr_position *at)
{
    at->next = place_of((struct memory_reader *)port, at)->next;
}

static void reader_wake(struct mr_bus_reader *port)
{
    struct memory_reader *reader = (struct memory_reader *)port;

    pthread_mutex_lock(&reader->memory->lock);
    reader->woken = true;
    pthread_cond_broadcast(&reader->memory->changed);
    pthread_mutex_unlock(&reader->memory->lock);
}

static void free_reader(struct memory_reader *reader)
{
    mr_free(reader->group);
    mr_free(reader->places);
    mr_free(reader);
}

static void reader_close(struct mr_bus_reader *port)
{
    struct memory_reader *reader = (struct memory_reader *)port;
    struct mr_memory *memory = reader->memory;
    struct memory_reader **link = &memory->readers;

    pthread_mutex_lock(&memory->lock);
    while (*link != reader)
        link = &(*link)->older;
    *link = reader->older;
    pthread_mutex_unlock(&memory->lock);
    free_reader(reader);
}

static bool shares_partition(const struct memory_reader *a,
                             const struct memory_reader *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            if (a->places[i].topic == b->places[j].topic &&
                a->places[i].partition == b->places[j].partition)
                return true;
        }
    }
    return false;
}

static enum mr_code make_way(struct memory_reader *reader, struct mr_err *err)
{
    struct mr_memory *memory = reader->memory;

    for (struct memory_reader *other = memory->readers;
         other != NULL && reader->group != NULL; other = other->older) {
        if (other->fenced || other->group == NULL ||
            strcmp(other->group, reader->group) != 0 ||
            !shares_partition(other, reader))
            continue;
        if (!memory->fences)
            return mr_fail(err, MR_E_BUSY,
                           "bus: another reader of group %s has one of the "
                           "partitions; close it first",
                           reader->group);
        other->fenced = true;
        pthread_cond_broadcast(&memory->changed);
    }
    return MR_OK;
}

static enum mr_code find_place(struct memory_reader *reader,
                               const struct mr_position *wanted,
                               struct memory_place *place, struct mr_err *err)
{
    struct memory_partition *held;
    enum mr_code code = memory_find_partition(reader->memory, wanted->topic,
                                              wanted->partition, &held, err);

    if (code != MR_OK)
        return code;
    place->topic = wanted->topic;
    place->partition = wanted->partition;
    if (reader->group == NULL ||
        !memory_get_position(reader->memory, reader->group, wanted->topic,
                             wanted->partition, &place->next))
        place->next = wanted->next == UINT64_MAX ? held->count : wanted->next;
    place->committed = place->next;
    return MR_OK;
}

static enum mr_code open_reader(struct mr_memory *memory,
                                const struct mr_reader_spec *spec,
                                struct mr_bus_reader **out, struct mr_err *err)
{
    static const struct mr_bus_reader_ops ops = {
        .poll = reader_poll,
        .commit = reader_commit,
        .rewind = reader_rewind,
        .position = reader_position,
        .wake = reader_wake,
        .close = reader_close,
    };
    struct memory_reader *reader = mr_calloc(1, sizeof(*reader));
    enum mr_code code = MR_OK;

    reader->port.ops = &ops;
    reader->memory = memory;
    reader->group = spec->group == NULL ? NULL : mr_strdup(spec->group);
    reader->places = mr_calloc(spec->count, sizeof(*reader->places));
    reader->count = spec->count;
    for (size_t i = 0; i < spec->count && code == MR_OK; i++)
        code =
            find_place(reader, &spec->partitions[i], &reader->places[i], err);
    if (code == MR_OK)
        code = make_way(reader, err);
    if (code != MR_OK) {
        free_reader(reader);
        return code;
    }
    reader->older = memory->readers;
    memory->readers = reader;
    *out = &reader->port;
    return MR_OK;
}

enum mr_code memory_open_reader(struct mr_bus *bus,
                                const struct mr_reader_spec *spec,
                                struct mr_bus_reader **out, struct mr_err *err)
{
    struct mr_memory *memory = ((struct memory_bus *)bus)->memory;
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = mr_rules_reader(spec, err);
    if (code == MR_OK)
        code = open_reader(memory, spec, out, err);
    return memory_leave(memory, call, code, err);
}
