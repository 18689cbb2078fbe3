// SPDX-License-Identifier: Apache-2.0
/*
 * test_image.c - an image gives back its sections and believes nothing.
 *
 * The image under test is small, so that every truncation and every flipped
 * bit is tried, not chosen ones.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"
#include "indexer/segment/image.h"

#define NAME_A IMAGE_NAME('A', 'A', 'A', 'A')
#define NAME_B IMAGE_NAME('B', 'B', 'B', 'B')
#define NAME_C IMAGE_NAME('C', 'C', 'C', 'C')

static struct mr_buf build(void)
{
    struct mr_buf out = mr_buf(1 << 20);
    struct image_section sections[] = {
        { NAME_A, mr_span_str("the first") },
        { NAME_B, mr_span("", 0) },
        { NAME_C, mr_span_str("the third, of an odd size") },
    };

    image_write(IMAGE_DENSE, sections, 3, &out);
    return out;
}

START_TEST(sections_come_back_aligned)
{
    struct mr_buf bytes = build();
    struct image image;

    ck_assert_int_eq(image_parse(mr_buf_bytes(&bytes), true, &image, NULL),
                     MR_OK);
    ck_assert_int_eq(image.kind, IMAGE_DENSE);
    ck_assert_uint_eq(image.count, 3);
    ck_assert(
        mr_span_equal(image_section(&image, NAME_A), mr_span_str("the first")));
    ck_assert(mr_span_equal(image_section(&image, NAME_C),
                            mr_span_str("the third, of an odd size")));
    ck_assert_uint_eq(image_section(&image, NAME_B).size, 0);
    ck_assert_ptr_nonnull(image_section(&image, NAME_B).data);
    ck_assert_ptr_null(
        image_section(&image, IMAGE_NAME('N', 'O', 'N', 'E')).data);
    for (size_t i = 0; i < image.count; i++)
        ck_assert_uint_eq(
            (size_t)(image.sections[i].bytes.data - bytes.data) % 64, 0);
    mr_buf_deinit(&bytes);
}
END_TEST

START_TEST(an_image_without_sections_is_an_image)
{
    struct mr_buf bytes = mr_buf(1024);
    struct image image;

    image_write(IMAGE_KEYWORD, NULL, 0, &bytes);
    ck_assert_int_eq(image_parse(mr_buf_bytes(&bytes), true, &image, NULL),
                     MR_OK);
    ck_assert_uint_eq(image.count, 0);
    mr_buf_deinit(&bytes);
}
END_TEST

START_TEST(equal_content_gives_equal_bytes)
{
    struct mr_buf a = build();
    struct mr_buf b = build();

    ck_assert(mr_span_equal(mr_buf_bytes(&a), mr_buf_bytes(&b)));
    mr_buf_deinit(&a);
    mr_buf_deinit(&b);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    struct mr_buf bytes = build();
    struct image image;

    for (size_t size = 0; size < bytes.size; size++) {
        struct mr_err err = { 0 };

        ck_assert_int_eq(
            image_parse(mr_span(bytes.data, size), false, &image, &err),
            MR_E_DAMAGED);
        ck_assert_str_ne(err.text, "");
    }
    mr_buf_deinit(&bytes);
}
END_TEST

START_TEST(every_bit_flip_is_refused_when_verified)
{
    struct mr_buf bytes = build();
    struct image image;

    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        ck_assert_msg(image_parse(mr_buf_bytes(&bytes), true, &image, NULL) ==
                          MR_E_DAMAGED,
                      "bit %zu of %zu", bit, bytes.size * 8);
        bytes.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    mr_buf_deinit(&bytes);
}
END_TEST

START_TEST(bytes_behind_the_end_are_refused)
{
    struct mr_buf bytes = build();
    struct image image;

    mr_buf_u64(&bytes, 0);
    ck_assert_int_eq(image_parse(mr_buf_bytes(&bytes), false, &image, NULL),
                     MR_E_DAMAGED);
    mr_buf_deinit(&bytes);
}
END_TEST

START_TEST(past_the_buffers_limit_it_says_full)
{
    struct mr_buf out = mr_buf(80);
    struct image_section section = { NAME_A, mr_span_str("more than fits") };

    image_write(IMAGE_DENSE, &section, 1, &out);
    ck_assert(out.full);
    mr_buf_deinit(&out);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("image");
    Suite *suite = suite_create("image");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, sections_come_back_aligned);
    tcase_add_test(tcase, an_image_without_sections_is_an_image);
    tcase_add_test(tcase, equal_content_gives_equal_bytes);
    tcase_add_test(tcase, every_truncation_is_refused);
    tcase_add_test(tcase, every_bit_flip_is_refused_when_verified);
    tcase_add_test(tcase, bytes_behind_the_end_are_refused);
    tcase_add_test(tcase, past_the_buffers_limit_it_says_full);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
