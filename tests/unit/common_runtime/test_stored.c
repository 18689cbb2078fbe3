// SPDX-License-Identifier: Apache-2.0
/*
 * test_stored.c - where scans of a space begin.
 *
 * The store is a memory store behind ops that note the beginning of each scan;
 * that what is scanned is right as well is shown by test_overlay.c.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/memory/mr_memory.h"
#include "common/runtime/stored.h"

static struct mr_memory *memory;
static struct mr_store *real;
static struct mr_store noting;
static struct mr_stored stored;
static unsigned scans;
static char from[100];

static enum mr_code note_scan(struct mr_store *store, mr_space_id space,
                              struct mr_range range, mr_store_visit *visit,
                              void *context, struct mr_err *err)
{
    (void)store;
    scans++;
    memset(from, 0, sizeof(from));
    if (range.from.size > 0)
        memcpy(from, range.from.data, range.from.size);
    return mr_store_scan(real, space, range, visit, context, err);
}

static void set_up(void)
{
    static const struct mr_store_ops ops = { .scan = note_scan };
    mr_space_id id;

    memory = mr_memory_new(NULL);
    real = mr_memory_store(memory);
    noting.ops = &ops;
    scans = 0;
    ck_assert_int_eq(mr_store_space(real, "queue", &id, NULL), MR_OK);
    mr_stored_init(&stored, &noting, id);
}

static void tear_down(void)
{
    mr_memory_free(memory);
}

static void put(const char *key)
{
    struct mr_batch *batch = mr_batch_new();

    mr_stored_will_put(&stored, mr_span_str(key));
    mr_batch_put(batch, stored.space, mr_span_str(key), mr_span_str("v"));
    ck_assert_int_eq(mr_store_write(real, batch, false, NULL), MR_OK);
    mr_batch_free(batch);
}

static void forget(const char *key)
{
    struct mr_batch *batch = mr_batch_new();

    mr_batch_delete(batch, stored.space, mr_span_str(key));
    ck_assert_int_eq(mr_store_write(real, batch, false, NULL), MR_OK);
    mr_batch_free(batch);
}

static enum mr_code take_first(void *context, struct mr_span key,
                               struct mr_span value, bool *stop,
                               struct mr_err *err)
{
    char *out = context;

    (void)value;
    (void)err;
    memcpy(out, key.data, key.size);
    *stop = true;
    return MR_OK;
}

/* The first key in a range, "" when there is none. */
static const char *first(const char *begin, const char *end)
{
    static char out[100];
    struct mr_range range = { mr_span_str(begin), mr_span_str(end) };

    memset(out, 0, sizeof(out));
    ck_assert_int_eq(mr_stored_scan(&stored, range, take_first, out, NULL),
                     MR_OK);
    return out;
}

START_TEST(a_queue_is_scanned_from_where_it_was_found_to_begin)
{
    put("b1");
    put("b2");
    put("b3");
    ck_assert_str_eq(first(NULL, NULL), "b1");
    ck_assert_str_eq(from, "");
    forget("b1");
    ck_assert_str_eq(first(NULL, NULL), "b2");
    ck_assert_str_eq(from, "b1");
    ck_assert_str_eq(first(NULL, NULL), "b2");
    ck_assert_str_eq(from, "b2");
    ck_assert_str_eq(first("b3", NULL), "b3");
    ck_assert_str_eq(from, "b3");
    ck_assert_str_eq(first("a", NULL), "b2");
    ck_assert_str_eq(from, "b2");
}
END_TEST

START_TEST(what_comes_before_the_beginning_is_found)
{
    put("b");
    ck_assert_str_eq(first(NULL, NULL), "b");
    put("a");
    ck_assert_str_eq(first(NULL, NULL), "a");
}
END_TEST

START_TEST(what_is_known_to_be_empty_is_not_scanned)
{
    ck_assert_str_eq(first(NULL, NULL), "");
    ck_assert_uint_eq(scans, 1);
    ck_assert_str_eq(first(NULL, NULL), "");
    ck_assert_uint_eq(scans, 1);
    put("m");
    ck_assert_str_eq(first(NULL, "c"), "");
    ck_assert_uint_eq(scans, 1);
    ck_assert_str_eq(first("c", NULL), "m");
    ck_assert_uint_eq(scans, 2);
}
END_TEST

START_TEST(an_end_that_nothing_came_before_is_the_beginning)
{
    put("m");
    ck_assert_str_eq(first(NULL, "c"), "");
    ck_assert_str_eq(first(NULL, NULL), "m");
    ck_assert_str_eq(from, "c");
}
END_TEST

START_TEST(long_keys_that_begin_alike_are_all_found)
{
    char key[91];

    memset(key, 'k', 90);
    key[90] = '\0';
    put(key);
    ck_assert_str_eq(first(NULL, NULL), key);
    key[80] = 'a';
    put(key);
    ck_assert_str_eq(first(NULL, NULL), key);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("stored");
    Suite *suite = suite_create("stored");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_queue_is_scanned_from_where_it_was_found_to_begin);
    tcase_add_test(tcase, what_comes_before_the_beginning_is_found);
    tcase_add_test(tcase, what_is_known_to_be_empty_is_not_scanned);
    tcase_add_test(tcase, an_end_that_nothing_came_before_is_the_beginning);
    tcase_add_test(tcase, long_keys_that_begin_alike_are_all_found);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
