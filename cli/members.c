// SPDX-License-Identifier: Apache-2.0
/*
 * members.c - see members.h.
 */
#include "cli/members.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"

#define POLL_RECORDS 256u
#define POLL_BYTES   ((size_t)1 << 20)
#define PAUSE_MS     200
#define ORIGINS_MAX  256u /* more are not told of */

/* The last message of a member, with its own memory. */
struct entry {
    struct mr_arena *arena;
    struct mr_member member;
    int64_t heard_us;
    bool away;
};

struct members {
    struct members_spec spec;
    struct mr_bus_reader *reader;
    struct mr_arena *arena;
    pthread_t thread;
    atomic_bool ending;
    uint64_t beat;
    int64_t started_ms;
    bool troubled; /* a beat could not be told, and that was logged */
    pthread_mutex_t lock;
    struct entry *entries;                 /* lock; by name */
    struct mr_alias alias;                 /* lock */
    struct mr_origin origins[ORIGINS_MAX]; /* lock; kept_origins */
    size_t origin_count;
    struct mr_arena *kept_origins;
    bool caught_up; /* what is read is news */
    size_t count;
};

static int compare(const void *a, const void *b)
{
    const struct entry *one = a;
    const struct entry *two = b;

    return mr_span_compare(one->member.name, two->member.name);
}

static struct entry *find(struct members *members, struct mr_span name)
{
    for (size_t i = 0; i < members->count; i++) {
        if (mr_span_equal(members->entries[i].member.name, name))
            return &members->entries[i];
    }
    return NULL;
}

static struct entry *add(struct members *members)
{
    struct entry *entry;

    if (members->count == MEMBERS_MAX)
        return NULL;
    members->entries = mr_realloc_array(members->entries, members->count + 1,
                                        sizeof(*members->entries));
    entry = &members->entries[members->count++];
    *entry = (struct entry){ .arena = mr_arena_new() };
    return entry;
}

static void drop(struct members *members, struct entry *entry)
{
    size_t after = members->count - 1 - (size_t)(entry - members->entries);

    mr_arena_free(entry->arena);
    memmove(entry, entry + 1, after * sizeof(*entry));
    members->count--;
}

/* Whether others have to do something else because of it. */
static bool is_change(const struct entry *entry, const struct mr_member *member)
{
    const struct mr_member *known = &entry->member;

    if (entry->away || member->leaving ||
        known->generation != member->generation ||
        !mr_span_equal(known->address, member->address) ||
        known->partition_count != member->partition_count)
        return true;
    return known->partition_count > 0 &&
           memcmp(known->partitions, member->partitions,
                  known->partition_count * sizeof(*known->partitions)) != 0;
}

/* A message that tells nothing new is not heard: a beat has to advance, or a
 * later start to have come. */
static bool is_newer(const struct entry *entry, const struct mr_member *member)
{
    if (entry->member.started_ms != member->started_ms)
        return member->started_ms > entry->member.started_ms;
    return member->beat > entry->member.beat;
}

/* The record's bytes into the entry. */
static bool keep(struct entry *entry, struct mr_span bytes)
{
    struct mr_control control;

    mr_arena_reset(entry->arena);
    if (mr_control_parse(mr_arena_copy(entry->arena, bytes), entry->arena,
                         &control, NULL) != MR_OK)
        return false;
    entry->member = control.member;
    return true;
}

static bool hear_alias(struct members *members, const struct mr_alias *alias)
{
    bool change = alias->generation != members->alias.generation;

    members->alias = *alias;
    return change;
}

static struct mr_origin copy_origin(const struct mr_origin *origin,
                                    struct mr_arena *arena)
{
    uint64_t *offsets =
        mr_arena_calloc(arena, origin->offset_count, sizeof(*offsets));
    struct mr_origin copy = *origin;

    if (origin->offset_count > 0)
        memcpy(offsets, origin->offsets,
               origin->offset_count * sizeof(*offsets));
    copy.from = mr_arena_copy(arena, origin->from);
    copy.offsets = offsets;
    return copy;
}

/* One is kept once and for all, so that what is kept of them is bounded. */
static void hear_origin(struct members *members, const struct mr_origin *origin)
{
    for (size_t i = 0; i < members->origin_count; i++) {
        if (members->origins[i].generation == origin->generation)
            return;
    }
    if (members->origin_count < ORIGINS_MAX)
        members->origins[members->origin_count++] =
            copy_origin(origin, members->kept_origins);
}

static bool hear(struct members *members, const struct mr_record *record)
{
    struct mr_control control;
    struct entry *entry;
    bool change;

    if (record->value.data == NULL ||
        mr_control_parse(record->value, members->arena, &control, NULL) !=
            MR_OK)
        return false;
    if (control.is_alias)
        return hear_alias(members, &control.alias);
    if (control.is_checkpoint && members->spec.checkpoint != NULL)
        members->spec.checkpoint(members->spec.context, &control.checkpoint);
    if (control.is_origin)
        hear_origin(members, &control.origin);
    if (!control.is_member || !members->caught_up)
        return false;
    entry = find(members, control.member.name);
    if (entry == NULL && control.member.leaving)
        return false;
    if (entry != NULL && !is_newer(entry, &control.member))
        return false;
    change = entry == NULL || is_change(entry, &control.member);
    if (entry == NULL)
        entry = add(members);
    if (entry == NULL)
        return false;
    if (control.member.leaving || !keep(entry, record->value)) {
        drop(members, entry);
        return true;
    }
    entry->heard_us = mr_clock_mono_us(members->spec.place->clock);
    entry->away = false;
    if (change)
        qsort(members->entries, members->count, sizeof(*members->entries),
              compare);
    return change;
}

static bool look_who_is_silent(struct members *members)
{
    int64_t now_us = mr_clock_mono_us(members->spec.place->clock);
    bool change = false;

    for (size_t i = 0; i < members->count;) {
        struct entry *entry = &members->entries[i];
        int64_t silent_ms = (now_us - entry->heard_us) / 1000;

        if (silent_ms >= MEMBERS_KEPT_MS) {
            drop(members, entry);
            change = true;
            continue;
        }
        if (silent_ms >= MEMBERS_SILENT_MS && !entry->away) {
            mr_log(members->spec.telemetry, MR_EV_NOTE, NULL,
                   "nothing was heard of %.*s for %lld s",
                   MR_SPAN_ARG(entry->member.name),
                   (long long)silent_ms / 1000);
            entry->away = true;
            change = true;
        }
        i++;
    }
    return change;
}

static void listen_for(struct members *members, int wait_ms)
{
    const struct mr_poll_limits limits = { POLL_RECORDS, POLL_BYTES, wait_ms };
    struct mr_batch_in batch;
    bool change = false;
    enum mr_code code;

    mr_arena_reset(members->arena);
    code = mr_bus_poll(members->reader, &limits, members->arena, &batch, NULL);
    if (code != MR_OK && mr_bus_rewind(members->reader, NULL) != MR_OK)
        mr_clock_sleep_ms(members->spec.place->clock, PAUSE_MS);
    if (code != MR_OK)
        return;
    (void)pthread_mutex_lock(&members->lock);
    for (size_t i = 0; i < batch.count; i++)
        change = hear(members, &batch.records[i]) || change;
    change = look_who_is_silent(members) || change;
    (void)pthread_mutex_unlock(&members->lock);
    if (change && members->spec.changed != NULL)
        members->spec.changed(members->spec.context, members);
}

/* What was told before the start. */
static enum mr_code catch_up(struct members *members, struct mr_err *err)
{
    const struct mr_poll_limits limits = { POLL_RECORDS, POLL_BYTES, 0 };
    struct mr_batch_in batch;
    enum mr_code code;

    do {
        mr_arena_reset(members->arena);
        code =
            mr_bus_poll(members->reader, &limits, members->arena, &batch, err);
        for (size_t i = 0; code == MR_OK && i < batch.count; i++)
            (void)hear(members, &batch.records[i]);
    } while (code == MR_OK && batch.count > 0);
    members->caught_up = true;
    return code;
}

static void tell(struct members *members, bool leaving)
{
    const struct mr_place *place = members->spec.place;
    struct mr_control control = { .is_member = true };
    struct mr_member *self = &control.member;
    struct mr_record record = { .topic = place->topics[MR_TOPIC_CONTROL],
                                .partition = MR_PARTITION_BY_KEY };
    struct mr_err err = { 0 };
    enum mr_code code;

    mr_arena_reset(members->arena);
    members->spec.describe(members->spec.context, members->arena, self);
    self->name = mr_span_str(members->spec.name);
    self->beat = ++members->beat;
    self->started_ms = members->started_ms;
    self->interval_ms = MEMBERS_BEAT_MS;
    self->leaving = leaving;
    record.key = self->name;
    code = mr_control_encode(&control, members->arena, &record.value, &err);
    if (code == MR_OK)
        code = mr_bus_append(place->bus, &record, 1, &err);
    if (code != MR_OK && !members->troubled)
        mr_log(members->spec.telemetry, MR_EV_NOTE, NULL,
               "others cannot be told that this process lives: %s", err.text);
    members->troubled = code != MR_OK;
}

static void *run(void *context)
{
    struct members *members = context;
    struct mr_clock *clock = members->spec.place->clock;
    int64_t next_us = mr_clock_mono_us(clock);

    while (!atomic_load(&members->ending)) {
        int64_t left_us = next_us - mr_clock_mono_us(clock);

        if (left_us <= 0) {
            tell(members, false);
            next_us = mr_clock_mono_us(clock) + MEMBERS_BEAT_MS * 1000;
            continue;
        }
        listen_for(members, (int)(left_us / 1000 + 1));
    }
    tell(members, true);
    return NULL;
}

static enum mr_code begin_at(const struct mr_place *place, uint32_t partition,
                             struct mr_position *out, struct mr_err *err)
{
    uint64_t end;

    out->topic = place->topics[MR_TOPIC_CONTROL];
    out->partition = partition;
    return mr_bus_bounds(place->bus, out->topic, partition, &out->next, &end,
                         err);
}

static enum mr_code open_reader(struct members *members, struct mr_err *err)
{
    const struct mr_place *place = members->spec.place;
    struct mr_position *at =
        mr_arena_calloc(members->arena, place->partitions, sizeof(*at));
    struct mr_reader_spec spec = { .partitions = at,
                                   .count = place->partitions };
    enum mr_code code = MR_OK;

    for (uint32_t i = 0; i < place->partitions && code == MR_OK; i++)
        code = begin_at(place, i, &at[i], err);
    if (code == MR_OK)
        code = mr_bus_reader(place->bus, &spec, &members->reader, err);
    return code;
}

static void free_members(struct members *members)
{
    mr_bus_close_reader(members->reader);
    for (size_t i = 0; i < members->count; i++)
        mr_arena_free(members->entries[i].arena);
    mr_free(members->entries);
    mr_arena_free(members->kept_origins);
    mr_arena_free(members->arena);
    (void)pthread_mutex_destroy(&members->lock);
    mr_free(members);
}

enum mr_code members_open(const struct members_spec *spec, struct members **out,
                          struct mr_err *err)
{
    struct members *members = mr_calloc(1, sizeof(*members));
    enum mr_code code;
    int failure;

    members->spec = *spec;
    members->arena = mr_arena_new();
    members->kept_origins = mr_arena_new();
    members->started_ms = mr_clock_wall_ms(spec->place->clock);
    (void)pthread_mutex_init(&members->lock, NULL);
    code = open_reader(members, err);
    if (code == MR_OK)
        code = catch_up(members, err);
    if (code == MR_OK) {
        failure = pthread_create(&members->thread, NULL, run, members);
        if (failure != 0)
            code = mr_fail_errno(err, MR_E_UNAVAILABLE, failure,
                                 "members: thread");
    }
    if (code != MR_OK) {
        free_members(members);
        return code;
    }
    *out = members;
    return MR_OK;
}

void members_close(struct members *members)
{
    if (members == NULL)
        return;
    atomic_store(&members->ending, true);
    mr_bus_wake(members->reader);
    (void)pthread_join(members->thread, NULL);
    free_members(members);
}

struct mr_alias members_alias(struct members *members)
{
    struct mr_alias alias;

    (void)pthread_mutex_lock(&members->lock);
    alias = members->alias;
    (void)pthread_mutex_unlock(&members->lock);
    return alias;
}

bool members_origin(struct members *members, uint32_t generation,
                    struct mr_arena *arena, struct mr_origin *out)
{
    bool found = false;

    (void)pthread_mutex_lock(&members->lock);
    for (size_t i = 0; i < members->origin_count && !found; i++) {
        found = members->origins[i].generation == generation;
        if (found)
            *out = copy_origin(&members->origins[i], arena);
    }
    (void)pthread_mutex_unlock(&members->lock);
    return found;
}

enum mr_code members_set_alias(struct members *members, uint32_t generation,
                               struct mr_err *err)
{
    const struct mr_place *place = members->spec.place;
    struct mr_alias before = members_alias(members);
    struct mr_control control = {
        .is_alias = true,
        .alias = { .generation = generation,
                   .previous = before.generation,
                   .set_ms = mr_clock_wall_ms(place->clock) },
    };
    struct mr_record record = { .topic = place->topics[MR_TOPIC_CONTROL],
                                .partition = MR_PARTITION_BY_KEY,
                                .key = mr_span_str(MR_ALIAS_KEY) };
    struct mr_arena *arena = mr_arena_new();
    enum mr_code code = mr_control_encode(&control, arena, &record.value, err);

    if (code == MR_OK)
        code = mr_bus_append(place->bus, &record, 1, err);
    mr_arena_free(arena);
    return code;
}

void members_each(struct members *members, members_visit *visit, void *context)
{
    int64_t now_us = mr_clock_mono_us(members->spec.place->clock);

    (void)pthread_mutex_lock(&members->lock);
    for (size_t i = 0; i < members->count; i++) {
        const struct entry *entry = &members->entries[i];
        struct members_heard heard = {
            .member = &entry->member,
            .silent_ms = (now_us - entry->heard_us) / 1000,
            .away = entry->away,
        };

        heard.self =
            mr_span_equal(entry->member.name, mr_span_str(members->spec.name));
        visit(context, &heard);
    }
    (void)pthread_mutex_unlock(&members->lock);
}
