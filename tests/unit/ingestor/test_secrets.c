// SPDX-License-Identifier: Apache-2.0
/*
 * test_secrets.c - headers and cookies go where they belong.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"
#include "ingestor/web/secrets.h"
static struct mr_arena *arena;
static struct mr_url_parser *parser;

static void setup(void)
{
    arena = mr_arena_new();
    parser = mr_url_parser_new();
}

static void teardown(void)
{
    mr_url_parser_free(parser);
    mr_arena_free(arena);
}

static struct mr_url url_of(const char *text)
{
    struct mr_err err = { 0 };
    struct mr_url url;

    ck_assert_msg(mr_url_parse(parser, mr_span_str(text), mr_span(NULL, 0),
                               arena, &url, &err) == MR_OK,
                  "%s", err.text);
    return url;
}

/* What goes with a request, as "Name=value;" one after another. */
static const char *sent(const struct secrets *secrets, const char *seed_text,
                        const char *url_text)
{
    struct mr_http_header headers[SECRETS_HEADERS_MAX + 1];
    struct mr_url seed = url_of(seed_text);
    struct mr_url url = url_of(url_text);
    size_t count =
        secrets_for(secrets, &seed, &url, 1700000000000, arena, headers);
    char *text = mr_arena_printf(arena, "%s", "");

    for (size_t i = 0; i < count; i++)
        text = mr_arena_printf(arena, "%s[%s: %s]", text, headers[i].name,
                               headers[i].value);
    return text;
}

START_TEST(headers_go_to_the_seeds_host_only)
{
    struct secrets *secrets = secrets_new();
    struct mr_err err = { 0 };

    ck_assert_int_eq(
        secrets_add_headers(secrets,
                            mr_span_str("# all of it\r\n\r\n"
                                        "Authorization:  Bearer x y \r\n"
                                        "X-Empty:"),
                            &err),
        MR_OK);
    ck_assert_str_eq(sent(secrets, "https://a.org/d/", "https://a.org/x"),
                     "[Authorization: Bearer x y][X-Empty: ]");
    ck_assert_str_eq(sent(secrets, "https://a.org/", "https://b.org/"), "");
    ck_assert_str_eq(sent(secrets, "https://a.org/", "http://a.org/"), "");
    ck_assert_str_ne(sent(secrets, "http://a.org/", "https://a.org/"), "");
    ck_assert_str_eq(sent(secrets, "https://a.org/", "https://a.org:8443/"),
                     "");
    secrets_free(secrets);
}
END_TEST

static const char jar[] = "# Netscape HTTP Cookie File\n"
                          "a.org\tFALSE\t/\tFALSE\t0\tone\t1\n"
                          ".a.org\tTRUE\t/\tFALSE\t1800000000\ttwo\t2\n"
                          "#HttpOnly_a.org\tFALSE\t/\tTRUE\t0\tsafe\ts\r\n"
                          "a.org\tFALSE\t/deep\tFALSE\t0\tdeep\td\n"
                          "a.org\tFALSE\t/\tFALSE\t1600000000\told\to\n"
                          "a.org\tFALSE\t/\tFALSE\t0\tempty\t\n"
                          "other.org\tTRUE\t/\tFALSE\t0\tother\tx\n";

static const struct {
    const char *url;
    const char *want;
} cookies[] = {
    { "http://a.org/", "[Cookie: one=1; two=2; empty=]" },
    { "https://a.org/", "[Cookie: one=1; two=2; safe=s; empty=]" },
    { "http://a.org/deep", "[Cookie: one=1; two=2; deep=d; empty=]" },
    { "http://a.org/deep/x", "[Cookie: one=1; two=2; deep=d; empty=]" },
    { "http://a.org/deeper", "[Cookie: one=1; two=2; empty=]" },
    { "http://sub.a.org/", "[Cookie: two=2]" },
    { "http://nota.org/", "" },
    { "http://org/", "" },
    { "http://x.other.org/", "[Cookie: other=x]" },
};

START_TEST(cookies_go_by_domain_path_and_scheme)
{
    struct secrets *secrets = secrets_new();
    struct mr_err err = { 0 };

    ck_assert_msg(secrets_add_cookies(secrets, mr_span_str(jar), &err) == MR_OK,
                  "%s", err.text);
    ck_assert_str_eq(sent(secrets, "http://a.org/", cookies[_i].url),
                     cookies[_i].want);
    secrets_free(secrets);
}
END_TEST

static const struct {
    bool cookie;
    const char *text;
} bad[] = {
    { false, "no colon secret-value" },
    { false, ": secret-value" },
    { false, "bad name: secret-value" },
    { false, "Ok: fine\nName: secret-value\x01" },
    { true, "a.org\tFALSE\t/\tFALSE\t0\tsecret-value" },
    { true, "a.org FALSE / FALSE 0 name secret-value" },
    { true, "\tFALSE\t/\tFALSE\t0\tn\tsecret-value" },
    { true, "a.org\tFALSE\t/\tFALSE\t0\tbad name\tsecret-value" },
};

START_TEST(files_of_another_form_are_refused_without_quoting_them)
{
    struct secrets *secrets = secrets_new();
    struct mr_err err = { 0 };
    struct mr_span text = mr_span_str(bad[_i].text);
    enum mr_code code = bad[_i].cookie
                            ? secrets_add_cookies(secrets, text, &err)
                            : secrets_add_headers(secrets, text, &err);

    ck_assert_msg(code == MR_E_CONFIG, "%s", bad[_i].text);
    ck_assert_ptr_nonnull(strstr(err.text, "line "));
    ck_assert_ptr_null(strstr(err.text, "secret"));
    secrets_free(secrets);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("secrets");
    TCase *tcase = tcase_create("secrets");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, headers_go_to_the_seeds_host_only);
    tcase_add_loop_test(tcase, cookies_go_by_domain_path_and_scheme, 0,
                        sizeof(cookies) / sizeof(cookies[0]));
    tcase_add_loop_test(tcase,
                        files_of_another_form_are_refused_without_quoting_them,
                        0, sizeof(bad) / sizeof(bad[0]));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
