// SPDX-License-Identifier: Apache-2.0
/*
 * worker_round.c - poll -> step -> blobs -> commit, see worker.h.
 */
#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "common/runtime/worker_internal.h"

#define WAKE_PASSED_MAX 4u

static struct mr_worker_part *find_part(struct mr_worker *worker,
                                        const struct mr_record *record)
{
    for (size_t i = 0; i < worker->part_count; i++) {
        struct mr_worker_part *part = &worker->parts[i];

        if (part->partition == record->partition &&
            mr_worker_topic(worker, part->topic) == record->topic)
            return part;
    }
    MR_UNREACHABLE(); /* a reader gives what it was opened with */
}

static uint64_t hash_of(const struct mr_worker *worker, enum mr_topic topic)
{
    size_t nth = 0;

    while (worker->reads[nth] != topic)
        nth++;
    return worker->topic_hashes[nth];
}

/* Records come by partition: a new one begins a new range. */
static void begin_range(struct mr_worker *worker, struct mr_worker_part *part,
                        const struct mr_record *record)
{
    MR_ASSERT(worker->range_count < worker->part_count);

    worker->positions[worker->range_count] = (struct mr_position){
        .topic = record->topic,
        .partition = record->partition,
    };
    worker->ranges[worker->range_count] = (struct mr_flight_range){
        .topic = hash_of(worker, part->topic),
        .partition = record->partition,
        .begin = record->offset,
    };
    worker->range_parts[worker->range_count++] = part;
}

/* Takes the batch in hand. */
static void take(struct mr_worker *worker, const struct mr_batch_in *batch)
{
    struct mr_worker_part *part = NULL;
    int64_t oldest_ms = 0;

    if (batch->count > worker->input_room) {
        worker->input_room = batch->count;
        worker->inputs = mr_realloc_array(worker->inputs, worker->input_room,
                                          sizeof(*worker->inputs));
    }
    worker->input_count = batch->count;
    worker->range_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mr_record *record = &batch->records[i];

        if (part == NULL || part->partition != record->partition ||
            record->topic != batch->records[i - 1].topic) {
            part = find_part(worker, record);
            begin_range(worker, part, record);
        }
        worker->inputs[i].topic = part->topic;
        worker->inputs[i].record = *record;
        worker->positions[worker->range_count - 1].next = record->offset + 1;
        worker->ranges[worker->range_count - 1].end = record->offset + 1;
        if (oldest_ms == 0 || record->append_ms < oldest_ms)
            oldest_ms = record->append_ms;
    }
    (void)pthread_mutex_lock(&worker->lock);
    worker->status.oldest_ms = oldest_ms;
    (void)pthread_mutex_unlock(&worker->lock);
}

/* What is committed is behind us. */
static void advance(struct mr_worker *worker)
{
    bool isolating = false;

    (void)pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < worker->range_count; i++) {
        struct mr_worker_part *part = worker->range_parts[i];

        part->next = worker->positions[i].next;
        part->known = true;
        if (part->isolate_until <= part->next)
            part->isolate_until = 0;
    }
    worker->status.oldest_ms = 0;
    (void)pthread_mutex_unlock(&worker->lock);
    for (size_t i = 0; i < worker->part_count && worker->isolating; i++)
        isolating = isolating || worker->parts[i].isolate_until > 0;
    worker->isolating = isolating;
}

static enum mr_code commit(struct mr_worker *worker, int64_t *took_us,
                           struct mr_err *err)
{
    struct mr_effects *effects = &worker->effects;
    struct mr_commit commit = {
        .output_count = effects->output_count,
        .positions = worker->positions,
        .position_count = worker->range_count,
    };
    int64_t began_us = mr_clock_mono_us(worker->place->clock);
    enum mr_code code;

    code = mr_effects_put_blobs(effects, err);
    if (code != MR_OK)
        return code;
    commit.outputs = effects->outputs;
    mr_batch_reset(worker->batch);
    mr_state_write(&worker->state, worker->batch);
    if (mr_batch_count(worker->batch) > 0)
        commit.state = worker->batch;
    code = mr_bus_commit(worker->reader, &commit, err);
    *took_us = mr_clock_mono_us(worker->place->clock) - began_us;
    return code;
}

static void note_wake(struct mr_worker *worker)
{
    int64_t delay_ms = worker->effects.wake_ms;
    int64_t now_us = mr_clock_mono_us(worker->place->clock);
    int64_t at_us;

    if (delay_ms == MR_WAKE_NEVER)
        return;
    if (__builtin_mul_overflow(delay_ms, 1000, &at_us) ||
        __builtin_add_overflow(at_us, now_us, &at_us))
        return;
    if (at_us < worker->wake_us)
        worker->wake_us = at_us;
}

static enum mr_code decide(struct mr_worker *worker, const struct mr_err *cause,
                           struct mr_err *err)
{
    enum mr_code code;

    mr_effects_reset(&worker->effects);
    if (cause != NULL)
        return mr_worker_bury(worker, cause, err);
    code = mr_stage_step(worker->stage, &worker->state, worker->inputs,
                         worker->input_count, &worker->effects, err);
    if (code == MR_OK && worker->effects.failure.code != MR_OK)
        code = mr_fail(err, worker->effects.failure.code, "%s",
                       worker->effects.failure.text);
    return code;
}

/* One attempt at the inputs in hand; with a cause, the burial of the one. */
static enum mr_code attempt(struct mr_worker *worker,
                            const struct mr_err *cause, bool *worked,
                            struct mr_err *err)
{
    int64_t began_us = mr_clock_mono_us(worker->place->clock);
    int64_t commit_us = 0;
    enum mr_code code;

    if (worker->slot != NULL)
        mr_flight_enter(worker->slot, worker->ranges, worker->range_count,
                        worker->input_count);
    code = decide(worker, cause, err);
    if (code == MR_OK)
        note_wake(worker); /* also for a commit that fails: it may have been */
    if (code == MR_OK &&
        (worker->input_count > 0 || !mr_effects_empty(&worker->effects))) {
        code = commit(worker, &commit_us, err);
        *worked = *worked || code == MR_OK;
    }
    if (worker->slot != NULL)
        mr_flight_leave(worker->slot, code == MR_OK);
    if (code != MR_OK)
        return code;
    mr_worker_report(worker, cause != NULL ? 1 : 0, began_us, commit_us);
    advance(worker);
    return MR_OK;
}

/* The stage is called with no input: at the start, or because it asked. */
static enum mr_code step_without(struct mr_worker *worker, bool *worked,
                                 struct mr_err *err)
{
    int64_t wake_us = worker->wake_us;
    enum mr_code code;

    take(worker, &(struct mr_batch_in){ 0 });
    worker->wake_us = INT64_MAX;
    worker->wake_passed = 0;
    code = attempt(worker, NULL, worked, err);
    if (code != MR_OK)
        worker->wake_us = wake_us;
    return code;
}

/* The batch in hand holds a poisonous input: each will come alone. */
static void isolate(struct mr_worker *worker)
{
    for (size_t i = 0; i < worker->range_count; i++) {
        struct mr_worker_part *part = worker->range_parts[i];

        if (worker->positions[i].next > part->isolate_until)
            part->isolate_until = worker->positions[i].next;
    }
    worker->isolating = true;
    worker->rewinding = true;
}

static bool died_too_often(const struct mr_worker *worker, struct mr_err *cause)
{
    const struct mr_flight_range *input = &worker->ranges[0];
    unsigned deaths = 0;

    if (worker->slot != NULL && worker->input_count == 1)
        deaths = mr_flight_deaths(worker->slot, input->topic, input->partition,
                                  input->begin);
    if (deaths < MR_FLIGHT_DEATHS_MAX)
        return false;
    (void)mr_fail(cause, MR_E_INVALID,
                  "the process died %u times at this input", deaths);
    return true;
}

/* Works what is in hand, which is at least one input. */
static enum mr_code work(struct mr_worker *worker, bool *worked,
                         struct mr_err *err)
{
    struct mr_err cause;
    enum mr_code code;

    if (died_too_often(worker, &cause))
        return attempt(worker, &cause, worked, err);
    code = attempt(worker, NULL, worked, &cause);
    if (mr_class_of(code) == MR_CLASS_POISON && worker->input_count == 1)
        return attempt(worker, &cause, worked, err);
    if (mr_class_of(code) == MR_CLASS_POISON) {
        isolate(worker);
        return MR_OK;
    }
    if (code != MR_OK)
        *err = cause;
    return code;
}

/* A poll gave nothing: all is read, up to where the reader stands. */
static void note_drained(struct mr_worker *worker)
{
    worker->isolating = false;
    (void)pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < worker->part_count; i++) {
        struct mr_worker_part *part = &worker->parts[i];
        struct mr_position at = { mr_worker_topic(worker, part->topic),
                                  part->partition, 0 };

        mr_bus_position(worker->reader, &at);
        part->isolate_until = 0;
        part->next = at.next;
        part->known = true;
    }
    (void)pthread_mutex_unlock(&worker->lock);
}

static int wait_for(const struct mr_worker *worker, int wait_ms)
{
    int64_t left_us;

    if (worker->wake_us == INT64_MAX)
        return wait_ms;
    left_us = worker->wake_us - mr_clock_mono_us(worker->place->clock);
    if (left_us <= 0)
        return 0;
    if (left_us / 1000 + 1 < wait_ms)
        return (int)(left_us / 1000 + 1);
    return wait_ms;
}

static enum mr_code poll(struct mr_worker *worker, int wait_ms,
                         struct mr_batch_in *batch, struct mr_err *err)
{
    const struct mr_poll_limits limits = {
        .records_max = worker->isolating ? 1 : worker->stage->batch_records_max,
        .bytes_max = worker->stage->batch_bytes_max,
        .wait_ms = wait_for(worker, wait_ms),
    };
    enum mr_code code = MR_OK;

    if (worker->rewinding)
        code = mr_bus_rewind(worker->reader, err);
    if (code != MR_OK)
        return code;
    worker->rewinding = false;
    return mr_bus_poll(worker->reader, &limits, worker->arena, batch, err);
}

static enum mr_code poll_and_work(struct mr_worker *worker, int wait_ms,
                                  bool *worked, struct mr_err *err)
{
    struct mr_batch_in batch;
    enum mr_code code = poll(worker, wait_ms, &batch, err);
    bool due;

    if (code != MR_OK)
        return code;
    due = worker->wake_us <= mr_clock_mono_us(worker->place->clock);
    if (batch.count > 0) {
        worker->wake_passed += due;
        take(worker, &batch);
        return work(worker, worked, err);
    }
    note_drained(worker);
    return due ? step_without(worker, worked, err) : MR_OK;
}

enum mr_code mr_worker_round(struct mr_worker *worker, int wait_ms,
                             bool *worked, struct mr_err *err)
{
    enum mr_code code;

    *worked = false;
    mr_arena_reset(worker->arena);
    if (!worker->begun) {
        code = step_without(worker, worked, err);
        worker->begun = code == MR_OK;
    } else if (worker->wake_passed >= WAKE_PASSED_MAX) {
        code = step_without(worker, worked, err);
    } else {
        code = poll_and_work(worker, wait_ms, worked, err);
        if (code == MR_OK && worker->isolating && !*worked)
            /* The batch was poisonous: begin with the first of it. */
            code = poll_and_work(worker, 0, worked, err);
    }
    mr_worker_report_lag(worker);
    return code;
}
