// SPDX-License-Identifier: Apache-2.0
/*
 * test_span.c - bytes that somebody else owns, compared.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_span.h"

/* In their order. */
static const struct {
    const char *bytes;
    size_t size;
} sorted[] = {
    { "", 0 },     { "\0", 1 },   { "\0a", 2 },      { "a", 1 },
    { "a\0", 2 },  { "aa", 2 },   { "b", 1 },        { "\x7F", 1 },
    { "\x80", 1 }, { "\xFF", 1 }, { "\xFF\xFF", 2 },
};

START_TEST(spans_sort_as_bytes_do)
{
    struct mr_span span = mr_span(sorted[_i].bytes, sorted[_i].size);
    int count = (int)(sizeof(sorted) / sizeof(sorted[0]));

    for (int i = 0; i < count; i++) {
        struct mr_span other = mr_span(sorted[i].bytes, sorted[i].size);
        int order = mr_span_compare(span, other);

        ck_assert_int_eq((order > 0) - (order < 0), (_i > i) - (_i < i));
        ck_assert_int_eq(mr_span_equal(span, other), _i == i);
    }
}
END_TEST

START_TEST(an_absent_span_compares_as_an_empty_one)
{
    struct mr_span absent = mr_span_str(NULL);

    ck_assert_ptr_null(absent.data);
    ck_assert(mr_span_equal(absent, mr_span("", 0)));
    ck_assert_int_eq(mr_span_compare(absent, mr_span("", 0)), 0);
    ck_assert_int_lt(mr_span_compare(absent, mr_span("a", 1)), 0);
    ck_assert(mr_span_starts(mr_span_str("a"), absent));
    ck_assert(!mr_span_starts(absent, mr_span_str("a")));
}
END_TEST

START_TEST(a_beginning_is_seen)
{
    struct mr_span span = mr_span_str("state.index");

    ck_assert(mr_span_starts(span, mr_span_str("state.")));
    ck_assert(mr_span_starts(span, span));
    ck_assert(!mr_span_starts(span, mr_span_str("state.index2")));
    ck_assert(!mr_span_starts(span, mr_span_str("x")));
}
END_TEST

START_TEST(a_printed_span_is_cut_at_512_bytes)
{
    char text[1000];
    char out[1001];

    memset(text, 'x', sizeof(text));
    ck_assert_int_eq(snprintf(out, sizeof(out), "%.*s",
                              MR_SPAN_ARG(mr_span(text, sizeof(text)))),
                     512);
    ck_assert_int_eq(
        snprintf(out, sizeof(out), "%.*s", MR_SPAN_ARG(mr_span(text, 3))), 3);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("span");
    Suite *suite = suite_create("span");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, spans_sort_as_bytes_do, 0,
                        (int)(sizeof(sorted) / sizeof(sorted[0])));
    tcase_add_test(tcase, an_absent_span_compares_as_an_empty_one);
    tcase_add_test(tcase, a_beginning_is_seen);
    tcase_add_test(tcase, a_printed_span_is_cut_at_512_bytes);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
