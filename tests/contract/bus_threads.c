// SPDX-License-Identifier: Apache-2.0
/*
 * bus_threads.c - waits and concurrent writers.
 *
 * A wait is given a minute that no test ever waits out: it ends because
 * something happened, or the test runs into its time limit.
 */
#include <pthread.h>
#include <string.h>

#include "tests/contract/contract.h"

#define WAIT_MS 50000

/* A poll that waits in a thread of its own, and what it gave. */
struct waiting {
    pthread_t thread;
    struct mr_bus_reader *reader;
    struct mr_arena *arena;
    struct mr_batch_in batch;
    enum mr_code code;
};

static void *wait_for_records(void *context)
{
    struct waiting *waiting = context;
    struct mr_poll_limits limits = {
        .records_max = 10,
        .bytes_max = 10000,
        .wait_ms = WAIT_MS,
    };

    waiting->code = mr_bus_poll(waiting->reader, &limits, waiting->arena,
                                &waiting->batch, NULL);
    return NULL;
}

static void begin_wait(struct waiting *waiting, struct mr_bus_reader *reader)
{
    waiting->reader = reader;
    waiting->arena = mr_arena_new();
    ck_assert_int_eq(
        pthread_create(&waiting->thread, NULL, wait_for_records, waiting), 0);
}

static size_t end_wait(struct waiting *waiting)
{
    size_t count;

    pthread_join(waiting->thread, NULL);
    ck_assert_int_eq(waiting->code, MR_OK);
    count = waiting->batch.count;
    mr_arena_free(waiting->arena);
    return count;
}

START_TEST(a_wake_ends_a_wait)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 1);
    struct waiting waiting;

    begin_wait(&waiting, reader);
    mr_bus_wake(reader);
    ck_assert_uint_eq(end_wait(&waiting), 0);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(a_wake_before_the_wait_ends_it_too)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 1);
    struct waiting waiting;

    mr_bus_wake(reader);
    ck_assert_uint_eq(contract_poll(reader, 1).count, 0); /* no wait */
    begin_wait(&waiting, reader);
    ck_assert_uint_eq(end_wait(&waiting), 0);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(an_append_ends_a_wait_at_its_partition)
{
    mr_topic_id topic = contract_topic("t", 3, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 3);
    struct waiting waiting;

    for (unsigned i = 0; i < 20; i++) {
        begin_wait(&waiting, reader);
        contract_append(topic, i % 3, i, 1);
        ck_assert_uint_eq(end_wait(&waiting), 1);
    }
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(a_commit_with_outputs_ends_a_wait)
{
    mr_topic_id in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    mr_topic_id out = contract_topic("out", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *worker = contract_reader("g", in, 1);
    struct mr_bus_reader *reader = contract_reader("after", out, 1);
    struct mr_record output = contract_record(out, 0, "k", 1);
    struct mr_commit commit = { .outputs = &output, .output_count = 1 };
    struct waiting waiting;

    for (unsigned i = 0; i < 20; i++) {
        begin_wait(&waiting, reader);
        CONTRACT_OK(mr_bus_commit(worker, &commit, &contract.err));
        ck_assert_uint_eq(end_wait(&waiting), 1);
    }
    mr_bus_close_reader(worker);
    mr_bus_close_reader(reader);
}
END_TEST

enum {
    WRITERS = 4,
    WRITES = 100,
    EACH = 3,
    PARTITIONS = 2
};

struct writer {
    pthread_t thread;
    mr_topic_id topic;
    unsigned number;
    enum mr_code code;
};

/* Record n of writer w is w * 1000000 + n. */
static void *write_records(void *context)
{
    struct writer *writer = context;

    for (unsigned i = 0; i < WRITES && writer->code == MR_OK; i++) {
        struct mr_record records[EACH];
        uint64_t values[EACH];

        for (unsigned n = 0; n < EACH; n++) {
            values[n] = writer->number * 1000000 + i * EACH + n;
            records[n] = (struct mr_record){
                .topic = writer->topic,
                .partition = i % PARTITIONS,
                .key = mr_span_str("k"),
                .value = mr_span(&values[n], sizeof(values[n])),
            };
        }
        writer->code = mr_bus_append(contract.bus, records, EACH, NULL);
    }
    return NULL;
}

struct tally {
    uint64_t offset[PARTITIONS];
    uint64_t last[PARTITIONS][WRITERS];
    size_t count;
};

/* Offsets are dense, and each writer's records stand in its order. */
static void count_record(struct tally *tally, const struct mr_record *record)
{
    uint64_t *offset = &tally->offset[record->partition];
    uint64_t value, writer;

    memcpy(&value, record->value.data, sizeof(value));
    writer = value / 1000000;
    ck_assert_uint_eq(record->offset, *offset);
    ++*offset;
    ck_assert_uint_lt(writer, WRITERS);
    ck_assert_uint_gt(value % 1000000 + 1,
                      tally->last[record->partition][writer]);
    tally->last[record->partition][writer] = value % 1000000 + 1;
    tally->count++;
}

START_TEST(concurrent_appends_give_dense_offsets_while_one_reads)
{
    mr_topic_id topic = contract_topic("t", PARTITIONS, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, PARTITIONS);
    struct mr_poll_limits limits = { 100, 100000, WAIT_MS };
    struct writer writers[WRITERS] = { 0 };
    struct tally tally = { 0 };

    for (unsigned w = 0; w < WRITERS; w++) {
        writers[w].topic = topic;
        writers[w].number = w;
        pthread_create(&writers[w].thread, NULL, write_records, &writers[w]);
    }
    while (tally.count < (size_t)WRITERS * WRITES * EACH) {
        struct mr_batch_in batch;

        mr_arena_reset(contract.arena);
        CONTRACT_OK(mr_bus_poll(reader, &limits, contract.arena, &batch,
                                &contract.err));
        for (size_t i = 0; i < batch.count; i++)
            count_record(&tally, &batch.records[i]);
    }
    for (unsigned w = 0; w < WRITERS; w++) {
        pthread_join(writers[w].thread, NULL);
        ck_assert_int_eq(writers[w].code, MR_OK);
    }
    mr_bus_close_reader(reader);
}
END_TEST

struct worker {
    pthread_t thread;
    struct mr_bus_reader *reader;
    mr_topic_id in;
    mr_topic_id out;
    uint32_t partition;
    enum mr_code code;
};

/* Copies its partition of `in` to partition 0 of `out`, a few at a time. */
static void *copy_partition(void *context)
{
    struct worker *worker = context;
    struct mr_poll_limits limits = { 7, 100000, WAIT_MS };
    struct mr_arena *arena = mr_arena_new();
    uint64_t next = 0;

    while (worker->code == MR_OK && next < WRITES) {
        struct mr_batch_in batch = { 0 };
        struct mr_position position;
        struct mr_commit commit = { .positions = &position,
                                    .position_count = 1 };

        mr_arena_reset(arena);
        worker->code =
            mr_bus_poll(worker->reader, &limits, arena, &batch, NULL);
        next += batch.count;
        position = (struct mr_position){ worker->in, worker->partition, next };
        for (size_t i = 0; i < batch.count; i++) {
            batch.records[i].topic = worker->out;
            batch.records[i].partition = 0;
        }
        commit.outputs = batch.records;
        commit.output_count = batch.count;
        if (worker->code == MR_OK)
            worker->code = mr_bus_commit(worker->reader, &commit, NULL);
    }
    mr_arena_free(arena);
    return NULL;
}

START_TEST(concurrent_workers_write_one_partition)
{
    mr_topic_id in = contract_topic("in", WRITERS, MR_CLEANUP_KEEP);
    mr_topic_id out = contract_topic("out", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("check", out, 1);
    struct worker workers[WRITERS] = { 0 };
    unsigned next[WRITERS] = { 0 };
    struct mr_batch_in batch;

    for (uint32_t w = 0; w < WRITERS; w++) {
        struct mr_position at = { in, w, 0 };
        struct mr_reader_spec spec = { .group = "g",
                                       .partitions = &at,
                                       .count = 1 };

        workers[w] = (struct worker){ .in = in, .out = out, .partition = w };
        CONTRACT_OK(mr_bus_reader(contract.bus, &spec, &workers[w].reader,
                                  &contract.err));
        pthread_create(&workers[w].thread, NULL, copy_partition, &workers[w]);
    }
    for (unsigned i = 0; i < WRITES; i += 10) {
        for (uint32_t w = 0; w < WRITERS; w++)
            contract_append(in, w, w * 1000 + i, 10);
    }
    for (unsigned w = 0; w < WRITERS; w++) {
        pthread_join(workers[w].thread, NULL);
        ck_assert_int_eq(workers[w].code, MR_OK);
        mr_bus_close_reader(workers[w].reader);
    }
    batch = contract_poll_all(reader, WRITERS * WRITES);
    ck_assert_uint_eq(contract_poll(reader, 9).count, 0);
    for (size_t i = 0; i < batch.count; i++) {
        unsigned number = contract_number(&batch.records[i]);

        ck_assert_uint_ge(batch.records[i].offset, i);
        if (contract_can(CONTRACT_CAN_DENSE))
            ck_assert_uint_eq(batch.records[i].offset, i);
        ck_assert_uint_eq(number % 1000, next[number / 1000]++);
    }
    mr_bus_close_reader(reader);
}
END_TEST

void contract_bus_thread_cases(Suite *suite)
{
    TCase *tcase = contract_case(suite, "threads");

    tcase_add_test(tcase, a_wake_ends_a_wait);
    tcase_add_test(tcase, a_wake_before_the_wait_ends_it_too);
    tcase_add_test(tcase, an_append_ends_a_wait_at_its_partition);
    tcase_add_test(tcase, a_commit_with_outputs_ends_a_wait);
    tcase_add_test(tcase,
                   concurrent_appends_give_dense_offsets_while_one_reads);
    tcase_add_test(tcase, concurrent_workers_write_one_partition);
}
