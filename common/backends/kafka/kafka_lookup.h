// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_lookup.h - single records by their place.
 *
 * Kafka reads in order; a record asked for by its offset costs a request or
 * two.  So what a request brings beyond it is kept, and so are the records
 * that readers poll from topics of which single records are asked for: admit
 * asks for the text that it has just read.
 *
 * Memory:  KAFKA_LOOKUP_BYTES of records.
 * Threads: any; requests one at a time.
 * I/O:     the network, where the record is not at hand.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_LOOKUP_H
#define COMMON_BACKENDS_KAFKA_KAFKA_LOOKUP_H

#include "common/backends/kafka/kafka_state.h"

#define KAFKA_LOOKUP_BYTES ((size_t)32 << 20)

struct kafka_lookup *kafka_lookup_new(struct mr_kafka *kafka);

/* NULL does nothing. */
void kafka_lookup_free(struct kafka_lookup *lookup);

/* As mr_bus_fetch(). */
MR_MUST_CHECK enum mr_code kafka_lookup_get(struct kafka_lookup *lookup,
                                            struct kafka_topic *topic,
                                            uint32_t partition, uint64_t offset,
                                            struct mr_arena *arena,
                                            struct mr_record *out,
                                            struct mr_err *err);

/* Keeps a copy. */
void kafka_lookup_keep(struct kafka_lookup *lookup,
                       const struct mr_record *record);

#endif
