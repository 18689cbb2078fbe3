// SPDX-License-Identifier: Apache-2.0
/*
 * test_utf8.c - every code point is valid, and nothing else is.
 */
#include <check.h>
#include <stdlib.h>

#include "common/wire/utf8.h"

/* As the standard describes it, for code points of any size. */
static size_t encode(uint32_t point, uint8_t out[4])
{
    size_t size = point < 0x80      ? 1
                  : point < 0x800   ? 2
                  : point < 0x10000 ? 3
                                    : 4;
    static const uint8_t marks[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (uint8_t)(marks[size] | point);
    return size;
}

START_TEST(every_code_point_but_surrogates_is_valid)
{
    for (uint32_t point = 0; point < 0x110000; point++) {
        uint8_t bytes[4];
        size_t size = encode(point, bytes);
        bool surrogate = point >= 0xD800 && point < 0xE000;

        if (mr_wire_utf8_valid(mr_span(bytes, size)) == surrogate)
            ck_abort_msg("U+%04X", point);
    }
}
END_TEST

/* Of all sequences of two bytes: one character of two, or two of one. */
START_TEST(no_other_sequence_of_two_bytes_is_valid)
{
    size_t valid = 0;

    for (uint32_t all = 0; all < 1u << 16; all++) {
        const uint8_t bytes[] = { (uint8_t)(all >> 8), (uint8_t)all };

        valid += mr_wire_utf8_valid(mr_span(bytes, 2));
    }
    ck_assert_uint_eq(valid, (0x800 - 0x80) + 128 * 128);
}
END_TEST

/* Of all that begin as three bytes do, as many as there are code points. */
START_TEST(no_other_sequence_of_three_bytes_is_valid)
{
    size_t valid = 0;

    for (uint32_t all = 0xE00000; all <= 0xFFFFFF; all++) {
        const uint8_t bytes[] = { (uint8_t)(all >> 16), (uint8_t)(all >> 8),
                                  (uint8_t)all };

        valid += mr_wire_utf8_valid(mr_span(bytes, 3));
    }
    ck_assert_uint_eq(valid, 0x10000 - 0x800 - 0x800);
}
END_TEST

START_TEST(what_is_past_the_last_code_point_is_not_valid)
{
    const char *bad[] = { "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                          "\xF0\x8F\xBF\xBF", "\xF0\x90\x80",
                          "\xF0\x90\x80z",    "\xFF",
                          "\xC0\x80" };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!mr_wire_utf8_valid(mr_span_str(bad[i])), "%zu", i);
}
END_TEST

START_TEST(a_fault_is_found_at_every_place_of_a_text)
{
    uint8_t bytes[40];

    for (size_t at = 0; at < sizeof(bytes); at++) {
        memset(bytes, 'a', sizeof(bytes));
        bytes[at] = 0x80;
        ck_assert_uint_eq(mr_wire_utf8_prefix(mr_span(bytes, sizeof(bytes))),
                          at);
    }
    ck_assert(mr_wire_utf8_valid((struct mr_span){ 0 }));
}
END_TEST

START_TEST(borders_lie_in_front_of_characters_and_at_the_end)
{
    struct mr_span span = mr_span_str("a\xC3\xBC");

    ck_assert(mr_wire_utf8_border(span, 0));
    ck_assert(mr_wire_utf8_border(span, 1));
    ck_assert(!mr_wire_utf8_border(span, 2));
    ck_assert(mr_wire_utf8_border(span, 3));
    ck_assert(!mr_wire_utf8_border(span, 4));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire.utf8");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_code_point_but_surrogates_is_valid);
    tcase_add_test(tests, no_other_sequence_of_two_bytes_is_valid);
    tcase_add_test(tests, no_other_sequence_of_three_bytes_is_valid);
    tcase_add_test(tests, what_is_past_the_last_code_point_is_not_valid);
    tcase_add_test(tests, a_fault_is_found_at_every_place_of_a_text);
    tcase_add_test(tests, borders_lie_in_front_of_characters_and_at_the_end);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
