// SPDX-License-Identifier: Apache-2.0
/*
 * worker.h - runs a stage: batch, step, effects, commit.
 *
 * The one place where delivery is decided:
 *
 *   poll -> step -> blobs -> commit(outputs, state, positions) -> next
 *
 *   - A failure of class RETRY waits (100 ms doubling to 10 s, with jitter by
 *     hash) and works the same inputs again, for ever; it is logged once when
 *     it begins and once when it ends.
 *   - POISON halves nothing: the batch is worked one input at a time, and the
 *     input that fails alone goes to `dead` with its error, in the same commit
 *     as what the stage's fail() emits.
 *   - FATAL ends the worker with its error; the process decides what then.
 *   - After an unclean death, the range that was in flight is worked one input
 *     at a time, and an input that was alone in flight at three deaths of this
 *     process' own making (a signal, abort, a limit, a hang) counts as poison:
 *     runtime/flight.h.
 *
 * In the state store a space is named
 * <collection>.<generation>.<stage>.<lane>.<space>.  The consumer group is
 * <collection>.<generation>.<stage>, the changelog of its state, for a bus
 * that has one, <collection>.<generation>.state.<stage>, partition <lane>.
 *
 * A stage that reads somebody else's topic (stage.h) has no generation in
 * these names, and a group of its own.
 *
 * A wake that is due does not keep inputs waiting: the stage is called with
 * none as soon as there are none, and after at most 4 batches.
 *
 * Memory:  one arena a worker, reset after each commit; what a step appends is
 *          bounded by MR_EFFECTS_BYTES_MAX.
 * Threads: start() makes one thread; step() is for callers that schedule by
 *          themselves (the simulation).  stop(), wake() and status() from any.
 * I/O:     that of the ports.
 */
#ifndef COMMON_RUNTIME_WORKER_H
#define COMMON_RUNTIME_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/runtime/place.h"
#include "common/runtime/stage.h"
#include "common/runtime/telemetry.h"

struct mr_worker;
struct mr_flight;

struct mr_worker_spec {
    const struct mr_place *place; /* borrowed for the worker's life */
    struct mr_stage *stage;       /* taken, also when new fails */
    const uint32_t *partitions;   /* copied */
    size_t partition_count;
    uint32_t lane; /* names its state; a stage's lanes differ */
    struct mr_telemetry *telemetry; /* borrowed; NULL for none */
    struct mr_flight *flight;       /* borrowed; NULL: deaths aren't counted */
    /* Called on the worker's thread when it ends by a FATAL error. */
    void (*ended)(void *context, const struct mr_err *err);
    void *ended_context;
};

struct mr_worker_status {
    const char *stage;
    uint64_t inputs; /* since start */
    uint64_t outputs;
    uint64_t rejected;
    uint64_t failed;
    uint64_t retries;
    uint64_t lag;      /* records behind the ends of its inputs */
    int64_t oldest_ms; /* append time of the oldest input not yet done, or 0 */
    bool retrying;
    bool ended;
    struct mr_err error; /* of the retry or the end */
};

/* Opens reader and state.  Freed by mr_worker_free(). */
MR_MUST_CHECK enum mr_code mr_worker_new(const struct mr_worker_spec *spec,
                                         struct mr_worker **out,
                                         struct mr_err *err);

/* One round: waits up to `wait_ms` for input, works it, commits.  *worked says
 * whether anything was committed.  A RETRY failure is returned to the caller,
 * who may call again; any other failure ends the worker. */
MR_MUST_CHECK enum mr_code mr_worker_step(struct mr_worker *worker, int wait_ms,
                                          bool *worked, struct mr_err *err);

MR_MUST_CHECK enum mr_code mr_worker_start(struct mr_worker *worker,
                                           struct mr_err *err);

/* Ends the present or next wait for input; from any thread. */
void mr_worker_wake(struct mr_worker *worker);

/* Finishes and commits the batch in hand, then joins the thread. */
void mr_worker_stop(struct mr_worker *worker);

void mr_worker_status(struct mr_worker *worker, struct mr_worker_status *out);

/* Stops if needed; frees the stage too.  NULL does nothing. */
void mr_worker_free(struct mr_worker *worker);

#endif
