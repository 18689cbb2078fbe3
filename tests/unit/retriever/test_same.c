// SPDX-License-Identifier: Apache-2.0
/*
 * test_same.c - passages that hold each other.
 */
#include <check.h>
#include <stdlib.h>

#include "retriever/context/same.h"

#define MILL                                                           \
    "A mill race is the channel that carries water to the wheel of a " \
    "mill and away from it again below the wheel"

static struct mr_arena *arena;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
}

static bool within(const char *inner, const char *outer)
{
    struct shingles a = shingles_of(mr_span_str(inner), arena);
    struct shingles b = shingles_of(mr_span_str(outer), arena);

    struct shingle_index *index = shingle_index_new(100, arena);
    uint32_t shared[3] = { 0 };

    /* Others beside it change nothing. */
    shingle_index_add(index, 0, &a);
    shingle_index_add(index, 2, &b);
    shingle_index_count(index, &a, shared);
    ck_assert_uint_eq(shared[0], a.count);
    ck_assert_uint_eq(shared[1], 0);
    return shingles_within(&a, shared[2]);
}

START_TEST(a_passage_is_within_itself_and_a_longer_one)
{
    ck_assert(within(MILL, MILL));
    ck_assert(within(MILL, "Before. " MILL ". And after it."));
    ck_assert(!within("Before, there are many more words here than it has, "
                      "which it does not hold at all: " MILL,
                      MILL));
}
END_TEST

START_TEST(case_space_and_marks_do_not_count)
{
    ck_assert(within("a MILL race, is: the\nchannel that carries  water",
                     "A mill race is the channel that carries water"));
}
END_TEST

START_TEST(few_words_are_one_shingle)
{
    ck_assert(within("FAISS is fast", "faiss is fast!"));
    ck_assert(!within("FAISS is fast", "FAISS is slow"));
}
END_TEST

START_TEST(what_has_no_word_is_within_nothing)
{
    ck_assert(!within("", ""));
    ck_assert(!within("", MILL));
    ck_assert(!within("?!", "?!"));
}
END_TEST

START_TEST(scripts_without_spaces_are_told_by_character)
{
    /* "The mill race carries water to the wheel", and one of many more. */
    static const char mill[] = "水渠把水引到水輪";
    static const char more[] = "據說水渠把水引到水輪旁邊";
    static const char other[] = "向量資料庫保存向量";

    ck_assert(within(mill, more));
    ck_assert(!within(more, mill));
    ck_assert(!within(mill, other));
}
END_TEST

START_TEST(bytes_that_are_no_text_do_no_harm)
{
    struct shingle_index *index = shingle_index_new(0, arena);
    uint8_t bytes[512];

    for (unsigned value = 0; value < 256; value++) {
        struct shingles a;
        uint32_t shared = 0;

        memset(bytes, (int)value, sizeof(bytes));
        a = shingles_of(mr_span(bytes, sizeof(bytes)), arena);
        shingle_index_add(index, 0, &a);
        shingle_index_count(index, &a, &shared);
        ck_assert_uint_ge(shared, a.count);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("same");
    TCase *tcase = tcase_create("same");
    SRunner *srunner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_passage_is_within_itself_and_a_longer_one);
    tcase_add_test(tcase, case_space_and_marks_do_not_count);
    tcase_add_test(tcase, few_words_are_one_shingle);
    tcase_add_test(tcase, what_has_no_word_is_within_nothing);
    tcase_add_test(tcase, scripts_without_spaces_are_told_by_character);
    tcase_add_test(tcase, bytes_that_are_no_text_do_no_harm);
    suite_add_tcase(suite, tcase);
    srunner_run_all(srunner, CK_NORMAL);
    failed = srunner_ntests_failed(srunner);
    srunner_free(srunner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
