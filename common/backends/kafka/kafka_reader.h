// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_reader.h - a reader: a consumer, and with a group a transaction too.
 *
 * Private to this folder.  A reader is used by one thread at a time, but for
 * its wake.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_READER_H
#define COMMON_BACKENDS_KAFKA_KAFKA_READER_H

#include "common/backends/kafka/kafka_changelog.h"
#include "common/backends/kafka/kafka_state.h"

/* The longest note beside a committed offset: topic's id, space, number. */
#define KAFKA_NOTE_SIZE (KAFKA_TOPIC_ID + 22)

/* A partition that is read, with a queue of its own. */
struct kafka_place {
    struct kafka_topic *topic;
    uint32_t partition;
    rd_kafka_queue_t *queue;
    rd_kafka_message_t *held; /* taken from the queue, given next */
    uint64_t next;            /* given next */
    uint64_t seen;            /* the log is known up to here */
    uint64_t committed;
    int32_t epoch; /* of the leader that gave `next`; -1: unknown */
    int32_t committed_epoch;
    bool stored;                /* the group has committed an offset here */
    char note[KAFKA_NOTE_SIZE]; /* beside it; see kafka_owner.c */
    struct mr_record *taken;    /* of the present poll, in its arena */
    size_t taken_count;
    size_t taken_room;
};

struct kafka_reader {
    struct mr_bus_reader port;
    struct mr_kafka *kafka;
    struct kafka_reader *older; /* lock of the bus */
    char *group;                /* with the prefix; NULL for none */
    char *transactions;         /* the id of its transactions */
    rd_kafka_t *consumer;
    rd_kafka_t *producer; /* NULL without a group, or while unsure */
    rd_kafka_consumer_group_metadata_t *membership;
    struct kafka_place *places;
    size_t count;
    size_t turn; /* the place that is served first */
    int wake_fd; /* written by the client and by wake() */
    atomic_bool woken;
    bool changelogged;
    struct kafka_changelog changelog;
    uint64_t owner; /* grows from owner to owner; 0: not one yet */
    /* A commit's outcome is not known, or the local state not up to it. */
    bool unsure;
    struct mr_err broken; /* what ends every poll until the rewind */
    struct mr_err fenced;
};

/* NULL: the reader does not read it. */
struct kafka_place *kafka_place_of(struct kafka_reader *reader,
                                   const struct mr_position *position);

/* Reports of the producers; see kafka_append.c and kafka_commit.c. */
void kafka_take_append(rd_kafka_t *producer, const rd_kafka_message_t *message,
                       void *opaque);
void kafka_take_output(rd_kafka_t *producer, const rd_kafka_message_t *message,
                       void *opaque);

MR_MUST_CHECK enum mr_code kafka_poll(struct mr_bus_reader *port,
                                      const struct mr_poll_limits *limits,
                                      struct mr_arena *arena,
                                      struct mr_batch_in *out,
                                      struct mr_err *err);

MR_MUST_CHECK enum mr_code kafka_commit(struct mr_bus_reader *port,
                                        const struct mr_commit *commit,
                                        struct mr_err *err);

/* One transaction with what was checked before. */
MR_MUST_CHECK enum mr_code kafka_transact(struct kafka_reader *reader,
                                          const struct mr_commit *commit,
                                          struct mr_err *err);

/* The partitions from their `committed` on; the caller destroys it. */
rd_kafka_topic_partition_list_t *kafka_list_places(
    const struct kafka_reader *reader);

/*
 * Begins as the only one of its transactional id: what an older owner left
 * open is finished or aborted, its state taken over, its positions read, and
 * noted beside them that this one is the owner now.  MR_E_FENCED, which is
 * kept in `fenced`: it was one, and a newer one has begun since.
 */
MR_MUST_CHECK enum mr_code kafka_take_over(struct kafka_reader *reader,
                                           struct mr_err *err);

/*
 * After a broker has refused a transaction as a former owner's.  MR_E_FENCED:
 * there is a newer owner.  Anything else: there is none, or no broker tells;
 * the next rewind takes over.
 */
MR_MUST_CHECK enum mr_code kafka_judge_fence(struct kafka_reader *reader,
                                             int64_t took_us,
                                             struct mr_err *err);

/* The reader's partitions from their `committed` on. */
MR_MUST_CHECK enum mr_code kafka_assign_places(struct kafka_reader *reader,
                                               struct mr_err *err);

#endif
