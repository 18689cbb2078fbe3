// SPDX-License-Identifier: Apache-2.0
/*
 * test_crash.c - a power cut loses a suffix of the unsynced writes, whole.
 */
#include <check.h>
#include <stdlib.h>

#include "common/backends/memory/mr_memory.h"

static struct mr_memory *memory;
static struct mr_bus *bus;
static struct mr_arena *arena;
static mr_topic_id topic;
static mr_space_id space;

static void setup(void)
{
    struct mr_topic_spec spec = { .name = "t", .partitions = 1 };

    memory = mr_memory_new(NULL);
    bus = mr_memory_bus(memory);
    arena = mr_arena_new();
    ck_assert_int_eq(mr_bus_topic(bus, &spec, &topic, NULL), MR_OK);
    ck_assert_int_eq(mr_store_space(mr_memory_store(memory), "s", &space, NULL),
                     MR_OK);
}

static void teardown(void)
{
    mr_arena_free(arena);
    mr_memory_free(memory);
}

static struct mr_bus_reader *reader_of(const char *group)
{
    struct mr_position at = { topic, 0, 0 };
    struct mr_reader_spec spec = { .group = group,
                                   .partitions = &at,
                                   .count = 1 };
    struct mr_bus_reader *reader;

    ck_assert_int_eq(mr_bus_reader(bus, &spec, &reader, NULL), MR_OK);
    return reader;
}

/* Commit n appends one record, sets "n" to n and the group's position to n. */
static void commit_number(struct mr_bus_reader *reader, uint64_t number)
{
    struct mr_record output = {
        .topic = topic,
        .value = mr_span(&number, sizeof(number)),
    };
    struct mr_position position = { topic, 0, number };
    struct mr_batch *state = mr_batch_new();
    struct mr_commit commit = { &output, 1, state, &position, 1 };

    mr_batch_put(state, space, mr_span_str("n"),
                 mr_span(&number, sizeof(number)));
    ck_assert_int_eq(mr_bus_commit(reader, &commit, NULL), MR_OK);
    mr_batch_free(state);
}

static uint64_t end_of_log(void)
{
    uint64_t begin, end;

    ck_assert_int_eq(mr_bus_bounds(bus, topic, 0, &begin, &end, NULL), MR_OK);
    return end;
}

/* Log, state and position tell the same number of commits. */
static void check_commits(uint64_t want)
{
    struct mr_poll_limits limits = { 100, 10000, 0 };
    struct mr_bus_reader *reader = reader_of("g");
    struct mr_batch_in batch;
    struct mr_span value;
    uint64_t number = 0;

    ck_assert_uint_eq(end_of_log(), want);
    ck_assert_int_eq(mr_store_get(mr_memory_store(memory), space,
                                  mr_span_str("n"), arena, &value, NULL),
                     MR_OK);
    if (value.data != NULL)
        memcpy(&number, value.data, sizeof(number));
    ck_assert_uint_eq(number, want == 0 ? 0 : want - 1);
    ck_assert_int_eq(mr_bus_poll(reader, &limits, arena, &batch, NULL), MR_OK);
    ck_assert_uint_eq(batch.count, want == 0 ? 0 : 1);
    mr_bus_close_reader(reader);
}

START_TEST(a_crash_keeps_a_prefix_of_the_unsynced_commits)
{
    struct mr_bus_reader *reader = reader_of("g");

    for (uint64_t n = 0; n < 5; n++)
        commit_number(reader, n);
    ck_assert_uint_eq(mr_memory_unsynced(memory), 5);
    mr_memory_crash(memory, (size_t)_i);
    mr_bus_close_reader(reader);
    ck_assert_uint_eq(mr_memory_unsynced(memory), 0);
    check_commits((uint64_t)_i);
}
END_TEST

START_TEST(a_sync_protects_all_before_it)
{
    struct mr_bus_reader *reader = reader_of("g");

    commit_number(reader, 0);
    commit_number(reader, 1);
    ck_assert_int_eq(mr_bus_sync(bus, NULL), MR_OK);
    commit_number(reader, 2);
    mr_memory_crash(memory, 0);
    mr_bus_close_reader(reader);
    check_commits(2);
}
END_TEST

START_TEST(an_append_protects_the_commits_before_it)
{
    struct mr_bus_reader *reader = reader_of("g");
    struct mr_record record = { .topic = topic };

    commit_number(reader, 0);
    commit_number(reader, 1);
    ck_assert_int_eq(mr_bus_append(bus, &record, 1, NULL), MR_OK);
    mr_memory_crash(memory, 0);
    mr_bus_close_reader(reader);
    ck_assert_uint_eq(end_of_log(), 3);
}
END_TEST

START_TEST(a_kill_loses_nothing_but_the_readers)
{
    struct mr_bus_reader *reader = reader_of("g");
    struct mr_poll_limits limits = { 1, 1, 0 };
    struct mr_batch_in batch;

    commit_number(reader, 0);
    mr_memory_kill(memory);
    ck_assert_int_eq(mr_bus_poll(reader, &limits, arena, &batch, NULL),
                     MR_E_FENCED);
    check_commits(1); /* a new reader of the group is no conflict */
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(deletes_are_taken_back_too)
{
    struct mr_store *store = mr_memory_store(memory);
    struct mr_batch *batch = mr_batch_new();
    struct mr_span value;

    mr_batch_put(batch, space, mr_span_str("a"), mr_span_str("1"));
    mr_batch_put(batch, space, mr_span_str("b"), mr_span_str("2"));
    ck_assert_int_eq(mr_store_write(store, batch, true, NULL), MR_OK);
    mr_batch_reset(batch);
    mr_batch_delete(batch, space, mr_span_str("a"));
    mr_batch_delete_range(batch, space, mr_span_str("a"), mr_span_str("z"));
    mr_batch_put(batch, space, mr_span_str("c"), mr_span_str("3"));
    ck_assert_int_eq(mr_store_write(store, batch, false, NULL), MR_OK);
    mr_memory_crash(memory, 0);
    ck_assert_int_eq(
        mr_store_get(store, space, mr_span_str("a"), arena, &value, NULL),
        MR_OK);
    ck_assert(mr_span_equal(value, mr_span_str("1")));
    ck_assert_int_eq(
        mr_store_get(store, space, mr_span_str("b"), arena, &value, NULL),
        MR_OK);
    ck_assert(mr_span_equal(value, mr_span_str("2")));
    ck_assert_int_eq(
        mr_store_get(store, space, mr_span_str("c"), arena, &value, NULL),
        MR_OK);
    ck_assert_ptr_null(value.data);
    mr_batch_free(batch);
}
END_TEST

START_TEST(a_new_reader_fences_the_old_one_when_asked_to)
{
    struct mr_bus_reader *old = reader_of("g");
    struct mr_bus_reader *young;
    struct mr_commit commit = { 0 };

    mr_memory_fence_readers(memory);
    young = reader_of("g");
    ck_assert_int_eq(mr_bus_commit(old, &commit, NULL), MR_E_FENCED);
    ck_assert_int_eq(mr_bus_rewind(old, NULL), MR_E_FENCED);
    commit_number(young, 0);
    mr_bus_close_reader(old);
    mr_bus_close_reader(young);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("crash");
    Suite *suite = suite_create("memory");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_crash_keeps_a_prefix_of_the_unsynced_commits,
                        0, 6);
    tcase_add_test(tcase, a_sync_protects_all_before_it);
    tcase_add_test(tcase, an_append_protects_the_commits_before_it);
    tcase_add_test(tcase, a_kill_loses_nothing_but_the_readers);
    tcase_add_test(tcase, deletes_are_taken_back_too);
    tcase_add_test(tcase, a_new_reader_fences_the_old_one_when_asked_to);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
