// SPDX-License-Identifier: Apache-2.0
/*
 * toy.h - a stage small enough to check by eye, and a place to run it.
 *
 * The stage reads `raw` and writes `clean`: for each input a record of the
 * same key whose value is the input's number under its key ("1", "2", ...),
 * counted in state.  So outputs tell exactly which inputs had their effect,
 * and how often.  Values of inputs steer it:
 *
 *   "poison"  MR_E_CORRUPT, and what begins with "poison:"
 *   "lost"    MR_E_LOST
 *   "reject"  accounted as rejected "big"     emits more than the bus takes
 *   "wake"    asks for a step without input at once
 *   "retry"   MR_E_UNAVAILABLE while toy->retries > 0
 *   "crash"   a bad pointer is written to; "abort" aborts; "deep" overflows
 *             the stack; "kill" is killed and "hang" hangs if toy->deadly
 *   "unfit"   poison, and fail() can't tell the later stages either
 *
 * fail() emits a null on `clean`.
 */
#ifndef TESTS_UNIT_COMMON_RUNTIME_TOY_H
#define TESTS_UNIT_COMMON_RUNTIME_TOY_H

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/memory/mr_virtual_clock.h"
#include "common/base/mr_mem.h"
#include "common/runtime/worker.h"
#include "common/wire/dead.h"

#define TOY_WALL_MS 1700000000000

struct toy {
    struct mr_stage stage;
    unsigned retries;     /* left for "retry" inputs */
    int64_t wake_ms;      /* asked for by each empty step, -1: never */
    bool deadly;          /* "kill" and "hang" do so */
    unsigned steps;       /* with inputs */
    unsigned empty_steps; /* without */
    size_t largest;       /* inputs in one step */
};

static inline bool toy_is(const struct mr_input *input, const char *value)
{
    return mr_span_equal(input->record.value, mr_span_str(value));
}

static inline int toy_recurse(int depth)
{
    volatile char frame[4096];

    frame[depth % 4096] = (char)depth;
    return depth == -1 ? 0 : toy_recurse(depth + 1) + frame[0];
}

static inline void toy_die(const struct toy *toy, const struct mr_input *input)
{
    volatile uintptr_t nowhere = 8;

    if (toy_is(input, "crash"))
        *(volatile int *)nowhere = 1;
    if (toy_is(input, "abort"))
        abort();
    if (toy_is(input, "deep"))
        (void)toy_recurse(0);
    if (toy_is(input, "kill") && toy->deadly)
        (void)raise(SIGKILL);
    while (toy_is(input, "hang") && toy->deadly)
        (void)pause();
}

static inline enum mr_code toy_judge(struct toy *toy,
                                     const struct mr_input *input,
                                     struct mr_err *err)
{
    if (toy_is(input, "poison") || toy_is(input, "unfit") ||
        mr_span_starts(input->record.value, mr_span_str("poison:")))
        return mr_fail(err, MR_E_CORRUPT, "toy: poison");
    if (toy_is(input, "lost"))
        return mr_fail(err, MR_E_LOST, "toy: lost");
    if (toy_is(input, "retry") && toy->retries > 0) {
        toy->retries--;
        return mr_fail(err, MR_E_UNAVAILABLE, "toy: not now");
    }
    toy_die(toy, input);
    return MR_OK;
}

static inline enum mr_code toy_work(struct toy *toy, struct mr_state *state,
                                    const struct mr_input *input,
                                    struct mr_effects *effects,
                                    struct mr_err *err)
{
    static uint8_t big[MR_VALUE_BYTES_MAX + 1];
    const struct mr_record *record = &input->record;
    struct mr_span had;
    enum mr_code code = toy_judge(toy, input, err);
    char value[24];

    if (code == MR_OK)
        code = mr_state_get(state, 0, record->key, &had, err);
    if (code != MR_OK)
        return code;
    (void)snprintf(value, sizeof(value), "%d",
                   had.data == NULL
                       ? 1
                       : 1 + atoi(mr_arena_str(mr_state_arena(state), had)));
    mr_effects_put(effects, 0, record->key, mr_span_str(value));
    mr_effects_emit(effects, MR_TOPIC_CLEAN,
                    &(struct mr_emit){
                        .key = record->key,
                        .value = toy_is(input, "big")
                                     ? mr_span(big, sizeof(big))
                                     : mr_span_str(value),
                        .version = record->offset + 1,
                        .time_ms = record->time_ms,
                        .cause = input,
                    });
    if (toy_is(input, "wake"))
        mr_effects_wake(effects, 0);
    if (toy_is(input, "reject"))
        mr_effects_account(effects, MR_OUTCOME_REJECTED, "asked");
    else
        mr_effects_account(effects, MR_OUTCOME_PASSED, NULL);
    return MR_OK;
}

static inline enum mr_code toy_step(struct mr_stage *stage,
                                    struct mr_state *state,
                                    const struct mr_input *inputs, size_t count,
                                    struct mr_effects *effects,
                                    struct mr_err *err)
{
    struct toy *toy = (struct toy *)stage;
    enum mr_code code = MR_OK;

    toy->steps += count > 0;
    toy->empty_steps += count == 0;
    if (count > toy->largest)
        toy->largest = count;
    if (count == 0 && toy->wake_ms >= 0)
        mr_effects_wake(effects, toy->wake_ms);
    for (size_t i = 0; i < count && code == MR_OK; i++)
        code = toy_work(toy, state, &inputs[i], effects, err);
    return code;
}

static inline enum mr_code toy_fail(struct mr_stage *stage,
                                    struct mr_state *state,
                                    const struct mr_input *input,
                                    const struct mr_err *cause,
                                    struct mr_effects *effects,
                                    struct mr_err *err)
{
    (void)stage;
    (void)state;
    (void)cause;
    if (toy_is(input, "unfit"))
        return mr_fail(err, MR_E_INVALID, "toy: no id");
    mr_effects_account(effects, MR_OUTCOME_FAILED, NULL);
    mr_effects_emit(effects, MR_TOPIC_CLEAN,
                    &(struct mr_emit){
                        .key = input->record.key,
                        .version = input->record.offset + 1,
                        .cause = input,
                    });
    return MR_OK;
}

static inline void toy_free(struct mr_stage *stage)
{
    mr_free(stage);
}

static inline struct toy *toy_new(void)
{
    static const struct mr_stage_ops ops = {
        .step = toy_step,
        .fail = toy_fail,
        .free = toy_free,
    };
    struct toy *toy = mr_calloc(1, sizeof(*toy));

    toy->stage = (struct mr_stage){
        .ops = &ops,
        .name = "toy",
        .reads = { MR_TOPIC_RAW },
        .read_count = 1,
        .spaces = { "count" },
        .space_count = 1,
        .batch_records_max = 100,
        .batch_bytes_max = 1 << 20,
    };
    toy->wake_ms = -1;
    return toy;
}

/* A place of two partitions, and one worker over both. */
struct rig {
    struct mr_virtual_clock *time;
    struct mr_memory *memory;
    struct mr_place place;
    struct mr_telemetry *telemetry;
    struct mr_flight *flight;
    struct toy *toy;
    struct mr_worker *worker;
    unsigned ended; /* calls of the callback */
};

static inline void rig_ended(void *context, const struct mr_err *err)
{
    (void)err;
    ((struct rig *)context)->ended++;
}

/* Topics by name, on a memory that may have them already. */
static inline void rig_place(struct rig *rig)
{
    struct mr_place_spec spec = {
        .bus = mr_memory_bus(rig->memory),
        .store = mr_memory_store(rig->memory),
        .blob = mr_memory_blob(rig->memory),
        .clock = mr_virtual_clock_port(rig->time),
        .collection = "main",
        .generation = 1,
        .model = "none",
        .partitions = 2,
    };
    struct mr_err err;

    ck_assert_msg(mr_place_init(&rig->place, &spec, &err) == MR_OK, "%s",
                  err.text);
}

static inline void rig_init(struct rig *rig)
{
    struct mr_telemetry_spec spec = { .fd = -1 };

    *rig = (struct rig){ 0 };
    rig->time = mr_virtual_clock_new(TOY_WALL_MS, false);
    rig->memory = mr_memory_new(mr_virtual_clock_port(rig->time));
    spec.clock = mr_virtual_clock_port(rig->time);
    rig->telemetry = mr_telemetry_new(&spec);
    rig_place(rig);
}

static inline enum mr_code rig_try_worker(struct rig *rig, struct mr_err *err)
{
    static const uint32_t partitions[] = { 0, 1 };
    struct mr_worker_spec spec = {
        .place = &rig->place,
        .partitions = partitions,
        .partition_count = 2,
        .telemetry = rig->telemetry,
        .flight = rig->flight,
        .ended = rig_ended,
        .ended_context = rig,
    };

    rig->toy = toy_new();
    spec.stage = &rig->toy->stage;
    return mr_worker_new(&spec, &rig->worker, err);
}

static inline void rig_worker(struct rig *rig)
{
    struct mr_err err;

    ck_assert_msg(rig_try_worker(rig, &err) == MR_OK, "%s", err.text);
}

static inline void rig_deinit(struct rig *rig)
{
    mr_worker_free(rig->worker);
    mr_telemetry_free(rig->telemetry);
    mr_memory_free(rig->memory);
    mr_virtual_clock_free(rig->time);
}

static inline void rig_push(struct rig *rig, const char *key, const char *value)
{
    struct mr_record record = {
        .topic = rig->place.topics[MR_TOPIC_RAW],
        .partition = MR_PARTITION_BY_KEY,
        .time_ms = 5,
        .key = mr_span_str(key),
        .value = mr_span_str(value),
        .trace = mr_span_str("00-trace"),
    };

    ck_assert_int_eq(mr_bus_append(rig->place.bus, &record, 1, NULL), MR_OK);
}

/* A step that must not fail; true when it committed something. */
static inline bool rig_step(struct rig *rig)
{
    struct mr_err err;
    bool worked;

    ck_assert_msg(mr_worker_step(rig->worker, 0, &worked, &err) == MR_OK, "%s",
                  err.text);
    return worked;
}

static inline void rig_drain(struct rig *rig)
{
    (void)rig_step(rig); /* the one at the start commits nothing */
    while (rig_step(rig))
        continue;
}

/* Appends "key=value " of every record of the topic with this key, "-" for a
 * null. */
static inline const char *rig_read(struct rig *rig, enum mr_topic topic,
                                   const char *key)
{
    static char text[4096];
    struct mr_arena *arena = mr_arena_new();
    uint32_t partition = mr_place_partition(&rig->place, mr_span_str(key));
    size_t size = 0;
    uint64_t begin;
    uint64_t end;

    text[0] = '\0';
    ck_assert_int_eq(mr_bus_bounds(rig->place.bus, rig->place.topics[topic],
                                   partition, &begin, &end, NULL),
                     MR_OK);
    for (uint64_t at = begin; at < end; at++) {
        struct mr_record record;

        ck_assert_int_eq(mr_bus_fetch(rig->place.bus, rig->place.topics[topic],
                                      partition, at, arena, &record, NULL),
                         MR_OK);
        if (!mr_span_equal(record.key, mr_span_str(key)))
            continue;
        if (record.value.data == NULL)
            size += (size_t)snprintf(text + size, sizeof(text) - size, "- ");
        else
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%.*s ",
                                     MR_SPAN_ARG(record.value));
    }
    mr_arena_free(arena);
    return text;
}

/* The nth record on `dead` of this key; false when there are fewer. */
static inline bool rig_dead(struct rig *rig, const char *key, unsigned nth,
                            struct mr_arena *arena, struct mr_dead *out)
{
    mr_topic_id topic = rig->place.topics[MR_TOPIC_DEAD];
    uint32_t partition = mr_place_partition(&rig->place, mr_span_str(key));
    struct mr_record record;
    uint64_t begin;
    uint64_t end;

    ck_assert_int_eq(
        mr_bus_bounds(rig->place.bus, topic, partition, &begin, &end, NULL),
        MR_OK);
    for (uint64_t at = begin; at < end; at++) {
        ck_assert_int_eq(mr_bus_fetch(rig->place.bus, topic, partition, at,
                                      arena, &record, NULL),
                         MR_OK);
        if (!mr_span_equal(record.key, mr_span_str(key)) || nth-- > 0)
            continue;
        ck_assert_int_eq(mr_dead_parse(record.value, arena, out, NULL), MR_OK);
        return true;
    }
    return false;
}

#endif
