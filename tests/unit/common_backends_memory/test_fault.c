// SPDX-License-Identifier: Apache-2.0
/*
 * test_fault.c - port call n fails, before or after its effect, or is the last.
 */
#include <check.h>
#include <stdlib.h>

#include "common/backends/memory/mr_memory.h"

static struct mr_memory *memory;
static struct mr_bus *bus;
static mr_topic_id topic;
static struct mr_err err;

static void setup(void)
{
    struct mr_topic_spec spec = { .name = "t", .partitions = 1 };

    memory = mr_memory_new(NULL);
    bus = mr_memory_bus(memory);
    ck_assert_int_eq(mr_bus_topic(bus, &spec, &topic, NULL), MR_OK);
}

static void teardown(void)
{
    mr_memory_free(memory);
}

static enum mr_code append_one(void)
{
    struct mr_record record = { .topic = topic };

    return mr_bus_append(bus, &record, 1, &err);
}

static uint64_t end_of_log(void)
{
    uint64_t begin, end;

    ck_assert_int_eq(mr_bus_bounds(bus, topic, 0, &begin, &end, NULL), MR_OK);
    return end;
}

START_TEST(call_n_fails_once_and_without_effect)
{
    mr_memory_fault(memory, 3, MR_E_UNAVAILABLE);
    ck_assert_int_eq(append_one(), MR_OK);
    ck_assert_int_eq(append_one(), MR_OK);
    ck_assert_int_eq(append_one(), MR_E_UNAVAILABLE);
    ck_assert_int_eq(err.code, MR_E_UNAVAILABLE);
    ck_assert_int_eq(append_one(), MR_OK);
    ck_assert_uint_eq(end_of_log(), 3);
}
END_TEST

START_TEST(call_n_fails_after_its_effect)
{
    mr_memory_fault_after(memory, 1, MR_E_TIMEOUT);
    ck_assert_int_eq(append_one(), MR_E_TIMEOUT);
    ck_assert_uint_eq(end_of_log(), 1);
}
END_TEST

START_TEST(a_fault_can_be_taken_back)
{
    mr_memory_fault(memory, 1, MR_E_TIMEOUT);
    mr_memory_fault(memory, 0, MR_OK);
    ck_assert_int_eq(append_one(), MR_OK);
}
END_TEST

START_TEST(after_a_death_every_call_fails_until_the_restart)
{
    bool after = _i == 1;
    struct mr_hash128 hash;

    mr_memory_die(memory, 2, after);
    ck_assert_int_eq(append_one(), MR_OK);
    ck_assert_int_eq(append_one(), MR_E_CANCELLED);
    ck_assert(mr_memory_is_dead(memory));
    ck_assert_int_eq(append_one(), MR_E_CANCELLED);
    ck_assert_int_eq(
        mr_blob_put(mr_memory_blob(memory), mr_span_str("b"), &hash, NULL),
        MR_E_CANCELLED);
    mr_memory_kill(memory);
    ck_assert(!mr_memory_is_dead(memory));
    ck_assert_uint_eq(end_of_log(), after ? 2 : 1);
}
END_TEST

START_TEST(calls_of_all_ports_are_counted)
{
    uint64_t before = mr_memory_calls(memory);
    mr_space_id space;
    struct mr_hash128 hash;

    ck_assert_int_eq(append_one(), MR_OK);
    ck_assert_int_eq(mr_store_space(mr_memory_store(memory), "s", &space, NULL),
                     MR_OK);
    ck_assert_int_eq(
        mr_blob_put(mr_memory_blob(memory), mr_span_str("b"), &hash, NULL),
        MR_OK);
    ck_assert_uint_eq(mr_memory_calls(memory), before + 3);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("fault");
    Suite *suite = suite_create("memory");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, call_n_fails_once_and_without_effect);
    tcase_add_test(tcase, call_n_fails_after_its_effect);
    tcase_add_test(tcase, a_fault_can_be_taken_back);
    tcase_add_loop_test(tcase, after_a_death_every_call_fails_until_the_restart,
                        0, 2);
    tcase_add_test(tcase, calls_of_all_ports_are_counted);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
