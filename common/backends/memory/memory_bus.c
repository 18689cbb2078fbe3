// SPDX-License-Identifier: Apache-2.0
/*
 * memory_bus.c - topics, appends, fetches and what retention does.
 */
#include <string.h>

#include "common/backends/memory/memory_state.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

static struct mr_memory *memory_of(struct mr_bus *bus)
{
    return ((struct memory_bus *)bus)->memory;
}

enum mr_code memory_find_topic(struct mr_memory *memory, mr_topic_id id,
                               struct memory_topic **out, struct mr_err *err)
{
    if (id == 0 || id > memory->topic_count)
        return mr_fail(err, MR_E_INVALID, "bus: no topic has the id %u", id);
    *out = &memory->topics[id - 1];
    return MR_OK;
}

enum mr_code memory_find_partition(struct mr_memory *memory, mr_topic_id id,
                                   uint32_t partition,
                                   struct memory_partition **out,
                                   struct mr_err *err)
{
    struct memory_topic *topic;
    enum mr_code code = memory_find_topic(memory, id, &topic, err);

    if (code != MR_OK)
        return code;
    if (partition >= topic->spec.partitions)
        return mr_fail(err, MR_E_INVALID,
                       "bus: topic %s has %u partitions, no number %u",
                       topic->spec.name, topic->spec.partitions, partition);
    *out = &topic->partitions[partition];
    return MR_OK;
}

static enum mr_code add_topic(struct mr_memory *memory,
                              const struct mr_topic_spec *spec,
                              mr_topic_id *out, struct mr_err *err)
{
    struct memory_topic *topic;
    enum mr_code code;

    for (size_t i = 0; i < memory->topic_count; i++) {
        topic = &memory->topics[i];
        if (strcmp(topic->spec.name, spec->name) != 0)
            continue;
        code = mr_rules_same_topic(&topic->spec, spec, err);
        if (code != MR_OK)
            return code;
        topic->spec.retention_ms = spec->retention_ms;
        *out = (mr_topic_id)(i + 1);
        return MR_OK;
    }
    memory->topics = mr_realloc_array(memory->topics, memory->topic_count + 1,
                                      sizeof(*memory->topics));
    topic = &memory->topics[memory->topic_count++];
    topic->spec = *spec;
    topic->spec.name = mr_strdup(spec->name);
    topic->partitions = mr_calloc(spec->partitions, sizeof(*topic->partitions));
    memory_history_sync(&memory->history);
    *out = (mr_topic_id)memory->topic_count;
    return MR_OK;
}

static enum mr_code bus_topic(struct mr_bus *bus,
                              const struct mr_topic_spec *spec,
                              mr_topic_id *out, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(bus);
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = mr_rules_topic(spec, err);
    if (code == MR_OK)
        code = add_topic(memory, spec, out, err);
    return memory_leave(memory, call, code, err);
}

enum mr_code memory_check_record(struct mr_memory *memory,
                                 const struct mr_record *record,
                                 struct mr_err *err)
{
    struct memory_topic *topic;
    uint32_t partition;
    enum mr_code code = memory_find_topic(memory, record->topic, &topic, err);

    if (code != MR_OK)
        return code;
    return mr_rules_record(record, &topic->spec, &partition, err);
}

static struct mr_span copy_to(uint8_t **at, struct mr_span span)
{
    struct mr_span copy = { .data = span.data == NULL ? NULL : *at,
                            .size = span.size };

    if (span.size > 0)
        memcpy(*at, span.data, span.size);
    *at += span.size;
    return copy;
}

/* A record and its bytes in one block. */
static struct mr_record *record_copy(const struct mr_record *record)
{
    struct mr_record *copy =
        mr_malloc(sizeof(*copy) + mr_rules_record_bytes(record));
    uint8_t *at = (uint8_t *)(copy + 1);

    *copy = *record;
    copy->key = copy_to(&at, record->key);
    copy->value = copy_to(&at, record->value);
    copy->trace = copy_to(&at, record->trace);
    return copy;
}

void memory_append_record(struct mr_memory *memory, struct mr_record *record)
{
    struct memory_topic *topic = &memory->topics[record->topic - 1];
    struct memory_partition *partition;

    if (record->partition == MR_PARTITION_BY_KEY) {
        enum mr_code code =
            mr_rules_record(record, &topic->spec, &record->partition, NULL);

        MR_ASSERT(code == MR_OK); /* memory_check_record() has asked */
    }
    partition = &topic->partitions[record->partition];
    if (partition->count == partition->room) {
        partition->room = 2 * partition->room + 16;
        partition->at = mr_realloc_array(partition->at, partition->room,
                                         sizeof(struct mr_record *));
    }
    record->offset = partition->count;
    record->append_ms = memory_now_ms(memory);
    partition->at[partition->count++] = record_copy(record);
    memory_history_append(&memory->history, partition);
}

static enum mr_code append_all(struct mr_memory *memory,
                               struct mr_record *records, size_t count,
                               struct mr_err *err)
{
    for (size_t i = 0; i < count; i++) {
        enum mr_code code = memory_check_record(memory, &records[i], err);

        if (code != MR_OK)
            return code;
    }
    memory_history_begin(&memory->history);
    for (size_t i = 0; i < count; i++)
        memory_append_record(memory, &records[i]);
    memory_history_sync(&memory->history);
    pthread_cond_broadcast(&memory->changed);
    return MR_OK;
}

static enum mr_code bus_append(struct mr_bus *bus, struct mr_record *records,
                               size_t count, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(bus);
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = append_all(memory, records, count, err);
    return memory_leave(memory, call, code, err);
}

static enum mr_code fetch_one(struct mr_memory *memory,
                              const struct mr_position *at,
                              struct mr_arena *arena, struct mr_record *out,
                              struct mr_err *err)
{
    struct memory_partition *partition;
    const struct mr_record *record;
    enum mr_code code = memory_find_partition(memory, at->topic, at->partition,
                                              &partition, err);

    if (code != MR_OK)
        return code;
    if (at->next < partition->begin || at->next >= partition->count ||
        partition->at[at->next] == NULL)
        return mr_rules_lost(&memory->topics[at->topic - 1].spec, at->partition,
                             at->next, partition->begin, partition->count, err);
    record = partition->at[at->next];
    *out = *record;
    out->key = mr_arena_copy(arena, record->key);
    out->value = mr_arena_copy(arena, record->value);
    out->trace = mr_arena_copy(arena, record->trace);
    return MR_OK;
}

static enum mr_code bus_fetch(struct mr_bus *bus, mr_topic_id topic,
                              uint32_t partition, uint64_t offset,
                              struct mr_arena *arena, struct mr_record *out,
                              struct mr_err *err)
{
    struct mr_memory *memory = memory_of(bus);
    struct mr_position at = { topic, partition, offset };
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = fetch_one(memory, &at, arena, out, err);
    return memory_leave(memory, call, code, err);
}

static enum mr_code bus_bounds(struct mr_bus *bus, mr_topic_id topic,
                               uint32_t partition, uint64_t *begin,
                               uint64_t *end, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(bus);
    struct memory_partition *held;
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = memory_find_partition(memory, topic, partition, &held, err);
    if (code == MR_OK) {
        *begin = held->begin;
        *end = held->count;
    }
    return memory_leave(memory, call, code, err);
}

static uint64_t first_at(const struct memory_partition *partition,
                         int64_t time_ms)
{
    uint64_t at = partition->begin;

    while (at < partition->count && (partition->at[at] == NULL ||
                                     partition->at[at]->append_ms < time_ms))
        at++;
    return at;
}

static enum mr_code bus_find_time(struct mr_bus *bus, mr_topic_id topic,
                                  uint32_t partition, int64_t time_ms,
                                  uint64_t *out, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(bus);
    struct memory_partition *held;
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    code = memory_find_partition(memory, topic, partition, &held, err);
    if (code == MR_OK)
        *out = first_at(held, time_ms);
    return memory_leave(memory, call, code, err);
}

static enum mr_code bus_sync(struct mr_bus *bus, struct mr_err *err)
{
    struct mr_memory *memory = memory_of(bus);
    uint64_t call;
    enum mr_code code = memory_enter(memory, &call, err);

    if (code != MR_OK)
        return code;
    memory_history_sync(&memory->history);
    return memory_leave(memory, call, MR_OK, err);
}

const struct mr_bus_ops memory_bus_ops = {
    .topic = bus_topic,
    .append = bus_append,
    .fetch = bus_fetch,
    .bounds = bus_bounds,
    .find_time = bus_find_time,
    .sync = bus_sync,
    .reader = memory_open_reader,
};

static void drop_record(struct memory_partition *partition, uint64_t offset)
{
    mr_free(partition->at[offset]);
    partition->at[offset] = NULL;
}

void mr_memory_trim(struct mr_memory *memory, mr_topic_id topic,
                    uint32_t partition, uint64_t begin)
{
    struct memory_partition *held;
    enum mr_code code;

    pthread_mutex_lock(&memory->lock);
    code = memory_find_partition(memory, topic, partition, &held, NULL);
    MR_ASSERT(code == MR_OK && begin <= held->count);
    memory_history_sync(&memory->history);
    while (held->begin < begin)
        drop_record(held, held->begin++);
    pthread_mutex_unlock(&memory->lock);
}

static void compact_partition(struct memory_partition *partition,
                              uint64_t limit)
{
    struct memory_map *newer = memory_map_new();

    for (uint64_t i = partition->count; i-- > partition->begin;) {
        struct mr_record *record = partition->at[i];
        struct memory_pair *old;

        if (record == NULL)
            continue;
        old = memory_map_put(
            newer, memory_pair_new(record->key, (struct mr_span){ 0 }));
        if (old != NULL && i < limit)
            drop_record(partition, i);
        memory_pair_drop(old);
    }
    memory_map_free(newer);
}

void mr_memory_compact(struct mr_memory *memory, mr_topic_id topic)
{
    struct memory_topic *held;
    enum mr_code code;

    pthread_mutex_lock(&memory->lock);
    code = memory_find_topic(memory, topic, &held, NULL);
    MR_ASSERT(code == MR_OK && held->spec.cleanup == MR_CLEANUP_COMPACT);
    memory_history_sync(&memory->history);
    for (uint32_t p = 0; p < held->spec.partitions; p++)
        compact_partition(&held->partitions[p],
                          memory_slowest(memory, topic, p));
    pthread_mutex_unlock(&memory->lock);
}
