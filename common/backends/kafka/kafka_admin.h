// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_admin.h - questions to the cluster, asked and answered in one call.
 *
 * Threads: any.  I/O: the network, at most KAFKA_WAIT_MS a call.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_ADMIN_H
#define COMMON_BACKENDS_KAFKA_KAFKA_ADMIN_H

#include "common/backends/kafka/kafka_state.h"

/* Tombstones of new compacted topics; a checkpoint older than half of it is not
 * used any more. */
#define KAFKA_TOMBSTONES_MS (INT64_C(7) * 86400000)

/* What the cluster has under a topic's name. */
struct kafka_found {
    bool exists;
    uint32_t partitions; /* that have a leader */
    char uuid[KAFKA_TOPIC_ID + 1];
    enum mr_cleanup cleanup;
    int64_t retention_ms;
    int64_t delete_retention_ms; /* of tombstones; 0: not told */
};

MR_MUST_CHECK enum mr_code kafka_describe(struct mr_kafka *kafka,
                                          const char *full,
                                          struct kafka_found *out,
                                          struct mr_err *err);

/* The same without cleanup and retention, which not everybody may see. */
MR_MUST_CHECK enum mr_code kafka_look(struct mr_kafka *kafka, const char *full,
                                      struct kafka_found *out,
                                      struct mr_err *err);

/* Fine too when somebody else has made it since. */
MR_MUST_CHECK enum mr_code kafka_create(struct mr_kafka *kafka,
                                        const char *full,
                                        const struct mr_topic_spec *spec,
                                        struct mr_err *err);

MR_MUST_CHECK enum mr_code kafka_set_retention(struct mr_kafka *kafka,
                                               const char *full,
                                               int64_t retention_ms,
                                               struct mr_err *err);

MR_MUST_CHECK enum mr_code kafka_delete_before(struct mr_kafka *kafka,
                                               const char *full,
                                               uint32_t partition,
                                               uint64_t begin,
                                               struct mr_err *err);

/* Fine too when there is no such group.  MR_E_BUSY: somebody reads for it. */
MR_MUST_CHECK enum mr_code kafka_delete_group(struct mr_kafka *kafka,
                                              const char *group,
                                              struct mr_err *err);

#endif
