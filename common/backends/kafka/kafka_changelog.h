// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_changelog.h - a reader's state on the cluster, and its local cache.
 *
 * The local store also notes how far it holds a changelog: in the space
 * "kafka.changelogs", under "<topic>/<partition>", as
 *   topic id (22 characters) next offset (u64) wall ms (i64), little endian.
 *
 * Threads: the reader's.
 * I/O:     the network, the local store.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_CHANGELOG_H
#define COMMON_BACKENDS_KAFKA_KAFKA_CHANGELOG_H

#include "common/backends/kafka/kafka_state.h"

struct kafka_changelog {
    struct mr_kafka *kafka;
    struct kafka_topic *topic;
    uint32_t partition;
    char *spaces;      /* how the names of its spaces begin */
    mr_space_id notes; /* "kafka.changelogs" */
    uint64_t next;     /* the local store holds what lies before */
    uint64_t produced; /* past the last record of the running transaction */
};

/* Opens the topic, made if need be. */
MR_MUST_CHECK enum mr_code kafka_changelog_open(
    struct kafka_changelog *changelog, struct mr_kafka *kafka,
    const struct mr_changelog *spec, struct mr_err *err);

void kafka_changelog_close(struct kafka_changelog *changelog);

/*
 * Makes the local spaces what the changelog says, reading with `consumer`,
 * which has no assignment before and after.  To be called when no transaction
 * on the partition can be open any more.
 */
MR_MUST_CHECK enum mr_code kafka_changelog_restore(
    struct kafka_changelog *changelog, rd_kafka_t *consumer,
    struct mr_err *err);

/* MR_E_INVALID: a space that is not the changelog's. */
MR_MUST_CHECK enum mr_code kafka_changelog_check(
    struct kafka_changelog *changelog, const struct mr_batch *state,
    struct mr_err *err);

/* Into the running transaction. */
MR_MUST_CHECK enum mr_code kafka_changelog_produce(
    struct kafka_changelog *changelog, rd_kafka_t *producer,
    const struct mr_batch *state, struct mr_err *err);

/* Locally, after the transaction. */
MR_MUST_CHECK enum mr_code kafka_changelog_apply(
    struct kafka_changelog *changelog, const struct mr_batch *state,
    struct mr_err *err);

#endif
