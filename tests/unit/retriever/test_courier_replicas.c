// SPDX-License-Identifier: Apache-2.0
/*
 * test_courier_replicas.c - what a courier knows of the replicas, by asking
 * them, and whom it asks therefore.
 */
#include "tests/unit/retriever/courier_rig.h"

START_TEST(one_that_hangs_is_probed_until_it_answers)
{
    know(2);
    advance(500);
    ck_assert_ptr_nonnull(running("aa", "info"));
    ck_assert_int_eq(running("aa", "info")->total_ms, COURIER_PROBE_MS);
    answer_probe("bb", 0);
    mr_virtual_clock_advance(clock_of, COURIER_PROBE_MS);
    end(running("aa", "info"), MR_E_TIMEOUT, 0, mr_span_str(""));
    ck_assert(!is_healthy(0));
    ck_assert(is_healthy(1));
    ck_assert_ptr_null(running("aa", "info"));
    advance(CHOOSE_PAUSE_US_MIN / 1000 - 1);
    ck_assert_ptr_null(running("aa", "info"));
    advance(1);
    end(running("aa", "info"), MR_E_TIMEOUT, 0, mr_span_str(""));
    advance(2 * CHOOSE_PAUSE_US_MIN / 1000);
    answer_probe("aa", 0);
    ck_assert(is_healthy(0));
}
END_TEST

START_TEST(one_far_behind_is_passed_by)
{
    know(2);
    advance(COURIER_PROBE_US / 1000);
    answer_probe("aa", 100000);
    answer_probe("bb", 3);
    for (unsigned i = 0; i < 5; i++) {
        struct errand *errand = send();

        ck_assert_ptr_null(running("aa", "search"));
        answer(running("bb", "search"));
        settle(errand);
    }
}
END_TEST

START_TEST(a_state_is_known_for_a_second)
{
    ck_assert_ptr_null(courier_info(courier, 0).data);
    know(1);
    ck_assert_ptr_nonnull(courier_info(courier, 0).data);
    mr_virtual_clock_advance(clock_of, COURIER_INFO_US / 1000);
    ck_assert_ptr_nonnull(courier_info(courier, 0).data);
    mr_virtual_clock_advance(clock_of, 1);
    ck_assert_ptr_null(courier_info(courier, 0).data);
    know(1);
    courier_forget(courier, 0);
    ck_assert_ptr_null(courier_info(courier, 0).data);
}
END_TEST

START_TEST(a_state_that_is_none_is_a_failure)
{
    know(2);
    advance(COURIER_PROBE_US / 1000);
    end(running("aa", "info"), MR_OK, 200, mr_span_str("\x08\x01junk"));
    ck_assert(!is_healthy(0));
    ck_assert_ptr_nonnull(courier_info(courier, 0).data);
}
END_TEST

START_TEST(the_preferred_replica_is_asked)
{
    struct errand *errand;
    uint64_t id;

    know(3);
    errand = send();
    answer(running("", "search"));
    id = errand->replica;
    settle(errand);
    for (unsigned i = 0; i < 6; i++) {
        *errand = (struct errand){ .verb = PEER_LOAD,
                                   .preferred = id,
                                   .deadline_us = now_us() + 1000000 };
        courier_send(courier, errand);
        (void)courier_turn(courier);
        answer(running("", "load"));
        ck_assert_uint_eq(errand->replica, id);
        settle(errand);
    }
}
END_TEST

START_TEST(a_replica_that_was_taken_out_is_asked_no_more)
{
    struct replica left = { "http://bb:1", "b" };
    struct errand *errand;
    struct request *old;

    know(2);
    errand = send();
    old = running("", "search");
    ck_assert_int_eq(courier_set(courier, 0, &left, 1, NULL), MR_OK);
    /* What it was asked before still counts. */
    answer(old);
    ck_assert_int_eq(errand->code, MR_OK);
    settle(errand);
    for (unsigned i = 0; i < 4; i++) {
        errand = send();
        ck_assert_ptr_null(running("aa", "search"));
        answer(running("bb", "search"));
        settle(errand);
    }
    ck_assert_int_eq(courier_set(courier, 0, NULL, 0, NULL), MR_OK);
    errand = send();
    ck_assert_int_eq(errand->code, MR_E_UNAVAILABLE);
}
END_TEST

START_TEST(replicas_that_nobody_asks_are_probed_seldom)
{
    size_t before;

    know(1);
    mr_virtual_clock_advance(clock_of, COURIER_IDLE_US / 1000);
    advance(1);
    answer_probe("aa", 0);
    before = port.count;
    for (unsigned i = 0; i < 200; i++) {
        advance(100);
        if (running("aa", "info") != NULL)
            answer_probe("aa", 0);
    }
    ck_assert_uint_ge(port.count - before, 3);
    ck_assert_uint_le(port.count - before, 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("courier_replicas");
    TCase *tcase = tcase_create("courier_replicas");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, one_that_hangs_is_probed_until_it_answers);
    tcase_add_test(tcase, one_far_behind_is_passed_by);
    tcase_add_test(tcase, a_state_is_known_for_a_second);
    tcase_add_test(tcase, a_state_that_is_none_is_a_failure);
    tcase_add_test(tcase, the_preferred_replica_is_asked);
    tcase_add_test(tcase, a_replica_that_was_taken_out_is_asked_no_more);
    tcase_add_test(tcase, replicas_that_nobody_asks_are_probed_seldom);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
