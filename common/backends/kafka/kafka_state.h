// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_state.h - what the files of this folder share.
 *
 * Private to this folder.  `lock` guards the table of topics and the list of
 * readers, and is held shortly; a topic, once there, never moves and never
 * goes before the close.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_STATE_H
#define COMMON_BACKENDS_KAFKA_KAFKA_STATE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/backends/kafka/mr_kafka.h"

#define KAFKA_TOPICS_MAX 4096u
#define KAFKA_TOPIC_ID   22u   /* characters of a topic's id */
#define KAFKA_WAIT_MS    10000 /* for an answer of the cluster */
#define KAFKA_INIT_MS    60000 /* for the first answer of a coordinator */
#define KAFKA_COMMIT_MS  20000 /* for the end of a transaction */
#define KAFKA_TXN_MS     15000 /* then the broker aborts it */
#define KAFKA_APPEND_MS  10000 /* then who appends is told so */
#define KAFKA_ABORT_MS   5000  /* for the end of one that failed */
#define KAFKA_NAME_MAX   250u

struct kafka_topic {
    mr_topic_id id;
    struct mr_topic_spec spec; /* its name is ours, without the prefix */
    char *full;                /* its name on the cluster */
    char uuid[KAFKA_TOPIC_ID + 1];
    bool foreign;        /* somebody else's: its name is `full` */
    atomic_bool fetched; /* single records are asked for: polls keep them */
};

struct kafka_bus {
    struct mr_bus port;
    struct mr_kafka *kafka;
};

struct kafka_spaces;
struct kafka_lookup;
struct kafka_reader;
struct kafka_registry;

struct mr_kafka {
    struct kafka_bus bus;
    struct mr_arena *arena; /* settings and names, lock */
    char *brokers;
    char *prefix;
    struct mr_kafka_setting *settings;
    size_t setting_count;
    uint32_t replication;
    struct mr_clock *clock;
    void (*log)(void *context, const char *words);
    void *log_context;
    void (*statistics)(void *context, struct mr_span json);

    rd_kafka_t *producer; /* of append(), and for questions to the cluster */
    pthread_t poller;     /* serves its reports */
    atomic_bool closing;
    atomic_llong away_us; /* 0; else no broker answers, last tried then */
    bool polling;
    struct kafka_spaces *spaces;
    struct kafka_lookup *lookup;
    struct kafka_registry *registry; /* NULL while it is opened; opening */

    pthread_mutex_t opening; /* one topic at a time; before lock */
    pthread_mutex_t lock;
    struct kafka_topic *topics[KAFKA_TOPICS_MAX];
    uint32_t topic_count;
    struct kafka_reader *readers;
    char trouble[256]; /* the last that the client complained of */
};

/* What a handle of librdkafka is for. */
enum kafka_role {
    KAFKA_APPENDER,
    KAFKA_CONSUMER,
    KAFKA_COMMITTER
};

/*
 * A handle with our settings.  `name` is the group of a consumer, the
 * transactional id of a committer.
 */
MR_MUST_CHECK enum mr_code kafka_handle(struct mr_kafka *kafka,
                                        enum kafka_role role, const char *name,
                                        rd_kafka_t **out, struct mr_err *err);

/* Ends a handle; NULL does nothing. */
void kafka_drop(rd_kafka_t *handle);

/* MR_E_INVALID: no topic has the id, or no partition that number. */
MR_MUST_CHECK enum mr_code kafka_find(struct mr_kafka *kafka, mr_topic_id id,
                                      uint32_t partition,
                                      struct kafka_topic **out,
                                      struct mr_err *err);

/* The port's topic(), see kafka_topics.c. */
MR_MUST_CHECK enum mr_code kafka_open_topic(struct mr_bus *bus,
                                            const struct mr_topic_spec *spec,
                                            mr_topic_id *out,
                                            struct mr_err *err);

/* Whether brokers answer; while none does, nobody waits long for one. */
void kafka_note_answer(struct mr_kafka *kafka, bool answered);

/* First offset, and the end of what is committed. */
MR_MUST_CHECK enum mr_code kafka_bounds(struct mr_kafka *kafka,
                                        const struct kafka_topic *topic,
                                        uint32_t partition, uint64_t *begin,
                                        uint64_t *end, struct mr_err *err);

/* The first offset of the time or later, or the end; as mr_bus_find_time(). */
MR_MUST_CHECK enum mr_code kafka_find_time(struct mr_kafka *kafka,
                                           const struct kafka_topic *topic,
                                           uint32_t partition, int64_t time_ms,
                                           uint64_t *out, struct mr_err *err);

/* The end, with what is not committed yet. */
MR_MUST_CHECK enum mr_code kafka_high_end(struct mr_kafka *kafka,
                                          const struct kafka_topic *topic,
                                          uint32_t partition, uint64_t *end,
                                          struct mr_err *err);

/* Fails with MR_E_LOST and the range held. */
enum mr_code kafka_lost(struct mr_kafka *kafka, const struct kafka_topic *topic,
                        uint32_t partition, uint64_t next, struct mr_err *err);

MR_MUST_CHECK enum mr_code kafka_append(struct mr_bus *bus,
                                        struct mr_record *records, size_t count,
                                        struct mr_err *err);

MR_MUST_CHECK enum mr_code kafka_open_reader(struct mr_bus *bus,
                                             const struct mr_reader_spec *spec,
                                             struct mr_bus_reader **out,
                                             struct mr_err *err);

/* "name" with the prefix, in the arena of the bus. */
char *kafka_full_name(struct mr_kafka *kafka, const char *name);

/* Microseconds left until `until_us` as milliseconds for a call, at least 0. */
int kafka_left_ms(struct mr_kafka *kafka, int64_t until_us);

#endif
