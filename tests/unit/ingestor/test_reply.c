// SPDX-License-Identifier: Apache-2.0
/*
 * test_reply.c - what answers mean, what bodies are, and when to ask again.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingestor/web/refresh.h"
#include "ingestor/web/reply.h"

static const struct {
    const char *header; /* NULL: none */
    const char *body;
    enum content_kind kind;
    const char *charset; /* NULL: not said */
} types[] = {
    { "text/html", "", CONTENT_HTML, NULL },
    { "TEXT/HTML ; Charset=ISO-8859-1", "", CONTENT_HTML, "ISO-8859-1" },
    { "text/html; charset=\"utf-8\"; x=y", "", CONTENT_HTML, "utf-8" },
    { "text/html;charset='utf-8'", "", CONTENT_HTML, "utf-8" },
    { "text/html; x=y;;charset=a;charset=b", "", CONTENT_HTML, "a" },
    { "text/html; charset=", "", CONTENT_HTML, "" },
    { "application/xhtml+xml", "", CONTENT_HTML, NULL },
    { "text/plain", "<html>", CONTENT_TEXT, NULL },
    { "text/markdown", "", CONTENT_MARKDOWN, NULL },
    { "text/x-markdown", "", CONTENT_MARKDOWN, NULL },
    { "text/htmlx", "", CONTENT_OTHER, NULL },
    { "application/pdf", "<html>", CONTENT_OTHER, NULL },
    { ";", "<html>", CONTENT_OTHER, NULL },
    { NULL, "\xEF\xBB\xBF  <!DOCTYPE HTML>", CONTENT_HTML, NULL },
    { "", "<html lang=x>", CONTENT_HTML, NULL },
    { NULL, "plain words", CONTENT_OTHER, NULL },
    { NULL, "", CONTENT_OTHER, NULL },
};

START_TEST(a_body_is_what_its_header_says)
{
    struct content content =
        content_of(types[_i].header, mr_span_str(types[_i].body));

    ck_assert_msg(content.kind == types[_i].kind, "%s: %d", types[_i].header,
                  content.kind);
    ck_assert_msg((content.charset.data == NULL) == (types[_i].charset == NULL),
                  "%s", types[_i].header);
    if (types[_i].charset != NULL)
        ck_assert(
            mr_span_equal(content.charset, mr_span_str(types[_i].charset)));
}
END_TEST

START_TEST(the_end_of_a_path_can_say_that_it_is_not_for_us)
{
    static const char *const foreign[] = { "/a.png", "/a/b.PDF", "/x.tar.gz",
                                           "/style.css" };
    static const char *const ours[] = { "/",       "/a",     "/a.html",
                                        "/a.php",  "/png",   "/a.png/b",
                                        "/v1.2.3", "/a.txt", "/a.md",
                                        "/a.pngx", "/a.p/ng" };

    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        ck_assert_msg(content_is_foreign_path(mr_span_str(foreign[i])), "%s",
                      foreign[i]);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        ck_assert_msg(!content_is_foreign_path(mr_span_str(ours[i])), "%s",
                      ours[i]);
}
END_TEST

static const struct {
    enum mr_code code;
    int status;
    const char *name; /* of a header, NULL for none */
    const char *value;
    enum reply_kind kind;
    bool answered;
} answers[] = {
    { MR_OK, 200, "content-type", "text/html", REPLY_BODY, true },
    { MR_OK, 200, "content-type", "image/png", REPLY_SKIP, true },
    { MR_OK, 200, NULL, NULL, REPLY_SKIP, true },
    { MR_OK, 203, "content-type", "text/plain", REPLY_BODY, true },
    { MR_OK, 204, NULL, NULL, REPLY_FAIL, true },
    { MR_OK, 206, NULL, NULL, REPLY_FAIL, true },
    { MR_OK, 301, "location", "/x", REPLY_MOVED, true },
    { MR_OK, 302, "location", "/x", REPLY_MOVED, true },
    { MR_OK, 303, "location", "/x", REPLY_MOVED, true },
    { MR_OK, 307, "location", "/x", REPLY_MOVED, true },
    { MR_OK, 308, "location", "/x", REPLY_MOVED, true },
    { MR_OK, 302, NULL, NULL, REPLY_FAIL, true },
    { MR_OK, 302, "location", "", REPLY_FAIL, true },
    { MR_OK, 300, "location", "/x", REPLY_FAIL, true },
    { MR_OK, 304, NULL, NULL, REPLY_SAME, true },
    { MR_OK, 401, NULL, NULL, REPLY_FAIL, true },
    { MR_OK, 403, NULL, NULL, REPLY_FAIL, true },
    { MR_OK, 404, NULL, NULL, REPLY_GONE, true },
    { MR_OK, 410, NULL, NULL, REPLY_GONE, true },
    { MR_OK, 408, NULL, NULL, REPLY_RETRY, true },
    { MR_OK, 429, NULL, NULL, REPLY_RETRY, true },
    { MR_OK, 500, NULL, NULL, REPLY_RETRY, true },
    { MR_OK, 503, "retry-after", "3", REPLY_RETRY, true },
    { MR_E_TIMEOUT, 0, NULL, NULL, REPLY_RETRY, false },
    { MR_E_UNAVAILABLE, 0, NULL, NULL, REPLY_RETRY, false },
    { MR_E_UNAVAILABLE, 200, NULL, NULL, REPLY_RETRY, true },
    { MR_E_INVALID, 0, NULL, NULL, REPLY_FAIL, true },
    { MR_E_LIMIT, 200, NULL, NULL, REPLY_FAIL, true },
};

START_TEST(an_answer_says_how_to_go_on)
{
    struct mr_http_header header = { answers[_i].name, answers[_i].value };
    const struct mr_http_response response = {
        .code = answers[_i].code,
        .status = answers[_i].status,
        .headers = &header,
        .header_count = answers[_i].name != NULL,
        .err = { answers[_i].code, "words" },
    };
    struct reply reply = reply_of(&response);

    ck_assert_msg(reply.kind == answers[_i].kind &&
                      reply.answered == answers[_i].answered,
                  "%d %d: %d %d", answers[_i].code, answers[_i].status,
                  reply.kind, reply.answered);
    if (reply.kind == REPLY_FAIL || reply.kind == REPLY_RETRY)
        ck_assert_str_ne(reply.why.text, "");
    if (answers[_i].status == 503)
        ck_assert(reply.busy && strcmp(reply.retry_after, "3") == 0);
}
END_TEST

START_TEST(a_page_is_seen_often_if_it_changes_and_seldom_if_not)
{
    const int64_t every = 80000;
    int64_t interval = refresh_interval(0, every, true);

    ck_assert_int_eq(interval, every);
    for (int i = 0; i < 10; i++)
        interval = refresh_interval(interval, every, true);
    ck_assert_int_eq(interval, every / 4);
    for (int i = 0; i < 20; i++) {
        int64_t next = refresh_interval(interval, every, false);

        ck_assert_int_ge(next, interval);
        interval = next;
    }
    ck_assert_int_eq(interval, every * 8);
}
END_TEST

START_TEST(a_busy_host_says_how_long)
{
    const int64_t now = 784111777000; /* Sun, 06 Nov 1994 08:49:37 GMT */

    ck_assert_int_eq(refresh_backoff(1, NULL, now), 1000);
    ck_assert_int_eq(refresh_backoff(3, NULL, now), 4000);
    ck_assert_int_eq(refresh_backoff(1, "7", now), 7000);
    ck_assert_int_eq(refresh_backoff(4, "7", now), 8000);
    ck_assert_int_eq(refresh_backoff(1, "-5", now), 1000);
    ck_assert_int_eq(refresh_backoff(1, "soon", now), 1000);
    ck_assert_int_eq(refresh_backoff(1, "601", now), -1);
    ck_assert_int_eq(refresh_backoff(1, "99999999999999999999", now), -1);
    ck_assert_int_eq(refresh_backoff(1, "Sun, 06 Nov 1994 08:49:47 GMT", now),
                     10000);
    ck_assert_int_eq(refresh_backoff(1, "Sun, 06 Nov 1994 08:49:27 GMT", now),
                     1000);
    ck_assert_int_eq(refresh_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), now);
    ck_assert_int_eq(refresh_http_date("Sun, 31 Feb 1994 08:49:37 GMT"), -1);
    ck_assert_int_eq(refresh_http_date("Sun, 06 Xyz 1994 08:49:37 GMT"), -1);
    ck_assert_int_eq(refresh_http_date("Sun, 06 anF 1994 08:49:37 GMT"), -1);
    ck_assert_int_eq(refresh_http_date(""), -1);
    ck_assert_int_eq(refresh_http_date(NULL), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reply");
    TCase *tcase = tcase_create("reply");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, a_body_is_what_its_header_says, 0,
                        sizeof(types) / sizeof(types[0]));
    tcase_add_test(tcase, the_end_of_a_path_can_say_that_it_is_not_for_us);
    tcase_add_loop_test(tcase, an_answer_says_how_to_go_on, 0,
                        sizeof(answers) / sizeof(answers[0]));
    tcase_add_test(tcase, a_page_is_seen_often_if_it_changes_and_seldom_if_not);
    tcase_add_test(tcase, a_busy_host_says_how_long);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
