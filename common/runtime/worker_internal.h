// SPDX-License-Identifier: Apache-2.0
/*
 * worker_internal.h - a worker from inside.  Private to runtime.
 *
 *   worker.c         its life: new, thread, stop
 *   worker_round.c   one round: poll, step, commit, and what failures do
 *   worker_dead.c    the input that failed for good
 *   worker_report.c  status, lag, metrics
 *
 * Threads: the fields under `lock` are read by others; everything else belongs
 *          to whoever runs the rounds.
 */
#ifndef COMMON_RUNTIME_WORKER_INTERNAL_H
#define COMMON_RUNTIME_WORKER_INTERNAL_H

#include <pthread.h>

#include "common/runtime/effects_internal.h"
#include "common/runtime/flight.h"
#include "common/runtime/worker.h"

/* A partition of an input topic. */
struct mr_worker_part {
    enum mr_topic topic;
    uint32_t partition;
    uint64_t next;          /* committed; under the lock */
    bool known;             /* `next` is; under the lock */
    uint64_t isolate_until; /* inputs below it are worked singly */
};

struct mr_worker {
    struct mr_worker_spec spec; /* `partitions` is not kept in it */
    const struct mr_place *place;
    struct mr_stage *stage;
    struct mr_bus_reader *reader;
    struct mr_flight_slot *slot; /* NULL: none */
    struct mr_arena *arena;
    struct mr_effects effects;
    struct mr_state state;
    struct mr_batch *batch;
    struct mr_worker_part *parts;
    size_t part_count;
    enum mr_topic reads[MR_STAGE_READS_MAX]; /* MR_TOPIC_COUNT: foreign */
    size_t read_count;
    uint64_t topic_hashes[MR_STAGE_READS_MAX];

    /* of the batch in hand */
    struct mr_input *inputs;
    size_t input_room;
    size_t input_count;
    struct mr_position *positions; /* part_count of them */
    struct mr_flight_range *ranges;
    struct mr_worker_part **range_parts;
    size_t range_count; /* of these three; one a partition in the batch */

    bool begun;     /* the step at the start has been made */
    bool isolating; /* inputs are polled one at a time */
    bool rewinding; /* before the next poll */
    int64_t wake_us;
    unsigned wake_passed; /* batches since the wake was due */
    unsigned attempts;    /* failures of class RETRY in a row */
    int64_t retry_began_us;
    int64_t lag_at_us;     /* when the lag was last looked at */
    double lag_shown;      /* what this worker added to the gauge */
    uint64_t lag_seen;     /* the last answer of a remote bus; under the lock */
    struct mr_err lag_err; /* lock: why the bus does not say it */

    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;                  /* under the lock, as the next */
    struct mr_worker_status status; /* but for lag */
};

/* What an input topic is called on the bus by this process. */
static inline mr_topic_id mr_worker_topic(const struct mr_worker *worker,
                                          enum mr_topic topic)
{
    return topic == MR_TOPIC_COUNT ? worker->stage->foreign->topic
                                   : worker->place->topics[topic];
}

/* Its whole name, "main.1.clean", in MR_TOPIC_NAME_MAX + 1 bytes. */
MR_MUST_CHECK enum mr_code mr_worker_topic_name(const struct mr_worker *worker,
                                                enum mr_topic topic, char *name,
                                                struct mr_err *err);

/* The work of mr_worker_step(), without the bookkeeping of failures. */
MR_MUST_CHECK enum mr_code mr_worker_round(struct mr_worker *worker,
                                           int wait_ms, bool *worked,
                                           struct mr_err *err);

/* The single input in hand goes to `dead` for `cause`, with the effects of
 * the stage's fail(), into worker->effects. */
MR_MUST_CHECK enum mr_code mr_worker_bury(struct mr_worker *worker,
                                          const struct mr_err *cause,
                                          struct mr_err *err);

/* After a commit of the inputs in hand; `failed` of them were buried. */
void mr_worker_report(struct mr_worker *worker, size_t failed, int64_t began_us,
                      int64_t commit_us);

/* From time to time: the gauge of the lag. */
void mr_worker_report_lag(struct mr_worker *worker);

/* The gauge without this worker. */
void mr_worker_retire_lag(struct mr_worker *worker);

/* The wait after so many failures in a row: 100 ms doubling to 10 s; half of it
 * by a hash, so that the workers of a process don't all knock at once. */
int64_t mr_worker_backoff_ms(const char *name, uint32_t lane,
                             unsigned attempts);

bool mr_worker_stopping(struct mr_worker *worker);

#endif
