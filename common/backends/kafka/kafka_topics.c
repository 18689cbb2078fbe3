// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_topics.c - topics by name and by id, and where they begin and end.
 */
#include <stdio.h>
#include <string.h>

#include "common/backends/kafka/kafka_admin.h"
#include "common/backends/kafka/kafka_error.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_mem.h"

#define LOOK_AGAIN_MS 20
#define SETTLE_US     INT64_C(5000000)

enum mr_code kafka_find(struct mr_kafka *kafka, mr_topic_id id,
                        uint32_t partition, struct kafka_topic **out,
                        struct mr_err *err)
{
    struct kafka_topic *topic = NULL;

    (void)pthread_mutex_lock(&kafka->lock);
    if (id > 0 && id <= kafka->topic_count)
        topic = kafka->topics[id - 1];
    (void)pthread_mutex_unlock(&kafka->lock);
    if (topic == NULL)
        return mr_fail(err, MR_E_INVALID, "bus: no topic has the id %u", id);
    if (partition >= topic->spec.partitions)
        return mr_fail(err, MR_E_INVALID,
                       "bus: topic %s has %u partitions, no number %u",
                       topic->spec.name, topic->spec.partitions, partition);
    *out = topic;
    return MR_OK;
}

static struct kafka_topic *find_by_name(struct mr_kafka *kafka,
                                        const char *name)
{
    struct kafka_topic *found = NULL;

    (void)pthread_mutex_lock(&kafka->lock);
    for (uint32_t i = 0; i < kafka->topic_count && found == NULL; i++) {
        if (!kafka->topics[i]->foreign &&
            strcmp(kafka->topics[i]->spec.name, name) == 0)
            found = kafka->topics[i];
    }
    (void)pthread_mutex_unlock(&kafka->lock);
    return found;
}

/* A topic is there for all when each of its partitions has a leader. */
static enum mr_code make(struct mr_kafka *kafka, const char *full,
                         const struct mr_topic_spec *spec,
                         struct kafka_found *found, struct mr_err *err)
{
    int64_t until_us = mr_clock_mono_us(kafka->clock) + KAFKA_WAIT_MS * 1000;
    enum mr_code code = kafka_create(kafka, full, spec, err);

    while (code == MR_OK) {
        code = kafka_describe(kafka, full, found, err);
        if (code != MR_OK ||
            (found->exists && found->partitions >= spec->partitions))
            return code;
        if (kafka_left_ms(kafka, until_us) == 0)
            return mr_fail(err, MR_E_TIMEOUT,
                           "kafka: topic %.200s was made, but %u of its %u "
                           "partitions have a leader after %d s",
                           full, found->partitions, spec->partitions,
                           KAFKA_WAIT_MS / 1000);
        mr_clock_sleep_ms(kafka->clock, LOOK_AGAIN_MS);
    }
    return code;
}

static enum mr_code check(struct mr_kafka *kafka, const char *full,
                          const struct mr_topic_spec *spec,
                          const struct kafka_found *found, struct mr_err *err)
{
    const struct mr_topic_spec held = {
        .name = full,
        .partitions = found->partitions,
        .cleanup = found->cleanup,
    };
    enum mr_code code = mr_rules_same_topic(&held, spec, err);

    if (code != MR_OK || spec->cleanup != MR_CLEANUP_EXPIRE ||
        found->retention_ms == spec->retention_ms)
        return code;
    return kafka_set_retention(kafka, full, spec->retention_ms, err);
}

static struct kafka_topic *keep(struct mr_kafka *kafka, char *full,
                                const struct mr_topic_spec *spec,
                                const struct kafka_found *found)
{
    struct kafka_topic *topic = mr_calloc(1, sizeof(*topic));

    topic->spec = *spec;
    topic->full = full;
    (void)snprintf(topic->uuid, sizeof(topic->uuid), "%s", found->uuid);
    (void)pthread_mutex_lock(&kafka->lock);
    topic->spec.name = mr_arena_str(kafka->arena, mr_span_str(spec->name));
    topic->id = ++kafka->topic_count;
    kafka->topics[topic->id - 1] = topic;
    (void)pthread_mutex_unlock(&kafka->lock);
    return topic;
}

enum mr_code kafka_open_topic(struct mr_bus *bus,
                              const struct mr_topic_spec *spec,
                              mr_topic_id *out, struct mr_err *err)
{
    struct mr_kafka *kafka = ((struct kafka_bus *)bus)->kafka;
    struct kafka_topic *topic;
    struct kafka_found found;
    char *full;
    enum mr_code code = mr_rules_topic(spec, err);

    if (code != MR_OK)
        return code;
    if (strlen(kafka->prefix) + strlen(spec->name) > KAFKA_NAME_MAX - 1)
        return mr_fail(err, MR_E_CONFIG,
                       "kafka: topic %s%s: a name has at most %u characters",
                       kafka->prefix, spec->name, KAFKA_NAME_MAX - 1);
    full = kafka_full_name(kafka, spec->name);
    code = kafka_describe(kafka, full, &found, err);
    if (code == MR_OK && !found.exists)
        code = make(kafka, full, spec, &found, err);
    if (code == MR_OK)
        code = check(kafka, full, spec, &found, err);
    if (code != MR_OK)
        return code;
    (void)pthread_mutex_lock(&kafka->opening);
    topic = find_by_name(kafka, spec->name);
    if (topic == NULL && kafka->topic_count == KAFKA_TOPICS_MAX)
        code = mr_fail(err, MR_E_LIMIT, "kafka: %u topics are open already",
                       KAFKA_TOPICS_MAX);
    else if (topic == NULL)
        topic = keep(kafka, full, spec, &found);
    else if (strcmp(topic->uuid, found.uuid) != 0)
        code = mr_fail(err, MR_E_LOST,
                       "kafka: topic %.200s was deleted and made again since "
                       "the start: its records are lost",
                       full);
    (void)pthread_mutex_unlock(&kafka->opening);
    if (code == MR_OK)
        *out = topic->id;
    return code;
}

/* Between two leaders, or before all brokers know of a new topic: worth asking
 * again soon. */
static bool is_settling(rd_kafka_resp_err_t failure)
{
    return failure == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           failure == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           failure == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           failure == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           failure == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
           failure == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH;
}

enum mr_code kafka_bounds(struct mr_kafka *kafka,
                          const struct kafka_topic *topic, uint32_t partition,
                          uint64_t *begin, uint64_t *end, struct mr_err *err)
{
    int64_t until_us = mr_clock_mono_us(kafka->clock) + SETTLE_US;
    int64_t low, high;
    rd_kafka_resp_err_t failure;

    /* The client asks as for reading what is committed. */
    while ((failure = rd_kafka_query_watermark_offsets(
                kafka->producer, topic->full, (int32_t)partition, &low, &high,
                KAFKA_WAIT_MS)) != RD_KAFKA_RESP_ERR_NO_ERROR &&
           is_settling(failure) && kafka_left_ms(kafka, until_us) > 0)
        mr_clock_sleep_ms(kafka->clock, LOOK_AGAIN_MS);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, failure, topic->full, NULL);
    *begin = (uint64_t)low;
    *end = (uint64_t)high;
    return MR_OK;
}

static enum mr_code read_end(rd_kafka_event_t *answer, const char *full,
                             uint64_t *end, struct mr_err *err)
{
    const rd_kafka_ListOffsetsResultInfo_t **infos;
    const rd_kafka_topic_partition_t *at;
    size_t count;

    infos = rd_kafka_ListOffsets_result_infos(
        rd_kafka_event_ListOffsets_result(answer), &count);
    if (count != 1)
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "kafka: %zu answers for topic %.200s", count, full);
    at = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[0]);
    if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, at->err, full, NULL);
    *end = (uint64_t)at->offset;
    return MR_OK;
}

static enum mr_code ask_high_end(struct mr_kafka *kafka,
                                 const struct kafka_topic *topic,
                                 uint32_t partition, uint64_t *end,
                                 struct mr_err *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->producer);
    rd_kafka_event_t *answer;
    enum mr_code code;

    rd_kafka_topic_partition_list_add(list, topic->full, (int32_t)partition)
        ->offset = RD_KAFKA_OFFSET_SPEC_LATEST;
    rd_kafka_ListOffsets(kafka->producer, list, NULL, queue);
    answer = rd_kafka_queue_poll(queue, KAFKA_WAIT_MS);
    if (answer == NULL)
        code = kafka_fail(err, RD_KAFKA_RESP_ERR__TIMED_OUT, topic->full, NULL);
    else if (rd_kafka_event_error(answer) != RD_KAFKA_RESP_ERR_NO_ERROR)
        code = kafka_fail(err, rd_kafka_event_error(answer), topic->full,
                          rd_kafka_event_error_string(answer));
    else
        code = read_end(answer, topic->full, end, err);
    if (answer != NULL)
        rd_kafka_event_destroy(answer);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

enum mr_code kafka_high_end(struct mr_kafka *kafka,
                            const struct kafka_topic *topic, uint32_t partition,
                            uint64_t *end, struct mr_err *err)
{
    int64_t until_us = mr_clock_mono_us(kafka->clock) + SETTLE_US;
    enum mr_code code;

    while ((code = ask_high_end(kafka, topic, partition, end, err)) ==
               MR_E_UNAVAILABLE &&
           kafka_left_ms(kafka, until_us) > 0)
        mr_clock_sleep_ms(kafka->clock, LOOK_AGAIN_MS);
    return code;
}

enum mr_code kafka_lost(struct mr_kafka *kafka, const struct kafka_topic *topic,
                        uint32_t partition, uint64_t next, struct mr_err *err)
{
    uint64_t begin, end;
    enum mr_code code =
        kafka_bounds(kafka, topic, partition, &begin, &end, err);

    if (code != MR_OK)
        return code;
    return mr_rules_lost(&topic->spec, partition, next, begin, end, err);
}

enum mr_code mr_kafka_trim(struct mr_kafka *kafka, mr_topic_id topic,
                           uint32_t partition, uint64_t begin,
                           struct mr_err *err)
{
    struct kafka_topic *held;
    enum mr_code code = kafka_find(kafka, topic, partition, &held, err);

    if (code != MR_OK)
        return code;
    return kafka_delete_before(kafka, held->full, partition, begin, err);
}

const char *mr_kafka_topic_uuid(struct mr_kafka *kafka, mr_topic_id topic)
{
    struct kafka_topic *held = NULL;

    return kafka_find(kafka, topic, 0, &held, NULL) == MR_OK ? held->uuid : "";
}
