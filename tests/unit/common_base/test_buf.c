// SPDX-License-Identifier: Apache-2.0
/*
 * test_buf.c - bytes that grow at their end, up to a limit.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/mr_buf.h"

START_TEST(appends_follow_each_other)
{
    struct mr_buf buf = mr_buf(1 << 20);

    mr_buf_str(&buf, "one");
    mr_buf_byte(&buf, ' ');
    mr_buf_span(&buf, mr_span_str("two"));
    mr_buf_printf(&buf, " %d%s", 3, "");
    mr_buf_append(&buf, NULL, 0);
    ck_assert_str_eq(mr_buf_text(&buf), "one two 3");
    ck_assert(mr_span_equal(mr_buf_bytes(&buf), mr_span_str("one two 3")));
    ck_assert(!buf.full);
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(bytes_stay_while_the_block_grows)
{
    struct mr_buf buf = mr_buf(1 << 20);

    for (unsigned i = 0; i < 100000; i++)
        mr_buf_byte(&buf, (uint8_t)(i * 7));
    ck_assert_uint_eq(buf.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        ck_assert_uint_eq(buf.data[i], (uint8_t)(i * 7));
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(a_buffer_takes_exactly_its_limit)
{
    struct mr_buf buf = mr_buf(4);

    mr_buf_str(&buf, "abcd");
    ck_assert(!buf.full);
    ck_assert_str_eq(mr_buf_text(&buf), "abcd");
    mr_buf_byte(&buf, 'e');
    ck_assert(buf.full);
    ck_assert_str_eq(mr_buf_text(&buf), "abcd");
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(a_full_buffer_takes_nothing_until_reset)
{
    struct mr_buf buf = mr_buf(4);

    mr_buf_str(&buf, "abcde");
    ck_assert(buf.full);
    ck_assert_uint_eq(buf.size, 0);
    mr_buf_byte(&buf, 'x');
    ck_assert_ptr_null(mr_buf_grow(&buf, 1));
    ck_assert_uint_eq(buf.size, 0);
    ck_assert_str_eq(mr_buf_text(&buf), "");
    mr_buf_reset(&buf);
    mr_buf_byte(&buf, 'x');
    ck_assert_str_eq(mr_buf_text(&buf), "x");
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(a_size_near_the_largest_is_refused)
{
    struct mr_buf buf = mr_buf(1 << 20);

    mr_buf_str(&buf, "abc");
    ck_assert_ptr_null(mr_buf_grow(&buf, SIZE_MAX));
    ck_assert_ptr_null(mr_buf_grow(&buf, SIZE_MAX - 3));
    ck_assert(buf.full);
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(printf_past_the_limit_writes_nothing)
{
    struct mr_buf buf = mr_buf(3);

    mr_buf_printf(&buf, "%d", 1234);
    ck_assert(buf.full);
    mr_buf_reset(&buf);
    mr_buf_printf(&buf, "%d", 123);
    ck_assert_str_eq(mr_buf_text(&buf), "123");
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(numbers_lie_in_the_stated_order)
{
    static const uint8_t want[] = { 0x02, 0x01, 0x04, 0x03, 0x02, 0x01, 0x08,
                                    0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,
                                    0x01, 0x02, 0x03, 0x04, 0x01, 0x02, 0x03,
                                    0x04, 0x05, 0x06, 0x07, 0x08 };
    struct mr_buf buf = mr_buf(100);

    mr_buf_u16(&buf, 0x0102);
    mr_buf_u32(&buf, 0x01020304);
    mr_buf_u64(&buf, 0x0102030405060708);
    mr_buf_u32_be(&buf, 0x01020304);
    mr_buf_u64_be(&buf, 0x0102030405060708);
    ck_assert_uint_eq(buf.size, sizeof(want));
    ck_assert_mem_eq(buf.data, want, sizeof(want));
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(deinit_leaves_an_empty_buffer_of_the_same_limit)
{
    struct mr_buf buf = mr_buf(2);

    mr_buf_str(&buf, "ab");
    mr_buf_deinit(&buf);
    ck_assert_uint_eq(mr_buf_bytes(&buf).size, 0);
    mr_buf_str(&buf, "cd");
    mr_buf_str(&buf, "e");
    ck_assert(buf.full);
    ck_assert_str_eq(mr_buf_text(&buf), "cd");
    mr_buf_deinit(&buf);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("buf");
    Suite *suite = suite_create("buf");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, appends_follow_each_other);
    tcase_add_test(tcase, bytes_stay_while_the_block_grows);
    tcase_add_test(tcase, a_buffer_takes_exactly_its_limit);
    tcase_add_test(tcase, a_full_buffer_takes_nothing_until_reset);
    tcase_add_test(tcase, a_size_near_the_largest_is_refused);
    tcase_add_test(tcase, printf_past_the_limit_writes_nothing);
    tcase_add_test(tcase, numbers_lie_in_the_stated_order);
    tcase_add_test(tcase, deinit_leaves_an_empty_buffer_of_the_same_limit);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
