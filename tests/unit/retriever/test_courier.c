// SPDX-License-Identifier: Apache-2.0
/*
 * test_courier.c - who is asked when, by a clock that moves when told and an
 * HTTP port whose requests end when told.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/memory/mr_virtual_clock.h"
#include "common/base/mr_mem.h"
#include "common/wire/shard.h"
#include "retriever/shards/choose.h"
#include "retriever/shards/courier.h"
#include "retriever/shards/latency.h"

#define REQUESTS_MAX 64u

struct request {
    char url[128];
    void *tag;
    int64_t total_ms;
    bool ended;
};

struct port {
    struct mr_http http;
    struct request requests[REQUESTS_MAX];
    size_t count;
};

static struct mr_virtual_clock *clock_of;
static struct port port;
static struct courier *courier;
static unsigned done;

static enum mr_code port_start(struct mr_http *http,
                               const struct mr_http_request *request,
                               struct mr_err *err)
{
    struct request *to = &port.requests[port.count++];

    (void)http;
    (void)err;
    ck_assert_uint_le(port.count, REQUESTS_MAX);
    *to =
        (struct request){ .tag = request->tag, .total_ms = request->total_ms };
    (void)snprintf(to->url, sizeof(to->url), "%s", request->url);
    return MR_OK;
}

static enum mr_code port_poll(struct mr_http *http, int wait_ms,
                              struct mr_http_response **out, struct mr_err *err)
{
    (void)http;
    (void)wait_ms;
    (void)err;
    *out = NULL;
    return MR_OK;
}

static void port_free(struct mr_http *http, struct mr_http_response *response)
{
    (void)http;
    mr_free(response->body);
    mr_free(response);
}

static void on_done(void *context, struct errand *errand)
{
    (void)context;
    ck_assert(errand->done);
    done++;
}

static void setup(void)
{
    static const struct mr_http_ops ops = { .start = port_start,
                                            .poll = port_poll,
                                            .free_response = port_free };
    struct courier_spec spec = { .http = &port.http,
                                 .partitions = 1,
                                 .done = on_done };

    port = (struct port){ .http = { &ops } };
    clock_of = mr_virtual_clock_new(1000000, false);
    mr_virtual_clock_advance(clock_of, 60000);
    spec.clock = mr_virtual_clock_port(clock_of);
    courier = courier_new(&spec);
    done = 0;
}

static void teardown(void)
{
    courier_free(courier);
    mr_virtual_clock_free(clock_of);
}

static int64_t now_us(void)
{
    return mr_clock_mono_us(mr_virtual_clock_port(clock_of));
}

/* The request that was sent to this host last and runs still, or NULL. */
static struct request *running(const char *host, const char *verb)
{
    for (size_t i = port.count; i-- > 0;) {
        struct request *request = &port.requests[i];

        if (!request->ended && strstr(request->url, host) != NULL &&
            strstr(request->url, verb) != NULL)
            return request;
    }
    return NULL;
}

static void end(struct request *request, enum mr_code code, int status,
                struct mr_span body)
{
    struct mr_http_response *response = mr_calloc(1, sizeof(*response));

    ck_assert_ptr_nonnull(request);
    request->ended = true;
    response->tag = request->tag;
    response->code = code;
    response->status = status;
    if (code != MR_OK)
        (void)mr_fail(&response->err, code, "the words of the port");
    response->body = mr_memdup(body.data, body.size);
    response->body_size = body.size;
    courier_took(courier, response);
}

static void answer(struct request *request)
{
    end(request, MR_OK, 200, mr_span_str("a reply"));
}

/* The state of a replica, with its lag. */
static void answer_probe(const char *host, uint64_t lag)
{
    struct mr_shard_reply reply = { .verb = MR_SHARD_INFO,
                                    .version = 1,
                                    .counts = { .keyword_lag = lag } };
    struct mr_arena *arena = mr_arena_new();
    struct mr_span bytes;

    ck_assert_int_eq(mr_shard_reply_encode(&reply, arena, &bytes, NULL), MR_OK);
    end(running(host, "/info"), MR_OK, 200, bytes);
    mr_arena_free(arena);
}

static struct errand *send(void)
{
    static struct errand errand;

    errand = (struct errand){ .verb = PEER_SEARCH,
                              .body = mr_span_str("x"),
                              .deadline_us = now_us() + 5000000 };
    courier_send(courier, &errand);
    (void)courier_turn(courier);
    return &errand;
}

static void settle(struct errand *errand)
{
    mr_free(errand->reply);
    errand->reply = NULL;
}

static void answer_errand(struct errand *errand)
{
    answer(running("", "search"));
    ck_assert_int_eq(errand->code, MR_OK);
    settle(errand);
}

/* Replicas at http://aa, http://bb, ...; all of them healthy, probed and not
 * idle. */
static void know(size_t count)
{
    struct replica list[3] = { { "http://aa:1", "a" },
                               { "http://bb:1", "b" },
                               { "http://cc:1", "c" } };

    ck_assert_int_eq(courier_set(courier, 0, list, count, NULL), MR_OK);
    answer_errand(send());
    for (size_t i = 0; i < count; i++)
        answer_probe(list[i].address, 0);
    done = 0;
}

static void advance(int64_t ms)
{
    mr_virtual_clock_advance(clock_of, ms);
    (void)courier_turn(courier);
}

static bool is_healthy(size_t nth)
{
    struct peer_replica replicas[3];

    ck_assert_uint_gt(courier_replicas(courier, 0, replicas, 3), nth);
    return replicas[nth].healthy;
}

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
    tcase_add_test(tcase, one_that_hangs_is_probed_until_it_answers);
    tcase_add_test(tcase, one_far_behind_is_passed_by);
    tcase_add_test(tcase, a_state_is_known_for_a_second);
    tcase_add_test(tcase, a_state_that_is_none_is_a_failure);
    tcase_add_test(tcase, after_garbage_the_others_are_asked);
    tcase_add_test(tcase, the_preferred_replica_is_asked);
    tcase_add_test(tcase, a_replica_that_was_taken_out_is_asked_no_more);
    tcase_add_test(tcase, replicas_that_nobody_asks_are_probed_seldom);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
