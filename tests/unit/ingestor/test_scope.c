// SPDX-License-Identifier: Apache-2.0
/*
 * test_scope.c - which addresses belong to a source.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingestor/web/scope.h"
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

static const struct {
    const char *seed;
    const char *include; /* or NULL */
    const char *exclude;
    const char *url;
    enum scope_verdict verdict;
} rows[] = {
    { "http://a/", NULL, NULL, "http://a/x/y?z", SCOPE_IN },
    { "http://a/", NULL, NULL, "https://a/x", SCOPE_IN },
    { "https://a/", NULL, NULL, "http://a/x", SCOPE_IN },
    { "http://a/", NULL, NULL, "http://www.a/x", SCOPE_OTHER_HOST },
    { "http://a/", NULL, NULL, "http://b/x", SCOPE_OTHER_HOST },
    { "http://a/", NULL, NULL, "http://a:8080/x", SCOPE_OTHER_HOST },
    { "http://a:8080/", NULL, NULL, "http://a:8080/x", SCOPE_IN },
    { "http://a:8080/", NULL, NULL, "https://a:8080/x", SCOPE_OTHER_HOST },
    { "http://a:8080/", NULL, NULL, "http://a/x", SCOPE_OTHER_HOST },
    { "http://a/d/i.html", NULL, NULL, "http://a/d/x", SCOPE_IN },
    { "http://a/d/i.html", NULL, NULL, "http://a/d/", SCOPE_IN },
    { "http://a/d/i.html", NULL, NULL, "http://a/dx", SCOPE_OTHER_FOLDER },
    { "http://a/d/i.html", NULL, NULL, "http://a/", SCOPE_OTHER_FOLDER },
    { "http://a/d/", NULL, NULL, "http://a/d/../e", SCOPE_OTHER_FOLDER },
    { "http://a/d", NULL, NULL, "http://a/e", SCOPE_IN },
    { "http://a/i?p=/x/", NULL, NULL, "http://a/y", SCOPE_IN },
    { "http://a/d/", "/e", NULL, "http://a/e1", SCOPE_IN },
    { "http://a/d/", "http://b/e/", NULL, "http://b/e/f", SCOPE_IN },
    { "http://a/d/", "http://b/e/", NULL, "http://b/f", SCOPE_OTHER_HOST },
    { "http://a/", NULL, "/no", "http://a/no/x", SCOPE_EXCLUDED },
    { "http://a/", NULL, "/no", "http://a/not", SCOPE_EXCLUDED },
    { "http://a/", NULL, "/no/", "http://a/no", SCOPE_IN },
    { "http://a/", NULL, "/x?y=", "http://a/x?y=1", SCOPE_EXCLUDED },
    { "http://a/d/", "/e/", "/e/f", "http://a/e/f", SCOPE_EXCLUDED },
};

START_TEST(an_address_is_inside_or_not)
{
    struct mr_url seed = url_of(rows[_i].seed);
    struct mr_url url = url_of(rows[_i].url);
    const struct scope_spec spec = {
        .seed = &seed,
        .include = &rows[_i].include,
        .include_count = rows[_i].include != NULL,
        .exclude = &rows[_i].exclude,
        .exclude_count = rows[_i].exclude != NULL,
    };
    struct scope *scope;

    ck_assert_int_eq(scope_new(&spec, parser, &scope, NULL), MR_OK);
    ck_assert_msg(scope_of(scope, &url) == rows[_i].verdict,
                  "%s and %s: %s, want %s", rows[_i].seed, rows[_i].url,
                  scope_words(scope_of(scope, &url)),
                  scope_words(rows[_i].verdict));
    scope_free(scope);
}
END_TEST

START_TEST(a_prefix_that_is_none_is_refused)
{
    static const char *const bad[] = { "", "x", "ftp://a/", "http://", "*" };
    struct mr_url seed = url_of("http://a/");

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct scope_spec spec = { .seed = &seed,
                                         .include = &bad[i],
                                         .include_count = 1 };
        struct scope *scope;
        struct mr_err err = { 0 };

        ck_assert_msg(scope_new(&spec, parser, &scope, &err) == MR_E_INVALID,
                      "%s", bad[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scope");
    TCase *tcase = tcase_create("scope");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, an_address_is_inside_or_not, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tcase, a_prefix_that_is_none_is_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
