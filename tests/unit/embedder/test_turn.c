// SPDX-License-Identifier: Apache-2.0
/*
 * test_turn.c - one at a time, the urgent first, and in a lane the first
 * first.
 */
#include <check.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "embedder/io/turn.h"

static struct turn turn;
static char order[64]; /* names of those who had the turn; under the turn */
static size_t served;

struct waiter {
    pthread_t thread;
    unsigned lane;
    char name;
};

static void *wait_for_turn(void *context)
{
    const struct waiter *waiter = context;

    turn_take(&turn, waiter->lane);
    order[served++] = waiter->name;
    turn_give(&turn);
    return NULL;
}

/* Starts them one after the other, each when the one before it waits. */
static void start_all(struct waiter *waiters, size_t count)
{
    size_t in_lane[TURN_LANES] = { 0 };

    for (size_t i = 0; i < count; i++) {
        struct waiter *waiter = &waiters[i];

        ck_assert_int_eq(
            pthread_create(&waiter->thread, NULL, wait_for_turn, waiter), 0);
        in_lane[waiter->lane]++;
        while (turn_waiting(&turn, waiter->lane) != in_lane[waiter->lane])
            (void)sched_yield();
    }
}

START_TEST(the_urgent_go_first_and_the_others_in_their_order)
{
    struct waiter waiters[] = {
        { .lane = 2, .name = 'x' }, { .lane = 2, .name = 'y' },
        { .lane = 1, .name = 'p' }, { .lane = 0, .name = 'a' },
        { .lane = 2, .name = 'z' }, { .lane = 0, .name = 'b' },
        { .lane = 1, .name = 'q' },
    };
    size_t count = sizeof(waiters) / sizeof(waiters[0]);

    turn_init(&turn);
    turn_take(&turn, 2);
    start_all(waiters, count);
    turn_give(&turn);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(pthread_join(waiters[i].thread, NULL), 0);
    ck_assert_str_eq(order, "abpqxyz");
    turn_deinit(&turn);
}
END_TEST

#define ROUNDS 2000

static unsigned inside;
static unsigned long total;

static void *work(void *context)
{
    const struct waiter *waiter = context;

    for (unsigned i = 0; i < ROUNDS; i++) {
        turn_take(&turn, waiter->lane);
        ck_assert_uint_eq(inside++, 0);
        total++;
        inside--;
        turn_give(&turn);
    }
    return NULL;
}

START_TEST(only_one_has_the_turn_and_nobody_is_forgotten)
{
    struct waiter waiters[] = {
        { .lane = 0 }, { .lane = 1 }, { .lane = 2 }, { .lane = 2 }
    };

    turn_init(&turn);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(
            pthread_create(&waiters[i].thread, NULL, work, &waiters[i]), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(waiters[i].thread, NULL), 0);
    ck_assert_uint_eq(total, 4ul * ROUNDS);
    turn_deinit(&turn);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("turn");
    Suite *suite = suite_create("turn");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, the_urgent_go_first_and_the_others_in_their_order);
    tcase_add_test(tcase, only_one_has_the_turn_and_nobody_is_forgotten);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
