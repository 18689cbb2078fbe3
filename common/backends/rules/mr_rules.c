// SPDX-License-Identifier: Apache-2.0
/*
 * mr_rules.c - see mr_rules.h.
 */
#include "common/backends/rules/mr_rules.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"

static bool is_topic_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t size = strlen(name);

    return size > 0 && size <= MR_TOPIC_NAME_MAX &&
           strspn(name, allowed) == size;
}

enum mr_code mr_rules_topic(const struct mr_topic_spec *spec,
                            struct mr_err *err)
{
    if (spec->name == NULL || !is_topic_name(spec->name))
        return mr_fail(err, MR_E_CONFIG,
                       "bus: \"%.40s\" is no name for a topic: 1 to %u of "
                       "a-z, 0-9, '.', '_' and '-'",
                       spec->name == NULL ? "" : spec->name, MR_TOPIC_NAME_MAX);
    if (spec->partitions == 0 || spec->partitions > MR_PARTITIONS_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "bus: topic %s: %u partitions, may be 1 to %u",
                       spec->name, spec->partitions, MR_PARTITIONS_MAX);
    if (spec->cleanup == MR_CLEANUP_EXPIRE && spec->retention_ms <= 0)
        return mr_fail(err, MR_E_CONFIG,
                       "bus: topic %s: a retention of %" PRId64
                       " ms, must be above 0",
                       spec->name, spec->retention_ms);
    return MR_OK;
}

static const char *cleanup_name(enum mr_cleanup cleanup)
{
    switch (cleanup) {
    case MR_CLEANUP_KEEP:
        return "keep";
    case MR_CLEANUP_COMPACT:
        return "compact";
    case MR_CLEANUP_EXPIRE:
        return "expire";
    }
    MR_UNREACHABLE();
}

enum mr_code mr_rules_same_topic(const struct mr_topic_spec *held,
                                 const struct mr_topic_spec *want,
                                 struct mr_err *err)
{
    if (held->partitions != want->partitions)
        return mr_fail(err, MR_E_CONFIG,
                       "bus: topic %s has %u partitions, %u are wanted; "
                       "the number is fixed for an epoch",
                       held->name, held->partitions, want->partitions);
    if (held->cleanup != want->cleanup)
        return mr_fail(err, MR_E_CONFIG,
                       "bus: topic %s has cleanup %s, %s is wanted", held->name,
                       cleanup_name(held->cleanup),
                       cleanup_name(want->cleanup));
    return MR_OK;
}

enum mr_code mr_rules_record(const struct mr_record *record,
                             const struct mr_topic_spec *topic,
                             uint32_t *partition, struct mr_err *err)
{
    if (record->key.size > MR_KEY_BYTES_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "bus: topic %s: a key of %zu bytes, at most %u",
                       topic->name, record->key.size, MR_KEY_BYTES_MAX);
    if (record->value.size > MR_VALUE_BYTES_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "bus: topic %s: a value of %zu bytes, at most %u",
                       topic->name, record->value.size, MR_VALUE_BYTES_MAX);
    if (record->trace.size > MR_RULES_TRACE_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "bus: topic %s: a trace of %zu bytes, at most %u",
                       topic->name, record->trace.size, MR_RULES_TRACE_MAX);
    if (record->partition == MR_PARTITION_BY_KEY) {
        *partition = mr_partition_of(record->key, topic->partitions);
        return MR_OK;
    }
    if (record->partition >= topic->partitions)
        return mr_fail(err, MR_E_INVALID,
                       "bus: topic %s has %u partitions, no number %u",
                       topic->name, topic->partitions, record->partition);
    *partition = record->partition;
    return MR_OK;
}

enum mr_code mr_rules_space(const char *name, struct mr_err *err)
{
    size_t size = name == NULL ? 0 : strlen(name);

    if (size == 0 || size > MR_SPACE_NAME_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "store: a space's name of %zu bytes, may be 1 to %u",
                       size, MR_SPACE_NAME_MAX);
    return MR_OK;
}

enum mr_code mr_rules_reader(const struct mr_reader_spec *spec,
                             struct mr_err *err)
{
    size_t name = spec->group == NULL ? 1 : strlen(spec->group);

    if (name == 0 || name > MR_RULES_GROUP_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "bus: a group's name of %zu bytes, may be 1 to %u", name,
                       MR_RULES_GROUP_MAX);
    if (spec->count == 0)
        return mr_fail(err, MR_E_INVALID, "bus: a reader without a partition");
    for (size_t i = 0; i < spec->count; i++) {
        const struct mr_position *at = &spec->partitions[i];

        for (size_t j = 0; j < i; j++) {
            if (spec->partitions[j].topic == at->topic &&
                spec->partitions[j].partition == at->partition)
                return mr_fail(err, MR_E_INVALID,
                               "bus: a reader with partition %u twice",
                               at->partition);
        }
    }
    return MR_OK;
}

enum mr_code mr_rules_lost(const struct mr_topic_spec *topic,
                           uint32_t partition, uint64_t next, uint64_t begin,
                           uint64_t end, struct mr_err *err)
{
    return mr_fail(err, MR_E_LOST,
                   "bus: topic %s partition %u: offset %" PRIu64
                   " is asked for, %" PRIu64 " up to %" PRIu64 " are held",
                   topic->name, partition, next, begin, end);
}
