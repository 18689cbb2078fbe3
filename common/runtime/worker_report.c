// SPDX-License-Identifier: Apache-2.0
/*
 * worker_report.c - what others see of a worker: status, lag and metrics.
 */
#include "common/runtime/worker_internal.h"

#define LAG_EVERY_US 1000000

static double seconds(int64_t us)
{
    return us > 0 ? (double)us / 1e6 : 0;
}

static void count_outcomes(struct mr_worker *worker, size_t failed)
{
    struct mr_telemetry *telemetry = worker->spec.telemetry;
    const struct mr_effects *effects = &worker->effects;
    const char *name = worker->stage->name;

    if (effects->passed > 0)
        mr_count(telemetry, MR_M_DOCUMENTS, name, "passed",
                 (double)effects->passed);
    if (effects->rejected > 0)
        mr_count(telemetry, MR_M_DOCUMENTS, name, "rejected",
                 (double)effects->rejected);
    if (failed > 0)
        mr_count(telemetry, MR_M_DOCUMENTS, name, "failed", (double)failed);
    for (size_t i = 0; i < effects->tally_count; i++)
        mr_count(telemetry, MR_M_REJECTIONS, name, effects->tallies[i].reason,
                 (double)effects->tallies[i].count);
    if (effects->output_count > 0)
        mr_count(telemetry, MR_M_OUTPUTS, name, NULL,
                 (double)effects->output_count);
}

void mr_worker_report(struct mr_worker *worker, size_t failed, int64_t began_us,
                      int64_t commit_us)
{
    struct mr_telemetry *telemetry = worker->spec.telemetry;
    struct mr_worker_status *status = &worker->status;
    struct mr_clock *clock = worker->place->clock;
    int64_t oldest_ms;

    (void)pthread_mutex_lock(&worker->lock);
    oldest_ms = status->oldest_ms;
    status->inputs += worker->input_count;
    status->outputs += worker->effects.output_count;
    status->rejected += worker->effects.rejected;
    status->failed += failed;
    (void)pthread_mutex_unlock(&worker->lock);
    if (telemetry == NULL)
        return;
    count_outcomes(worker, failed);
    if (worker->input_count == 0)
        return;
    mr_observe(telemetry, MR_M_BATCH_SECONDS, worker->stage->name, NULL,
               seconds(mr_clock_mono_us(clock) - began_us));
    mr_observe(telemetry, MR_M_COMMIT_SECONDS, worker->stage->name, NULL,
               seconds(commit_us));
    mr_gauge(telemetry, MR_M_FRESHNESS, worker->stage->name, NULL,
             seconds((mr_clock_wall_ms(clock) - oldest_ms) * 1000));
}

/* Records between the worker and the ends of its inputs, into *out; false: the
 * bus does not say.  A partition that was never read counts from its
 * beginning. */
static bool find_lag(struct mr_worker *worker, uint64_t *out,
                     struct mr_err *err)
{
    const struct mr_place *place = worker->place;
    uint64_t lag = 0;

    for (size_t i = 0; i < worker->part_count; i++) {
        const struct mr_worker_part *part = &worker->parts[i];
        uint64_t begin;
        uint64_t next;
        uint64_t end;

        if (mr_bus_bounds(place->bus, mr_worker_topic(worker, part->topic),
                          part->partition, &begin, &end, err) != MR_OK)
            return false;
        (void)pthread_mutex_lock(&worker->lock);
        next = part->known && part->next > begin ? part->next : begin;
        (void)pthread_mutex_unlock(&worker->lock);
        lag += end > next ? end - next : 0;
    }
    *out = lag;
    return true;
}

/* Whoever asks for the status must not wait for other machines: the worker's
 * thread does, now and then. */
static uint64_t kept_lag(struct mr_worker *worker)
{
    uint64_t lag;

    (void)pthread_mutex_lock(&worker->lock);
    lag = worker->lag_seen;
    (void)pthread_mutex_unlock(&worker->lock);
    return lag;
}

static uint64_t lag_of(struct mr_worker *worker)
{
    uint64_t lag = 0;

    if (worker->place->bus->remote)
        return kept_lag(worker);
    return find_lag(worker, &lag, NULL) ? lag : 0;
}

static void show_lag(struct mr_worker *worker, double lag)
{
    if (lag != worker->lag_shown)
        mr_gauge_add(worker->spec.telemetry, MR_M_LAG, worker->stage->name,
                     NULL, lag - worker->lag_shown);
    worker->lag_shown = lag;
}

void mr_worker_report_lag(struct mr_worker *worker)
{
    struct mr_err err = { 0 };
    int64_t now_us;
    uint64_t lag = 0;
    bool found;

    if (worker->spec.telemetry == NULL && !worker->place->bus->remote)
        return;
    now_us = mr_clock_mono_us(worker->place->clock);
    if (worker->lag_at_us != 0 && now_us - worker->lag_at_us < LAG_EVERY_US)
        return;
    worker->lag_at_us = now_us;
    found = find_lag(worker, &lag, &err);
    (void)pthread_mutex_lock(&worker->lock);
    worker->lag_seen = found ? lag : worker->lag_seen;
    worker->lag_err = err;
    (void)pthread_mutex_unlock(&worker->lock);
    if (!found)
        return;
    if (worker->spec.telemetry != NULL)
        show_lag(worker, (double)lag);
}

void mr_worker_retire_lag(struct mr_worker *worker)
{
    if (worker->spec.telemetry != NULL)
        show_lag(worker, 0);
}

void mr_worker_status(struct mr_worker *worker, struct mr_worker_status *out)
{
    uint64_t lag = lag_of(worker);

    (void)pthread_mutex_lock(&worker->lock);
    *out = worker->status;
    if (out->error.code == MR_OK)
        out->error = worker->lag_err;
    (void)pthread_mutex_unlock(&worker->lock);
    out->lag = lag;
}
