// SPDX-License-Identifier: Apache-2.0
/*
 * test_long_text.c - passages beside the records, of documents whose text is in
 * the blob store.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/memory/mr_memory.h"
#include "indexer/shard/records.h"

static struct mr_memory *memory;
static struct mr_arena *arena;
static struct mr_batch *batch;
static struct records records;

static void setup(void)
{
    memory = mr_memory_new(NULL);
    arena = mr_arena_new();
    batch = mr_batch_new();
    ck_assert_int_eq(records_init(&records, mr_memory_store(memory), NULL),
                     MR_OK);
}

static void teardown(void)
{
    mr_batch_free(batch);
    mr_arena_free(arena);
    mr_memory_free(memory);
}

static void write_batch(void)
{
    ck_assert_int_eq(mr_store_write(records.store, batch, true, NULL), MR_OK);
    mr_batch_reset(batch);
}

/* "abcdef" in passages of two bytes. */
static void put(const char *id, uint64_t content, size_t passages)
{
    struct mr_passage items[3] = { { .start = 0, .end = 2 },
                                   { .start = 2, .end = 4 },
                                   { .start = 4, .end = 6 } };
    struct mr_document document = {
        .id = mr_span_str(id),
        .content_version = content,
        .passages = { .items = items, .count = passages },
    };

    records_put_passages(&records, batch, &document, mr_span_str("abcdef"));
    write_batch();
}

static struct mr_span get(const char *id, uint64_t content, uint32_t number)
{
    struct mr_span text;

    ck_assert_int_eq(records_passage(&records, mr_span_str(id), content, number,
                                     arena, &text, NULL),
                     MR_OK);
    return text;
}

START_TEST(each_passage_of_that_content_is_there)
{
    put("a", 7, 3);
    ck_assert(mr_span_equal(get("a", 7, 0), mr_span_str("ab")));
    ck_assert(mr_span_equal(get("a", 7, 2), mr_span_str("ef")));
    ck_assert_ptr_null(get("a", 7, 3).data);
    ck_assert_ptr_null(get("a", 6, 0).data);
    ck_assert_ptr_null(get("b", 7, 0).data);
}
END_TEST

START_TEST(those_of_one_document_go_and_no_others)
{
    put("a", 1, 3);
    put("ab", 2, 3);
    put("b", 3, 1);
    put("", 4, 1);
    records_forget_passages(&records, batch, mr_span_str("a"));
    write_batch();
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_ptr_null(get("a", 1, i).data);
    ck_assert(mr_span_equal(get("ab", 2, 2), mr_span_str("ef")));
    ck_assert(mr_span_equal(get("b", 3, 0), mr_span_str("ab")));
    ck_assert(mr_span_equal(get("", 4, 0), mr_span_str("ab")));
    ck_assert_int_eq(records_clear(&records, NULL), MR_OK);
    ck_assert_ptr_null(get("b", 3, 0).data);
}
END_TEST

START_TEST(a_passage_outside_its_text_is_left_out)
{
    struct mr_passage outside[] = { { .start = 4, .end = 7 },
                                    { .start = 5, .end = 4 } };
    struct mr_document document = {
        .id = mr_span_str("a"),
        .content_version = 1,
        .passages = { .items = outside, .count = 2 },
    };

    records_put_passages(&records, batch, &document, mr_span_str("abcdef"));
    write_batch();
    ck_assert_ptr_null(get("a", 1, 0).data);
    ck_assert_ptr_null(get("a", 1, 1).data);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("long_text");
    Suite *suite = suite_create("long_text");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, each_passage_of_that_content_is_there);
    tcase_add_test(tcase, those_of_one_document_go_and_no_others);
    tcase_add_test(tcase, a_passage_outside_its_text_is_left_out);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
