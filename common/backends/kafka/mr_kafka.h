// SPDX-License-Identifier: Apache-2.0
/*
 * mr_kafka.h - the bus on Apache Kafka, with the stages' state as changelogs.
 *
 * A topic is a Kafka topic, a group's position a committed offset, a commit a
 * transaction (KIP-98, KIP-447) that holds outputs, offsets and the changes of
 * state.  The local store is a cache of the changelogs: it is written after a
 * commit is known to have happened, and made again where it is behind.
 *
 *   record    value as it is; headers "version" and "time" (8 bytes, big
 *             endian), "traceparent" (W3C), "schema" (the message's name)
 *   position  offset, leader epoch, and as metadata the topic's id, by which
 *             a topic that was deleted and made again is noticed, and the
 *             number of the owner that wrote it
 *   state     topic of the changelog, compacted; key := space 0 key, where
 *             space is the space's name behind the prefix of the reader
 *
 * Offsets of one partition rise, with gaps: the ends of transactions take one.
 * A reader sees what is committed, in order, and never what was aborted.
 *
 * Readers of a group: a second one on a partition in this process is
 * MR_E_BUSY; one in another process fences the older (same lowest partition),
 * whose next commit, or rewind after one that failed, is MR_E_FENCED: owners
 * have rising numbers, and none begins anew before it has seen that its own is
 * still the last.  A commit whose outcome is not known is
 * MR_E_UNAVAILABLE or MR_E_TIMEOUT; the rewind that follows finds out, and
 * makes the local state what the changelog says.
 *
 * Errors: MR_E_UNAVAILABLE and MR_E_TIMEOUT while brokers are away or have too
 * few replicas in sync, MR_E_CONFIG on wrong credentials, missing rights and
 * brokers that are too old, MR_E_LOST where retention, truncation or a topic
 * made again took what is asked for.
 *
 * A topic of somebody else's is read as it is: its name has no prefix, its
 * partitions and cleanup are its owner's, and its records have all their
 * headers and the timestamp that they were given.
 *
 * Durability is the cluster's: acks=all and min.insync.replicas.  sync() has
 * nothing to do.
 *
 * Memory:  up to 8 MiB of records read ahead a partition, 32 MiB of records
 *          for fetch(), and what is on its way out.
 * Threads: any number on the ports; close after all readers are closed.
 * I/O:     the network, with threads of its own.
 */
#ifndef COMMON_BACKENDS_KAFKA_MR_KAFKA_H
#define COMMON_BACKENDS_KAFKA_MR_KAFKA_H

#include "common/ports/bus.h"
#include "common/ports/clock.h"
#include "common/ports/store.h"

struct mr_kafka;

/* Something for librdkafka: "security.protocol", "sasl.password", ... */
struct mr_kafka_setting {
    const char *name;
    const char *value;
};

struct mr_kafka_spec {
    const char *brokers; /* "host:port,host:port" */
    const char *prefix;  /* of all names on the cluster; NULL for none */
    const struct mr_kafka_setting *settings; /* win over our own */
    size_t setting_count;
    uint32_t replication;   /* of new topics; 0: as the cluster has it */
    struct mr_store *store; /* the cache of state, borrowed */
    struct mr_clock *clock; /* for stamps and waits, borrowed */
    /* What the client has to say, a warning or worse; NULL: not wanted. Called
     * on threads of the client. */
    void (*log)(void *context, const char *words);
    void *log_context;
    /* The client's statistics of appends as JSON, as librdkafka documents them,
     * every MR_KAFKA_STATISTICS_MS; borrowed for the call, which is on a thread
     * of the bus.  NULL: not wanted. */
    void (*statistics)(void *context, struct mr_span json);
};

#define MR_KAFKA_STATISTICS_MS 5000

/*
 * MR_E_CONFIG: a setting that cannot be, wrong credentials, a broker that is
 * too old.  MR_E_UNAVAILABLE: no broker answers within 10 s.
 */
MR_MUST_CHECK enum mr_code mr_kafka_open(const struct mr_kafka_spec *spec,
                                         struct mr_kafka **out,
                                         struct mr_err *err);

/* NULL does nothing. */
void mr_kafka_close(struct mr_kafka *kafka);

/*
 * MR_OK, or why the client of appends will take none any more, which only a new
 * start cures: the cluster has lost what it had acknowledged (MR_E_LOST).
 */
MR_MUST_CHECK enum mr_code mr_kafka_check(struct mr_kafka *kafka,
                                          struct mr_err *err);

/* Borrowed until mr_kafka_close(). */
struct mr_bus *mr_kafka_bus(struct mr_kafka *kafka);

/* The local store, whose spaces a reader's changelog covers by their names. */
struct mr_store *mr_kafka_store(struct mr_kafka *kafka);

/*
 * Names a topic of somebody else's for the readers of the bus; it is never
 * made, changed or appended to.  Asked for again, it has the partitions that
 * were added since, under another id.  MR_E_CONFIG: there is no such topic, or
 * it is one of ours.
 */
MR_MUST_CHECK enum mr_code mr_kafka_foreign(struct mr_kafka *kafka,
                                            const char *name,
                                            mr_topic_id *topic,
                                            uint32_t *partitions,
                                            struct mr_err *err);

/* Removes the positions of a group that nobody reads for; one that is not
 * there is none to remove. */
MR_MUST_CHECK enum mr_code mr_kafka_forget_group(struct mr_kafka *kafka,
                                                 const char *group,
                                                 struct mr_err *err);

/* What tells a topic from one made again under its name; 22 characters that
 * can be in a file's name, borrowed. */
const char *mr_kafka_topic_uuid(struct mr_kafka *kafka, mr_topic_id topic);

/* How long the cluster keeps a topic's tombstones, as it is set now; where it
 * does not tell, what a new topic of ours is given. */
int64_t mr_kafka_tombstones_ms(struct mr_kafka *kafka, mr_topic_id topic);

/* Removes what lies before `begin`, as retention would: what still stands
 * there is MR_E_LOST. */
MR_MUST_CHECK enum mr_code mr_kafka_trim(struct mr_kafka *kafka,
                                         mr_topic_id topic, uint32_t partition,
                                         uint64_t begin, struct mr_err *err);

#endif
