// SPDX-License-Identifier: Apache-2.0
/*
 * worker.c - the life of a worker, see worker.h.
 */
#include "common/runtime/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "common/runtime/worker_internal.h"

#define WAIT_MS        1000
#define BACKOFF_MS     100
#define BACKOFF_MS_MAX 10000

static_assert(MR_COLLECTION_NAME_MAX + 100 < MR_FLIGHT_NAME_MAX,
              "a worker's name fits its slot");

static void list_topics(struct mr_worker *worker)
{
    const struct mr_stage *stage = worker->stage;

    MR_ASSERT((stage->read_count > 0) == (stage->foreign == NULL));
    worker->read_count = stage->foreign == NULL ? stage->read_count : 1;
    for (size_t i = 0; i < worker->read_count; i++)
        worker->reads[i] =
            stage->foreign == NULL ? stage->reads[i] : MR_TOPIC_COUNT;
}

static enum mr_code hash_topics(struct mr_worker *worker, struct mr_err *err)
{
    for (size_t i = 0; i < worker->read_count; i++) {
        char name[MR_TOPIC_NAME_MAX + 1];
        enum mr_code code =
            mr_worker_topic_name(worker, worker->reads[i], name, err);

        if (code != MR_OK)
            return code;
        worker->topic_hashes[i] = mr_hash64(mr_span_str(name), 0);
    }
    return MR_OK;
}

/* Whether a partition without a position begins at its end. */
static bool from_end(const struct mr_worker *worker, uint32_t partition)
{
    const struct mr_stage_foreign *foreign = worker->stage->foreign;

    return foreign != NULL && partition < foreign->from_end_below;
}

/* Where the generation begins in a partition of `raw`. */
static uint64_t from_of(const struct mr_worker *worker,
                        const struct mr_worker_part *part)
{
    const uint64_t *from = worker->place->raw_from;

    return from == NULL || part->topic != MR_TOPIC_RAW ? 0
                                                       : from[part->partition];
}

/* Where to begin without a position: at the first record held, or the end. */
static enum mr_code list_parts(struct mr_worker *worker, struct mr_err *err)
{
    const struct mr_worker_spec *spec = &worker->spec;
    enum mr_code code = MR_OK;
    size_t nth = 0;

    worker->part_count = worker->read_count * spec->partition_count;
    worker->parts = mr_calloc(worker->part_count, sizeof(*worker->parts));
    worker->positions =
        mr_calloc(worker->part_count, sizeof(*worker->positions));
    worker->ranges = mr_calloc(worker->part_count, sizeof(*worker->ranges));
    worker->range_parts =
        mr_calloc(worker->part_count, sizeof(struct mr_worker_part *));
    for (size_t i = 0; i < worker->read_count; i++) {
        for (size_t j = 0; j < spec->partition_count && code == MR_OK; j++) {
            struct mr_worker_part *part = &worker->parts[nth];
            struct mr_position *at = &worker->positions[nth++];
            uint64_t end;

            part->topic = worker->reads[i];
            part->partition = spec->partitions[j];
            at->topic = mr_worker_topic(worker, part->topic);
            at->partition = part->partition;
            code = mr_bus_bounds(worker->place->bus, at->topic, at->partition,
                                 &at->next, &end, err);
            if (from_of(worker, part) > at->next)
                at->next = from_of(worker, part);
            if (from_end(worker, at->partition))
                at->next = UINT64_MAX;
        }
    }
    return code;
}

/* <collection>.<generation>, before most names. */
static void scope_of(const struct mr_worker *worker, char *out, size_t size)
{
    const struct mr_place *place = worker->place;

    if (worker->stage->foreign != NULL)
        (void)snprintf(out, size, "%s", place->collection);
    else
        (void)snprintf(out, size, "%s.%u", place->collection,
                       place->generation);
}

static enum mr_code open_reader(struct mr_worker *worker, struct mr_err *err)
{
    const struct mr_place *place = worker->place;
    const struct mr_stage *stage = worker->stage;
    char scope[MR_COLLECTION_NAME_MAX + 16];
    char group[MR_TOPIC_NAME_MAX + 1];
    char topic[MR_TOPIC_NAME_MAX + 1];
    char spaces[MR_SPACE_NAME_MAX + 1];
    const struct mr_changelog changelog = {
        .topic = topic,
        .partitions = place->partitions,
        .partition = worker->spec.lane,
        .spaces = spaces,
    };
    struct mr_reader_spec spec = {
        .group = stage->foreign != NULL ? stage->foreign->group : group,
        .partitions = worker->positions,
        .count = worker->part_count,
        .changelog = stage->space_count > 0 ? &changelog : NULL,
    };

    scope_of(worker, scope, sizeof(scope));
    (void)snprintf(group, sizeof(group), "%s.%s", scope, stage->name);
    (void)snprintf(topic, sizeof(topic), "%s.state.%s", scope, stage->name);
    mr_state_prefix(&worker->effects, worker->spec.lane, spaces);
    return mr_bus_reader(worker->place->bus, &spec, &worker->reader, err);
}

static void isolate_range(struct mr_worker *worker,
                          const struct mr_flight_range *range)
{
    for (size_t i = 0; i < worker->part_count; i++) {
        struct mr_worker_part *part = &worker->parts[i];
        size_t nth = i / worker->spec.partition_count;

        MR_ASSERT(nth < worker->read_count);
        if (worker->topic_hashes[nth] == range->topic &&
            part->partition == range->partition)
            part->isolate_until = range->end;
    }
}

/* Takes the flight slot and isolates what an unclean death left there. */
static void board(struct mr_worker *worker)
{
    const struct mr_flight_range *ranges;
    char scope[MR_COLLECTION_NAME_MAX + 16];
    char name[MR_FLIGHT_NAME_MAX + 1];
    size_t count;
    bool many;

    if (worker->spec.flight == NULL)
        return;
    scope_of(worker, scope, sizeof(scope));
    (void)snprintf(name, sizeof(name), "%s.%s.%u", scope, worker->stage->name,
                   worker->spec.lane);
    worker->slot = mr_flight_take(worker->spec.flight, name);
    if (worker->slot == NULL ||
        !mr_flight_unfinished(worker->slot, &ranges, &count, &many))
        return;
    worker->isolating = true;
    for (size_t i = 0; i < worker->part_count && many; i++)
        worker->parts[i].isolate_until = UINT64_MAX; /* until all is read */
    for (size_t i = 0; i < count && !many; i++)
        isolate_range(worker, &ranges[i]);
    mr_log(worker->spec.telemetry, MR_EV_UNCLEAN_DEATH, worker->stage->name,
           "inputs of %zu partitions were in flight when the last process "
           "died: they are worked one at a time",
           count);
}

static void init_sync(struct mr_worker *worker)
{
    pthread_condattr_t attributes;

    (void)pthread_mutex_init(&worker->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&worker->stop, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

enum mr_code mr_worker_new(const struct mr_worker_spec *spec,
                           struct mr_worker **out, struct mr_err *err)
{
    struct mr_worker *worker = mr_calloc(1, sizeof(*worker));
    enum mr_code code;

    MR_ASSERT(spec->partition_count > 0);
    MR_ASSERT(spec->stage->batch_records_max > 0);
    worker->spec = *spec;
    worker->place = spec->place;
    worker->stage = spec->stage;
    worker->status.stage = spec->stage->name;
    worker->wake_us = INT64_MAX;
    init_sync(worker);
    worker->arena = mr_arena_new();
    worker->batch = mr_batch_new();
    mr_effects_init(&worker->effects, worker->place, worker->stage,
                    worker->arena);
    list_topics(worker);
    code = hash_topics(worker, err);
    if (code == MR_OK)
        code = mr_state_init(&worker->state, &worker->effects, spec->lane, err);
    if (code == MR_OK)
        code = list_parts(worker, err);
    if (code == MR_OK)
        code = open_reader(worker, err);
    if (code == MR_OK && worker->place->bus->remote)
        mr_worker_report_lag(worker);
    if (code != MR_OK) {
        mr_worker_free(worker);
        return code;
    }
    board(worker);
    worker->spec.partitions = NULL;
    *out = worker;
    return MR_OK;
}

void mr_worker_free(struct mr_worker *worker)
{
    if (worker == NULL)
        return;
    mr_worker_stop(worker);
    mr_worker_retire_lag(worker);
    mr_bus_close_reader(worker->reader);
    if (worker->slot != NULL)
        mr_flight_give_back(worker->spec.flight, worker->slot);
    mr_effects_deinit(&worker->effects);
    mr_batch_free(worker->batch);
    mr_arena_free(worker->arena);
    mr_free(worker->parts);
    mr_free(worker->positions);
    mr_free(worker->ranges);
    mr_free(worker->range_parts);
    mr_free(worker->inputs);
    mr_stage_free(worker->stage);
    (void)pthread_cond_destroy(&worker->stop);
    (void)pthread_mutex_destroy(&worker->lock);
    mr_free(worker);
}

bool mr_worker_stopping(struct mr_worker *worker)
{
    bool stopping;

    (void)pthread_mutex_lock(&worker->lock);
    stopping = worker->stopping;
    (void)pthread_mutex_unlock(&worker->lock);
    return stopping;
}

/* The first failure is worth a line, the others are counted. */
static void note_retry(struct mr_worker *worker, const struct mr_err *err)
{
    worker->rewinding = true;
    if (worker->attempts++ == 0) {
        worker->retry_began_us = mr_clock_mono_us(worker->place->clock);
        mr_log(worker->spec.telemetry, MR_EV_RETRY_BEGIN, worker->stage->name,
               "%s; the same inputs are tried again until it works", err->text);
    }
    mr_count(worker->spec.telemetry, MR_M_RETRIES, worker->stage->name, NULL,
             1);
    (void)pthread_mutex_lock(&worker->lock);
    worker->status.retries++;
    worker->status.retrying = true;
    worker->status.error = *err;
    (void)pthread_mutex_unlock(&worker->lock);
}

static void note_recovery(struct mr_worker *worker)
{
    int64_t took_us;

    if (worker->attempts == 0)
        return;
    took_us = mr_clock_mono_us(worker->place->clock) - worker->retry_began_us;
    mr_log(worker->spec.telemetry, MR_EV_RETRY_END, worker->stage->name,
           "works again after %u failures in %.1f s", worker->attempts,
           (double)took_us / 1e6);
    worker->attempts = 0;
    (void)pthread_mutex_lock(&worker->lock);
    worker->status.retrying = false;
    worker->status.error = (struct mr_err){ 0 };
    (void)pthread_mutex_unlock(&worker->lock);
}

static void end(struct mr_worker *worker, const struct mr_err *err)
{
    bool told = err->code == MR_E_CANCELLED && mr_worker_stopping(worker);

    (void)pthread_mutex_lock(&worker->lock);
    worker->status.ended = true;
    worker->status.error = *err;
    (void)pthread_mutex_unlock(&worker->lock);
    if (told)
        return;
    mr_log(worker->spec.telemetry, MR_EV_WORKER_ENDED, worker->stage->name,
           "%s (%s)", err->text, mr_code_name(err->code));
    if (worker->spec.ended != NULL)
        worker->spec.ended(worker->spec.ended_context, err);
}

enum mr_code mr_worker_step(struct mr_worker *worker, int wait_ms, bool *worked,
                            struct mr_err *err)
{
    struct mr_err why = { 0 };
    enum mr_code code;

    *worked = false;
    if (worker->status.ended)
        return mr_fail(err, worker->status.error.code, "%s",
                       worker->status.error.text);
    code = mr_worker_round(worker, wait_ms, worked, &why);
    if (code == MR_OK) {
        note_recovery(worker);
        return MR_OK;
    }
    if (mr_class_of(code) == MR_CLASS_RETRY)
        note_retry(worker, &why);
    else
        end(worker, &why);
    return mr_fail(err, code, "%s", why.text);
}

int64_t mr_worker_backoff_ms(const char *name, uint32_t lane, unsigned attempts)
{
    uint64_t random =
        mr_hash64(mr_span_str(name), (uint64_t)lane << 32 | attempts);
    int64_t full = BACKOFF_MS;

    for (unsigned i = 1; i < attempts && full < BACKOFF_MS_MAX; i++)
        full *= 2;
    if (full > BACKOFF_MS_MAX)
        full = BACKOFF_MS_MAX;
    return full / 2 + (int64_t)(random % (uint64_t)(full / 2 + 1));
}

static void back_off(struct mr_worker *worker)
{
    int64_t delay_ms = mr_worker_backoff_ms(
        worker->stage->name, worker->spec.lane, worker->attempts);
    struct timespec until;
    int waited = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += delay_ms / 1000;
    until.tv_nsec += (delay_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&worker->lock);
    while (!worker->stopping && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&worker->stop, &worker->lock, &until);
    (void)pthread_mutex_unlock(&worker->lock);
}

static void *thread_main(void *argument)
{
    struct mr_worker *worker = argument;
    struct mr_flight_stack *stack = mr_flight_stack_new();
    enum mr_code code = MR_OK;
    struct mr_err err;
    bool worked;

    mr_log(worker->spec.telemetry, MR_EV_WORKER_STARTED, worker->stage->name,
           "works %zu partitions", worker->part_count);
    while (!mr_worker_stopping(worker)) {
        code = mr_worker_step(worker, WAIT_MS, &worked, &err);
        if (mr_class_of(code) == MR_CLASS_RETRY)
            back_off(worker);
        else if (code != MR_OK)
            break;
    }
    if (code == MR_OK)
        mr_log(worker->spec.telemetry, MR_EV_WORKER_STOPPED,
               worker->stage->name, "stopped");
    mr_flight_stack_free(stack);
    return NULL;
}

/* Signals that ask the process for something are the main thread's. */
static void block_signals(sigset_t *before)
{
    sigset_t blocked;

    (void)sigfillset(&blocked);
    (void)sigdelset(&blocked, SIGSEGV);
    (void)sigdelset(&blocked, SIGBUS);
    (void)sigdelset(&blocked, SIGFPE);
    (void)sigdelset(&blocked, SIGILL);
    (void)sigdelset(&blocked, SIGABRT);
    (void)pthread_sigmask(SIG_SETMASK, &blocked, before);
}

enum mr_code mr_worker_start(struct mr_worker *worker, struct mr_err *err)
{
    char name[16];
    sigset_t before;
    int number;

    MR_ASSERT(!worker->running);
    block_signals(&before);
    number = pthread_create(&worker->thread, NULL, thread_main, worker);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, number,
                             "%s: a thread for its worker",
                             worker->stage->name);
    worker->running = true;
    (void)snprintf(name, sizeof(name), "%.10s/%u", worker->stage->name,
                   worker->spec.lane % 1000);
    (void)pthread_setname_np(worker->thread, name);
    return MR_OK;
}

void mr_worker_wake(struct mr_worker *worker)
{
    mr_bus_wake(worker->reader);
}

void mr_worker_stop(struct mr_worker *worker)
{
    if (!worker->running)
        return;
    (void)pthread_mutex_lock(&worker->lock);
    worker->stopping = true;
    (void)pthread_cond_signal(&worker->stop);
    (void)pthread_mutex_unlock(&worker->lock);
    mr_bus_wake(worker->reader);
    (void)pthread_join(worker->thread, NULL);
    worker->running = false;
}
