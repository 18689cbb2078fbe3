// SPDX-License-Identifier: Apache-2.0
/*
 * test_time.c - times as text, there and back.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/mr_time.h"

static const struct {
    const char *text;
    int64_t time_ms;
    const char *canonical;
} good[] = {
    { "1970-01-01", 0, "1970-01-01T00:00:00.000Z" },
    { "2026-01-31T12:00:00.123Z", 1769860800123, "2026-01-31T12:00:00.123Z" },
    { "2026-01-31 12:00", 1769860800000, "2026-01-31T12:00:00.000Z" },
    { "2026-01-31T12:00:00+01:30", 1769855400000, "2026-01-31T10:30:00.000Z" },
    { "2026-01-31T12:00:00.5-0800", 1769889600500, "2026-01-31T20:00:00.500Z" },
    { "2024-02-29T23:59:59.9999Z", 1709251199999, "2024-02-29T23:59:59.999Z" },
    { "2000-02-29", 951782400000, "2000-02-29T00:00:00.000Z" },
    { "0001-01-01", -62135596800000, "0001-01-01T00:00:00.000Z" },
    { "9999-12-31T23:59:59.999Z", 253402300799999, "9999-12-31T23:59:59.999Z" },
    { "1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z" },
};

START_TEST(a_time_reads_and_writes_as_the_table_says)
{
    char text[MR_TIME_TEXT_SIZE];
    int64_t time_ms;

    ck_assert_msg(mr_time_parse(mr_span_str(good[_i].text), &time_ms), "%s",
                  good[_i].text);
    ck_assert_int_eq(time_ms, good[_i].time_ms);
    mr_time_text(time_ms, text);
    ck_assert_str_eq(text, good[_i].canonical);
}
END_TEST

static const char *const bad[] = {
    "",
    "2026",
    "2026-1-31",
    "2026-02-29",
    "1900-02-29",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "0000-01-01",
    "2026-01-31T",
    "2026-01-31T24:00",
    "2026-01-31T12",
    "2026-01-31T12:60",
    "2026-01-31T12:00:00.",
    "2026-01-31T12:00:00.1x",
    "2026-01-31T12:00Zx",
    "2026-01-31T12:00+1",
    "tomorrow",
    "2026-01-31T12:00:00.Z",
};

START_TEST(what_is_no_time_is_refused)
{
    int64_t time_ms;

    ck_assert_msg(!mr_time_parse(mr_span_str(bad[_i]), &time_ms), "%s",
                  bad[_i]);
}
END_TEST

START_TEST(every_day_of_four_centuries_comes_back)
{
    char text[MR_TIME_TEXT_SIZE];
    int64_t back;

    for (int64_t day = -146097; day < 146097; day++) {
        mr_time_text(day * 86400000, text);
        ck_assert(mr_time_parse(mr_span_str(text), &back));
        ck_assert_int_eq(back, day * 86400000);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("time");
    Suite *suite = suite_create("time");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, a_time_reads_and_writes_as_the_table_says, 0,
                        (int)(sizeof(good) / sizeof(good[0])));
    tcase_add_loop_test(tcase, what_is_no_time_is_refused, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, every_day_of_four_centuries_comes_back);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
