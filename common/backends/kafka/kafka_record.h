// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_record.h - records as Kafka's messages, and back.
 *
 * Threads: any.  I/O: none; a produce hands over to the client's threads.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_RECORD_H
#define COMMON_BACKENDS_KAFKA_KAFKA_RECORD_H

#include "common/backends/kafka/kafka_state.h"

/*
 * Hands a copy of the record to the client, for `partition`, stamped
 * `append_ms`; waits while the client's queue is full.  `report` comes back
 * with the delivery.
 */
MR_MUST_CHECK enum mr_code kafka_produce(rd_kafka_t *producer,
                                         const struct kafka_topic *topic,
                                         uint32_t partition,
                                         const struct mr_record *record,
                                         int64_t append_ms, void *report,
                                         struct mr_err *err);

/* The message, which has no error, as a record with copies in `arena`. A
 * header that is not as we write it counts as absent. */
void kafka_record(const rd_kafka_message_t *message,
                  const struct kafka_topic *topic, struct mr_arena *arena,
                  struct mr_record *out);

#endif
