// SPDX-License-Identifier: Apache-2.0
/*
 * test_frontier.c - the order of pages, the patience with hosts, and records.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingestor/web/frontier.h"

static struct frontier *frontier;
static struct host *host;

static void setup(void)
{
    frontier = frontier_new();
    host = frontier_host(frontier, mr_span_str("http://a"), 2, 0);
    host->robots_state = HOST_ROBOTS_KNOWN;
}

static void teardown(void)
{
    frontier_free(frontier);
}

static struct page *add(const char *url, unsigned depth)
{
    struct page *page = page_new(mr_span_str(url));

    page->depth = (uint8_t)depth;
    frontier_add(frontier, page);
    return page;
}

START_TEST(pages_come_by_depth_and_then_by_discovery)
{
    static const unsigned depths[] = { 3, 1, 2, 1, 0, 3, 2, 0, 1 };
    static const unsigned want[] = { 4, 7, 1, 3, 8, 2, 6, 0, 5 };
    const size_t count = sizeof(want) / sizeof(want[0]);
    struct page *pages[9];
    char url[40];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(url, sizeof(url), "http://a/%zu", i);
        pages[i] = add(url, depths[i]);
        frontier_queue(host, pages[i]);
    }
    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_eq(frontier_take(host), pages[want[i]]);
    ck_assert_ptr_null(frontier_take(host));
}
END_TEST

START_TEST(a_heap_of_any_history_gives_its_least)
{
    uint64_t random = 7;
    size_t queued = 0;
    char url[40];

    for (unsigned i = 0; i < 5000; i++) {
        random = mr_mix64(random + i);
        if (random % 3 != 0 || queued == 0) {
            (void)snprintf(url, sizeof(url), "http://a/%u", i);
            frontier_queue(host, add(url, (unsigned)(random >> 8) % 9));
            queued++;
        } else {
            const struct page *least = host->queue[0];

            for (size_t k = 1; k < host->queued; k++) {
                const struct page *one = host->queue[k];

                ck_assert(
                    least->depth < one->depth ||
                    (least->depth == one->depth && least->seq < one->seq));
            }
            ck_assert_ptr_eq(frontier_take(host), least);
            queued--;
        }
    }
}
END_TEST

START_TEST(pages_are_found_by_their_address)
{
    char url[40];

    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(url, sizeof(url), "http://a/%u", i);
        ck_assert_ptr_null(frontier_find(frontier, mr_span_str(url)));
        ck_assert_uint_eq(add(url, 0)->seq, i + 1);
    }
    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(url, sizeof(url), "http://a/%u", i);
        ck_assert_uint_eq(frontier_find(frontier, mr_span_str(url))->seq,
                          i + 1);
    }
    ck_assert_uint_eq(frontier_count(frontier), 10000);
}
END_TEST

START_TEST(discovery_goes_on_behind_what_is_known)
{
    struct page *page = page_new(mr_span_str("http://a/known"));

    page->seq = 41;
    frontier_add(frontier, page);
    ck_assert_uint_eq(add("http://a/new", 0)->seq, 42);
}
END_TEST

START_TEST(a_host_is_asked_by_so_many_at_once_and_no_sooner_than_it_wants)
{
    struct host *got;
    int64_t wait_us;

    host->delay_us = 1000;
    frontier_queue(host, add("http://a/1", 0));
    frontier_queue(host, add("http://a/2", 0));
    frontier_queue(host, add("http://a/3", 0));
    ck_assert_ptr_nonnull(frontier_next(frontier, 5000, &got, &wait_us));
    ck_assert_ptr_eq(got, host);
    host_begin(host, 5000);
    ck_assert_ptr_null(frontier_next(frontier, 5400, &got, &wait_us));
    ck_assert_int_eq(wait_us, 600);
    ck_assert_ptr_nonnull(frontier_next(frontier, 6000, &got, &wait_us));
    host_begin(host, 6000);
    ck_assert_ptr_null(frontier_next(frontier, 9000, &got, &wait_us));
    ck_assert_int_eq(wait_us, INT64_MAX); /* until one of them ends */
    host_end(host, true);
    host_back_off(host, 9000, 5);
    ck_assert_ptr_null(frontier_next(frontier, 10000, &got, &wait_us));
    ck_assert_int_eq(wait_us, 4000);
    ck_assert_ptr_nonnull(frontier_next(frontier, 14000, &got, &wait_us));
}
END_TEST

START_TEST(a_silent_host_is_down_and_one_answer_makes_up_for_it)
{
    for (unsigned i = 0; i < FRONTIER_SILENT_MAX; i++) {
        ck_assert(!host->down);
        host_begin(host, 0);
        host_end(host, i == 1);
    }
    ck_assert(!host->down);
    for (unsigned i = 0; i < 2; i++) {
        host_begin(host, 0);
        host_end(host, false);
    }
    ck_assert(host->down);
    ck_assert(!host_is_ready(host, INT64_MAX));
}
END_TEST

START_TEST(no_page_comes_before_robots_txt)
{
    struct host *other = frontier_host(frontier, mr_span_str("http://b"), 1, 0);
    struct host *got;
    int64_t wait_us;

    frontier_queue(other, add("http://b/", 0));
    ck_assert_ptr_null(frontier_next(frontier, 0, &got, &wait_us));
    other->robots_state = HOST_ROBOTS_KNOWN;
    ck_assert_ptr_nonnull(frontier_next(frontier, 0, &got, &wait_us));
    ck_assert_ptr_eq(got, other);
    ck_assert_ptr_eq(frontier_host(frontier, mr_span_str("http://b"), 1, 0),
                     other);
}
END_TEST

START_TEST(a_page_survives_the_way_through_the_store)
{
    struct page *page = add("http://a/x", 3);
    struct mr_buf bytes = mr_buf(4096);
    struct page *again;

    page->state = PAGE_MOVED;
    page->sent = true;
    page->hops = 2;
    page->misses = 1;
    page->queued = 7;
    page->done = 6;
    page->fetched_ms = 1700000000000;
    page->changed_ms = 1600000000000;
    page->interval_ms = 86400000;
    page->hash = (struct mr_hash128){ 1, 2 };
    page_set_text(&page->etag, "\"e\"", PAGE_ETAG_MAX);
    page_set_text(&page->target, "http://a/y", 100);
    page_encode(page, &bytes);
    ck_assert_int_eq(page_parse(page->url, mr_buf_bytes(&bytes), &again, NULL),
                     MR_OK);
    ck_assert(mr_span_equal(again->url, page->url));
    ck_assert_int_eq(again->state, PAGE_MOVED);
    ck_assert(again->sent);
    ck_assert_uint_eq(again->depth, 3);
    ck_assert_uint_eq(again->hops, 2);
    ck_assert_uint_eq(again->misses, 1);
    ck_assert_uint_eq(again->seq, 1);
    ck_assert_uint_eq(again->queued, 7);
    ck_assert_uint_eq(again->done, 6);
    ck_assert_int_eq(again->fetched_ms, 1700000000000);
    ck_assert_int_eq(again->changed_ms, 1600000000000);
    ck_assert_int_eq(again->interval_ms, 86400000);
    ck_assert_uint_eq(again->hash.high, 2);
    ck_assert_str_eq(again->etag, "\"e\"");
    ck_assert_ptr_null(again->modified);
    ck_assert_str_eq(again->target, "http://a/y");
    page_free(again);
    for (size_t i = 0; i < bytes.size; i++)
        ck_assert_int_eq(
            page_parse(page->url, mr_span(bytes.data, i), &again, NULL),
            MR_E_DAMAGED);
    bytes.data[1] = PAGE_STATE_COUNT;
    ck_assert_int_eq(page_parse(page->url, mr_buf_bytes(&bytes), &again, NULL),
                     MR_E_DAMAGED);
    page_set_text(&page->etag, "too long", 3);
    ck_assert_ptr_null(page->etag);
    mr_buf_deinit(&bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frontier");
    TCase *tcase = tcase_create("frontier");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, pages_come_by_depth_and_then_by_discovery);
    tcase_add_test(tcase, a_heap_of_any_history_gives_its_least);
    tcase_add_test(tcase, pages_are_found_by_their_address);
    tcase_add_test(tcase, discovery_goes_on_behind_what_is_known);
    tcase_add_test(
        tcase, a_host_is_asked_by_so_many_at_once_and_no_sooner_than_it_wants);
    tcase_add_test(tcase, a_silent_host_is_down_and_one_answer_makes_up_for_it);
    tcase_add_test(tcase, no_page_comes_before_robots_txt);
    tcase_add_test(tcase, a_page_survives_the_way_through_the_store);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
