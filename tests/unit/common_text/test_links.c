// SPDX-License-Identifier: Apache-2.0
/*
 * test_links.c - what a crawler reads out of a page.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_buf.h"
#include "common/text/links.h"

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

static struct mr_links find(const char *page)
{
    struct mr_links links;

    mr_links_find(mr_span_str(page), mr_span_str("http://a.org/d/page.html"),
                  parser, arena, &links);
    return links;
}

/* All of it as one text: links by spaces, then c:canonical, r:refresh. */
static const char *told(const struct mr_links *links)
{
    static char text[4096];
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < links->count; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%.*s ",
                               MR_SPAN_ARG(links->urls[i]));
    if (links->canonical.data != NULL)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "c:%.*s ",
                               MR_SPAN_ARG(links->canonical));
    if (links->refresh.data != NULL)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "r%u:%.*s ",
                               links->refresh_s, MR_SPAN_ARG(links->refresh));
    (void)snprintf(text + at, sizeof(text) - at, "%s%s",
                   links->noindex ? "noindex " : "",
                   links->nofollow ? "nofollow " : "");
    return text;
}

static const struct {
    const char *page;
    const char *want;
} rows[] = {
    { "", "" },
    { "no markup at all", "" },
    { "<a href=x>1</a><a href='/y#z'>2</a><a href=\"//b.org\">3</a>",
      "http://a.org/d/x http://a.org/y http://b.org/ " },
    { "<a>no</a><a name=x>no</a><a href=''>self</a>",
      "http://a.org/d/page.html " },
    { "<A HREF=x></A><a href=x></a><a href='x#2'></a>", "http://a.org/d/x " },
    { "<a href=mailto:x@y>m</a><a href='javascript:go()'>j</a>", "" },
    { "<a href='x?a=1&amp;b=2'>", "http://a.org/d/x?a=1&b=2 " },
    { "<a rel='nofollow' href=x><a rel='external NoFollow' href=y>"
      "<a rel=follow href=z>",
      "http://a.org/d/z " },
    { "<base href='/base/'><a href=x>", "http://a.org/base/x " },
    { "<base target=_top><base href='http://c.org/'><base href='http://e.org'>"
      "<a href=x>",
      "http://c.org/x " },
    { "<base href='mailto:x'><a href=x>", "http://a.org/d/x " },
    { "<link rel=canonical href=/c><link rel=canonical href=/d>",
      "c:http://a.org/c " },
    { "<link rel='alternate' href=/c>", "" },
    { "<link rel='x CANONICAL' href='https://a.org/c#f'>",
      "c:https://a.org/c " },
    { "<meta http-equiv=refresh content='0;URL=https://b.org/x'>",
      "r0:https://b.org/x " },
    { "<meta http-equiv='Refresh' content=\"5; url='n.html'\">",
      "r5:http://a.org/d/n.html " },
    { "<meta http-equiv=refresh content='3 n.html'>",
      "r3:http://a.org/d/n.html " },
    { "<meta http-equiv=refresh content='1.5;n.html'>",
      "r1:http://a.org/d/n.html " },
    { "<meta http-equiv=refresh content='30'>", "" },
    { "<meta http-equiv=refresh content='; url=x'>", "" },
    { "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "" },
    { "<meta name=robots content=noindex>", "noindex " },
    { "<meta name=ROBOTS content='NOINDEX, nofollow'><a href=x>",
      "noindex nofollow " },
    { "<meta name=robots content=none><a href=x>", "noindex nofollow " },
    { "<meta name=robots content='index,follow'><a href=x>",
      "http://a.org/d/x " },
    { "<meta name=robots content='max-snippet:5, noindex'>", "noindex " },
    { "<meta name=googlebot content='noindex'>", "" },
    { "<!-- <a href=x> --><script>'<a href=y>'</script>", "" },
};

START_TEST(a_page_says_where_to_go_on)
{
    struct mr_links links = find(rows[_i].page);

    ck_assert_msg(strcmp(told(&links), rows[_i].want) == 0,
                  "%s\n gives \"%s\"\n  want \"%s\"", rows[_i].page,
                  told(&links), rows[_i].want);
}
END_TEST

START_TEST(links_beyond_the_limit_are_left_out)
{
    struct mr_buf page = mr_buf(1u << 20);
    struct mr_links links;

    for (unsigned i = 0; i < MR_LINKS_MAX; i++)
        mr_buf_printf(&page, "<a href=%u>", i);
    links = find(mr_buf_text(&page));
    ck_assert_uint_eq(links.count, MR_LINKS_MAX);
    ck_assert(!links.cut);
    mr_buf_str(&page, "<a href=one-more>");
    links = find(mr_buf_text(&page));
    ck_assert_uint_eq(links.count, MR_LINKS_MAX);
    ck_assert(links.cut);
    mr_buf_deinit(&page);
}
END_TEST

static const struct {
    const char *text;
    bool noindex;
    bool nofollow;
} tags[] = {
    { "noindex", true, false },
    { "nofollow", false, true },
    { "none", true, true },
    { "all", false, false },
    { "noindexed", false, false },
    { "otherbot: noindex", false, false },
    { "Millrace: noindex", true, false },
    { "otherbot: noindex, millrace: nofollow", false, true },
    { "max-snippet: 5, noindex", true, false },
    { "unavailable_after: 25 Jun 2010 15:00:00 PST, nofollow", false, true },
    { "", false, false },
    { ",:,", false, false },
};

START_TEST(a_robots_header_speaks_to_all_or_to_one)
{
    bool noindex = false;
    bool nofollow = false;

    mr_links_robots(mr_span_str(tags[_i].text), mr_span_str("millrace"),
                    &noindex, &nofollow);
    ck_assert_msg(noindex == tags[_i].noindex && nofollow == tags[_i].nofollow,
                  "\"%s\" gives %d %d", tags[_i].text, noindex, nofollow);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("links");
    TCase *tcase = tcase_create("links");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_page_says_where_to_go_on, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tcase, links_beyond_the_limit_are_left_out);
    tcase_add_loop_test(tcase, a_robots_header_speaks_to_all_or_to_one, 0,
                        sizeof(tags) / sizeof(tags[0]));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
