// SPDX-License-Identifier: Apache-2.0
/*
 * test_robots.c - robots.txt by RFC 9309, and beside a second opinion.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingestor/web/robots.h"
#include "tests/unit/ingestor/data.h"

static struct mr_arena *arena;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
}

static struct robots parse(const char *text, const char *token)
{
    struct robots robots;

    robots_parse(mr_span_str(text), mr_span_str(token), arena, &robots);
    return robots;
}

static const struct {
    const char *text;
    const char *target;
    bool allowed;
} rows[] = {
    /* Groups. */
    { "", "/", true },
    { "User-agent: *\nDisallow: /", "/", false },
    { "User-agent: *\nDisallow: /", "/robots.txt", true },
    { "User-agent: *\nDisallow:", "/", true },
    { "Disallow: /", "/", true },
    { "User-agent: other\nDisallow: /", "/", true },
    { "User-agent: MillRace\nDisallow: /a", "/a", false },
    { "User-agent: millrace/2.0\nDisallow: /a", "/a", false },
    { "User-agent: millracer\nDisallow: /a", "/a", true },
    { "User-agent: mill\nDisallow: /a", "/a", true },
    { "User-agent: *\nDisallow: /\n\nUser-agent: millrace\nAllow: /", "/",
      true },
    { "User-agent: *\nDisallow: /\n\nUser-agent: millrace\n", "/", true },
    { "User-agent: a\nUser-agent: millrace\nDisallow: /x\n", "/x", false },
    { "User-agent: millrace\nDisallow: /x\nUser-agent: a\nDisallow: /y", "/y",
      true },
    { "User-agent: millrace\nDisallow: /x\n\nUser-agent: a\nDisallow: /\n\n"
      "User-agent: millrace\nDisallow: /y",
      "/y", false },
    { "User-agent: millrace\nSitemap: http://x/\nCrawl-delay: 1\n"
      "User-agent: b\nDisallow: /x",
      "/x", false },
    { "User-agent: millrace\n\n\nDisallow: /x", "/x", false },
    /* Lines. */
    { "\xEF\xBB\xBFUser-agent: *\r\nDisallow: /x\r\n", "/x", false },
    { "User-agent: *\rDisallow: /x\r", "/x", false },
    { "user-AGENT:*\ndisALLOW:/x#comment", "/x", false },
    { "# all\nUser-agent: * # everyone\nDisallow: /x # no", "/x", false },
    { "User-agent: *\n  Disallow :   /x  ", "/x", false },
    { "User-agent *\nDisallow /x", "/x", false },
    { "useragent: *\nDisalow: /x", "/x", false },
    { "User-agent: *\nDisallow: /a b", "/a%20b", false },
    /* The longest rule; of equal ones allow. */
    { "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true },
    { "User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", false },
    { "User-agent: *\nDisallow: /a\nAllow: /a", "/a", true },
    { "User-agent: *\nAllow: /a\nDisallow: /a", "/a", true },
    { "User-agent: *\nDisallow: /\nAllow: /$", "/", true },
    { "User-agent: *\nDisallow: /\nAllow: /$", "/x", false },
    { "User-agent: *\nAllow: /page\nDisallow: /*.htm", "/page.htm", false },
    { "User-agent: *\nAllow: /p\nDisallow: /", "/page", true },
    /* Wildcards. */
    { "User-agent: *\nDisallow: /fish", "/fish.html", false },
    { "User-agent: *\nDisallow: /fish", "/Fish", true },
    { "User-agent: *\nDisallow: /fish*", "/fishheads", false },
    { "User-agent: *\nDisallow: /fish/", "/fish", true },
    { "User-agent: *\nDisallow: /*.php", "/a/b.php?x", false },
    { "User-agent: *\nDisallow: /*.php$", "/a/b.php?x", true },
    { "User-agent: *\nDisallow: /*.php$", "/a/b.php", false },
    { "User-agent: *\nDisallow: *.php", "/a.php", false },
    { "User-agent: *\nDisallow: /a*b*c", "/axxbxxc", false },
    { "User-agent: *\nDisallow: /a*b*c", "/axxcxxb", true },
    { "User-agent: *\nDisallow: /a**b$", "/aab", false },
    { "User-agent: *\nDisallow: /*$", "/any", false },
    { "User-agent: *\nDisallow: /a$b", "/a$b", false },
    { "User-agent: *\nDisallow: /?", "/?q", false },
    /* Percent-encoding, RFC 9309 2.2.2. */
    { "User-agent: *\nDisallow: /foo/bar/\xE3\x83\x84", "/foo/bar/%E3%83%84",
      false },
    { "User-agent: *\nDisallow: /foo/bar/%e3%83%84", "/foo/bar/%E3%83%84",
      false },
    { "User-agent: *\nDisallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false },
    { "User-agent: *\nDisallow: /a%2Fb", "/a/b", true },
};

START_TEST(a_rule_decides_about_a_path)
{
    struct robots robots = parse(rows[_i].text, "millrace");

    ck_assert_msg(robots_allows(&robots, mr_span_str(rows[_i].target)) ==
                      rows[_i].allowed,
                  "\"%s\" and %s: want %d", rows[_i].text, rows[_i].target,
                  rows[_i].allowed);
}
END_TEST

START_TEST(a_delay_and_sitemaps_are_read)
{
    struct robots robots =
        parse("Sitemap: http://a/1\nUser-agent: *\nCrawl-delay: 2.5\n"
              "User-agent: millrace\nCrawl-delay: 0.25\nCrawl-delay: x\n"
              "sitemap: /2\n",
              "millrace");

    ck_assert_int_eq(robots.delay_ms, 250);
    ck_assert_uint_eq(robots.sitemap_count, 2);
    ck_assert(mr_span_equal(robots.sitemaps[1], mr_span_str("/2")));
    ck_assert_int_eq(parse("User-agent: *\nCrawl-delay: 86400", "a").delay_ms,
                     ROBOTS_DELAY_MS_MAX);
    ck_assert_int_eq(parse("User-agent: *\nCrawl-delay: 2.5", "a").delay_ms,
                     2500);
}
END_TEST

START_TEST(what_cannot_be_had_allows_or_forbids)
{
    struct robots none = { 0 };

    ck_assert_int_eq(robots_of_status(200), ROBOTS_READ);
    ck_assert_int_eq(robots_of_status(404), ROBOTS_ALLOW);
    ck_assert_int_eq(robots_of_status(403), ROBOTS_ALLOW);
    ck_assert_int_eq(robots_of_status(429), ROBOTS_FORBID);
    ck_assert_int_eq(robots_of_status(500), ROBOTS_FORBID);
    ck_assert_int_eq(robots_of_status(0), ROBOTS_FORBID);
    ck_assert(robots_allows(&none, mr_span_str("/x")));
    ck_assert(mr_span_equal(robots_token("millrace/0.1 (+http://x)"),
                            mr_span_str("millrace")));
    ck_assert(mr_span_equal(robots_token("bot"), mr_span_str("bot")));
}
END_TEST

START_TEST(a_file_of_many_stars_is_matched_in_time)
{
    struct mr_buf text = mr_buf(1u << 20);
    char target[8000];
    struct robots robots;

    mr_buf_str(&text, "User-agent: *\n");
    for (int i = 0; i < 100; i++) {
        mr_buf_str(&text, "Disallow: /");
        for (int k = 0; k < 900; k++)
            mr_buf_str(&text, "*a");
        mr_buf_str(&text, "b\n");
    }
    memset(target, 'a', sizeof(target));
    target[0] = '/';
    robots_parse(mr_buf_bytes(&text), mr_span_str("x"), arena, &robots);
    ck_assert_uint_eq(robots.rule_count, 100);
    ck_assert(robots_allows(&robots, mr_span(target, sizeof(target))));
    mr_buf_deinit(&text);
}
END_TEST

START_TEST(a_file_that_is_too_long_is_read_as_far_as_the_limit)
{
    struct mr_buf text = mr_buf(1u << 20);
    struct robots robots;

    mr_buf_str(&text, "User-agent: *\nDisallow: /first\n");
    while (text.size < ROBOTS_BYTES_MAX)
        mr_buf_str(&text, "# filling\n");
    mr_buf_str(&text, "Disallow: /last\n");
    robots_parse(mr_buf_bytes(&text), mr_span_str("x"), arena, &robots);
    ck_assert_uint_eq(robots.rule_count, 1);
    mr_buf_deinit(&text);
}
END_TEST

/* The second opinion ends a group at Crawl-delay and Request-rate (8 verdicts)
 * and takes "sogou spider" for another agent than "sogou" (22). */
#define DIFFERENT_MAX 30

START_TEST(verdicts_agree_with_a_second_opinion)
{
    struct mr_span table = test_data(arena, "files/robots/verdicts.tsv");
    unsigned same = 0;
    unsigned different = 0;
    char *save = NULL;

    if (table.data == NULL)
        return;
    for (char *line = strtok_r(mr_arena_str(arena, table), "\n", &save);
         line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char path[300];
        char agent[100];
        char target[2000];
        char verdict[10];
        struct robots robots;
        char file[400];

        if (sscanf(line, "%299[^\t]\t%99[^\t]\t%1999[^\t]\t%9[a-z]", path,
                   agent, target, verdict) != 4 ||
            strcmp(path, "file") == 0)
            continue;
        (void)snprintf(file, sizeof(file), "files/robots/%s", path);
        robots_parse(test_data(arena, file), mr_span_str(agent), arena,
                     &robots);
        if (robots_allows(&robots, mr_span_str(target)) ==
            (strcmp(verdict, "allow") == 0)) {
            same++;
            continue;
        }
        different++;
        if (getenv("VERBOSE") != NULL)
            printf("differs: %s\n", line);
    }
    ck_assert_uint_gt(same, 2000);
    ck_assert_uint_le(different, DIFFERENT_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("robots");
    TCase *tcase = tcase_create("robots");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_rule_decides_about_a_path, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tcase, a_delay_and_sitemaps_are_read);
    tcase_add_test(tcase, what_cannot_be_had_allows_or_forbids);
    tcase_add_test(tcase, a_file_of_many_stars_is_matched_in_time);
    tcase_add_test(tcase, a_file_that_is_too_long_is_read_as_far_as_the_limit);
    tcase_add_test(tcase, verdicts_agree_with_a_second_opinion);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
