// SPDX-License-Identifier: Apache-2.0
/*
 * test_url.c - URLs as the WHATWG standard has them, and their canonical form.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/url.h"

static struct mr_url_parser *parser;
static struct mr_arena *arena;

static void setup(void)
{
    parser = mr_url_parser_new();
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
    mr_url_parser_free(parser);
}

struct row {
    const char *text;
    const char *base; /* NULL for none */
    const char *want; /* NULL: refused */
};

/* Cases of web-platform-tests/url/resources/urltestdata.json and of RFC 3986,
 * sections 5.4 and 6.2. */
static const struct row rows[] = {
    { "http://example.org", NULL, "http://example.org/" },
    { "HTTP://EXAMPLE.org:80/a/../b", NULL, "http://example.org/b" },
    { "https://example.org:443/", NULL, "https://example.org/" },
    { "https://example.org:80/", NULL, "https://example.org:80/" },
    { "http://example.org/#top", NULL, "http://example.org/" },
    { "http://example.org/a?b#c", NULL, "http://example.org/a?b" },
    { "http://example.org?", NULL, "http://example.org/?" },
    { "  http://example.org/a b\t", NULL, "http://example.org/a%20b" },
    { "ht\ntp://exam\nple.org/", NULL, "http://example.org/" },
    { "http:\\\\example.org\\a", NULL, "http://example.org/a" },
    { "http:example.org/", NULL, "http://example.org/" },
    { "http:///example.org/", NULL, "http://example.org/" },
    { "http://ex%41mple.org/", NULL, "http://example.org/" },
    { "http://B\xC3\xBC"
      "cher.example/",
      NULL, "http://xn--bcher-kva.example/" },
    { "http://192.0x00A80001", NULL, "http://192.168.0.1/" },
    { "http://2130706433/", NULL, "http://127.0.0.1/" },
    { "http://[::1]:8080/", NULL, "http://[::1]:8080/" },
    { "http://[0:0::1]/", NULL, "http://[::1]/" },
    { "http://user:secret@example.org/", NULL, "http://example.org/" },
    { "http://example.org/%7Euser/%2d", NULL, "http://example.org/~user/-" },
    { "http://example.org/%e4%2f", NULL, "http://example.org/%E4%2F" },
    { "http://example.org/a/%2e%2E/b", NULL, "http://example.org/b" },
    { "http://example.org/100%", NULL, "http://example.org/100%25" },
    { "http://example.org/%%341", NULL, "http://example.org/%2541" },
    { "http://example.org/?q=%41%2b+%zz", NULL,
      "http://example.org/?q=A%2B+%25zz" },
    { "http://example.org/\xC3\xA9?\xC3\xA9'", NULL,
      "http://example.org/%C3%A9?%C3%A9%27" },
    { "http://example.org/\xE9", NULL, "http://example.org/%EF%BF%BD" },
    { "http://example.org/a//b/", NULL, "http://example.org/a//b/" },

    { "", NULL, NULL },
    { "a", NULL, NULL },
    { "http://", NULL, NULL },
    { "http://a b/", NULL, NULL },
    { "http://example.org:99999/", NULL, NULL },
    { "http://[::1", NULL, NULL },
    { "http://1.2.3.4.5/", NULL, NULL },
    { "mailto:a@example.org", NULL, NULL },
    { "javascript:alert(1)", "http://a/", NULL },
    { "data:text/html,x", "http://a/", NULL },
    { "ftp://example.org/", NULL, NULL },
    { "file:///etc/passwd", NULL, NULL },
    { "tel:1", "http://a/", NULL },

    { "g", "http://a/b/c/d;p?q", "http://a/b/c/g" },
    { "./g", "http://a/b/c/d;p?q", "http://a/b/c/g" },
    { "g/", "http://a/b/c/d;p?q", "http://a/b/c/g/" },
    { "/g", "http://a/b/c/d;p?q", "http://a/g" },
    { "//g", "http://a/b/c/d;p?q", "http://g/" },
    { "?y", "http://a/b/c/d;p?q", "http://a/b/c/d;p?y" },
    { "g?y", "http://a/b/c/d;p?q", "http://a/b/c/g?y" },
    { "#s", "http://a/b/c/d;p?q", "http://a/b/c/d;p?q" },
    { ";x", "http://a/b/c/d;p?q", "http://a/b/c/;x" },
    { "", "http://a/b/c/d;p?q", "http://a/b/c/d;p?q" },
    { ".", "http://a/b/c/d;p?q", "http://a/b/c/" },
    { "..", "http://a/b/c/d;p?q", "http://a/b/" },
    { "../g", "http://a/b/c/d;p?q", "http://a/b/g" },
    { "../../../g", "http://a/b/c/d;p?q", "http://a/g" },
    { "/./g", "http://a/b/c/d;p?q", "http://a/g" },
    { "g;x=1/../y", "http://a/b/c/d;p?q", "http://a/b/c/y" },
    { "https://b/", "http://a/b/c/d;p?q", "https://b/" },
    { "x", "mailto:nobody", NULL },
};

START_TEST(a_url_has_one_canonical_form)
{
    const struct row *row = &rows[_i];
    struct mr_err err = { 0 };
    struct mr_url url;
    enum mr_code code = mr_url_parse(parser, mr_span_str(row->text),
                                     mr_span_str(row->base), arena, &url, &err);

    if (row->want == NULL) {
        ck_assert_msg(code == MR_E_INVALID, "\"%s\" gave %s", row->text,
                      mr_code_name(code));
        ck_assert_int_eq(err.code, MR_E_INVALID);
        return;
    }
    ck_assert_msg(code == MR_OK, "\"%s\": %s", row->text, err.text);
    ck_assert_str_eq((const char *)url.text.data, row->want);

    struct mr_url again;

    ck_assert_int_eq(
        mr_url_parse(parser, url.text, mr_span(NULL, 0), arena, &again, &err),
        MR_OK);
    ck_assert_str_eq((const char *)again.text.data, row->want);
}
END_TEST

START_TEST(the_parts_of_a_url_are_told)
{
    struct mr_url url;

    ck_assert_int_eq(
        mr_url_parse(parser, mr_span_str("https://u@Example.org:81/a/b?c#d"),
                     mr_span(NULL, 0), arena, &url, NULL),
        MR_OK);
    ck_assert(mr_span_equal(url.scheme, mr_span_str("https")));
    ck_assert(mr_span_equal(url.host, mr_span_str("example.org")));
    ck_assert(mr_span_equal(url.origin, mr_span_str("https://example.org:81")));
    ck_assert(mr_span_equal(url.path, mr_span_str("/a/b")));
    ck_assert(mr_span_equal(url.target, mr_span_str("/a/b?c")));
    ck_assert_uint_eq(url.port, 81);
    ck_assert(url.had_secret);
    ck_assert_int_eq(
        mr_url_parse(parser, mr_span_str("/"), url.text, arena, &url, NULL),
        MR_OK);
    ck_assert(!url.had_secret);
    ck_assert_uint_eq(url.port, 81);
    ck_assert_int_eq(mr_url_parse(parser, mr_span_str("https://x/"),
                                  mr_span(NULL, 0), arena, &url, NULL),
                     MR_OK);
    ck_assert_uint_eq(url.port, 443);
}
END_TEST

START_TEST(a_url_that_is_too_long_is_refused)
{
    char text[MR_URL_TEXT_MAX + 2];
    struct mr_url url;

    memset(text, 'a', sizeof(text));
    memcpy(text, "http://a/", 9);
    text[MR_URL_TEXT_MAX] = '\0';
    ck_assert_int_eq(mr_url_parse(parser, mr_span_str(text), mr_span(NULL, 0),
                                  arena, &url, NULL),
                     MR_OK);
    text[MR_URL_TEXT_MAX] = 'a';
    text[MR_URL_TEXT_MAX + 1] = '\0';
    ck_assert_int_eq(mr_url_parse(parser, mr_span_str(text), mr_span(NULL, 0),
                                  arena, &url, NULL),
                     MR_E_LIMIT);
    text[MR_URL_TEXT_MAX] = '\0';
    text[100] = ' '; /* becomes %20 */
    ck_assert_int_eq(mr_url_parse(parser, mr_span_str(text), mr_span(NULL, 0),
                                  arena, &url, NULL),
                     MR_E_LIMIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("url");
    TCase *tcase = tcase_create("url");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_url_has_one_canonical_form, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tcase, the_parts_of_a_url_are_told);
    tcase_add_test(tcase, a_url_that_is_too_long_is_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
