// SPDX-License-Identifier: Apache-2.0
/*
 * test_crawl.c - whole crawls of a small site behind the http port.
 *
 * size: one site, and all that can happen to a crawl of it.
 */
#include "common/text/url.h"
#include "ingestor/source/config.h"
#include "ingestor/web/io/crawl.h"
#include "tests/unit/ingestor/rig.h"

#define A "http://a.org/"

static struct source_config config;
static int64_t next_ms;

static void setup(void)
{
    rig_open();
    config = source_config_default(SOURCE_WEB);
    config.name = "site";
    config.url = A;
}

static void teardown(void)
{
    rig_close();
}

static enum progress_outcome crawl_as(bool everything)
{
    struct mr_err err = { 0 };
    enum progress_outcome outcome;
    const struct crawl_spec spec = {
        .ingestor = &rig.spec,
        .config = &config,
        .user_agent = "millrace/1.0",
        .http = &rig.http,
        .progress = rig.progress,
        .stop = &rig.stop,
        .everything = everything,
    };

    ck_assert_msg(crawl_run(&spec, &outcome, &next_ms, &err) == MR_OK, "%s",
                  err.text);
    progress_end(rig.progress, outcome, rig_wall_ms(NULL));
    rig_drop_responses();
    return outcome;
}

static enum progress_outcome crawl(void)
{
    return crawl_as(true);
}

static void two_pages(void)
{
    rig_page(A, 200, "etag: \"1\"",
             "<a href=b.html>b</a><a href='http://b.org/'>other</a>");
    rig_page(A "b.html", 200, "etag: \"2\"", "<a href=/>home</a>");
}

START_TEST(pages_are_fetched_once_and_sent)
{
    two_pages();
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_asked(),
                     A "robots.txt\n" A "sitemap.xml\n" A "\n" A "b.html\n");
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "b.html\n");
    RIG_STATUS_HAS("\"found\":2,\"fetched\":2,\"sent\":2,");

    struct mr_raw raw = rig_newest(A "b.html");

    ck_assert(mr_span_equal(raw.put.url, mr_span_str(A "b.html")));
    ck_assert(mr_span_equal(raw.put.content_type, mr_span_str("text/html")));
    ck_assert(
        mr_span_equal(raw.put.body.bytes, mr_span_str("<a href=/>home</a>")));
    ck_assert(mr_span_equal(raw.source, mr_span_str("site")));
    ck_assert_int_eq(raw.lane, MR_LANE_BULK);
}
END_TEST

START_TEST(a_second_crawl_asks_on_condition_and_sends_what_changed)
{
    two_pages();
    crawl();
    (void)rig_asked();
    (void)rig_raw();
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_asked(),
                     A "robots.txt\n" A "sitemap.xml\n?" A "\n?" A "b.html\n");
    ck_assert_str_eq(rig_raw(), "");
    RIG_STATUS_HAS("\"unchanged\":2");
    rig_page(A "b.html", 200, "etag: \"3\"", "<a href=c>new</a>");
    rig_page(A "c", 200, NULL, "new");
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put " A "b.html\nput " A "c\n");
}
END_TEST

START_TEST(equal_bytes_are_not_sent_again_without_an_etag_either)
{
    rig_page(A, 200, NULL, "the same");
    crawl();
    (void)rig_raw();
    crawl();
    ck_assert_str_eq(rig_raw(), "");
    RIG_STATUS_HAS("\"unchanged\":1");
}
END_TEST

START_TEST(a_page_that_is_gone_twice_is_deleted)
{
    const char *lines;

    two_pages();
    crawl();
    (void)rig_raw();
    rig_page(A "b.html", 404, NULL, NULL);
    crawl();
    ck_assert_str_eq(rig_raw(), "");
    RIG_STATUS_HAS("\"gone\":1");
    crawl();
    lines = rig_raw();
    ck_assert_msg(strstr(lines, "delete " A "b.html of site before 1") == lines,
                  "%s", lines);
    RIG_STATUS_HAS("\"deleted\":1");
    crawl();
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(a_page_that_comes_back_is_not_deleted)
{
    two_pages();
    crawl();
    rig_page(A "b.html", 410, NULL, NULL);
    crawl();
    rig_page(A "b.html", 200, "etag: \"2\"", "<a href=/>home</a>");
    crawl();
    rig_page(A "b.html", 404, NULL, NULL);
    (void)rig_raw();
    crawl();
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(errors_of_a_server_delete_nothing)
{
    two_pages();
    crawl();
    (void)rig_raw();
    rig_page(A "b.html", 500, NULL, NULL);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "");
    RIG_STATUS_HAS("\"failed\":1,\"retried\":2");
    RIG_STATUS_HAS("it answers with status 500");
}
END_TEST

START_TEST(redirects_are_followed_to_the_final_page)
{
    rig_page(A, 200, NULL, "<a href=1>1</a><a href=3>3</a>");
    rig_page(A "1", 301, "location: /2", "");
    rig_page(A "2", 302, "location: 3", "");
    rig_page(A "3", 200, NULL, "final");
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_asked(), A "robots.txt\n" A "sitemap.xml\n" A "\n" A
                                    "1\n" A "3\n" A "2\n");
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "3\n");
    RIG_STATUS_HAS("\"redirected\":2");
}
END_TEST

START_TEST(redirects_without_end_are_left)
{
    static char urls[20][40];
    static char headers[20][60];

    rig_page(A, 200, NULL, "<a href=r0>1</a><a href=loop>l</a>");
    rig_page(A "loop", 302, "location: /loop", "");
    for (int i = 0; i < 20; i++) {
        (void)snprintf(urls[i], sizeof(urls[i]), A "r%d", i);
        (void)snprintf(headers[i], sizeof(headers[i]), "location: /r%d", i + 1);
        rig_page(urls[i], 302, headers[i], "");
    }
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put " A "\n");
    RIG_STATUS_HAS("more than 10 redirects led here and on");
    RIG_STATUS_HAS("it redirects to itself");
    ck_assert_ptr_null(strstr(rig_asked(), A "r11"));
}
END_TEST

START_TEST(redirects_in_a_circle_are_told_once)
{
    rig_page(A, 200, NULL, "<a href=ping>1</a>");
    rig_page(A "ping", 302, "location: /pong", "");
    rig_page(A "pong", 302, "location: /pung", "");
    rig_page(A "pung", 302, "location: /ping", "");
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put " A "\n");
    RIG_STATUS_HAS("pung\",\"problem\":\"3 redirects lead in a circle\"");
    RIG_STATUS_HAS("\"problem_count\":1,");
}
END_TEST

START_TEST(a_redirect_out_of_the_scope_is_a_problem_that_says_where)
{
    rig_page(A, 301, "location: http://127.0.0.1/admin", "");
    ck_assert_int_eq(crawl(), PROGRESS_BROKEN);
    ck_assert_ptr_null(strstr(rig_asked(), "127.0.0.1"));
    RIG_STATUS_HAS("it redirects to http://127.0.0.1/admin, which is on "
                   "another host");
}
END_TEST

START_TEST(https_of_the_same_host_is_inside)
{
    rig_page(A, 301, "location: https://a.org/", "");
    rig_page("https://a.org/", 200, NULL, "secure");
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put https://a.org/\n");
}
END_TEST

START_TEST(robots_txt_is_kept_to)
{
    rig_page(A "robots.txt", 200, NULL,
             "User-agent: *\nDisallow: /no\nSitemap: /map.xml\n");
    rig_page(A "map.xml", 200, NULL,
             "<urlset><url><loc>http://a.org/mapped</loc></url>"
             "<url><loc>http://b.org/foreign</loc></url></urlset>");
    rig_page(A, 200, NULL, "<a href=no/1>n</a><a href=yes>y</a>");
    rig_page(A "yes", 200, NULL, "yes");
    rig_page(A "mapped", 200, NULL, "mapped");
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_asked(), A "robots.txt\n" A "map.xml\n" A "\n" A
                                    "mapped\n" A "yes\n");
    RIG_STATUS_HAS("\"forbidden\":1");
}
END_TEST

START_TEST(without_robots_txt_nothing_is_fetched)
{
    rig_page(A "robots.txt", 500, NULL, NULL);
    two_pages();
    ck_assert_int_eq(crawl(), PROGRESS_BROKEN);
    ck_assert_str_eq(rig_asked(),
                     A "robots.txt\n" A "robots.txt\n" A "robots.txt\n");
    RIG_STATUS_HAS("robots.txt could not be read, so nothing of the host may "
                   "be: it answers with status 500");
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(robots_txt_is_followed_over_redirects)
{
    rig_page(A "robots.txt", 301, "location: http://b.org/r", NULL);
    rig_page("http://b.org/r", 200, NULL, "User-agent: *\nDisallow: /b");
    two_pages();
    crawl();
    ck_assert_str_eq(rig_raw(), "put " A "\n");
}
END_TEST

START_TEST(a_crawl_delay_spaces_requests)
{
    rig_page(A "robots.txt", 200, NULL, "User-agent: *\nCrawl-delay: 10\n");
    two_pages();
    crawl();
    ck_assert_int_ge(atomic_load(&rig.now_us), 20 * 1000000);
    config.ignore_crawl_delay = true;
    atomic_store(&rig.now_us, 0);
    crawl();
    ck_assert_int_lt(atomic_load(&rig.now_us), 1000000);
}
END_TEST

START_TEST(a_busy_host_is_left_alone_as_it_asks)
{
    struct rig_page *page;

    two_pages();
    page = rig_page(A "b.html", 503, "retry-after: 120", NULL);
    page->times = 1;
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_int_ge(atomic_load(&rig.now_us), 120 * 1000000);
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "b.html\n");
    RIG_STATUS_HAS("\"retried\":1");
}
END_TEST

START_TEST(a_host_that_asks_for_long_is_left_for_the_next_crawl)
{
    two_pages();
    rig_page(A "b.html", 429, "retry-after: 86400", NULL);
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_int_lt(atomic_load(&rig.now_us), 10 * 1000000);
    RIG_STATUS_HAS("asks to be left alone for longer than 600 s");
}
END_TEST

START_TEST(a_host_that_is_silent_is_given_up)
{
    static char urls[20][40];
    struct mr_buf links = mr_buf(4096);

    for (int i = 0; i < 20; i++) {
        (void)snprintf(urls[i], sizeof(urls[i]), A "p%d", i);
        mr_buf_printf(&links, "<a href=p%d>p</a>", i);
        rig_page(urls[i], 0, NULL, NULL)->code = MR_E_TIMEOUT;
    }
    rig_page(A, 200, NULL, mr_buf_text(&links));
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_uint_lt(rig.requests, 12);
    RIG_STATUS_HAS("\"failed\":20");
    RIG_STATUS_HAS("pages were not asked for");
    mr_buf_deinit(&links);
}
END_TEST

START_TEST(what_is_private_is_refused_with_the_flag_named)
{
    struct rig_page *page = rig_page(A "robots.txt", 0, NULL, NULL);

    page->code = MR_E_INVALID;
    ck_assert_int_eq(crawl(), PROGRESS_BROKEN);
    ck_assert_uint_eq(rig.requests, 1);
    RIG_STATUS_HAS("no such luck");
}
END_TEST

static const struct {
    const char *headers;
    const char *body;
    const char *sent; /* what of A "x" and A "y" is a document */
    const char *status;
} kinds[] = {
    { NULL, "<meta http-equiv=refresh content='0;url=y'>", "y",
      "\"redirected\":1" },
    { NULL, "<meta http-equiv=refresh content='0;url=http://b.org/'>", "",
      "it only refreshes to http://b.org/, which is outside of the scope" },
    { NULL, "<meta http-equiv=refresh content='0;url=http://b.org/'>", "",
      "\"skipped\":1" },
    { NULL, "<meta http-equiv=refresh content='60;url=y'>", "x",
      "\"redirected\":0" },
    { NULL, "<meta http-equiv=refresh content='0;url=x'>", "x",
      "\"redirected\":0" },
    { NULL, "<link rel=canonical href=y>", "y", "\"redirected\":1" },
    { NULL, "<link rel=canonical href=x>", "x", "\"redirected\":0" },
    { NULL, "<link rel=canonical href='http://b.org/y'>", "x",
      "\"redirected\":0" },
    { NULL, "<meta name=robots content=noindex><a href=y>y</a>", "y",
      "\"skipped\":1" },
    { NULL, "<meta name=robots content=nofollow><a href=y>y</a>", "x",
      "\"skipped\":0" },
    { "x-robots-tag: noindex", "<a href=y>y</a>", "y", "\"skipped\":1" },
    { "x-robots-tag: other: noindex", "<a href=y>y</a>", "xy",
      "\"skipped\":0" },
    { "content-type: application/pdf", "%PDF", "", "\"skipped\":1" },
    { "content-type: text/plain; charset=utf-8", "<a href=y>y</a>", "x",
      "\"skipped\":0" },
    { "content-type: text/markdown", "[y](y)", "x", "\"skipped\":0" },
    { "content-type: text/html; charset=klingon", "<a href=y>y</a>", "xy",
      "the server names the charset" },
    { "content-type:  ", "<!DOCTYPE html><a href=y>y</a>", "xy",
      "\"skipped\":0" },
    { "content-type:  ",
      "\x7F"
      "ELF",
      "", "\"skipped\":1" },
};

START_TEST(a_page_is_what_it_says)
{
    char want[100];
    size_t size;

    size = (size_t)snprintf(want, sizeof(want), "put " A "\n");
    rig_page(A, 200, NULL, "<a href=x>x</a>");
    rig_page(A "x", 200, kinds[_i].headers, kinds[_i].body);
    rig_page(A "y", 200, NULL, "y");
    for (const char *at = kinds[_i].sent; *at != '\0'; at++)
        size += (size_t)snprintf(want + size, sizeof(want) - size,
                                 "put " A "%c\n", *at);
    crawl();
    ck_assert_str_eq(rig_raw(), want);
    RIG_STATUS_HAS(kinds[_i].status);
}
END_TEST

START_TEST(two_pages_that_name_each_other_canonical_leave_one)
{
    rig_page(A, 200, NULL, "<a href=x>x</a>");
    rig_page(A "x", 200, NULL, "<link rel=canonical href=y>");
    rig_page(A "y", 200, NULL, "<link rel=canonical href=x>");
    crawl();
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "y\n");
}
END_TEST

START_TEST(a_broken_canonical_is_ignored_from_the_next_crawl_on)
{
    rig_page(A, 200, NULL, "<a href=x>x</a>");
    rig_page(A "x", 200, NULL, "<link rel=canonical href=y>");
    crawl();
    ck_assert_str_eq(rig_raw(), "put " A "\n");
    crawl();
    ck_assert_str_eq(rig_raw(), "put " A "x\n");
}
END_TEST

START_TEST(limits_of_pages_and_depth_are_kept)
{
    rig_page(A, 200, NULL, "<a href=1>1</a><a href=2>2</a><a href=3>3</a>");
    rig_page(A "1", 200, NULL, "<a href=11>11</a>");
    rig_page(A "2", 200, NULL, "2");
    rig_page(A "3", 200, NULL, "3");
    rig_page(A "11", 200, NULL, "11");
    config.max_pages = 3;
    ck_assert_int_eq(crawl(), PROGRESS_LIMITED);
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "1\nput " A "2\n");
    config.max_pages = 100;
    config.depth = 1;
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put " A "3\n");
    config.depth = 2;
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put " A "11\n");
}
END_TEST

START_TEST(only_the_folder_of_the_seed_is_read)
{
    const char *include[] = { "/extra/" };
    const char *exclude[] = { "http://a.org/d/no" };

    config.url = A "d/index.html";
    config.include = include;
    config.include_count = 1;
    config.exclude = exclude;
    config.exclude_count = 1;
    rig_page(A "d/index.html", 200, NULL,
             "<a href=/>up</a><a href=e/f>in</a><a href=no/x>out</a>"
             "<a href=/extra/1>more</a><a href=/dx>beside</a>"
             "<a href=pic.png>picture</a><a href=pic.png?2>picture</a>");
    rig_page(A "d/e/f", 200, NULL, "f");
    rig_page(A "extra/1", 200, NULL, "extra");
    crawl();
    ck_assert_str_eq(rig_raw(), "put " A "d/e/f\nput " A "d/index.html\nput " A
                                "extra/1\n");
    RIG_STATUS_HAS("\"skipped\":2");
}
END_TEST

START_TEST(a_narrower_scope_takes_documents_away)
{
    const char *exclude[] = { "/b" };

    two_pages();
    crawl();
    (void)rig_raw();
    config.exclude = exclude;
    config.exclude_count = 1;
    crawl();
    ck_assert_ptr_nonnull(strstr(rig_raw(), "delete " A "b.html of site"));
}
END_TEST

START_TEST(a_crawl_that_was_stopped_goes_on_where_it_was)
{
    rig_page(A, 200, NULL, "<a href=1>1</a><a href=2>2</a><a href=3>3</a>");
    rig_page(A "1", 200, NULL, "<a href=4>4</a>");
    rig_page(A "2", 200, NULL, "2");
    rig_page(A "3", 200, NULL, "3");
    rig_page(A "4", 200, NULL, "4");
    config.connections_per_host = 1;
    rig.stop_after = 5; /* robots, sitemap, seed, 1, 2 */
    ck_assert_int_eq(crawl(), PROGRESS_STOPPED);
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "1\nput " A "2\n");
    (void)rig_asked();
    atomic_store(&rig.stop, false);
    ck_assert_int_eq(crawl_as(false), PROGRESS_DONE);
    ck_assert_str_eq(rig_asked(),
                     A "robots.txt\n" A "sitemap.xml\n" A "3\n" A "4\n");
    ck_assert_str_eq(rig_raw(), "put " A "3\nput " A "4\n");
    RIG_STATUS_HAS("\"job\":1,");
}
END_TEST

/* Dies at every port call in turn: what was sent is sent again at most, and
 * nothing is forgotten. */
START_TEST(a_crawl_that_dies_anywhere_ends_up_with_every_page)
{
    struct mr_err err = { 0 };
    enum progress_outcome outcome;
    const struct crawl_spec spec = {
        .ingestor = &rig.spec,
        .config = &config,
        .user_agent = "millrace/1.0",
        .http = &rig.http,
        .progress = rig.progress,
        .stop = &rig.stop,
    };
    const char *lines;

    rig_page(A, 200, NULL, "<a href=1>1</a><a href=2>2</a>");
    rig_page(A "1", 200, NULL, "<a href=3>3</a>");
    rig_page(A "2", 200, NULL, "2");
    rig_page(A "3", 200, NULL, "3");
    rig.took_us = 250000; /* so that each page is flushed */
    mr_memory_die(rig.memory, (uint64_t)_i / 2 + 1, _i % 2 != 0);
    if (crawl_run(&spec, &outcome, &next_ms, &err) != MR_OK ||
        outcome == PROGRESS_STOPPED)
        mr_memory_kill(rig.memory);
    else
        mr_memory_die(rig.memory, 0, false);
    rig_drop_responses();
    atomic_store(&rig.stop, false);
    crawl_as(false);
    lines = rig_raw();
    ck_assert_msg(strstr(lines, "put " A "\n") != NULL &&
                      strstr(lines, "put " A "1\n") != NULL &&
                      strstr(lines, "put " A "2\n") != NULL &&
                      strstr(lines, "put " A "3\n") != NULL,
                  "%s", lines);
}
END_TEST

START_TEST(only_what_is_due_is_looked_at_unless_asked)
{
    two_pages();
    crawl_as(false);
    ck_assert_int_ge(next_ms, RIG_WALL_MS + config.every_ms);
    (void)rig_asked();
    crawl_as(false);
    ck_assert_str_eq(rig_asked(), A "robots.txt\n" A "sitemap.xml\n?" A "\n");
    rig_later(config.every_ms);
    crawl_as(false);
    ck_assert_ptr_nonnull(strstr(rig_asked(), "?" A "b.html"));
}
END_TEST

START_TEST(pages_of_a_future_that_a_wrong_clock_told_are_due)
{
    rig_later(365 * config.every_ms);
    two_pages();
    crawl_as(false);
    rig_later(-365 * config.every_ms);
    (void)rig_asked();
    crawl_as(false);
    ck_assert_ptr_nonnull(strstr(rig_asked(), "?" A "b.html"));
    ck_assert_int_le(next_ms, rig_wall_ms(NULL) + config.every_ms * 8);
}
END_TEST

START_TEST(a_crawl_that_takes_too_long_ends_and_the_next_goes_on)
{
    rig_page(A, 200, NULL, "<a href=1>1</a><a href=2>2</a>");
    rig_page(A "1", 200, NULL, "1");
    rig_page(A "2", 200, NULL, "2");
    config.total_ms = 2500;
    config.delay_ms = 1000;
    ck_assert_int_eq(crawl(), PROGRESS_LIMITED);
    RIG_STATUS_HAS("the crawl took longer than total_ms, 2500 ms");
    for (int i = 0; i < 4; i++) {
        config.total_ms = 3600000;
        crawl_as(false);
    }
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "1\nput " A "2\n");
}
END_TEST

static uint64_t lag_left;

static uint64_t lag(void *context)
{
    (void)context;
    return lag_left > 0 ? lag_left-- : 0;
}

START_TEST(a_crawl_waits_for_the_index)
{
    two_pages();
    rig.spec.keyword_lag = lag;
    rig.spec.keyword_lag_max = 10;
    lag_left = 100;
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_int_ge(atomic_load(&rig.now_us), 85 * 50000);
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "b.html\n");
}
END_TEST

static enum mr_code full_for_a_time(void *context, struct mr_err *err)
{
    (void)context;
    if (lag_left == 0)
        return MR_OK;
    lag_left--;
    return mr_fail(err, MR_E_UNAVAILABLE, "the disk is nearly full");
}

START_TEST(a_crawl_waits_for_room_and_says_so)
{
    two_pages();
    rig.spec.may_write = full_for_a_time;
    lag_left = 100;
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_str_eq(rig_raw(), "put " A "\nput " A "b.html\n");
    RIG_STATUS_HAS("it is not written to for now: the disk is nearly full");
}
END_TEST

START_TEST(a_bus_that_fails_for_a_time_is_waited_for)
{
    two_pages();
    mr_memory_fault(rig.memory, 20, MR_E_UNAVAILABLE);
    ck_assert_int_eq(crawl(), PROGRESS_DONE);
    ck_assert_ptr_nonnull(strstr(rig_raw(), "put " A "\nput " A "b.html\n"));
}
END_TEST

START_TEST(addresses_that_are_too_long_for_an_id_are_told)
{
    struct mr_buf page = mr_buf(4096);

    mr_buf_str(&page, "<a href=");
    for (int i = 0; i < 600; i++)
        mr_buf_byte(&page, 'x');
    mr_buf_str(&page, ">long</a>");
    rig_page(A, 200, NULL, mr_buf_text(&page));
    crawl();
    RIG_STATUS_HAS("the address has 613 bytes, an id at most 512");
    mr_buf_deinit(&page);
}
END_TEST

START_TEST(a_long_page_goes_to_the_blob_store)
{
    char *body = mr_calloc(1, MR_INLINE_BYTES_MAX + 2);
    struct mr_raw raw;
    struct mr_span bytes;

    memset(body, 'x', MR_INLINE_BYTES_MAX + 1);
    rig_page(A, 200, NULL, body);
    crawl();
    raw = rig_newest(A);
    ck_assert(raw.put.body.in_blob);
    ck_assert_uint_eq(raw.put.body.size, MR_INLINE_BYTES_MAX + 1);
    ck_assert_int_eq(
        mr_blob_get(rig.place.blob, raw.put.body.hash, rig.arena, &bytes, NULL),
        MR_OK);
    ck_assert(mr_span_equal(bytes, mr_span_str(body)));
    mr_free(body);
}
END_TEST

START_TEST(all_documents_of_a_source_can_be_deleted)
{
    struct mr_err err = { 0 };
    const struct crawl_spec spec = {
        .ingestor = &rig.spec,
        .config = &config,
        .progress = rig.progress,
        .stop = &rig.stop,
    };
    const char *lines;

    two_pages();
    crawl();
    (void)rig_raw();
    ck_assert_int_eq(crawl_delete_all(&spec, &err), MR_OK);
    lines = rig_raw();
    ck_assert_ptr_nonnull(strstr(lines, "delete " A " of site"));
    ck_assert_ptr_nonnull(strstr(lines, "delete " A "b.html of site"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crawl");
    TCase *tcase = tcase_create("crawl");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, pages_are_fetched_once_and_sent);
    tcase_add_test(tcase,
                   a_second_crawl_asks_on_condition_and_sends_what_changed);
    tcase_add_test(tcase,
                   equal_bytes_are_not_sent_again_without_an_etag_either);
    tcase_add_test(tcase, a_page_that_is_gone_twice_is_deleted);
    tcase_add_test(tcase, a_page_that_comes_back_is_not_deleted);
    tcase_add_test(tcase, errors_of_a_server_delete_nothing);
    tcase_add_test(tcase, redirects_are_followed_to_the_final_page);
    tcase_add_test(tcase, redirects_without_end_are_left);
    tcase_add_test(tcase, redirects_in_a_circle_are_told_once);
    tcase_add_test(tcase,
                   a_redirect_out_of_the_scope_is_a_problem_that_says_where);
    tcase_add_test(tcase, https_of_the_same_host_is_inside);
    tcase_add_test(tcase, robots_txt_is_kept_to);
    tcase_add_test(tcase, without_robots_txt_nothing_is_fetched);
    tcase_add_test(tcase, robots_txt_is_followed_over_redirects);
    tcase_add_test(tcase, a_crawl_delay_spaces_requests);
    tcase_add_test(tcase, a_busy_host_is_left_alone_as_it_asks);
    tcase_add_test(tcase, a_host_that_asks_for_long_is_left_for_the_next_crawl);
    tcase_add_test(tcase, a_host_that_is_silent_is_given_up);
    tcase_add_test(tcase, what_is_private_is_refused_with_the_flag_named);
    tcase_add_loop_test(tcase, a_page_is_what_it_says, 0,
                        sizeof(kinds) / sizeof(kinds[0]));
    tcase_add_test(tcase, two_pages_that_name_each_other_canonical_leave_one);
    tcase_add_test(tcase, a_broken_canonical_is_ignored_from_the_next_crawl_on);
    tcase_add_test(tcase, limits_of_pages_and_depth_are_kept);
    tcase_add_test(tcase, only_the_folder_of_the_seed_is_read);
    tcase_add_test(tcase, a_narrower_scope_takes_documents_away);
    tcase_add_test(tcase, a_crawl_that_was_stopped_goes_on_where_it_was);
    tcase_add_loop_test(
        tcase, a_crawl_that_dies_anywhere_ends_up_with_every_page, 0, 80);
    tcase_add_test(tcase, only_what_is_due_is_looked_at_unless_asked);
    tcase_add_test(tcase, pages_of_a_future_that_a_wrong_clock_told_are_due);
    tcase_add_test(tcase,
                   a_crawl_that_takes_too_long_ends_and_the_next_goes_on);
    tcase_add_test(tcase, a_crawl_waits_for_the_index);
    tcase_add_test(tcase, a_crawl_waits_for_room_and_says_so);
    tcase_add_test(tcase, a_bus_that_fails_for_a_time_is_waited_for);
    tcase_add_test(tcase, addresses_that_are_too_long_for_an_id_are_told);
    tcase_add_test(tcase, a_long_page_goes_to_the_blob_store);
    tcase_add_test(tcase, all_documents_of_a_source_can_be_deleted);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
