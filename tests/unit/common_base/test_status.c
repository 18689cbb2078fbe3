// SPDX-License-Identifier: Apache-2.0
/*
 * test_status.c - codes, classes and words of failures.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_status.h"

static const struct {
    enum mr_code code;
    enum mr_class kind;
    const char *name;
} codes[] = {
    { MR_OK, MR_CLASS_NONE, "ok" },
    { MR_E_CORRUPT, MR_CLASS_POISON, "corrupt" },
    { MR_E_INVALID, MR_CLASS_POISON, "invalid" },
    { MR_E_LIMIT, MR_CLASS_POISON, "limit" },
    { MR_E_TIMEOUT, MR_CLASS_RETRY, "timeout" },
    { MR_E_UNAVAILABLE, MR_CLASS_RETRY, "unavailable" },
    { MR_E_CONFIG, MR_CLASS_FATAL, "config" },
    { MR_E_BUSY, MR_CLASS_FATAL, "busy" },
    { MR_E_LOST, MR_CLASS_FATAL, "lost" },
    { MR_E_DAMAGED, MR_CLASS_FATAL, "damaged" },
    { MR_E_FENCED, MR_CLASS_FATAL, "fenced" },
    { MR_E_CANCELLED, MR_CLASS_FATAL, "cancelled" },
};

START_TEST(every_code_has_its_class_and_name)
{
    ck_assert_int_eq(codes[_i].code, _i);
    ck_assert_int_eq(mr_class_of(codes[_i].code), codes[_i].kind);
    ck_assert_str_eq(mr_code_name(codes[_i].code), codes[_i].name);
}
END_TEST

START_TEST(a_failure_is_recorded_and_returned)
{
    struct mr_err err = { 0 };

    ck_assert_int_eq(mr_fail(&err, MR_E_LIMIT, "%d of %s", 3, "x"), MR_E_LIMIT);
    ck_assert_int_eq(err.code, MR_E_LIMIT);
    ck_assert_str_eq(err.text, "3 of x");
    ck_assert_int_eq(mr_fail(NULL, MR_E_BUSY, "unheard"), MR_E_BUSY);
}
END_TEST

START_TEST(errno_is_said_in_words)
{
    struct mr_err err = { 0 };

    ck_assert_int_eq(
        mr_fail_errno(&err, MR_E_UNAVAILABLE, ENOENT, "open %s", "f"),
        MR_E_UNAVAILABLE);
    ck_assert_str_eq(err.text, "open f: No such file or directory");
    ck_assert_int_eq(mr_fail_errno(NULL, MR_E_BUSY, EIO, "x"), MR_E_BUSY);
}
END_TEST

START_TEST(words_can_be_put_around_those_of_the_callee)
{
    struct mr_err err = { 0 };

    (void)mr_fail(&err, MR_E_CORRUPT, "no magic");
    (void)mr_fail(&err, err.code, "segment %d: %s", 7, err.text);
    ck_assert_str_eq(err.text, "segment 7: no magic");
    (void)mr_fail_errno(&err, err.code, EIO, "shard: %s", err.text);
    ck_assert_str_eq(err.text,
                     "shard: segment 7: no magic: Input/output error");
}
END_TEST

START_TEST(long_words_are_cut_short)
{
    struct mr_err err = { 0 };
    char text[2 * MR_ERR_TEXT_MAX];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)mr_fail(&err, MR_E_LIMIT, "%s", text);
    ck_assert_uint_eq(strlen(err.text), MR_ERR_TEXT_MAX - 1);
    (void)mr_fail_errno(&err, MR_E_LIMIT, EIO, "%s", text);
    ck_assert_uint_eq(strlen(err.text), MR_ERR_TEXT_MAX - 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("status");
    Suite *suite = suite_create("status");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, every_code_has_its_class_and_name, 0,
                        (int)(sizeof(codes) / sizeof(codes[0])));
    tcase_add_test(tcase, a_failure_is_recorded_and_returned);
    tcase_add_test(tcase, errno_is_said_in_words);
    tcase_add_test(tcase, words_can_be_put_around_those_of_the_callee);
    tcase_add_test(tcase, long_words_are_cut_short);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
