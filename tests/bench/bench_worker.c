// SPDX-License-Identifier: Apache-2.0
// link: common_runtime common_backends_rocksdb common_backends_system
/*
 * bench_worker.c - messages of 1 KiB through a worker, each exactly once, on
 * the embedded bus: read from `raw`, counted in state by key, written to
 * `clean`, with the position in the same commit.
 *
 * Usage: bench_worker [messages].  Works in a new folder under $TMPDIR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/base/mr_assert.h"
#include "common/runtime/flight.h"
#include "common/runtime/worker.h"
#include "tests/bench/bench_folder.h"

#define VALUE_BYTES 1024u
#define APPENDED    1000u

struct rig {
    struct mr_system_clock *time;
    struct mr_rocksdb *db;
    struct mr_place place;
    struct mr_telemetry *telemetry;
    struct mr_flight *flight;
};

struct copier {
    struct mr_stage stage;
    bool stateful;
};

static void must(enum mr_code code, const struct mr_err *err)
{
    if (code == MR_OK)
        return;
    (void)fprintf(stderr, "bench_worker: %s\n", err->text);
    exit(1);
}

static enum mr_code step(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *inputs, size_t count,
                         struct mr_effects *effects, struct mr_err *err)
{
    const struct copier *copier = (const struct copier *)stage;

    for (size_t i = 0; i < count; i++) {
        const struct mr_record *record = &inputs[i].record;
        struct mr_span had;
        uint64_t seen = 0;
        enum mr_code code = MR_OK;

        if (copier->stateful)
            code = mr_state_get(state, 0, record->key, &had, err);
        if (code != MR_OK)
            return code;
        if (copier->stateful) {
            if (had.data != NULL)
                memcpy(&seen, had.data, sizeof(seen));
            seen++;
            mr_effects_put(effects, 0, record->key,
                           mr_span(&seen, sizeof(seen)));
        }
        mr_effects_emit(effects, MR_TOPIC_CLEAN,
                        &(struct mr_emit){ .key = record->key,
                                           .value = record->value,
                                           .cause = &inputs[i] });
        mr_effects_account(effects, MR_OUTCOME_PASSED, NULL);
    }
    return MR_OK;
}

static enum mr_code fail(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *input,
                         const struct mr_err *cause, struct mr_effects *effects,
                         struct mr_err *err)
{
    (void)stage;
    (void)state;
    (void)input;
    (void)effects;
    *err = *cause;
    return cause->code;
}

static void keep(struct mr_stage *stage)
{
    (void)stage;
}

static void push(struct rig *rig, size_t messages)
{
    static char value[VALUE_BYTES];
    struct mr_record records[APPENDED];
    char keys[APPENDED][16];
    struct mr_err err;

    for (size_t at = 0; at < messages; at += APPENDED) {
        for (size_t i = 0; i < APPENDED; i++) {
            int size = snprintf(keys[i], sizeof(keys[i]), "%zu", at + i);

            records[i] = (struct mr_record){
                .topic = rig->place.topics[MR_TOPIC_RAW],
                .partition = MR_PARTITION_BY_KEY,
                .key = mr_span(keys[i], (size_t)size),
                .value = mr_span(value, sizeof(value)),
            };
        }
        must(mr_bus_append(rig->place.bus, records, APPENDED, &err), &err);
    }
}

static void measure(struct rig *rig, size_t messages, bool stateful)
{
    static const struct mr_stage_ops ops = {
        .step = step,
        .fail = fail,
        .free = keep,
    };
    static const uint32_t partitions[] = { 0, 1 };
    struct copier copier = {
        .stage = { .ops = &ops,
                   .name = stateful ? "counter" : "copier",
                   .reads = { MR_TOPIC_RAW },
                   .read_count = 1,
                   .spaces = { "seen" },
                   .space_count = stateful,
                   .batch_records_max = 500,
                   .batch_bytes_max = 4 << 20 },
        .stateful = stateful,
    };
    struct mr_worker_spec spec = {
        .place = &rig->place,
        .stage = &copier.stage,
        .partitions = partitions,
        .partition_count = 2,
        .telemetry = rig->telemetry,
        .flight = rig->flight,
    };
    struct mr_worker_status status = { 0 };
    struct mr_worker *worker;
    struct mr_err err;
    int64_t began_us;
    double took_s;
    bool worked = true;

    must(mr_worker_new(&spec, &worker, &err), &err);
    began_us = mr_clock_mono_us(rig->place.clock);
    while (status.inputs < messages) {
        must(mr_worker_step(worker, 1000, &worked, &err), &err);
        mr_worker_status(worker, &status);
    }
    took_s = (double)(mr_clock_mono_us(rig->place.clock) - began_us) / 1e6;
    printf("%-8s %zu messages of %u bytes in %.2f s: %.0f a second\n",
           copier.stage.name, messages, VALUE_BYTES, took_s,
           (double)messages / took_s);
    mr_worker_free(worker);
}

static void open_rig(struct rig *rig, const char *folder)
{
    struct mr_telemetry_spec telemetry = { .fd = -1 };
    char database[300];
    char path[300];
    struct mr_flight_spec flight = { .path = path, .handlers = true };
    struct mr_rocksdb_spec db = { .path = database };
    struct mr_err err;

    (void)snprintf(database, sizeof(database), "%s/log", folder);
    (void)snprintf(path, sizeof(path), "%s/flight", folder);
    must(mr_system_clock_open(&rig->time, &err), &err);
    db.clock = mr_system_clock_port(rig->time);
    must(mr_rocksdb_open(&db, &rig->db, &err), &err);
    telemetry.clock = db.clock;
    rig->telemetry = mr_telemetry_new(&telemetry);
    must(mr_flight_open(&flight, &rig->flight, &err), &err);
    must(mr_place_init(&rig->place,
                       &(struct mr_place_spec){
                           .bus = mr_rocksdb_bus(rig->db),
                           .store = mr_rocksdb_store(rig->db),
                           .clock = db.clock,
                           .collection = "main",
                           .generation = 1,
                           .model = "none",
                           .partitions = 2,
                       },
                       &err),
         &err);
}

int main(int argc, char **argv)
{
    size_t messages = argc > 1 ? (size_t)atol(argv[1]) : 200000;
    const char *base = getenv("TMPDIR");
    struct rig rig = { 0 };
    char folder[200];

    messages = (messages + APPENDED - 1) / APPENDED * APPENDED;
    (void)snprintf(folder, sizeof(folder), "%s/bench-worker-XXXXXX",
                   base != NULL ? base : "/tmp");
    MR_ASSERT(mkdtemp(folder) != NULL);
    open_rig(&rig, folder);
    push(&rig, messages);
    measure(&rig, messages, false);
    measure(&rig, messages, true);
    mr_flight_close(rig.flight);
    mr_telemetry_free(rig.telemetry);
    mr_rocksdb_close(rig.db);
    mr_system_clock_close(rig.time);
    bench_folder_remove(folder);
    return 0;
}
