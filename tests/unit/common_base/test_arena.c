// SPDX-License-Identifier: Apache-2.0
/*
 * test_arena.c - memory that is given back all at once.
 */
#include <check.h>
#include <stdalign.h>
#include <stdlib.h>

#include "common/base/mr_arena.h"

START_TEST(every_allocation_is_aligned_and_apart_from_the_others)
{
    struct mr_arena *arena = mr_arena_new();
    unsigned char *at[300];

    for (size_t i = 0; i < 300; i++) {
        at[i] = mr_arena_alloc(arena, i);
        ck_assert_uint_eq((uintptr_t)at[i] % alignof(max_align_t), 0);
        memset(at[i], (int)(i % 251), i);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_uint_eq(at[i][j], i % 251);
    mr_arena_free(arena);
}
END_TEST

START_TEST(used_counts_what_was_taken_since_the_reset)
{
    struct mr_arena *arena = mr_arena_new();

    ck_assert_uint_eq(mr_arena_used(arena), 0);
    (void)mr_arena_alloc(arena, 1);
    ck_assert_uint_eq(mr_arena_used(arena), alignof(max_align_t));
    (void)mr_arena_alloc(arena, (size_t)1 << 20);
    ck_assert_uint_ge(mr_arena_used(arena), (size_t)1 << 20);
    mr_arena_reset(arena);
    ck_assert_uint_eq(mr_arena_used(arena), 0);
    mr_arena_free(arena);
}
END_TEST

START_TEST(a_reset_gives_the_same_block_again)
{
    struct mr_arena *arena = mr_arena_new();
    void *first = mr_arena_alloc(arena, 100);

    mr_arena_reset(arena);
    ck_assert_ptr_eq(mr_arena_alloc(arena, 100), first);
    mr_arena_free(arena);
}
END_TEST

START_TEST(a_large_request_leaves_the_current_block_in_use)
{
    struct mr_arena *arena = mr_arena_new();
    unsigned char *first = mr_arena_alloc(arena, 16);

    memset(mr_arena_alloc(arena, (size_t)1 << 20), 1, (size_t)1 << 20);
    ck_assert_ptr_eq(mr_arena_alloc(arena, 16), first + 16);
    mr_arena_free(arena);
}
END_TEST

START_TEST(a_large_request_can_be_the_first)
{
    struct mr_arena *arena = mr_arena_new();
    unsigned char *large = mr_arena_alloc(arena, (size_t)1 << 20);
    unsigned char *small = mr_arena_alloc(arena, 16);

    memset(large, 1, (size_t)1 << 20);
    memset(small, 2, 16);
    ck_assert_uint_eq(large[((size_t)1 << 20) - 1], 1);
    mr_arena_reset(arena);
    memset(mr_arena_alloc(arena, 16), 3, 16);
    mr_arena_free(arena);
}
END_TEST

START_TEST(calloc_zeroes_memory_that_was_used_before)
{
    struct mr_arena *arena = mr_arena_new();
    unsigned char *bytes;

    memset(mr_arena_alloc(arena, 64), 0xFF, 64);
    mr_arena_reset(arena);
    bytes = mr_arena_calloc(arena, 8, 8);
    for (size_t i = 0; i < 64; i++)
        ck_assert_uint_eq(bytes[i], 0);
    mr_arena_free(arena);
}
END_TEST

START_TEST(copies_keep_absent_and_empty_apart)
{
    struct mr_arena *arena = mr_arena_new();
    char text[] = "word";
    struct mr_span copy = mr_arena_copy(arena, mr_span_str(text));

    text[0] = 'W';
    ck_assert(mr_span_equal(copy, mr_span_str("word")));
    ck_assert_ptr_null(mr_arena_copy(arena, (struct mr_span){ 0 }).data);
    ck_assert_ptr_nonnull(mr_arena_copy(arena, mr_span("", 0)).data);
    ck_assert_ptr_null(mr_arena_str(arena, (struct mr_span){ 0 }));
    ck_assert_str_eq(mr_arena_str(arena, mr_span("", 0)), "");
    ck_assert_str_eq(mr_arena_str(arena, mr_span("abc", 2)), "ab");
    mr_arena_free(arena);
}
END_TEST

START_TEST(printf_writes_text_of_any_length)
{
    struct mr_arena *arena = mr_arena_new();
    char *text = mr_arena_printf(arena, "%s-%0100000d", "a", 7);

    ck_assert_uint_eq(strlen(text), 100002);
    ck_assert_int_eq(text[100001], '7');
    ck_assert_str_eq(mr_arena_printf(arena, "%s", ""), "");
    mr_arena_free(arena);
    mr_arena_free(NULL);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("arena");
    Suite *suite = suite_create("arena");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase,
                   every_allocation_is_aligned_and_apart_from_the_others);
    tcase_add_test(tcase, used_counts_what_was_taken_since_the_reset);
    tcase_add_test(tcase, a_reset_gives_the_same_block_again);
    tcase_add_test(tcase, a_large_request_leaves_the_current_block_in_use);
    tcase_add_test(tcase, a_large_request_can_be_the_first);
    tcase_add_test(tcase, calloc_zeroes_memory_that_was_used_before);
    tcase_add_test(tcase, copies_keep_absent_and_empty_apart);
    tcase_add_test(tcase, printf_writes_text_of_any_length);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
