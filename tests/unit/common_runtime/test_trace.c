// SPDX-License-Identifier: Apache-2.0
/*
 * test_trace.c - what is a traceparent, and what is none.
 */
#include <check.h>
#include <stdlib.h>

#include "common/runtime/trace.h"

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

START_TEST(a_traceparent_is_taken_as_it_is)
{
    struct mr_span trace = mr_trace_of(mr_span_str(TRACE));

    ck_assert(mr_span_equal(trace, mr_span_str(TRACE)));
}
END_TEST

START_TEST(of_a_later_version_the_known_part_is_taken)
{
    struct mr_span trace = mr_trace_of(mr_span_str(
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));

    ck_assert_uint_eq(trace.size, MR_TRACE_SIZE);
}
END_TEST

static const char *const wrong[] = {
    "",
    "00",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
    "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
};

START_TEST(what_is_none_is_left_out)
{
    ck_assert_ptr_null(mr_trace_of(mr_span_str(wrong[_i])).data);
    ck_assert_ptr_null(mr_trace_of((struct mr_span){ 0 }).data);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("trace");
    Suite *suite = suite_create("trace");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_traceparent_is_taken_as_it_is);
    tcase_add_test(tcase, of_a_later_version_the_known_part_is_taken);
    tcase_add_loop_test(tcase, what_is_none_is_left_out, 0,
                        (int)(sizeof(wrong) / sizeof(wrong[0])));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
