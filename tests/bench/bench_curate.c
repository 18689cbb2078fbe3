// SPDX-License-Identifier: Apache-2.0
/*
 * bench_curate.c - what a signature costs in curate, commit included.
 *
 *     bench_curate [memory|rocksdb [DOCUMENTS]]
 *
 * New documents, ids of 40 bytes, one in ten a near copy (some rows changed)
 * of one of the thousand before it; then all again, half of them changed.
 * Prints microseconds of processor time a signature for each tenth, so that a
 * cost that grows with the number of documents shows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/worker.h"
#include "common/wire/signature.h"
#include "preprocessor/preprocessor.h"

#define CHUNK 1000u

struct bench {
    struct mr_place place;
    struct mr_worker *worker;
    struct mr_arena *arena;
    uint64_t version;
};

static void must(enum mr_code code, const struct mr_err *err)
{
    if (code == MR_OK)
        return;
    fprintf(stderr, "bench_curate: %s\n", err->text);
    exit(1);
}

/* The rows of a document, for its nth text. */
static void rows_of(uint64_t document, uint64_t nth, uint16_t *out)
{
    uint64_t original = document;
    bool copy = nth == 0 && document % 10 == 0 && document >= CHUNK;

    if (copy)
        original = document - 1 - document / 10 % 999;
    for (uint64_t i = 0; i < MR_MINHASH_ROWS; i++) {
        uint64_t seed = original * 1000003 + nth * 7919 + i;

        if (copy && mr_mix64(document ^ i << 40) % 10 == 0)
            seed = ~seed;
        out[i] = (uint16_t)mr_mix64(seed);
    }
}

static struct mr_record record_of(struct bench *b, uint64_t document,
                                  uint64_t nth)
{
    struct mr_signature signature = {
        .id = mr_span_str(
            mr_arena_printf(b->arena, "https://example.org/articles/%011llu",
                            (unsigned long long)document)),
        .version = ++b->version,
        .kind = MR_KIND_PUT,
        .time_ms = 1700000000000 + (int64_t)b->version,
        .source = mr_span_str("site"),
        .text_hash = { document, nth },
        .has_minhash = true,
    };
    struct mr_record record = { .topic = b->place.topics[MR_TOPIC_SIGNATURES],
                                .partition = MR_PARTITION_BY_KEY,
                                .version = signature.version,
                                .key = signature.id };
    struct mr_err err;

    rows_of(document, nth, signature.minhash);
    must(mr_signature_encode(&signature, b->arena, &record.value, &err), &err);
    return record;
}

/* Appends a chunk, works it, and gives the microseconds of the work. */
static double work(struct bench *b, uint64_t first, uint64_t round)
{
    struct mr_record *records = mr_calloc(CHUNK, sizeof(*records));
    struct mr_err err;
    bool worked = true;
    clock_t began;
    int idle = 0;

    for (uint64_t i = 0; i < CHUNK; i++)
        records[i] = record_of(b, first + i, round > 0 && i % 2 == 0);
    must(mr_bus_append(b->place.bus, records, CHUNK, &err), &err);
    mr_arena_reset(b->arena);
    mr_free(records);
    began = clock();
    while (idle < 2) {
        must(mr_worker_step(b->worker, 0, &worked, &err), &err);
        idle = worked ? 0 : idle + 1;
    }
    return (double)(clock() - began) * 1e6 / CLOCKS_PER_SEC;
}

static void run(struct bench *b, uint64_t documents)
{
    static const char *const names[] = { "new", "again" };
    struct mr_worker_status status;

    for (uint64_t round = 0; round < 2; round++) {
        double total_us = 0;
        double tenth_us = 0;

        printf("%-6s", names[round]);
        for (uint64_t at = 0; at < documents; at += CHUNK) {
            tenth_us += work(b, at, round);
            if ((at + CHUNK) % (documents / 10) != 0)
                continue;
            printf(" %5.1f", tenth_us * 10 / (double)documents);
            fflush(stdout);
            total_us += tenth_us;
            tenth_us = 0;
        }
        printf("   mean %.1f us a signature\n", total_us / (double)documents);
    }
    mr_worker_status(b->worker, &status);
    printf("%llu signatures, %llu verdicts, %llu duplicates met\n",
           (unsigned long long)status.inputs,
           (unsigned long long)status.outputs,
           (unsigned long long)status.rejected);
}

static void begin(struct bench *b, const struct mr_place_spec *spec)
{
    struct curate_config config = curate_config_default();
    struct mr_worker_spec worker = { .place = &b->place,
                                     .partitions = (const uint32_t[]){ 0 },
                                     .partition_count = 1 };
    struct mr_err err;

    must(mr_place_init(&b->place, spec, &err), &err);
    must(curate_stage_new(&config, &worker.stage, &err), &err);
    must(mr_worker_new(&worker, &b->worker, &err), &err);
    b->arena = mr_arena_new();
}

static void end(struct bench *b)
{
    mr_worker_free(b->worker);
    mr_arena_free(b->arena);
}

static void on_rocksdb(struct mr_place_spec *spec, uint64_t documents)
{
    char folder[] = "/tmp/bench_curate.XXXXXX";
    char command[64];
    struct mr_rocksdb *db;
    struct bench b = { 0 };
    struct mr_err err;

    if (mkdtemp(folder) == NULL)
        exit(1);
    must(
        mr_rocksdb_open(&(struct mr_rocksdb_spec){ .path = folder }, &db, &err),
        &err);
    spec->bus = mr_rocksdb_bus(db);
    spec->store = mr_rocksdb_store(db);
    begin(&b, spec);
    run(&b, documents);
    end(&b);
    mr_rocksdb_close(db);
    snprintf(command, sizeof(command), "du -sh %s; rm -r %s", folder, folder);
    if (system(command) != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    struct mr_memory *memory = mr_memory_new(NULL);
    uint64_t documents = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
    struct mr_place_spec spec = { .bus = mr_memory_bus(memory),
                                  .store = mr_memory_store(memory),
                                  .blob = mr_memory_blob(memory),
                                  .collection = "main",
                                  .generation = 1,
                                  .model = "none",
                                  .partitions = 1 };
    struct mr_system_clock *clock;
    struct bench b = { 0 };
    struct mr_err err;

    must(mr_system_clock_open(&clock, &err), &err);
    spec.clock = mr_system_clock_port(clock);
    documents -= documents % (10 * CHUNK);
    if (documents == 0) {
        fprintf(stderr, "bench_curate: at least %u documents\n", 10 * CHUNK);
        return 2;
    }
    if (argc > 1 && strcmp(argv[1], "rocksdb") == 0) {
        on_rocksdb(&spec, documents);
    } else {
        begin(&b, &spec);
        run(&b, documents);
        end(&b);
    }
    mr_memory_free(memory);
    mr_system_clock_close(clock);
    return 0;
}
