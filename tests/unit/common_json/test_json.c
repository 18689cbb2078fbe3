// SPDX-License-Identifier: Apache-2.0
/*
 * test_json.c - what is written reads back, and bad JSON is refused in words.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/json/json.h"

static const char *const round_trips[] = {
    "{}",
    "[]",
    "[1,2,3]",
    "{\"a\":\"b\",\"c\":[true,false,null,{\"d\":-1.5}]}",
    "\"\\u0000\"",
    "\"tab\\tline\\nquote\\\"back\\\\\"",
    "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"",
    "0.1",
    "1e+300",
    "[[[[[[1]]]]]]",
};

START_TEST(what_was_written_is_what_was_read)
{
    struct mr_buf buf = mr_buf(1000);
    struct mr_json_out out = mr_json_out(&buf);
    struct mr_json *root;

    ck_assert_int_eq(mr_json_parse(mr_span_str(round_trips[_i]), &root, NULL),
                     MR_OK);
    mr_json_put_value(&out, root);
    ck_assert_str_eq(mr_buf_text(&buf), round_trips[_i]);
    mr_json_free(root);
    mr_buf_deinit(&buf);
}
END_TEST

static const struct {
    const char *text;
    const char *say;
} bad[] = {
    { "", "nothing there" },
    { "{", "line 1" },
    { "{\"a\":1,\n\"a\":2}", "duplicate" },
    { "[1] 2", "end of file expected" },
    { "\"\xFF\"", "decode byte" },
    { "nul", "line 1" },
};

START_TEST(bad_json_is_refused_with_its_place)
{
    struct mr_err err = { 0 };
    struct mr_json *root;

    ck_assert_int_eq(mr_json_parse(mr_span_str(bad[_i].text), &root, &err),
                     MR_E_CORRUPT);
    ck_assert_ptr_null(root);
    ck_assert_msg(strstr(err.text, bad[_i].say) != NULL, "%s", err.text);
}
END_TEST

START_TEST(nesting_past_the_limit_is_refused)
{
    char text[4 * MR_JSON_DEPTH_MAX];
    struct mr_json *root;

    memset(text, '[', sizeof(text));
    ck_assert_int_eq(mr_json_parse(mr_span(text, sizeof(text)), &root, NULL),
                     MR_E_CORRUPT);
    memset(text + MR_JSON_DEPTH_MAX, ']', MR_JSON_DEPTH_MAX);
    ck_assert_int_eq(
        mr_json_parse(mr_span(text, 2 * MR_JSON_DEPTH_MAX), &root, NULL),
        MR_OK);
    mr_json_free(root);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_written_as_replacement)
{
    struct mr_buf buf = mr_buf(100);
    struct mr_json_out out = mr_json_out(&buf);

    mr_json_put_text(&out, mr_span("a\xC3(\xED\xA0\x80", 6));
    ck_assert_str_eq(mr_buf_text(&buf), "\"a\xEF\xBF\xBD(\xEF\xBF\xBD"
                                        "\xEF\xBF\xBD\xEF\xBF\xBD\"");
    mr_buf_deinit(&buf);
}
END_TEST

START_TEST(accessors_forgive_what_is_not_there)
{
    struct mr_json *root;
    struct mr_span key;

    ck_assert_int_eq(
        mr_json_parse(mr_span_str("{\"n\":2,\"t\":\"x\"}"), &root, NULL),
        MR_OK);
    ck_assert_ptr_null(mr_json_get(root, "absent"));
    ck_assert_ptr_null(mr_json_text(mr_json_get(root, "n")).data);
    ck_assert_ptr_null(mr_json_text(NULL).data);
    ck_assert(mr_json_number(mr_json_get(root, "n"), 0) == 2);
    ck_assert(mr_json_number(mr_json_get(root, "t"), 7) == 7);
    ck_assert(mr_json_bool(NULL, true));
    ck_assert_ptr_nonnull(mr_json_member(root, 1, &key));
    ck_assert(mr_span_equal(key, mr_span_str("t")));
    ck_assert_ptr_null(mr_json_member(root, 2, &key));
    mr_json_free(root);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("json");
    Suite *suite = suite_create("json");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, what_was_written_is_what_was_read, 0,
                        (int)(sizeof(round_trips) / sizeof(round_trips[0])));
    tcase_add_loop_test(tcase, bad_json_is_refused_with_its_place, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, nesting_past_the_limit_is_refused);
    tcase_add_test(tcase, bytes_that_are_no_text_are_written_as_replacement);
    tcase_add_test(tcase, accessors_forgive_what_is_not_there);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
