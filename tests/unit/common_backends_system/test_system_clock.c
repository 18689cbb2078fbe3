// SPDX-License-Identifier: Apache-2.0
/*
 * test_system_clock.c - sleeps end when they are told to.
 *
 * No test waits for time to pass: a sleep of a day ends because of a stop, or
 * the test runs into its limit.
 */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "common/backends/system/mr_system_clock.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static struct mr_system_clock *system_clock;
static struct mr_clock *port;

static void setup(void)
{
    ck_assert_int_eq(mr_system_clock_open(&system_clock, NULL), MR_OK);
    port = mr_system_clock_port(system_clock);
}

static void teardown(void)
{
    mr_system_clock_close(system_clock);
}

static void *sleep_a_day(void *context)
{
    (void)context;
    mr_clock_sleep_ms(port, DAY_MS);
    return NULL;
}

START_TEST(monotonic_time_does_not_fall_and_wall_time_is_of_this_century)
{
    int64_t before = mr_clock_mono_us(port);

    ck_assert_int_le(before, mr_clock_mono_us(port));
    ck_assert_int_gt(mr_clock_wall_ms(port), 1500000000000);
}
END_TEST

START_TEST(a_stop_ends_present_and_future_sleeps)
{
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, sleep_a_day, NULL);
    mr_system_clock_stop(system_clock);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    mr_clock_sleep_ms(port, DAY_MS);
    mr_system_clock_stop(system_clock);
    mr_clock_sleep_ms(port, INT64_MAX / 4);
}
END_TEST

static void on_signal(int number)
{
    (void)number;
    mr_system_clock_stop(system_clock);
}

START_TEST(a_signal_handler_may_stop_it)
{
    (void)signal(SIGUSR1, on_signal);
    (void)raise(SIGUSR1);
    mr_clock_sleep_ms(port, DAY_MS);
}
END_TEST

START_TEST(a_sleep_of_nothing_returns)
{
    mr_clock_sleep_ms(port, 0);
    mr_clock_sleep_ms(port, -5);
    mr_clock_sleep_ms(port, 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("system_clock");
    Suite *suite = suite_create("system");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(
        tcase, monotonic_time_does_not_fall_and_wall_time_is_of_this_century);
    tcase_add_test(tcase, a_stop_ends_present_and_future_sleeps);
    tcase_add_test(tcase, a_signal_handler_may_stop_it);
    tcase_add_test(tcase, a_sleep_of_nothing_returns);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
