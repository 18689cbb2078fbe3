// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_topics.c - topics by name and by id, and where they begin and end.
 */
#include <stdio.h>
#include <string.h>

#include "common/backends/kafka/kafka_admin.h"
#include "common/backends/kafka/kafka_error.h"
#include "common/backends/kafka/kafka_registry.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_mem.h"

#define LOOK_AGAIN_MS 20
#define SETTLE_US     INT64_C(5000000)
#define AWAY_MS       50
#define TRY_MS        2000
#define TRY_EVERY_US  INT64_C(3000000)

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

/* What is known of the topic from before; *is_new: nothing. */
static enum mr_code check_past(struct mr_kafka *kafka, const char *full,
                               const struct mr_topic_spec *spec,
                               const struct kafka_found *found, bool *is_new,
                               struct mr_err *err)
{
    const char *before = kafka->registry == NULL
                             ? NULL
                             : kafka_registry_id(kafka->registry, spec->name);

    *is_new = kafka->registry != NULL && before == NULL;
    if (before == NULL || (found->exists && strcmp(before, found->uuid) == 0))
        return MR_OK;
    return mr_fail(err, MR_E_LOST,
                   "kafka: topic %.200s was deleted%s: what it held is lost, "
                   "and what was made of it fits no more; begin anew under "
                   "another kafka.prefix",
                   full, found->exists ? " and made again" : "");
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

static enum mr_code find_or_make(struct mr_kafka *kafka, const char *full,
                                 const struct mr_topic_spec *spec,
                                 struct kafka_found *found, struct mr_err *err)
{
    bool is_new = false;
    enum mr_code code = kafka_describe(kafka, full, found, err);

    if (code == MR_OK)
        code = check_past(kafka, full, spec, found, &is_new, err);
    if (code == MR_OK && !found->exists)
        code = make(kafka, full, spec, found, err);
    if (code == MR_OK)
        code = check(kafka, full, spec, found, err);
    if (code == MR_OK && is_new)
        code =
            kafka_registry_add(kafka->registry, spec->name, found->uuid, err);
    return code;
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
    (void)pthread_mutex_lock(&kafka->opening);
    code = find_or_make(kafka, full, spec, &found, err);
    if (code != MR_OK)
        goto out_unlock;
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
    if (code == MR_OK)
        *out = topic->id;
out_unlock:
    (void)pthread_mutex_unlock(&kafka->opening);
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

void kafka_note_answer(struct mr_kafka *kafka, bool answered)
{
    long long none = 0;

    if (answered)
        atomic_store(&kafka->away_us, 0);
    else
        (void)atomic_compare_exchange_strong(
            &kafka->away_us, &none, (long long)mr_clock_mono_us(kafka->clock));
}

/* For an answer; while none comes, one asker in a while tries for longer. */
static int wait_ms(struct mr_kafka *kafka)
{
    long long tried_us = atomic_load(&kafka->away_us);
    long long now_us = (long long)mr_clock_mono_us(kafka->clock);

    if (tried_us == 0)
        return KAFKA_WAIT_MS;
    if (now_us - tried_us > TRY_EVERY_US &&
        atomic_compare_exchange_strong(&kafka->away_us, &tried_us, now_us))
        return TRY_MS;
    return AWAY_MS;
}

/* The client asks the leader that it knows, and after a change of leaders would
 * be sent away again and again. */
static void learn_leader(struct mr_kafka *kafka,
                         const struct kafka_topic *topic)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle =
        rd_kafka_topic_new(kafka->producer, topic->full, NULL);

    if (handle == NULL)
        return;
    if (rd_kafka_metadata(kafka->producer, 0, handle, &metadata,
                          wait_ms(kafka)) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
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
                wait_ms(kafka))) != RD_KAFKA_RESP_ERR_NO_ERROR &&
           is_settling(failure) && kafka_left_ms(kafka, until_us) > 0) {
        learn_leader(kafka, topic);
        mr_clock_sleep_ms(kafka->clock, LOOK_AGAIN_MS);
    }
    kafka_note_answer(kafka, kafka_code(failure) != MR_E_TIMEOUT);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(
            err, failure, topic->full,
            kafka_code(failure) == MR_E_TIMEOUT ? "no broker answers" : NULL);
    *begin = (uint64_t)low;
    *end = (uint64_t)high;
    return MR_OK;
}

enum mr_code kafka_find_time(struct mr_kafka *kafka,
                             const struct kafka_topic *topic,
                             uint32_t partition, int64_t time_ms, uint64_t *out,
                             struct mr_err *err)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_topic_partition_t *at;
    rd_kafka_resp_err_t failure;
    uint64_t begin, end;
    /* Finds the leader, too. */
    enum mr_code code =
        kafka_bounds(kafka, topic, partition, &begin, &end, err);

    if (code != MR_OK)
        return code;
    list = rd_kafka_topic_partition_list_new(1);
    at = rd_kafka_topic_partition_list_add(list, topic->full,
                                           (int32_t)partition);
    at->offset = time_ms < 0 ? 0 : time_ms; /* -1 and -2 mean something else */
    failure = rd_kafka_offsets_for_times(kafka->producer, list, KAFKA_WAIT_MS);
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        failure = at->err;
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        code = kafka_fail(err, failure, topic->full, NULL);
    else if (at->offset < 0 || (uint64_t)at->offset > end)
        *out = end; /* nothing that is committed */
    else
        *out = (uint64_t)at->offset;
    rd_kafka_topic_partition_list_destroy(list);
    return code;
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
    if (code != MR_OK)
        learn_leader(kafka, topic);
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
    uint64_t begin = 0, end = 0;
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

int64_t mr_kafka_tombstones_ms(struct mr_kafka *kafka, mr_topic_id topic)
{
    struct kafka_topic *held = NULL;
    struct kafka_found found;

    if (kafka_find(kafka, topic, 0, &held, NULL) != MR_OK ||
        kafka_describe(kafka, held->full, &found, NULL) != MR_OK ||
        found.delete_retention_ms <= 0)
        return KAFKA_TOMBSTONES_MS;
    return found.delete_retention_ms;
}
