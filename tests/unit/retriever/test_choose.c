// SPDX-License-Identifier: Apache-2.0
/*
 * test_choose.c - which replica is asked, when one is left alone, and when a
 * call is hedged.
 */
#include <check.h>
#include <stdlib.h>

#include "retriever/shards/choose.h"
#include "retriever/shards/latency.h"

static struct health healths[3];
static const struct health *const all[3] = { &healths[0], &healths[1],
                                             &healths[2] };
static size_t turn;

static void setup(void)
{
    for (size_t i = 0; i < 3; i++)
        healths[i] = (struct health){ 0 };
    turn = 0;
}

static size_t choose(uint32_t tried, size_t preferred)
{
    return choose_replica(all, 3, tried, preferred, &turn);
}

START_TEST(equals_take_turns)
{
    unsigned counts[3] = { 0 };

    for (unsigned i = 0; i < 30; i++)
        counts[choose(0, CHOOSE_NONE)]++;
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(counts[i], 10);
}
END_TEST

START_TEST(the_one_with_the_fewest_calls_is_asked)
{
    healths[0].outstanding = 3;
    healths[1].outstanding = 1;
    healths[2].outstanding = 2;
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(choose(0, CHOOSE_NONE), 1);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(choose(2, CHOOSE_NONE), 2);
    ck_assert_uint_eq(choose(7, CHOOSE_NONE), CHOOSE_NONE);
}
END_TEST

START_TEST(the_preferred_one_is_asked_while_it_is_as_good)
{
    healths[2].outstanding = 9;
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(choose(0, 2), 2);
    health_failed(&healths[2], false, 0);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_ne(choose(0, 2), 2);
}
END_TEST

START_TEST(one_that_failed_is_asked_last_and_one_that_hung_never)
{
    health_failed(&healths[0], false, 0);
    health_failed(&healths[1], true, 0);
    ck_assert_uint_eq(choose(0, CHOOSE_NONE), 2);
    ck_assert_uint_eq(choose(4, CHOOSE_NONE), 0);
    ck_assert_uint_eq(choose(5, CHOOSE_NONE), CHOOSE_NONE);
    ck_assert_uint_eq(choose_healthy(all, 3, 4, &turn), CHOOSE_NONE);
    health_answered(&healths[1]);
    ck_assert_uint_eq(choose(5, CHOOSE_NONE), 1);
}
END_TEST

START_TEST(one_far_behind_is_asked_only_when_the_others_are_away)
{
    for (size_t i = 0; i < 3; i++)
        healths[i].lag_known = true;
    healths[0].lag = CHOOSE_LAG_MORE;
    healths[1].lag = CHOOSE_LAG_MORE * 3;
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_ne(choose(0, 1), 1);
    ck_assert_uint_eq(choose(5, CHOOSE_NONE), 1);
    /* All are far behind, as after a large write: then none of them is. */
    healths[0].lag = healths[2].lag = CHOOSE_LAG_MORE * 2;
    ck_assert_uint_eq(choose(0, 1), 1);
}
END_TEST

START_TEST(a_failed_one_does_not_set_the_lag_that_others_are_held_against)
{
    healths[0].lag_known = healths[1].lag_known = healths[2].lag_known = true;
    healths[1].lag = healths[2].lag = CHOOSE_LAG_MORE * 5;
    health_failed(&healths[0], false, 0);
    ck_assert_uint_ne(choose(0, CHOOSE_NONE), 0);
}
END_TEST

START_TEST(a_pause_doubles_up_to_its_limit_and_ends_with_an_answer)
{
    struct health *health = &healths[0];
    int64_t now_us = 1000;
    int64_t want_us = CHOOSE_PAUSE_US_MIN;

    for (unsigned i = 0; i < 10; i++) {
        health_failed(health, false, now_us);
        ck_assert_int_eq(health->pause_us, want_us);
        ck_assert_int_eq(health->away_until_us, now_us + want_us);
        /* What was under way as well fails with it. */
        health_failed(health, false, now_us + 1);
        ck_assert_int_eq(health->pause_us, want_us);
        now_us = health->away_until_us;
        want_us = want_us * 2 > CHOOSE_PAUSE_US_MAX ? CHOOSE_PAUSE_US_MAX
                                                    : want_us * 2;
    }
    ck_assert(!health_good(health));
    health_answered(health);
    ck_assert(health_good(health));
    health_failed(health, false, now_us);
    ck_assert_int_eq(health->pause_us, CHOOSE_PAUSE_US_MIN);
}
END_TEST

START_TEST(nobody_is_chosen_out_of_none)
{
    ck_assert_uint_eq(choose_replica(all, 0, 0, CHOOSE_NONE, &turn),
                      CHOOSE_NONE);
    ck_assert_uint_eq(choose_healthy(all, 0, 0, &turn), CHOOSE_NONE);
}
END_TEST

START_TEST(a_call_is_hedged_after_what_95_of_100_take)
{
    struct latency latency = latency_new();

    ck_assert_int_eq(latency_hedge_us(&latency), LATENCY_HEDGE_US_MAX);
    for (unsigned i = 0; i < LATENCY_SAMPLES; i++)
        latency_took(&latency, i % 100 < 90 ? 10000 : 60000);
    ck_assert_int_eq(latency_hedge_us(&latency), 60000);
    ck_assert_int_eq(latency_patience_us(&latency), 600000);
    for (unsigned i = 0; i < LATENCY_SAMPLES; i++)
        latency_took(&latency, i % 100 < 97 ? 100 : 60000);
    ck_assert_int_eq(latency_hedge_us(&latency), LATENCY_HEDGE_US_MIN);
    ck_assert_int_eq(latency_patience_us(&latency), LATENCY_PATIENCE_US_MIN);
    for (unsigned i = 0; i < LATENCY_SAMPLES; i++)
        latency_took(&latency, 9000000);
    ck_assert_int_eq(latency_hedge_us(&latency), LATENCY_HEDGE_US_MAX);
    ck_assert_int_eq(latency_patience_us(&latency), LATENCY_PATIENCE_US_MAX);
}
END_TEST

START_TEST(hedges_are_one_in_twenty_after_the_first_few)
{
    struct latency latency = latency_new();
    unsigned hedges = 0;

    for (unsigned i = 0; i < LATENCY_BURST; i++)
        ck_assert(latency_may_hedge(&latency));
    ck_assert(!latency_may_hedge(&latency));
    for (unsigned i = 0; i < 2000; i++) {
        latency_call(&latency);
        hedges += latency_may_hedge(&latency);
    }
    ck_assert_uint_ge(hedges, 99);
    ck_assert_uint_le(hedges, 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choose");
    TCase *tcase = tcase_create("choose");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, equals_take_turns);
    tcase_add_test(tcase, the_one_with_the_fewest_calls_is_asked);
    tcase_add_test(tcase, the_preferred_one_is_asked_while_it_is_as_good);
    tcase_add_test(tcase,
                   one_that_failed_is_asked_last_and_one_that_hung_never);
    tcase_add_test(tcase,
                   one_far_behind_is_asked_only_when_the_others_are_away);
    tcase_add_test(
        tcase, a_failed_one_does_not_set_the_lag_that_others_are_held_against);
    tcase_add_test(tcase,
                   a_pause_doubles_up_to_its_limit_and_ends_with_an_answer);
    tcase_add_test(tcase, nobody_is_chosen_out_of_none);
    tcase_add_test(tcase, a_call_is_hedged_after_what_95_of_100_take);
    tcase_add_test(tcase, hedges_are_one_in_twenty_after_the_first_few);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
