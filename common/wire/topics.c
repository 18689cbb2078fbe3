// SPDX-License-Identifier: Apache-2.0
/*
 * topics.c - see topics.h.
 */
#include "common/wire/topics.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"

#define COLLECTION_MAX 64u
#define MODEL_MAX      64u

enum scope {
    SCOPE_COLLECTION,
    SCOPE_GENERATION,
};

static const struct rules {
    const char *name;
    enum scope scope;
    enum mr_cleanup cleanup;
    int64_t retention_ms;
    const char *schema;
} rules[MR_TOPIC_COUNT] = {
#define MR_TOPIC(symbol, name, scope, message, key, writers, readers, cleanup, \
                 retention_ms)                                                 \
    [MR_TOPIC_##symbol] = { name, SCOPE_##scope, MR_CLEANUP_##cleanup,         \
                            retention_ms, "millrace.v1." #message },
#include "proto/topics.def"
#undef MR_TOPIC
};

const char *mr_topic_short_name(enum mr_topic topic)
{
    MR_ASSERT((unsigned)topic < MR_TOPIC_COUNT);

    return rules[topic].name;
}

/* [a-z0-9_-] and 1 to `max` of them. */
static bool is_name(const char *name, size_t max)
{
    size_t size;

    if (name == NULL)
        return false;
    size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return size >= 1 && size <= max && name[size] == '\0';
}

static enum mr_code check_scope(enum mr_topic topic,
                                const struct mr_topic_scope *scope,
                                struct mr_err *err)
{
    if (!is_name(scope->collection, COLLECTION_MAX))
        return mr_fail(err, MR_E_CONFIG,
                       "topics: \"%.80s\" cannot name a collection: 1 to %u "
                       "of a-z, 0-9, _ and -",
                       scope->collection == NULL ? "" : scope->collection,
                       COLLECTION_MAX);
    if (topic == MR_TOPIC_VECTORS && !is_name(scope->model, MODEL_MAX))
        return mr_fail(err, MR_E_CONFIG,
                       "topics: \"%.80s\" cannot be a model's fingerprint: 1 "
                       "to %u of a-z, 0-9, _ and -",
                       scope->model == NULL ? "" : scope->model, MODEL_MAX);
    if (scope->partitions == 0 || scope->partitions > MR_PARTITIONS_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "topics: %u partitions, between 1 and %u can be",
                       scope->partitions, MR_PARTITIONS_MAX);
    return MR_OK;
}

enum mr_code mr_topic_spec_of(enum mr_topic topic,
                              const struct mr_topic_scope *scope, char *name,
                              struct mr_topic_spec *spec, struct mr_err *err)
{
    const size_t room = MR_TOPIC_NAME_MAX + 1;
    enum mr_code code = check_scope(topic, scope, err);
    const char *own = mr_topic_short_name(topic);
    int size;

    if (code != MR_OK)
        return code;
    if (rules[topic].scope == SCOPE_COLLECTION)
        size = snprintf(name, room, "%s.%s", scope->collection, own);
    else if (topic == MR_TOPIC_VECTORS)
        size = snprintf(name, room, "%s.%u.%s.%s", scope->collection,
                        scope->generation, own, scope->model);
    else
        size = snprintf(name, room, "%s.%u.%s", scope->collection,
                        scope->generation, own);
    MR_ASSERT(size > 0 && (size_t)size < room);
    *spec = (struct mr_topic_spec){
        .name = name,
        .partitions = scope->partitions,
        .cleanup = rules[topic].cleanup,
        .retention_ms = rules[topic].retention_ms,
        .schema = topic == MR_TOPIC_FRONTIER ? NULL : rules[topic].schema,
    };
    return MR_OK;
}
