// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_foreign.c - topics of somebody else's, and groups that are forgotten.
 *
 * A topic that was made again, or got more partitions, is entered anew: what
 * is in the table never changes.
 */
#include <stdio.h>
#include <string.h>

#include "common/backends/kafka/kafka_admin.h"
#include "common/base/mr_mem.h"

/* The entry of the name on the cluster; *ours: it is no foreign one. */
static struct kafka_topic *find(struct mr_kafka *kafka, const char *name,
                                const struct kafka_found *held, bool *ours)
{
    struct kafka_topic *found = NULL;

    *ours = false;
    (void)pthread_mutex_lock(&kafka->lock);
    for (uint32_t i = 0; i < kafka->topic_count; i++) {
        struct kafka_topic *topic = kafka->topics[i];

        if (strcmp(topic->full, name) != 0)
            continue;
        *ours = *ours || !topic->foreign;
        if (topic->foreign && topic->spec.partitions == held->partitions &&
            strcmp(topic->uuid, held->uuid) == 0)
            found = topic;
    }
    (void)pthread_mutex_unlock(&kafka->lock);
    return found;
}

static struct kafka_topic *enter(struct mr_kafka *kafka, const char *name,
                                 const struct kafka_found *held)
{
    struct kafka_topic *topic = mr_calloc(1, sizeof(*topic));

    topic->foreign = true;
    (void)snprintf(topic->uuid, sizeof(topic->uuid), "%s", held->uuid);
    (void)pthread_mutex_lock(&kafka->lock);
    topic->full = mr_arena_str(kafka->arena, mr_span_str(name));
    topic->spec = (struct mr_topic_spec){ .name = topic->full,
                                          .partitions = held->partitions,
                                          .cleanup = MR_CLEANUP_EXPIRE };
    topic->id = ++kafka->topic_count;
    kafka->topics[topic->id - 1] = topic;
    (void)pthread_mutex_unlock(&kafka->lock);
    return topic;
}

static enum mr_code check(const char *name, const struct kafka_found *held,
                          struct mr_err *err)
{
    if (!held->exists)
        return mr_fail(err, MR_E_CONFIG,
                       "kafka: there is no topic \"%.200s\" on the cluster; "
                       "make it, or correct the name",
                       name);
    if (held->partitions == 0)
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "kafka: no partition of topic %.200s has a leader",
                       name);
    if (held->partitions > MR_PARTITIONS_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "kafka: topic %.200s has %u partitions, at most %u are "
                       "read",
                       name, held->partitions, MR_PARTITIONS_MAX);
    return MR_OK;
}

enum mr_code mr_kafka_foreign(struct mr_kafka *kafka, const char *name,
                              mr_topic_id *topic, uint32_t *partitions,
                              struct mr_err *err)
{
    struct kafka_topic *entry;
    struct kafka_found held;
    enum mr_code code = kafka_look(kafka, name, &held, err);
    bool ours;

    if (code == MR_OK)
        code = check(name, &held, err);
    if (code != MR_OK)
        return code;
    (void)pthread_mutex_lock(&kafka->opening);
    entry = find(kafka, name, &held, &ours);
    if (ours)
        code = mr_fail(err, MR_E_CONFIG,
                       "kafka: topic %.200s is one of our own", name);
    else if (entry == NULL && kafka->topic_count == KAFKA_TOPICS_MAX)
        code = mr_fail(err, MR_E_LIMIT, "kafka: %u topics are open already",
                       KAFKA_TOPICS_MAX);
    else if (entry == NULL)
        entry = enter(kafka, name, &held);
    (void)pthread_mutex_unlock(&kafka->opening);
    if (code != MR_OK)
        return code;
    *topic = entry->id;
    *partitions = entry->spec.partitions;
    return MR_OK;
}

enum mr_code mr_kafka_forget_group(struct mr_kafka *kafka, const char *group,
                                   struct mr_err *err)
{
    return kafka_delete_group(kafka, kafka_full_name(kafka, group), err);
}
