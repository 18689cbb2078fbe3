// SPDX-License-Identifier: Apache-2.0
/*
 * test_term_cache.c - statistics are believed whole, for a second, or not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"
#include "retriever/shards/term_cache.h"

#define NOW_US 5000000

static struct term_cache *cache;
static struct index_query *query;
static struct index_stats said;

static struct index_query *query_of(const char *text)
{
    static const char *const languages[] = { "en" };

    return index_query_new(mr_span_str(text), languages, 1);
}

static void setup(void)
{
    cache = mr_calloc(1, sizeof(*cache));
    query = query_of("mill wheel");
    said = (struct index_stats){ .passages = 100,
                                 .length = 5000,
                                 .frequency = { 7, 9 } };
}

static void teardown(void)
{
    index_query_free(query);
    mr_free(cache);
}

START_TEST(what_was_said_is_added_for_a_second)
{
    struct index_stats sum = { .passages = 1, .frequency = { 1, 1 } };

    ck_assert(!term_cache_find(cache, query, NOW_US, &sum));
    term_cache_put(cache, query, &said, NOW_US);
    ck_assert(term_cache_find(cache, query, NOW_US + TERM_CACHE_US, &sum));
    ck_assert_uint_eq(sum.passages, 101);
    ck_assert_uint_eq(sum.length, 5000);
    ck_assert_uint_eq(sum.frequency[0], 8);
    ck_assert_uint_eq(sum.frequency[1], 10);
    ck_assert(!term_cache_find(cache, query, NOW_US + TERM_CACHE_US + 1, &sum));
    ck_assert_uint_eq(sum.passages, 101);
}
END_TEST

START_TEST(terms_of_several_queries_make_another_one_known)
{
    struct index_query *other = query_of("river");
    struct index_query *both = query_of("river mill");
    struct index_query *more = query_of("river mill boat");
    struct index_stats river = { .passages = 110,
                                 .length = 5500,
                                 .frequency = { 3 } };
    struct index_stats sum = { 0 };

    term_cache_put(cache, query, &said, NOW_US);
    term_cache_put(cache, other, &river, NOW_US + 10);
    ck_assert(term_cache_find(cache, both, NOW_US + 20, &sum));
    ck_assert_uint_eq(sum.passages, 110); /* the newest */
    ck_assert_uint_eq(sum.frequency[0], 3);
    ck_assert_uint_eq(sum.frequency[1], 7);
    ck_assert(!term_cache_find(cache, more, NOW_US + 20, &sum));
    /* Totals are fresh, one of the terms is not. */
    term_cache_put(cache, other, &river, NOW_US + TERM_CACHE_US);
    ck_assert(!term_cache_find(cache, both, NOW_US + TERM_CACHE_US + 1, &sum));
    index_query_free(other);
    index_query_free(both);
    index_query_free(more);
}
END_TEST

START_TEST(what_was_reset_is_forgotten)
{
    struct index_stats sum = { 0 };

    term_cache_put(cache, query, &said, NOW_US);
    term_cache_reset(cache);
    ck_assert(!term_cache_find(cache, query, NOW_US, &sum));
}
END_TEST

START_TEST(more_terms_than_slots_are_never_taken_for_each_other)
{
    struct index_stats sum;

    for (unsigned i = 0; i < 3 * TERM_CACHE_SLOTS; i++) {
        char text[16];
        struct index_query *one;

        (void)snprintf(text, sizeof(text), "x%u", i);
        one = query_of(text);
        said.frequency[0] = i;
        term_cache_put(cache, one, &said, NOW_US);
        index_query_free(one);
    }
    for (unsigned i = 0; i < 3 * TERM_CACHE_SLOTS; i++) {
        char text[16];
        struct index_query *one;

        (void)snprintf(text, sizeof(text), "x%u", i);
        one = query_of(text);
        sum = (struct index_stats){ 0 };
        if (term_cache_find(cache, one, NOW_US, &sum))
            ck_assert_uint_eq(sum.frequency[0], i);
        index_query_free(one);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("term_cache");
    TCase *tests = tcase_create("term_cache");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_was_said_is_added_for_a_second);
    tcase_add_test(tests, terms_of_several_queries_make_another_one_known);
    tcase_add_test(tests, what_was_reset_is_forgotten);
    tcase_add_test(tests, more_terms_than_slots_are_never_taken_for_each_other);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
