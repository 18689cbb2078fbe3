// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_registry.c - see kafka_registry.h.
 */
#include "common/backends/kafka/kafka_registry.h"

#include <string.h>

#include "common/backends/kafka/kafka_error.h"
#include "common/base/mr_mem.h"

#define NAME "millrace.topics"

struct entry {
    const char *name;
    const char *uuid;
};

struct kafka_registry {
    struct mr_kafka *kafka;
    struct mr_arena *arena; /* of the entries */
    mr_topic_id topic;
    struct entry entries[KAFKA_TOPICS_MAX];
    size_t count;
};

/* The place of the name, or where it would be. */
static size_t find(const struct kafka_registry *registry, const char *name)
{
    size_t nth = 0;

    while (nth < registry->count &&
           strcmp(registry->entries[nth].name, name) != 0)
        nth++;
    return nth;
}

/* A later word on a name replaces the older. */
static void take(struct kafka_registry *registry, struct mr_span name,
                 struct mr_span uuid)
{
    const struct entry entry = { mr_arena_str(registry->arena, name),
                                 mr_arena_str(registry->arena, uuid) };
    size_t nth = find(registry, entry.name);

    if (nth == KAFKA_TOPICS_MAX)
        return;
    registry->entries[nth] = entry;
    registry->count += nth == registry->count;
}

static enum mr_code read_to(struct kafka_registry *registry,
                            rd_kafka_t *consumer, uint64_t next, uint64_t end,
                            struct mr_err *err)
{
    struct mr_kafka *kafka = registry->kafka;
    int64_t until_us = mr_clock_mono_us(kafka->clock) + KAFKA_WAIT_MS * 1000;
    enum mr_code code = MR_OK;

    while (code == MR_OK && next < end) {
        int left_ms = kafka_left_ms(kafka, until_us);
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, left_ms);

        if (message == NULL && left_ms == 0)
            return kafka_fail(err, RD_KAFKA_RESP_ERR__TIMED_OUT, NAME, NULL);
        if (message == NULL)
            continue;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            take(registry, mr_span(message->key, message->key_len),
                 mr_span(message->payload, message->len));
            next = (uint64_t)message->offset + 1;
        } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            next = end;
        } else if (kafka_code(message->err) != MR_E_UNAVAILABLE) {
            code = kafka_fail(err, message->err, NAME,
                              rd_kafka_message_errstr(message));
        }
        rd_kafka_message_destroy(message);
    }
    return code;
}

static enum mr_code read_all(struct kafka_registry *registry,
                             const struct kafka_topic *topic,
                             struct mr_err *err)
{
    struct mr_kafka *kafka = registry->kafka;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_t *consumer = NULL;
    uint64_t begin, end;
    enum mr_code code = kafka_bounds(kafka, topic, 0, &begin, &end, err);

    if (code == MR_OK)
        code = kafka_handle(kafka, KAFKA_CONSUMER, NAME, &consumer, err);
    if (code == MR_OK && begin < end) {
        rd_kafka_resp_err_t failure;

        rd_kafka_topic_partition_list_add(list, topic->full, 0)->offset =
            (int64_t)begin;
        (void)rd_kafka_poll_set_consumer(consumer);
        failure = rd_kafka_assign(consumer, list);
        code = failure == RD_KAFKA_RESP_ERR_NO_ERROR
                   ? read_to(registry, consumer, begin, end, err)
                   : kafka_fail(err, failure, NAME, NULL);
    }
    kafka_drop(consumer);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

enum mr_code kafka_registry_open(struct mr_kafka *kafka,
                                 struct kafka_registry **out,
                                 struct mr_err *err)
{
    static const struct mr_topic_spec spec = {
        .name = NAME,
        .partitions = 1,
        .cleanup = MR_CLEANUP_COMPACT,
    };
    struct kafka_registry *registry = mr_calloc(1, sizeof(*registry));
    struct kafka_topic *topic;
    enum mr_code code;

    registry->kafka = kafka;
    registry->arena = mr_arena_new();
    code = kafka_open_topic(mr_kafka_bus(kafka), &spec, &registry->topic, err);
    if (code == MR_OK)
        code = kafka_find(kafka, registry->topic, 0, &topic, err);
    if (code == MR_OK)
        code = read_all(registry, topic, err);
    if (code == MR_OK)
        *out = registry;
    else
        kafka_registry_close(registry);
    return code;
}

void kafka_registry_close(struct kafka_registry *registry)
{
    if (registry == NULL)
        return;
    mr_arena_free(registry->arena);
    mr_free(registry);
}

const char *kafka_registry_id(const struct kafka_registry *registry,
                              const char *name)
{
    size_t nth = find(registry, name);

    return nth == registry->count ? NULL : registry->entries[nth].uuid;
}

enum mr_code kafka_registry_add(struct kafka_registry *registry,
                                const char *name, const char *uuid,
                                struct mr_err *err)
{
    struct mr_record record = {
        .topic = registry->topic,
        .key = mr_span_str(name),
        .value = mr_span_str(uuid),
    };
    enum mr_code code =
        kafka_append(mr_kafka_bus(registry->kafka), &record, 1, err);

    if (code == MR_OK)
        take(registry, record.key, record.value);
    return code;
}
