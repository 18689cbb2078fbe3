// SPDX-License-Identifier: Apache-2.0
/*
 * mr_rules.h - what the ports say about arguments, checked once for all.
 *
 * Every backend refuses the same topics, records, spaces and readers with the
 * same codes and words, because all of them ask here.
 *
 * Memory:  nothing is kept.
 * Threads: any.
 * I/O:     none.
 */
#ifndef COMMON_BACKENDS_RULES_MR_RULES_H
#define COMMON_BACKENDS_RULES_MR_RULES_H

#include "common/ports/bus.h"
#include "common/ports/store.h"

/* A traceparent has 55 bytes; a size must fit one byte on disk. */
#define MR_RULES_TRACE_MAX 255u
#define MR_RULES_GROUP_MAX 200u

/* MR_E_CONFIG: a name, a count or a retention that no topic can have. */
MR_MUST_CHECK enum mr_code mr_rules_topic(const struct mr_topic_spec *spec,
                                          struct mr_err *err);

/* MR_E_CONFIG: the topic is `held` with other partitions or cleanup. */
MR_MUST_CHECK enum mr_code mr_rules_same_topic(const struct mr_topic_spec *held,
                                               const struct mr_topic_spec *want,
                                               struct mr_err *err);

/*
 * A record for `topic`, and in *partition where it belongs.  MR_E_LIMIT: a
 * key, value or trace is too long.  MR_E_INVALID: there is no such partition.
 */
MR_MUST_CHECK enum mr_code mr_rules_record(const struct mr_record *record,
                                           const struct mr_topic_spec *topic,
                                           uint32_t *partition,
                                           struct mr_err *err);

/* MR_E_INVALID: an empty or too long name. */
MR_MUST_CHECK enum mr_code mr_rules_space(const char *name, struct mr_err *err);

/* MR_E_INVALID: no partition, one twice, or a group without a usable name. */
MR_MUST_CHECK enum mr_code mr_rules_reader(const struct mr_reader_spec *spec,
                                           struct mr_err *err);

/* Fails with MR_E_LOST: `next` is outside of what is held, `begin`..`end`. */
enum mr_code mr_rules_lost(const struct mr_topic_spec *topic,
                           uint32_t partition, uint64_t next, uint64_t begin,
                           uint64_t end, struct mr_err *err);

/* What a record counts for in the bytes of a poll. */
static inline size_t mr_rules_record_bytes(const struct mr_record *record)
{
    return record->key.size + record->value.size + record->trace.size;
}

#endif
