// SPDX-License-Identifier: Apache-2.0
/*
 * test_blob_s3.c - stores that fail, lie, or are none.
 */
#include <check.h>

#include "common/backends/blob_s3/mr_blob_s3.h"
#include "tests/unit/common_backends_blob_s3/loopback.h"

#define SECRET "hush/this+is=secret"
#define TOKEN  "hush/this+is=token"
#define XML(status, code)                                                  \
    "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n"                     \
    "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>words of" \
    " it</Message></Error>"
#define ABSENT XML("404 Not Found", "NoSuchKey")
#define BODY(n) \
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " n "\r\n"
#define PLAIN(text)  BODY("5") "\r\n" text
#define STORED       BODY("0") "ETag: \"x\"\r\n\r\n"
#define SLOW         XML("503 Slow Down", "SlowDown")
#define COUNT(array) ((unsigned)(sizeof(array) / sizeof((array)[0])))
#define SAY(...)                                           \
    loopback_say(&server, (const char *[]){ __VA_ARGS__ }, \
                 COUNT(((const char *[]){ __VA_ARGS__ })))

static struct loopback server;
static struct slept slept;
static struct mr_blob_s3_spec spec;
static struct mr_blob_s3 *s3;
static struct mr_arena *arena;
static struct mr_err err;

static void setup(void)
{
    /* What the machine goes through to reach others is not for here. */
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    arena = mr_arena_new();
    server = (struct loopback){ 0 };
    s3 = NULL;
    ck_assert(loopback_start(&server));
    SAY(ABSENT);
    spec = (struct mr_blob_s3_spec){
        .endpoint = server.endpoint,
        .bucket = "docs",
        .key_id = "key",
        .secret = SECRET,
        .tries_max = 3,
        .clock = slept_clock(&slept),
    };
}

static void teardown(void)
{
    mr_blob_s3_close(s3);
    loopback_stop(&server);
    mr_arena_free(arena);
}

static void open_s3(void)
{
    ck_assert_msg(mr_blob_s3_open(&spec, &s3, &err) == MR_OK, "%s", err.text);
}

static enum mr_code get(const char *text, struct mr_span *out)
{
    return mr_blob_get(mr_blob_s3_port(s3), mr_hash128(mr_span_str(text)),
                       arena, out, &err);
}

static enum mr_code put(struct mr_span bytes)
{
    struct mr_hash128 hash;

    return mr_blob_put(mr_blob_s3_port(s3), bytes, &hash, &err);
}

static bool says(const char *words)
{
    ck_assert_msg(strstr(err.text, server.endpoint) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "docs") != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "hush") == NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, words) != NULL, "\"%s\" lacks \"%s\"",
                  err.text, words);
    return true;
}

START_TEST(an_answer_is_asked_for_again_while_it_may_pass)
{
    struct mr_span found;

    open_s3();
    SAY(SLOW, XML("500 Oh", "InternalError"), PLAIN("bytes"));
    ck_assert_msg(get("bytes", &found) == MR_OK, "%s", err.text);
    ck_assert(mr_span_equal(found, mr_span_str("bytes")));
    ck_assert_uint_eq(loopback_calls(&server), 3);
    ck_assert_int_ge(slept.slept_ms, 100 + 200);
    ck_assert_int_le(slept.slept_ms, 200 + 400);
}
END_TEST

START_TEST(what_does_not_pass_is_said_with_the_stores_words)
{
    struct mr_span found;

    open_s3();
    SAY(SLOW);
    ck_assert_int_eq(get("bytes", &found), MR_E_UNAVAILABLE);
    ck_assert(says("503 SlowDown words of it; tried 3 times"));
    ck_assert_uint_eq(loopback_calls(&server), 3);
}
END_TEST

START_TEST(a_store_that_asks_for_time_gets_it)
{
    open_s3();
    SAY("HTTP/1.1 429 Wait\r\nRetry-After: 7\r\nConnection: close\r\n\r\n",
        STORED);
    ck_assert_int_eq(put(mr_span_str("bytes")), MR_OK);
    ck_assert_int_eq(slept.slept_ms, 7000);
}
END_TEST

START_TEST(no_call_sleeps_past_its_deadline)
{
    struct mr_span found;

    spec.timeout_ms = 3000;
    open_s3();
    SAY("HTTP/1.1 503 No\r\nRetry-After: 2\r\nConnection: close\r\n\r\n");
    ck_assert_int_eq(get("bytes", &found), MR_E_UNAVAILABLE);
    ck_assert(says("tried 2 times"));
    ck_assert_int_eq(slept.slept_ms, 2000);
}
END_TEST

START_TEST(half_a_body_is_never_handed_out)
{
    struct mr_span found;

    open_s3();
    SAY(BODY("50") "\r\nbytes");
    ck_assert_int_eq(get("bytes", &found), MR_E_UNAVAILABLE);
    ck_assert(says("tried 3 times"));
    SAY(BODY("50") "\r\nbytes", PLAIN("bytes"));
    ck_assert_int_eq(get("bytes", &found), MR_OK);
    /* Without a length the end of the connection is the end of the body. */
    SAY("HTTP/1.1 200 OK\r\n\r\nbyt");
    ck_assert_int_eq(get("bytes", &found), MR_E_DAMAGED);
}
END_TEST

START_TEST(other_content_is_read_again_and_then_damage)
{
    struct mr_span found;

    open_s3();
    SAY(PLAIN("bytez"), PLAIN("bytes"));
    ck_assert_int_eq(get("bytes", &found), MR_OK);
    ck_assert_uint_eq(loopback_calls(&server), 2);
    SAY(PLAIN("bytez"));
    ck_assert_int_eq(get("bytes", &found), MR_E_DAMAGED);
    ck_assert(says("holds other bytes than its name says"));
    ck_assert_uint_eq(loopback_calls(&server), 2);
}
END_TEST

START_TEST(an_object_that_announces_more_than_a_blob_has_is_damage)
{
    size_t size = MR_BLOB_BYTES_MAX + 1000;
    char *answer = mr_arena_calloc(arena, 1, size);
    struct mr_span found;

    memset(answer, 'x', size - 1);
    memcpy(answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
    open_s3();
    SAY(answer);
    ck_assert_int_eq(get("bytes", &found), MR_E_DAMAGED);
    ck_assert(says("holds more than the"));
}
END_TEST

static const struct {
    const char *answer;
    enum mr_code code;
    const char *say;
} openings[] = {
    { XML("403 Forbidden", "SignatureDoesNotMatch"), MR_E_CONFIG,
      "the secret is not that of the access key (403 SignatureDoesNotMatch "
      "words of it)" },
    { XML("403 Forbidden", "InvalidAccessKeyId"), MR_E_CONFIG,
      "the store does not know the access key" },
    { XML("403 Forbidden", "AccessDenied"), MR_E_CONFIG, "s3:ListBucket" },
    { XML("404 Not Found", "NoSuchBucket"), MR_E_CONFIG,
      "there is no such bucket" },
    { XML("400 Bad Request", "ExpiredToken"), MR_E_CONFIG, "has expired" },
    { XML("301 Moved", "PermanentRedirect"), MR_E_CONFIG, "another region" },
    { XML("403 Forbidden", "RequestTimeTooSkewed"), MR_E_UNAVAILABLE,
      "clock and the store's differ too much" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", MR_E_CONFIG,
      "does not answer as an object store" },
    { "HTTP/1.1 404 No\r\nContent-Length: 13\r\n\r\n<html></html>",
      MR_E_UNAVAILABLE, "does not answer as an object store" },
    { "HTTP/1.1 302 See\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
      MR_E_UNAVAILABLE, "does not answer as an object store" },
    { "SSH-2.0-OpenSSH_9.2\r\n", MR_E_UNAVAILABLE, "HTTP/0.9" },
    { "\x16\x03\x01\xFF\x01\x02", MR_E_UNAVAILABLE, "HTTP/0.9" },
    { "", MR_E_UNAVAILABLE, "Empty reply" },
};

START_TEST(a_store_that_cannot_be_used_is_said_at_the_opening)
{
    SAY(openings[_i].answer);
    ck_assert_int_eq(mr_blob_s3_open(&spec, &s3, &err), openings[_i].code);
    ck_assert(says(openings[_i].say));
}
END_TEST

START_TEST(a_store_that_is_away_is_said_after_some_tries)
{
    struct loopback nobody = { 0 };

    ck_assert(loopback_bind(&nobody)); /* and does not listen */
    spec.endpoint = nobody.endpoint;
    ck_assert_int_eq(mr_blob_s3_open(&spec, &s3, &err), MR_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, nobody.endpoint));
    ck_assert_ptr_nonnull(strstr(err.text, "bucket docs"));
    ck_assert_ptr_nonnull(strstr(err.text, "tried 3 times"));
    ck_assert_int_gt(slept.slept_ms, 0);
    close(nobody.fd);
}
END_TEST

START_TEST(a_store_that_says_nothing_is_left_at_the_deadline)
{
    struct loopback silent = { 0 };

    ck_assert(loopback_bind(&silent));
    ck_assert_int_eq(listen(silent.fd, 16), 0); /* and accepts nobody */
    spec.endpoint = silent.endpoint;
    spec.timeout_ms = 200;
    ck_assert_int_eq(mr_blob_s3_open(&spec, &s3, &err), MR_E_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, silent.endpoint));
    close(silent.fd);
}
END_TEST

START_TEST(an_error_of_any_size_is_read_to_its_code)
{
    size_t size = 1000000;
    char *answer = mr_arena_calloc(arena, 1, size);

    (void)memset(answer, ' ', size - 1);
    memcpy(answer, XML("403 No", "AccessDenied"),
           strlen(XML("403 No", "AccessDenied")));
    open_s3();
    SAY(answer);
    ck_assert_int_eq(put(mr_span_str("bytes")), MR_E_CONFIG);
    ck_assert(says("AccessDenied"));
}
END_TEST

START_TEST(a_page_that_says_not_found_is_not_a_lost_blob)
{
    struct mr_span found;

    open_s3();
    ck_assert_int_eq(get("bytes", &found), MR_E_LOST);
    ck_assert(says("there is no"));
    SAY("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nnope");
    ck_assert_int_eq(get("bytes", &found), MR_E_UNAVAILABLE);
    ck_assert(says("does not answer as an object store"));
}
END_TEST

START_TEST(a_put_is_believed_only_from_an_object_store)
{
    open_s3();
    SAY(PLAIN("thank"));
    ck_assert_int_eq(put(mr_span_str("bytes")), MR_E_UNAVAILABLE);
    ck_assert(says("no ETag"));
    SAY(STORED);
    ck_assert_int_eq(put(mr_span_str("bytes")), MR_OK);
    SAY(XML("400 Bad Request", "EntityTooLarge"));
    ck_assert_int_eq(put(mr_span_str("bytes")), MR_E_LIMIT);
    ck_assert(says("no object of 5 bytes"));
}
END_TEST

/* The MD5 of 100,000 zero bytes. */
#define ZEROS_MD5 "0019d23bef56a136a1891211d7007f6f"

START_TEST(a_large_blob_that_is_there_is_not_sent_again)
{
    struct mr_span zeros = mr_span(mr_arena_calloc(arena, 100000, 1), 100000);

    open_s3();
    SAY(BODY("100000") "ETag: \"" ZEROS_MD5 "\"\r\n\r\n");
    ck_assert_msg(put(zeros) == MR_OK, "%s", err.text);
    ck_assert_uint_eq(loopback_calls(&server), 1);
    ck_assert_int_eq(strncmp(loopback_request(&server, 0), "HEAD /docs/", 11),
                     0);
}
END_TEST

static const char *const others[] = {
    ABSENT,
    "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n",
    BODY("100000") "ETag: \"3a7f02d12c8a50d1a2f4bf1d1c5ee1b1\"\r\n\r\n",
    BODY("100000") "ETag: \"" ZEROS_MD5 "-2\"\r\n\r\n",
    BODY("100000") "ETag: \""
                   "\"\r\n\r\n",
    BODY("100000") "\r\n",
    BODY("99999") "ETag: \"" ZEROS_MD5 "\"\r\n\r\n",
};

START_TEST(a_large_blob_is_sent_when_another_or_none_is_there)
{
    struct mr_span zeros = mr_span(mr_arena_calloc(arena, 100000, 1), 100000);

    open_s3();
    SAY(others[_i], STORED);
    ck_assert_msg(put(zeros) == MR_OK, "%s", err.text);
    ck_assert_uint_eq(loopback_calls(&server), 2);
    ck_assert_int_eq(strncmp(loopback_request(&server, 1), "PUT /docs/", 10),
                     0);
}
END_TEST

START_TEST(requests_are_signed_and_never_hold_the_secret)
{
    const char *request;

    spec.prefix = "a b";
    spec.region = "eu-north-1";
    spec.token = TOKEN;
    open_s3();
    SAY(STORED);
    ck_assert_int_eq(put(mr_span_str("bytes")), MR_OK);
    request = loopback_request(&server, 0);
    ck_assert_ptr_eq(strstr(request, "PUT /docs/a%20b/"), request);
    ck_assert_ptr_nonnull(strstr(request, "Credential=key/"));
    ck_assert_ptr_nonnull(strstr(request, "/eu-north-1/s3/aws4_request"));
    ck_assert_ptr_nonnull(
        strstr(request, "SignedHeaders=content-type;host;x-amz-content-sha256;"
                        "x-amz-date;x-amz-security-token"));
    /* SHA-256 of "bytes" */
    ck_assert_ptr_nonnull(strstr(
        request,
        "x-amz-content-sha256: "
        "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9"));
    ck_assert_ptr_nonnull(strstr(request, "x-amz-security-token: " TOKEN));
    ck_assert_ptr_null(strstr(request, SECRET));
}
END_TEST

START_TEST(credentials_that_cannot_travel_are_refused_untold)
{
    struct mr_blob_s3_spec bad = spec;

    bad.secret = SECRET "\n";
    ck_assert_int_eq(mr_blob_s3_open(&bad, &s3, &err), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "the secret of the object store"));
    ck_assert_ptr_null(strstr(err.text, "hush"));
    bad = spec;
    bad.key_id = "";
    ck_assert_int_eq(mr_blob_s3_open(&bad, &s3, &err), MR_E_CONFIG);
    bad = spec;
    bad.token = "a b";
    ck_assert_int_eq(mr_blob_s3_open(&bad, &s3, &err), MR_E_CONFIG);
    bad = spec;
    bad.region = "eu:s3";
    ck_assert_int_eq(mr_blob_s3_open(&bad, &s3, &err), MR_E_CONFIG);
    bad = spec;
    bad.endpoint = "localhost:9000";
    ck_assert_int_eq(mr_blob_s3_open(&bad, &s3, &err), MR_E_CONFIG);
    ck_assert_uint_eq(loopback_calls(&server), 0);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, an_answer_is_asked_for_again_while_it_may_pass);
    tcase_add_test(tcase, what_does_not_pass_is_said_with_the_stores_words);
    tcase_add_test(tcase, a_store_that_asks_for_time_gets_it);
    tcase_add_test(tcase, no_call_sleeps_past_its_deadline);
    tcase_add_test(tcase, half_a_body_is_never_handed_out);
    tcase_add_test(tcase, other_content_is_read_again_and_then_damage);
    tcase_add_test(tcase,
                   an_object_that_announces_more_than_a_blob_has_is_damage);
    tcase_add_loop_test(tcase,
                        a_store_that_cannot_be_used_is_said_at_the_opening, 0,
                        COUNT(openings));
    tcase_add_test(tcase, a_store_that_is_away_is_said_after_some_tries);
    tcase_add_test(tcase, a_store_that_says_nothing_is_left_at_the_deadline);
    tcase_add_test(tcase, an_error_of_any_size_is_read_to_its_code);
    tcase_add_test(tcase, a_page_that_says_not_found_is_not_a_lost_blob);
    tcase_add_test(tcase, a_put_is_believed_only_from_an_object_store);
    tcase_add_test(tcase, a_large_blob_that_is_there_is_not_sent_again);
    tcase_add_loop_test(tcase,
                        a_large_blob_is_sent_when_another_or_none_is_there, 0,
                        COUNT(others));
    tcase_add_test(tcase, requests_are_signed_and_never_hold_the_secret);
    tcase_add_test(tcase, credentials_that_cannot_travel_are_refused_untold);
}

int main(void)
{
    TCase *tcase = tcase_create("blob_s3");
    Suite *suite = suite_create("blob_s3");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    add_tests(tcase);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
