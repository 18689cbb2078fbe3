// SPDX-License-Identifier: Apache-2.0
/*
 * harness.h - a stage of the preprocessor on the memory bus, with its real
 * worker, one partition, for tests.
 *
 * Memory:  what is read lives until harness_close().
 */
#ifndef TESTS_UNIT_PREPROCESSOR_HARNESS_H
#define TESTS_UNIT_PREPROCESSOR_HARNESS_H

#include <check.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/memory/mr_virtual_clock.h"
#include "common/runtime/worker.h"

#define HARNESS_NOW_MS INT64_C(1700000000000)

struct harness {
    struct mr_virtual_clock *clock;
    struct mr_memory *memory;
    struct mr_place place;
    struct mr_worker *worker;
    struct mr_arena *arena;
};

/* A place without a worker yet. */
static inline void harness_open(struct harness *h)
{
    h->clock = mr_virtual_clock_new(HARNESS_NOW_MS, false);
    h->memory = mr_memory_new(mr_virtual_clock_port(h->clock));
    h->arena = mr_arena_new();
    h->worker = NULL;
    ck_assert_int_eq(mr_place_init(&h->place,
                                   &(struct mr_place_spec){
                                       .bus = mr_memory_bus(h->memory),
                                       .store = mr_memory_store(h->memory),
                                       .blob = mr_memory_blob(h->memory),
                                       .clock = mr_virtual_clock_port(h->clock),
                                       .collection = "main",
                                       .generation = 1,
                                       .model = "none",
                                       .partitions = 1 },
                                   NULL),
                     MR_OK);
}

/* Takes the stage; a worker that was there ends. */
static inline void harness_run(struct harness *h, struct mr_stage *stage)
{
    struct mr_err err = { 0 };

    mr_worker_free(h->worker);
    if (mr_worker_new(
            &(struct mr_worker_spec){ .place = &h->place,
                                      .stage = stage,
                                      .partitions = (const uint32_t[]){ 0 },
                                      .partition_count = 1 },
            &h->worker, &err) != MR_OK)
        ck_abort_msg("no worker: %s", err.text);
}

static inline void harness_close(struct harness *h)
{
    mr_worker_free(h->worker);
    mr_memory_free(h->memory);
    mr_virtual_clock_free(h->clock);
    mr_arena_free(h->arena);
}

/* Gives the record's offset. */
static inline uint64_t harness_append(struct harness *h, enum mr_topic topic,
                                      struct mr_span key, struct mr_span value,
                                      uint64_t version, int64_t time_ms)
{
    struct mr_record record = { .topic = h->place.topics[topic],
                                .partition = MR_PARTITION_BY_KEY,
                                .version = version,
                                .time_ms = time_ms,
                                .key = key,
                                .value = value };

    if (mr_bus_append(h->place.bus, &record, 1, NULL) != MR_OK)
        ck_abort_msg("the bus took no record");
    return record.offset;
}

/* Works until there is nothing to do: the first round is a step without
 * inputs, which commits nothing. */
static inline void harness_work(struct harness *h)
{
    int idle = 0;

    while (idle < 2) {
        struct mr_err err = { 0 };
        bool worked;

        if (mr_worker_step(h->worker, 0, &worked, &err) != MR_OK)
            ck_abort_msg("a step failed: %s", err.text);
        idle = worked ? 0 : idle + 1;
    }
}

/* How many records a topic has had; none is ever removed here. */
static inline size_t harness_count(struct harness *h, enum mr_topic topic)
{
    uint64_t begin;
    uint64_t end;

    if (mr_bus_bounds(h->place.bus, h->place.topics[topic], 0, &begin, &end,
                      NULL) != MR_OK)
        ck_abort_msg("no bounds");
    return (size_t)end;
}

static inline struct mr_record harness_read(struct harness *h,
                                            enum mr_topic topic, size_t offset)
{
    struct mr_record record;

    if (mr_bus_fetch(h->place.bus, h->place.topics[topic], 0, offset, h->arena,
                     &record, NULL) != MR_OK)
        ck_abort_msg("no record at %zu", offset);
    return record;
}

#endif
