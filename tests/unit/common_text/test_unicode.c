// SPDX-License-Identifier: Apache-2.0
/*
 * test_unicode.c - a few facts of the Unicode Character Database, and what
 * must hold for every code point.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/unicode.h"

static const struct {
    uint32_t code_point;
    uint32_t category;
    uint32_t lower;
    uint8_t combining;
} facts[] = {
    { 'A', MR_UNICODE_LU, 'a', 0 },
    { '_', MR_UNICODE_PC, '_', 0 },
    { '$', MR_UNICODE_SC, '$', 0 },
    { '7', MR_UNICODE_ND, '7', 0 },
    { 0x00AD, MR_UNICODE_CF, 0x00AD, 0 },
    { 0x0300, MR_UNICODE_MN, 0x0300, 230 },
    { 0x0903, MR_UNICODE_MC, 0x0903, 0 },
    { 0x03A3, MR_UNICODE_LU, 0x03C3, 0 },
    { 0x1E9E, MR_UNICODE_LU, 0x00DF, 0 },
    { 0x4E2D, MR_UNICODE_LO, 0x4E2D, 0 },
    { 0xD800, MR_UNICODE_CS, 0xD800, 0 },
    { 0xE000, MR_UNICODE_CO, 0xE000, 0 },
    { 0x10400, MR_UNICODE_LU, 0x10428, 0 },
    { 0x1F600, MR_UNICODE_SO, 0x1F600, 0 },
    { 0x10FFFF, MR_UNICODE_CN, 0x10FFFF, 0 },
    { 0x110000, MR_UNICODE_CN, 0x110000, 0 },
    { UINT32_MAX, MR_UNICODE_CN, UINT32_MAX, 0 },
};

START_TEST(a_code_point_has_its_properties)
{
    uint32_t cp = facts[_i].code_point;

    ck_assert_uint_eq(mr_unicode_category(cp), facts[_i].category);
    ck_assert_uint_eq(mr_unicode_lower(cp), facts[_i].lower);
    ck_assert_uint_eq(mr_unicode_combining_class(cp), facts[_i].combining);
}
END_TEST

static const struct {
    uint32_t code_point;
    uint32_t want[MR_UNICODE_DECOMPOSED_MAX];
    size_t count;
} decompositions[] = {
    { 'e', { 'e' }, 1 },
    { 0x00E9, { 'e', 0x0301 }, 2 },
    { 0x1EA4, { 'A', 0x0302, 0x0301 }, 3 },
    { 0x1F82, { 0x03B1, 0x0313, 0x0300, 0x0345 }, 4 },
    { 0xAC01, { 0x1100, 0x1161, 0x11A8 }, 3 },
    { 0xAC00, { 0x1100, 0x1161 }, 2 },
    { 0x212B, { 'A', 0x030A }, 2 },
    { 0xFB01, { 0xFB01 }, 1 }, /* a compatibility mapping, not taken */
    { 0x2F800, { 0x4E3D }, 1 },
};

START_TEST(a_code_point_decomposes_canonically)
{
    uint32_t got[MR_UNICODE_DECOMPOSED_MAX];
    size_t count = mr_unicode_decompose(decompositions[_i].code_point, got);

    ck_assert_uint_eq(count, decompositions[_i].count);
    ck_assert_int_eq(
        memcmp(got, decompositions[_i].want, count * sizeof(got[0])), 0);
}
END_TEST

START_TEST(decompositions_are_final_and_in_canonical_order)
{
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        uint32_t got[MR_UNICODE_DECOMPOSED_MAX];
        uint32_t again[MR_UNICODE_DECOMPOSED_MAX];
        size_t count = mr_unicode_decompose(cp, got);
        uint8_t before = 0;

        for (size_t i = 0; i < count; i++) {
            uint8_t class = mr_unicode_combining_class(got[i]);

            ck_assert_uint_eq(mr_unicode_decompose(got[i], again), 1);
            ck_assert_uint_eq(again[0], got[i]);
            ck_assert(class == 0 || class >= before);
            before = class;
        }
    }
}
END_TEST

START_TEST(twenty_five_code_points_are_white_space)
{
    size_t count = 0;

    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++)
        count += mr_unicode_is_space(cp) ? 1 : 0;
    ck_assert_uint_eq(count, 25);
    ck_assert(mr_unicode_is_space(0x85));
    ck_assert(mr_unicode_is_space(0x3000));
    ck_assert(!mr_unicode_is_space(0x200B));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("unicode");
    Suite *suite = suite_create("unicode");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_code_point_has_its_properties, 0,
                        (int)(sizeof(facts) / sizeof(facts[0])));
    tcase_add_loop_test(
        tcase, a_code_point_decomposes_canonically, 0,
        (int)(sizeof(decompositions) / sizeof(decompositions[0])));
    tcase_add_test(tcase, decompositions_are_final_and_in_canonical_order);
    tcase_add_test(tcase, twenty_five_code_points_are_white_space);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
