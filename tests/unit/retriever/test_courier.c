// SPDX-License-Identifier: Apache-2.0
/*
 * test_courier.c - how an errand goes: asked, hedged, tried again, and ended.
 */
#include "tests/unit/retriever/courier_rig.h"

START_TEST(an_errand_ends_with_the_reply_of_its_replica)
{
    struct errand *errand;
    struct peer_replica replica;

    know(1);
    errand = send();
    ck_assert_str_eq(running("aa", "search")->url,
                     "http://aa:1/v1/shards/0/search");
    ck_assert_int_eq(running("aa", "search")->total_ms, 5000);
    ck_assert_uint_eq(courier_replicas(courier, 0, &replica, 1), 1);
    ck_assert_uint_eq(replica.outstanding, 1);
    answer(running("aa", "search"));
    ck_assert(errand->done);
    ck_assert_int_eq(errand->code, MR_OK);
    ck_assert(mr_span_equal(mr_span(errand->reply, errand->reply_size),
                            mr_span_str("a reply")));
    ck_assert_uint_eq(done, 1);
    settle(errand);
}
END_TEST

START_TEST(without_replicas_an_errand_fails_at_once)
{
    struct errand *errand = send();

    ck_assert_int_eq(errand->code, MR_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(errand->err.text, "no replica of it"));
}
END_TEST

static const struct {
    enum mr_code code;
    int status;
} failures[] = {
    { MR_E_UNAVAILABLE, 0 }, { MR_OK, 500 }, { MR_OK, 503 },
    { MR_OK, 404 },          { MR_OK, 401 }, { MR_OK, 302 },
    { MR_E_LIMIT, 200 },
};

START_TEST(what_failed_is_tried_at_once_on_another_replica)
{
    struct errand *errand;
    const char *first;

    know(2);
    errand = send();
    first = running("aa", "search") != NULL ? "aa" : "bb";
    end(running(first, "search"), failures[_i].code, failures[_i].status,
        mr_span_str("words"));
    ck_assert(!errand->done);
    ck_assert(!is_healthy(first[0] == 'a' ? 0 : 1));
    answer(running(first[0] == 'a' ? "bb" : "aa", "search"));
    ck_assert_int_eq(errand->code, MR_OK);
    settle(errand);
}
END_TEST

START_TEST(when_all_have_failed_the_last_words_are_told)
{
    struct errand *errand;

    know(2);
    errand = send();
    end(running("", "search"), MR_OK, 500, mr_span_str("first"));
    end(running("", "search"), MR_OK, 500, mr_span_str("second"));
    ck_assert_int_eq(errand->code, MR_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(errand->err.text, "500: second"));
    /* Those that refuse quickly may be tried again by the next. */
    errand = send();
    ck_assert(!errand->done);
    answer(running("", "search"));
    ck_assert_int_eq(errand->code, MR_OK);
    settle(errand);
}
END_TEST

START_TEST(a_wrong_request_is_wrong_everywhere)
{
    struct errand *errand;

    know(2);
    errand = send();
    end(running("", "search"), MR_OK, 400, mr_span_str("no request"));
    ck_assert_int_eq(errand->code, MR_E_INVALID);
    ck_assert(is_healthy(0) && is_healthy(1));
}
END_TEST

START_TEST(silence_is_hedged_and_the_quicker_one_counts)
{
    struct errand *errand;
    struct request *slow;

    know(2);
    errand = send();
    slow = running("", "search");
    advance(199);
    ck_assert_ptr_eq(running("", "search"), slow);
    advance(1);
    ck_assert_ptr_ne(running("", "search"), slow);
    answer(running("", "search"));
    ck_assert(errand->done);
    settle(errand);
    /* The other one may end when it likes. */
    answer(slow);
    ck_assert_uint_eq(done, 1);
    ck_assert(is_healthy(0) && is_healthy(1));
}
END_TEST

START_TEST(a_hedge_comes_sooner_where_calls_are_quick)
{
    struct errand *errand;

    know(2);
    for (unsigned i = 0; i < 20; i++) {
        errand = send();
        advance(2);
        answer_errand(errand);
    }
    errand = send();
    advance(4);
    ck_assert(running("aa", "search") == NULL ||
              running("bb", "search") == NULL);
    advance(1);
    ck_assert(running("aa", "search") != NULL &&
              running("bb", "search") != NULL);
}
END_TEST

START_TEST(without_a_second_replica_nobody_is_asked_twice)
{
    struct errand *errand;
    size_t count;

    know(1);
    errand = send();
    count = port.count;
    advance(300);
    advance(100);
    for (size_t i = count; i < port.count; i++)
        ck_assert_ptr_nonnull(strstr(port.requests[i].url, "/info"));
    answer(running("aa", "search"));
    ck_assert_int_eq(errand->code, MR_OK);
    settle(errand);
}
END_TEST

START_TEST(past_the_budget_silence_is_waited_for_until_it_is_a_hang)
{
    struct errand *errand;
    struct request *first;
    unsigned hedged = 0;

    know(2);
    for (unsigned i = 0; i < LATENCY_BURST + 3; i++) {
        errand = send();
        first = running("", "search");
        advance(200);
        if (running("", "search") != first) {
            hedged++;
            answer(running("", "search"));
        }
        answer(first);
        settle(errand);
    }
    ck_assert_uint_eq(hedged, LATENCY_BURST);
    errand = send();
    first = running("", "search");
    advance(200);
    ck_assert_ptr_eq(running("", "search"), first);
    advance(LATENCY_PATIENCE_US_MAX / 1000);
    ck_assert_ptr_ne(running("", "search"), first);
    ck_assert(!is_healthy(0) || !is_healthy(1));
    answer(running("", "search"));
    settle(errand);
    /* It was only slow. */
    answer(first);
    ck_assert(is_healthy(0) && is_healthy(1));
}
END_TEST

START_TEST(an_errand_ends_at_its_deadline)
{
    struct errand *errand;

    know(2);
    errand = send();
    advance(2000);
    advance(2999);
    ck_assert(!errand->done);
    advance(1);
    ck_assert_int_eq(errand->code, MR_E_TIMEOUT);
    ck_assert_uint_eq(done, 1);
}
END_TEST

START_TEST(one_that_waits_on_purpose_is_never_hedged)
{
    struct errand errand = { .verb = PEER_WAIT,
                             .body = mr_span_str("x"),
                             .patient = true,
                             .deadline_us = now_us() + 15000000 };

    know(2);
    courier_send(courier, &errand);
    (void)courier_turn(courier);
    advance(5000);
    ck_assert(running("aa", "wait") == NULL || running("bb", "wait") == NULL);
    answer(running("", "wait"));
    ck_assert_int_eq(errand.code, MR_OK);
    settle(&errand);
}
END_TEST

START_TEST(after_garbage_the_others_are_asked)
{
    struct errand *errand;

    know(2);
    errand = send();
    answer(running("", "search"));
    courier_was_garbage(courier, errand, "no reply");
    settle(errand);
    courier_send(courier, errand);
    (void)courier_turn(courier);
    ck_assert(!errand->done);
    ck_assert(is_healthy(0) != is_healthy(1));
    answer(running(is_healthy(0) ? "aa" : "bb", "search"));
    courier_was_garbage(courier, errand, "no reply");
    settle(errand);
    courier_send(courier, errand);
    (void)courier_turn(courier);
    ck_assert_int_eq(errand->code, MR_E_UNAVAILABLE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("courier");
    TCase *tcase = tcase_create("courier");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_errand_ends_with_the_reply_of_its_replica);
    tcase_add_test(tcase, without_replicas_an_errand_fails_at_once);
    tcase_add_loop_test(tcase, what_failed_is_tried_at_once_on_another_replica,
                        0, sizeof(failures) / sizeof(failures[0]));
    tcase_add_test(tcase, when_all_have_failed_the_last_words_are_told);
    tcase_add_test(tcase, a_wrong_request_is_wrong_everywhere);
    tcase_add_test(tcase, silence_is_hedged_and_the_quicker_one_counts);
    tcase_add_test(tcase, a_hedge_comes_sooner_where_calls_are_quick);
    tcase_add_test(tcase, without_a_second_replica_nobody_is_asked_twice);
    tcase_add_test(tcase,
                   past_the_budget_silence_is_waited_for_until_it_is_a_hang);
    tcase_add_test(tcase, an_errand_ends_at_its_deadline);
    tcase_add_test(tcase, one_that_waits_on_purpose_is_never_hedged);
    tcase_add_test(tcase, after_garbage_the_others_are_asked);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
