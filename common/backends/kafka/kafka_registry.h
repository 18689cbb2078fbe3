// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_registry.h - which topics there are under the prefix, with their ids,
 * on a compacted topic of one partition: key the name, value the id.
 *
 * Kafka forgets the positions of groups together with a topic: without this
 * one that was deleted, or made again, would look like one that is new.
 *
 * Threads: those of kafka_open_topic(), which holds `opening`.
 * I/O:     reads the topic once; an append for each topic that is new.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_REGISTRY_H
#define COMMON_BACKENDS_KAFKA_KAFKA_REGISTRY_H

#include "common/backends/kafka/kafka_state.h"

struct kafka_registry;

/* Makes the topic, or reads it. */
MR_MUST_CHECK enum mr_code kafka_registry_open(struct mr_kafka *kafka,
                                               struct kafka_registry **out,
                                               struct mr_err *err);

/* NULL does nothing. */
void kafka_registry_close(struct kafka_registry *registry);

/* The id that the topic had when it was made, or NULL: it is new. */
const char *kafka_registry_id(const struct kafka_registry *registry,
                              const char *name);

/* Notes a topic that is new. */
MR_MUST_CHECK enum mr_code kafka_registry_add(struct kafka_registry *registry,
                                              const char *name,
                                              const char *uuid,
                                              struct mr_err *err);

#endif
