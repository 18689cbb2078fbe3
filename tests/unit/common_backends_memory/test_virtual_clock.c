// SPDX-License-Identifier: Apache-2.0
/*
 * test_virtual_clock.c - time stands until somebody moves it.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/memory/mr_virtual_clock.h"

START_TEST(time_moves_only_when_told)
{
    struct mr_virtual_clock *clock = mr_virtual_clock_new(1000, false);
    struct mr_clock *port = mr_virtual_clock_port(clock);

    ck_assert_int_eq(mr_clock_wall_ms(port), 1000);
    ck_assert_int_eq(mr_clock_mono_us(port), 0);
    mr_virtual_clock_advance(clock, 5);
    ck_assert_int_eq(mr_clock_wall_ms(port), 1005);
    ck_assert_int_eq(mr_clock_mono_us(port), 5000);
    mr_virtual_clock_free(clock);
}
END_TEST

START_TEST(a_sleep_that_does_not_block_notes_its_deadline)
{
    struct mr_virtual_clock *clock = mr_virtual_clock_new(0, false);
    struct mr_clock *port = mr_virtual_clock_port(clock);

    ck_assert_int_eq(mr_virtual_clock_next(clock), INT64_MAX);
    mr_clock_sleep_ms(port, 50);
    mr_clock_sleep_ms(port, 20);
    ck_assert_int_eq(mr_virtual_clock_next(clock), 20);
    mr_virtual_clock_advance(clock, 20);
    ck_assert_int_eq(mr_virtual_clock_next(clock), 30);
    mr_virtual_clock_advance(clock, 100);
    ck_assert_int_eq(mr_virtual_clock_next(clock), INT64_MAX);
    for (int i = 0; i < 1000; i++)
        mr_clock_sleep_ms(port, 1 + i);
    ck_assert_int_eq(mr_virtual_clock_next(clock), 1);
    mr_virtual_clock_free(clock);
}
END_TEST

static void *sleep_long(void *port)
{
    mr_clock_sleep_ms(port, 3600000);
    return NULL;
}

START_TEST(a_sleeping_thread_wakes_when_its_time_has_come)
{
    struct mr_virtual_clock *clock = mr_virtual_clock_new(0, true);
    pthread_t thread;

    for (int i = 0; i < 3; i++) {
        pthread_create(&thread, NULL, sleep_long, mr_virtual_clock_port(clock));
        mr_virtual_clock_await(clock, 1);
        mr_virtual_clock_advance(clock, 3600000);
        pthread_join(thread, NULL);
    }
    mr_virtual_clock_free(clock);
}
END_TEST

START_TEST(stopping_ends_all_sleeps)
{
    struct mr_virtual_clock *clock = mr_virtual_clock_new(0, true);
    pthread_t thread;

    pthread_create(&thread, NULL, sleep_long, mr_virtual_clock_port(clock));
    mr_virtual_clock_stop(clock);
    pthread_join(thread, NULL);
    (void)sleep_long(mr_virtual_clock_port(clock));
    mr_virtual_clock_free(clock);
}
END_TEST

START_TEST(the_bus_stamps_with_the_clock_it_was_given)
{
    struct mr_virtual_clock *clock = mr_virtual_clock_new(4711, false);
    struct mr_memory *memory = mr_memory_new(mr_virtual_clock_port(clock));
    struct mr_topic_spec spec = { .name = "t", .partitions = 1 };
    struct mr_record record = { 0 };

    ck_assert_int_eq(
        mr_bus_topic(mr_memory_bus(memory), &spec, &record.topic, NULL), MR_OK);
    ck_assert_int_eq(mr_bus_append(mr_memory_bus(memory), &record, 1, NULL),
                     MR_OK);
    ck_assert_int_eq(record.append_ms, 4711);
    mr_memory_free(memory);
    mr_virtual_clock_free(clock);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("virtual_clock");
    Suite *suite = suite_create("memory");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, time_moves_only_when_told);
    tcase_add_test(tcase, a_sleep_that_does_not_block_notes_its_deadline);
    tcase_add_test(tcase, a_sleeping_thread_wakes_when_its_time_has_come);
    tcase_add_test(tcase, stopping_ends_all_sleeps);
    tcase_add_test(tcase, the_bus_stamps_with_the_clock_it_was_given);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
