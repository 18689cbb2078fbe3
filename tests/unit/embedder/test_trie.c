// SPDX-License-Identifier: Apache-2.0
/*
 * test_trie.c - what was put in is found, and nothing else.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"
#include "embedder/wordpiece/trie.h"

static uint32_t find(const struct trie *trie, struct mr_span bytes)
{
    uint32_t node = TRIE_ROOT;

    for (size_t i = 0; i < bytes.size && node != TRIE_NONE; i++)
        node = trie_step(trie, node, bytes.data[i]);
    return node == TRIE_NONE ? TRIE_NONE : trie->cells[node].number;
}

START_TEST(keys_that_begin_each_other_are_told_apart)
{
    static const struct trie_key keys[] = {
        { { (const uint8_t *)"\0", 1 }, 7 },
        { { (const uint8_t *)"\0\0", 2 }, 8 },
        { { (const uint8_t *)"a", 1 }, 1 },
        { { (const uint8_t *)"ab", 2 }, 2 },
        { { (const uint8_t *)"abcd", 4 }, 3 },
        { { (const uint8_t *)"b\xFF", 2 }, 4 },
    };
    struct trie trie;

    trie_init(&trie, keys, 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert_uint_eq(find(&trie, keys[i].bytes), keys[i].number);
    ck_assert_uint_eq(find(&trie, mr_span_str("")), TRIE_NONE);
    ck_assert_uint_eq(find(&trie, mr_span_str("abc")), TRIE_NONE);
    ck_assert_uint_eq(find(&trie, mr_span_str("abcde")), TRIE_NONE);
    ck_assert_uint_eq(find(&trie, mr_span_str("b")), TRIE_NONE);
    ck_assert_uint_eq(find(&trie, mr_span_str("c")), TRIE_NONE);
    ck_assert_uint_eq(find(&trie, mr_span("\0\0\0", 3)), TRIE_NONE);
    trie_deinit(&trie);
}
END_TEST

START_TEST(an_empty_trie_has_nothing)
{
    struct trie trie;

    trie_init(&trie, NULL, 0);
    for (unsigned byte = 0; byte < 256; byte++)
        ck_assert_uint_eq(trie_step(&trie, TRIE_ROOT, (uint8_t)byte),
                          TRIE_NONE);
    trie_deinit(&trie);
}
END_TEST

/* Every number of three digits to the base 17 in letters, but each third. */
#define NUMBERS (17u * 17u * 17u)

static void number_text(uint32_t number, char text[4])
{
    text[0] = (char)('a' + number / (17 * 17));
    text[1] = (char)('a' + number / 17 % 17);
    text[2] = (char)('a' + number % 17);
    text[3] = '\0';
}

START_TEST(thousands_of_keys_are_found_and_their_neighbours_not)
{
    static char texts[NUMBERS][4];
    static struct trie_key keys[NUMBERS];
    struct trie trie;
    size_t count = 0;

    for (uint32_t i = 0; i < NUMBERS; i++) {
        number_text(i, texts[i]);
        if (i % 3 != 0)
            keys[count++] = (struct trie_key){ mr_span(texts[i], 3), i };
    }
    trie_init(&trie, keys, count);
    for (uint32_t i = 0; i < NUMBERS; i++)
        ck_assert_uint_eq(find(&trie, mr_span(texts[i], 3)),
                          i % 3 != 0 ? i : TRIE_NONE);
    trie_deinit(&trie);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("trie");
    Suite *suite = suite_create("trie");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, keys_that_begin_each_other_are_told_apart);
    tcase_add_test(tcase, an_empty_trie_has_nothing);
    tcase_add_test(tcase, thousands_of_keys_are_found_and_their_neighbours_not);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
