// SPDX-License-Identifier: Apache-2.0
/*
 * test_s3_answer.c - what answers mean, from friends and others.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/backends/blob_s3/s3_answer.h"
#include "common/base/mr_mem.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static const struct {
    const char *body;
    const char *code;
    const char *message;
} bodies[] = {
    { HEAD "<Error><Code>NoSuchKey</Code><Message>It is not there.</Message>"
           "<Key>a</Key></Error>",
      "NoSuchKey", "It is not there." },
    { "\xEF\xBB\xBF<Error xmlns=\"x\">\n <Message>m</Message>\n"
      " <Code>SlowDown</Code></Error>",
      "SlowDown", "m" },
    { "<Error><Code>A.b1</Code></Error>", "A.b1", "" },
    { "<Error><Code>A</Code><Message>&lt;a&gt; &amp;amp; &quot;b&quot; "
      "&apos;&#39; &x;</Message>",
      "A", "<a> &amp; \"b\" '' &x;" },
    { "<Error><Code>A</Code><Message>a\r\nb\x1B[31m\xC3\xA9\x7F</Message>", "A",
      "a  b [31m???" },
    /* cut off */
    { "", "", "" },
    { "<", "", "" },
    { HEAD, "", "" },
    { "<?xml version=", "", "" },
    { "<Error", "", "" },
    { "<Error>", "", "" },
    { "<Error><Code>NoSuchKey</Cod", "", "" },
    { "<Error><Code>A</Code><Message>half", "A", "" },
    /* something else */
    { "<html><Code>NoSuchKey</Code></html>", "", "" },
    { "<Errors><Code>NoSuchKey</Code></Errors>", "", "" },
    { "NoSuchKey", "", "" },
    { "{\"Code\": \"NoSuchKey\"}", "", "" },
    { "<Error><Code></Code></Error>", "", "" },
    { "<Error><Code>No Such</Code><Message>m</Message></Error>", "", "" },
    { "<Error><Code><![CDATA[NoSuchKey]]></Code></Error>", "", "" },
    { "<!DOCTYPE x [<!ENTITY a \"b\">]><Error><Code>A</Code></Error>", "", "" },
};

START_TEST(code_and_message_are_taken_from_an_error_and_nothing_else)
{
    /* Exact bytes, so that a read past them is seen. */
    size_t size = strlen(bodies[_i].body);
    uint8_t *bytes = mr_memdup(bodies[_i].body, size);
    struct s3_error error;

    s3_answer_error(mr_span(bytes, size), &error);
    ck_assert_str_eq(error.code, bodies[_i].code);
    ck_assert_str_eq(error.message, bodies[_i].message);
    mr_free(bytes);
}
END_TEST

START_TEST(an_error_without_a_body_is_none)
{
    struct s3_error error;

    s3_answer_error((struct mr_span){ 0 }, &error);
    ck_assert_str_eq(error.code, "");
    s3_answer_error(mr_span("<Error>\0<Code>A</Code>", 22), &error);
    ck_assert_str_eq(error.code, "A");
    s3_answer_error(mr_span("<Error><Code>A\0</Code>", 22), &error);
    ck_assert_str_eq(error.code, "");
}
END_TEST

START_TEST(an_error_cut_anywhere_is_read_without_harm)
{
    static const char whole[] =
        HEAD "<Error><Code>NoSuchKey</Code><Message>a&lt;b</Message></Error>";

    for (size_t size = 0; size < sizeof(whole); size++) {
        uint8_t *bytes = mr_memdup(whole, size);
        struct s3_error error;

        s3_answer_error(mr_span(bytes, size), &error);
        ck_assert(error.code[0] == '\0' ||
                  strcmp(error.code, "NoSuchKey") == 0);
        ck_assert(error.message[0] == '\0' ||
                  strcmp(error.message, "a<b") == 0);
        mr_free(bytes);
    }
}
END_TEST

START_TEST(long_words_are_cut_and_a_long_code_is_none)
{
    size_t room = 100000;
    char *body = mr_calloc(1, room);
    struct s3_error error;
    size_t size;

    size = (size_t)snprintf(
        body, room, "<Error><Code>A</Code><Message>%*d</Message>", 5000, 7);
    s3_answer_error(mr_span(body, size), &error);
    ck_assert_str_eq(error.code, "A");
    ck_assert_uint_eq(strlen(error.message), sizeof(error.message) - 1);

    size = (size_t)snprintf(body, room, "<Error><Code>%064d</Code>", 7);
    s3_answer_error(mr_span(body, size), &error);
    ck_assert_str_eq(error.code, "");

    /* Beyond the first 16 KiB nothing is looked at. */
    size = (size_t)snprintf(body, room, "<Error>%*d<Code>A</Code>", 20000, 7);
    s3_answer_error(mr_span(body, size), &error);
    ck_assert_str_eq(error.code, "");
    mr_free(body);
}
END_TEST

static const struct {
    enum s3_method method;
    int status;
    const char *code;
    enum s3_verdict want;
} answers[] = {
    { S3_GET, 200, "", S3_DONE },
    { S3_GET, 206, "", S3_STRANGE },
    { S3_GET, 204, "", S3_STRANGE },
    { S3_HEAD, 200, "", S3_DONE },
    { S3_PUT, 200, "", S3_DONE },
    { S3_PUT, 201, "", S3_DONE },
    { S3_PUT, 302, "", S3_STRANGE },
    { S3_DELETE, 204, "", S3_DONE },
    { S3_DELETE, 200, "", S3_DONE },
    { S3_GET, 404, "NoSuchKey", S3_ABSENT },
    { S3_DELETE, 404, "NoSuchKey", S3_ABSENT },
    { S3_GET, 404, "", S3_STRANGE },
    { S3_GET, 404, "NoSuchBucket", S3_REFUSED },
    { S3_HEAD, 404, "", S3_ABSENT },
    { S3_HEAD, 403, "", S3_ABSENT },
    { S3_HEAD, 503, "", S3_AGAIN },
    { S3_PUT, 408, "", S3_AGAIN },
    { S3_PUT, 429, "", S3_AGAIN },
    { S3_PUT, 500, "InternalError", S3_AGAIN },
    { S3_PUT, 502, "", S3_AGAIN },
    { S3_PUT, 503, "SlowDown", S3_AGAIN },
    { S3_PUT, 504, "", S3_AGAIN },
    { S3_PUT, 507, "XMinioStorageFull", S3_AGAIN },
    { S3_PUT, 400, "RequestTimeout", S3_AGAIN },
    { S3_PUT, 409, "OperationAborted", S3_AGAIN },
    { S3_PUT, 400, "XAmzContentSHA256Mismatch", S3_AGAIN },
    { S3_PUT, 501, "NotImplemented", S3_REFUSED },
    { S3_PUT, 501, "", S3_STRANGE },
    { S3_PUT, 400, "EntityTooLarge", S3_TOO_BIG },
    { S3_PUT, 413, "", S3_TOO_BIG },
    { S3_GET, 403, "AccessDenied", S3_REFUSED },
    { S3_GET, 403, "SignatureDoesNotMatch", S3_REFUSED },
    { S3_GET, 403, "SomethingNew", S3_REFUSED },
    { S3_GET, 403, "", S3_STRANGE },
    { S3_GET, 403, "RequestTimeTooSkewed", S3_SKEWED },
    { S3_GET, 301, "PermanentRedirect", S3_REFUSED },
    { S3_GET, 400, "ExpiredToken", S3_REFUSED },
    { S3_GET, 0, "", S3_STRANGE },
    /* A body that says "error" beside a good status is the object. */
    { S3_GET, 200, "NoSuchKey", S3_DONE },
};

START_TEST(an_answer_means_what_its_status_and_code_say)
{
    struct s3_error error = { 0 };

    (void)snprintf(error.code, sizeof(error.code), "%s", answers[_i].code);
    ck_assert_int_eq(
        s3_answer_judge(answers[_i].method, answers[_i].status, &error),
        answers[_i].want);
    ck_assert_str_ne(s3_answer_advice(error.code), "");
}
END_TEST

START_TEST(waiting_doubles_up_to_a_limit_and_half_of_it_is_chance)
{
    static const int64_t want[] = { 200,  400,  800,   1600,
                                    3200, 6400, 10000, 10000 };

    for (uint32_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        uint64_t most = (uint64_t)want[i] / 2;

        ck_assert_int_eq(s3_answer_wait_ms(i + 1, 0, 0), want[i] / 2);
        ck_assert_int_eq(s3_answer_wait_ms(i + 1, 0, most), want[i]);
        ck_assert_int_eq(s3_answer_wait_ms(i + 1, 0, most + 1), want[i] / 2);
    }
    ck_assert_int_eq(s3_answer_wait_ms(UINT32_MAX, 0, 5000), 10000);
    ck_assert_int_eq(s3_answer_wait_ms(1, 7000, 0), 7000);
    ck_assert_int_eq(s3_answer_wait_ms(1, 1000000, 0), 30000);
}
END_TEST

START_TEST(a_store_may_ask_for_a_time_in_seconds)
{
    ck_assert_int_eq(s3_answer_asked_ms(NULL), 0);
    ck_assert_int_eq(s3_answer_asked_ms(""), 0);
    ck_assert_int_eq(s3_answer_asked_ms("7"), 7000);
    ck_assert_int_eq(s3_answer_asked_ms("-7"), 0);
    ck_assert_int_eq(s3_answer_asked_ms("7s"), 0);
    ck_assert_int_eq(s3_answer_asked_ms("Wed, 21 Oct 2015 07:28:00 GMT"), 0);
    ck_assert_int_eq(s3_answer_asked_ms("99999999999999999999"), 30000);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("s3_answer");
    Suite *suite = suite_create("s3_answer");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(
        tcase, code_and_message_are_taken_from_an_error_and_nothing_else, 0,
        sizeof(bodies) / sizeof(bodies[0]));
    tcase_add_test(tcase, an_error_without_a_body_is_none);
    tcase_add_test(tcase, an_error_cut_anywhere_is_read_without_harm);
    tcase_add_test(tcase, long_words_are_cut_and_a_long_code_is_none);
    tcase_add_loop_test(tcase, an_answer_means_what_its_status_and_code_say, 0,
                        sizeof(answers) / sizeof(answers[0]));
    tcase_add_test(tcase,
                   waiting_doubles_up_to_a_limit_and_half_of_it_is_chance);
    tcase_add_test(tcase, a_store_may_ask_for_a_time_in_seconds);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
