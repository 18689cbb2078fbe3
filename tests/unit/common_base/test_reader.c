// SPDX-License-Identifier: Apache-2.0
/*
 * test_reader.c - what mr_buf.h wrote is read, and what is broken is not
 * believed.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_reader.h"

static const uint64_t values[] = { 0,          1,          0x7F,
                                   0x80,       0x3FFF,     0x4000,
                                   0xFFFFFFFF, 1ull << 62, 1ull << 63,
                                   UINT64_MAX };

START_TEST(numbers_come_back)
{
    uint64_t value = values[_i];
    struct mr_buf buf = mr_buf(100);
    struct mr_reader in;

    mr_buf_byte(&buf, (uint8_t)value);
    mr_buf_u16(&buf, (uint16_t)value);
    mr_buf_u32(&buf, (uint32_t)value);
    mr_buf_u64(&buf, value);
    mr_buf_u32_be(&buf, (uint32_t)value);
    mr_buf_u64_be(&buf, value);
    mr_buf_varint(&buf, value);
    in = mr_reader(mr_buf_bytes(&buf));
    ck_assert_uint_eq(mr_read_byte(&in), (uint8_t)value);
    ck_assert_uint_eq(mr_read_u16(&in), (uint16_t)value);
    ck_assert_uint_eq(mr_read_u32(&in), (uint32_t)value);
    ck_assert_uint_eq(mr_read_u64(&in), value);
    ck_assert_uint_eq(mr_read_u32_be(&in), (uint32_t)value);
    ck_assert_uint_eq(mr_read_u64_be(&in), value);
    ck_assert_uint_eq(mr_read_varint(&in), value);
    ck_assert(mr_reader_done(&in));
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(every_cut_of_a_message_is_an_overrun)
{
    struct mr_buf buf = mr_buf(100);

    mr_buf_u32(&buf, 7);
    mr_buf_sized(&buf, mr_span_str("seven"));
    mr_buf_varint(&buf, 300);
    for (size_t size = 0; size <= buf.size; size++) {
        /* A copy of its own, so that a read past it is seen. */
        uint8_t *cut = malloc(size > 0 ? size : 1);
        struct mr_reader in = mr_reader(mr_span(cut, size));

        ck_assert_ptr_nonnull(cut);
        memcpy(cut, buf.data, size);
        (void)mr_read_u32(&in);
        (void)mr_read_sized(&in);
        (void)mr_read_varint(&in);
        ck_assert_int_eq(in.overrun, size < buf.size);
        ck_assert_int_eq(mr_reader_done(&in), size == buf.size);
        free(cut);
    }
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(after_an_overrun_everything_is_zero_or_absent)
{
    struct mr_reader in = mr_reader(mr_span("\1\2\3", 3));

    ck_assert_uint_eq(mr_read_u32(&in), 0);
    ck_assert(in.overrun);
    ck_assert_uint_eq(mr_read_byte(&in), 0);
    ck_assert_uint_eq(mr_read_varint(&in), 0);
    ck_assert_ptr_null(mr_read_span(&in, 0).data);
    ck_assert_ptr_null(mr_read_sized(&in).data);
    ck_assert_ptr_null(mr_read_rest(&in).data);
    ck_assert(!mr_reader_done(&in));
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} bad_varints[] = {
    { "", 0 },
    { "\x80", 1 },
    { "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9 },
    { "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10 },
    { "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11 },
};

START_TEST(a_varint_that_ends_early_or_is_too_long_is_an_overrun)
{
    struct mr_reader in =
        mr_reader(mr_span(bad_varints[_i].bytes, bad_varints[_i].size));

    ck_assert_uint_eq(mr_read_varint(&in), 0);
    ck_assert(in.overrun);
}
END_TEST

START_TEST(a_size_past_the_end_is_an_overrun)
{
    struct mr_buf buf = mr_buf(100);
    struct mr_reader in;

    mr_buf_varint(&buf, UINT64_MAX);
    mr_buf_str(&buf, "rest");
    in = mr_reader(mr_buf_bytes(&buf));
    ck_assert_ptr_null(mr_read_sized(&in).data);
    ck_assert(in.overrun);
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(empty_spans_are_there_and_the_rest_is_the_rest)
{
    struct mr_buf buf = mr_buf(100);
    struct mr_reader in;

    mr_buf_sized(&buf, (struct mr_span){ 0 });
    mr_buf_str(&buf, "rest");
    in = mr_reader(mr_buf_bytes(&buf));
    ck_assert_ptr_nonnull(mr_read_sized(&in).data);
    ck_assert(mr_span_equal(mr_read_rest(&in), mr_span_str("rest")));
    ck_assert(mr_reader_done(&in));
    ck_assert_uint_eq(mr_read_rest(&in).size, 0);
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(a_reader_of_nothing_reads_nothing)
{
    struct mr_reader in = mr_reader((struct mr_span){ 0 });

    ck_assert(mr_reader_done(&in));
    ck_assert_uint_eq(mr_read_span(&in, 0).size, 0);
    ck_assert_uint_eq(mr_read_rest(&in).size, 0);
    ck_assert(!in.overrun);
    (void)mr_read_byte(&in);
    ck_assert(in.overrun);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("reader");
    Suite *suite = suite_create("reader");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, numbers_come_back, 0,
                        (int)(sizeof(values) / sizeof(values[0])));
    tcase_add_test(tcase, every_cut_of_a_message_is_an_overrun);
    tcase_add_test(tcase, after_an_overrun_everything_is_zero_or_absent);
    tcase_add_loop_test(tcase,
                        a_varint_that_ends_early_or_is_too_long_is_an_overrun,
                        0, (int)(sizeof(bad_varints) / sizeof(bad_varints[0])));
    tcase_add_test(tcase, a_size_past_the_end_is_an_overrun);
    tcase_add_test(tcase, empty_spans_are_there_and_the_rest_is_the_rest);
    tcase_add_test(tcase, a_reader_of_nothing_reads_nothing);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
