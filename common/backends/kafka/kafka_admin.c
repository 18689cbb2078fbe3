// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_admin.c - see kafka_admin.h.
 */
#include "common/backends/kafka/kafka_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/kafka/kafka_error.h"

/* Of topics that are cleaned as soon as may be: the newest is not cleaned. */
#define SEGMENT_MS INT64_C(600000)

/* One question: its options, and the queue that its answer comes to. */
struct question {
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *answer;
};

static void ask(struct mr_kafka *kafka, rd_kafka_admin_op_t op,
                struct question *question)
{
    char words[128];

    question->answer = NULL;
    question->queue = rd_kafka_queue_new(kafka->producer);
    question->options = rd_kafka_AdminOptions_new(kafka->producer, op);
    (void)rd_kafka_AdminOptions_set_request_timeout(
        question->options, KAFKA_WAIT_MS, words, sizeof(words));
}

/* The answer, or why there is none. */
static enum mr_code hear(struct question *question, const char *what,
                         struct mr_err *err)
{
    rd_kafka_resp_err_t failure;

    question->answer =
        rd_kafka_queue_poll(question->queue, KAFKA_WAIT_MS + 1000);
    if (question->answer == NULL)
        return kafka_fail(err, RD_KAFKA_RESP_ERR__TIMED_OUT, what, NULL);
    failure = rd_kafka_event_error(question->answer);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, failure, what,
                          rd_kafka_event_error_string(question->answer));
    return MR_OK;
}

static void end(struct question *question)
{
    if (question->answer != NULL)
        rd_kafka_event_destroy(question->answer);
    rd_kafka_AdminOptions_destroy(question->options);
    rd_kafka_queue_destroy(question->queue);
}

/* Partitions with a leader: only these can be written and read. */
static uint32_t count_led(const rd_kafka_TopicDescription_t *topic)
{
    const rd_kafka_TopicPartitionInfo_t **partitions;
    size_t count;
    uint32_t led = 0;

    partitions = rd_kafka_TopicDescription_partitions(topic, &count);
    for (size_t i = 0; i < count; i++)
        led += rd_kafka_TopicPartitionInfo_leader(partitions[i]) != NULL;
    return led;
}

/* As Kafka itself prints it: the client has the other alphabet of base64, whose
 * '/' cannot be in a file's name. */
static void copy_uuid(const rd_kafka_Uuid_t *id, struct kafka_found *out)
{
    (void)snprintf(out->uuid, sizeof(out->uuid), "%s",
                   rd_kafka_Uuid_base64str(id));
    for (char *at = out->uuid; *at != '\0'; at++) {
        if (*at == '/')
            *at = '_';
        else if (*at == '+')
            *at = '-';
    }
}

static enum mr_code read_description(rd_kafka_event_t *answer, const char *full,
                                     struct kafka_found *out,
                                     struct mr_err *err)
{
    const rd_kafka_TopicDescription_t **topics;
    const rd_kafka_error_t *error;
    size_t count;

    topics = rd_kafka_DescribeTopics_result_topics(
        rd_kafka_event_DescribeTopics_result(answer), &count);
    if (count != 1)
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "kafka: %zu answers for topic %.200s", count, full);
    error = rd_kafka_TopicDescription_error(topics[0]);
    if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return MR_OK;
    if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, rd_kafka_error_code(error), full,
                          rd_kafka_error_string(error));
    out->exists = true;
    out->partitions = count_led(topics[0]);
    copy_uuid(rd_kafka_TopicDescription_topic_id(topics[0]), out);
    return MR_OK;
}

enum mr_code kafka_look(struct mr_kafka *kafka, const char *full,
                        struct kafka_found *out, struct mr_err *err)
{
    const char *names[] = { full };
    rd_kafka_TopicCollection_t *topics =
        rd_kafka_TopicCollection_of_topic_names(names, 1);
    struct question question;
    enum mr_code code;

    *out = (struct kafka_found){ 0 };
    ask(kafka, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, &question);
    rd_kafka_DescribeTopics(kafka->producer, topics, question.options,
                            question.queue);
    code = hear(&question, full, err);
    if (code == MR_OK)
        code = read_description(question.answer, full, out, err);
    end(&question);
    rd_kafka_TopicCollection_destroy(topics);
    return code;
}

static const char *entry_of(const rd_kafka_ConfigResource_t *resource,
                            const char *name)
{
    const rd_kafka_ConfigEntry_t **entries;
    size_t count;

    entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
            return rd_kafka_ConfigEntry_value(entries[i]);
    }
    return NULL;
}

static enum mr_code read_cleanup(rd_kafka_event_t *answer, const char *full,
                                 struct kafka_found *out, struct mr_err *err)
{
    const rd_kafka_ConfigResource_t **resources;
    const char *policy, *retention, *tombstones;
    size_t count;

    resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(answer), &count);
    if (count != 1)
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "kafka: %zu answers for topic %.200s", count, full);
    if (rd_kafka_ConfigResource_error(resources[0]) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, rd_kafka_ConfigResource_error(resources[0]),
                          full,
                          rd_kafka_ConfigResource_error_string(resources[0]));
    policy = entry_of(resources[0], "cleanup.policy");
    retention = entry_of(resources[0], "retention.ms");
    if (policy == NULL || retention == NULL)
        return mr_fail(err, MR_E_CONFIG,
                       "kafka: %.200s: the broker does not tell the cleanup",
                       full);
    tombstones = entry_of(resources[0], "delete.retention.ms");
    out->retention_ms = strtoll(retention, NULL, 10);
    out->delete_retention_ms =
        tombstones == NULL ? 0 : strtoll(tombstones, NULL, 10);
    out->cleanup = strcmp(policy, "compact") == 0 ? MR_CLEANUP_COMPACT
                   : out->retention_ms < 0 && strcmp(policy, "delete") == 0
                       ? MR_CLEANUP_KEEP
                       : MR_CLEANUP_EXPIRE;
    return MR_OK;
}

enum mr_code kafka_describe(struct mr_kafka *kafka, const char *full,
                            struct kafka_found *out, struct mr_err *err)
{
    struct question question;
    rd_kafka_ConfigResource_t *resource;
    enum mr_code code = kafka_look(kafka, full, out, err);

    if (code != MR_OK || !out->exists)
        return code;
    resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, full);
    ask(kafka, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, &question);
    rd_kafka_DescribeConfigs(kafka->producer, &resource, 1, question.options,
                             question.queue);
    code = hear(&question, full, err);
    if (code == MR_OK)
        code = read_cleanup(question.answer, full, out, err);
    end(&question);
    rd_kafka_ConfigResource_destroy(resource);
    /* One broker knows of it and another not yet: soon all will. */
    if (code == MR_E_LOST)
        out->exists = false;
    return code == MR_E_LOST ? MR_OK : code;
}

static void set_number(rd_kafka_NewTopic_t *topic, const char *name,
                       int64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, number);
    (void)rd_kafka_NewTopic_set_config(topic, name, text);
}

static void set_cleanup(rd_kafka_NewTopic_t *topic,
                        const struct mr_topic_spec *spec)
{
    if (spec->cleanup == MR_CLEANUP_COMPACT) {
        (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
        set_number(topic, "delete.retention.ms", KAFKA_TOMBSTONES_MS);
        if (spec->retention_ms > 0)
            set_number(topic, "min.compaction.lag.ms", spec->retention_ms);
        else
            set_number(topic, "segment.ms", SEGMENT_MS);
        return;
    }
    (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "delete");
    set_number(topic, "retention.ms",
               spec->cleanup == MR_CLEANUP_KEEP ? -1 : spec->retention_ms);
    set_number(topic, "retention.bytes", -1);
}

static enum mr_code read_created(rd_kafka_event_t *answer, const char *full,
                                 struct mr_err *err)
{
    const rd_kafka_topic_result_t **results;
    rd_kafka_resp_err_t failure;
    size_t count;

    results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(answer), &count);
    if (count != 1)
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "kafka: %zu answers for topic %.200s", count, full);
    failure = rd_kafka_topic_result_error(results[0]);
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR ||
        failure == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return MR_OK;
    return kafka_fail(err, failure, full,
                      rd_kafka_topic_result_error_string(results[0]));
}

enum mr_code kafka_create(struct mr_kafka *kafka, const char *full,
                          const struct mr_topic_spec *spec, struct mr_err *err)
{
    char words[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
        full, (int)spec->partitions,
        kafka->replication == 0 ? -1 : (int)kafka->replication, words,
        sizeof(words));
    struct question question;
    enum mr_code code;

    if (topic == NULL)
        return mr_fail(err, MR_E_CONFIG, "kafka: topic %.200s: %s", full,
                       words);
    set_cleanup(topic, spec);
    ask(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS, &question);
    (void)rd_kafka_AdminOptions_set_operation_timeout(
        question.options, KAFKA_WAIT_MS, words, sizeof(words));
    rd_kafka_CreateTopics(kafka->producer, &topic, 1, question.options,
                          question.queue);
    code = hear(&question, full, err);
    if (code == MR_OK)
        code = read_created(question.answer, full, err);
    end(&question);
    rd_kafka_NewTopic_destroy(topic);
    return code;
}

static enum mr_code read_altered(rd_kafka_event_t *answer, const char *full,
                                 struct mr_err *err)
{
    const rd_kafka_ConfigResource_t **resources;
    size_t count;

    resources = rd_kafka_IncrementalAlterConfigs_result_resources(
        rd_kafka_event_IncrementalAlterConfigs_result(answer), &count);
    if (count == 1 && rd_kafka_ConfigResource_error(resources[0]) !=
                          RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, rd_kafka_ConfigResource_error(resources[0]),
                          full,
                          rd_kafka_ConfigResource_error_string(resources[0]));
    return MR_OK;
}

enum mr_code kafka_set_retention(struct mr_kafka *kafka, const char *full,
                                 int64_t retention_ms, struct mr_err *err)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, full);
    struct question question;
    char text[24];
    enum mr_code code;

    (void)snprintf(text, sizeof(text), "%" PRId64, retention_ms);
    rd_kafka_error_destroy(rd_kafka_ConfigResource_add_incremental_config(
        resource, "retention.ms", RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, text));
    ask(kafka, RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS, &question);
    rd_kafka_IncrementalAlterConfigs(kafka->producer, &resource, 1,
                                     question.options, question.queue);
    code = hear(&question, full, err);
    if (code == MR_OK)
        code = read_altered(question.answer, full, err);
    end(&question);
    rd_kafka_ConfigResource_destroy(resource);
    return code;
}

enum mr_code kafka_delete_before(struct mr_kafka *kafka, const char *full,
                                 uint32_t partition, uint64_t begin,
                                 struct mr_err *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_DeleteRecords_t *request;
    struct question question;
    enum mr_code code;

    rd_kafka_topic_partition_list_add(list, full, (int32_t)partition)->offset =
        (int64_t)begin;
    request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_topic_partition_list_destroy(list);
    ask(kafka, RD_KAFKA_ADMIN_OP_DELETERECORDS, &question);
    rd_kafka_DeleteRecords(kafka->producer, &request, 1, question.options,
                           question.queue);
    code = hear(&question, full, err);
    end(&question);
    rd_kafka_DeleteRecords_destroy(request);
    return code;
}

static enum mr_code read_deleted(rd_kafka_event_t *answer, const char *group,
                                 struct mr_err *err)
{
    const rd_kafka_group_result_t **results;
    const rd_kafka_error_t *error;
    rd_kafka_resp_err_t failure;
    size_t count;

    results = rd_kafka_DeleteGroups_result_groups(
        rd_kafka_event_DeleteGroups_result(answer), &count);
    error = count == 1 ? rd_kafka_group_result_error(results[0]) : NULL;
    failure = rd_kafka_error_code(error);
    if (failure == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP)
        return mr_fail(err, MR_E_BUSY, "kafka: somebody reads for group %.200s",
                       group);
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR ||
        failure == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
        return MR_OK;
    return kafka_fail(err, failure, group, rd_kafka_error_string(error));
}

enum mr_code kafka_delete_group(struct mr_kafka *kafka, const char *group,
                                struct mr_err *err)
{
    rd_kafka_DeleteGroup_t *request = rd_kafka_DeleteGroup_new(group);
    struct question question;
    enum mr_code code;

    ask(kafka, RD_KAFKA_ADMIN_OP_DELETEGROUPS, &question);
    rd_kafka_DeleteGroups(kafka->producer, &request, 1, question.options,
                          question.queue);
    code = hear(&question, group, err);
    if (code == MR_OK)
        code = read_deleted(question.answer, group, err);
    end(&question);
    rd_kafka_DeleteGroup_destroy(request);
    return code;
}
