// SPDX-License-Identifier: Apache-2.0
/*
 * test_utf8.c - what is UTF-8 is read as it is, and the rest as U+FFFD.
 */
#include <check.h>
#include <stdlib.h>

#include "common/text/utf8.h"

START_TEST(every_code_point_is_read_as_it_was_written)
{
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        uint8_t bytes[MR_UTF8_BYTES_MAX];
        size_t size, at = 0;

        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        size = mr_utf8_encode(cp, bytes);
        ck_assert_uint_eq(mr_utf8_next(bytes, size, &at), cp);
        ck_assert_uint_eq(at, size);
        ck_assert(mr_utf8_valid(mr_span(bytes, size)));
    }
}
END_TEST

/* From the Unicode standard, tables 3-8 to 3-11: how many U+FFFD. */
static const struct {
    const char *bytes;
    uint32_t want[8];
    size_t count;
} broken[] = {
    { "\x80", { 0xFFFD }, 1 },
    { "\xC0\xAF", { 0xFFFD, 0xFFFD }, 2 },
    { "\xE0\x80\xBF", { 0xFFFD, 0xFFFD, 0xFFFD }, 3 },
    { "\xF0\x81\x82\x41", { 0xFFFD, 0xFFFD, 0xFFFD, 0x41 }, 4 },
    { "\xED\xA0\x80", { 0xFFFD, 0xFFFD, 0xFFFD }, 3 },
    { "\xF4\x91\x92\x93", { 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD }, 4 },
    { "\xFF\x41", { 0xFFFD, 0x41 }, 2 },
    { "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41",
      { 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0x41 },
      5 },
    { "\xC3", { 0xFFFD }, 1 },
    { "\xF0\x9F\x98", { 0xFFFD }, 1 },
    { "a\xC3(", { 0x61, 0xFFFD, 0x28 }, 3 },
};

START_TEST(a_broken_sequence_gives_one_mark_for_each_maximal_part)
{
    struct mr_span bytes = mr_span_str(broken[_i].bytes);
    size_t at = 0;

    for (size_t i = 0; i < broken[_i].count; i++) {
        ck_assert_uint_lt(at, bytes.size);
        ck_assert_uint_eq(mr_utf8_next(bytes.data, bytes.size, &at),
                          broken[_i].want[i]);
    }
    ck_assert_uint_eq(at, bytes.size);
    ck_assert(!mr_utf8_valid(bytes));
}
END_TEST

START_TEST(a_replacement_character_in_the_text_is_valid)
{
    ck_assert(mr_utf8_valid(mr_span_str("a\xEF\xBF\xBD")));
    ck_assert(mr_utf8_valid(mr_span_str("")));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("utf8");
    Suite *suite = suite_create("utf8");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_code_point_is_read_as_it_was_written);
    tcase_add_loop_test(tcase,
                        a_broken_sequence_gives_one_mark_for_each_maximal_part,
                        0, (int)(sizeof(broken) / sizeof(broken[0])));
    tcase_add_test(tcase, a_replacement_character_in_the_text_is_valid);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
