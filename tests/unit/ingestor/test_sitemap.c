// SPDX-License-Identifier: Apache-2.0
/*
 * test_sitemap.c - addresses out of sitemaps, right and not quite right.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingestor/web/gunzip.h"
#include "ingestor/web/sitemap.h"
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

/* The addresses, each ended by a space; NULL when refused. */
static const char *told(const char *text)
{
    struct sitemap sitemap;
    struct mr_buf out = mr_buf(1u << 16);
    char *told;

    if (sitemap_parse(mr_span_str(text), arena, &sitemap, NULL) != MR_OK)
        return NULL;
    if (sitemap.is_index)
        mr_buf_str(&out, "index ");
    for (size_t i = 0; i < sitemap.count; i++) {
        mr_buf_span(&out, sitemap.urls[i]);
        mr_buf_byte(&out, ' ');
    }
    told = mr_arena_str(arena, mr_span(mr_buf_text(&out), out.size));
    mr_buf_deinit(&out);
    return told;
}

static const struct {
    const char *text;
    const char *want;
} rows[] = {
    { "<urlset><url><loc>http://a/</loc></url></urlset>", "http://a/ " },
    { "<?xml version='1.0'?>\n<urlset xmlns='x'><url>\n<loc>\n http://a/ \n"
      "</loc><lastmod>2020</lastmod></url><url><loc>http://b/</loc></url>",
      "http://a/ http://b/ " },
    { "<s:urlset xmlns:s='x'><s:url><s:loc>http://a/</s:loc></s:url>",
      "http://a/ " },
    { "<sitemapindex><sitemap><loc>http://a/s.xml</loc></sitemap>",
      "index http://a/s.xml " },
    { "<sitemapindex><sitemap>http://a/s.xml</sitemap></sitemapindex>",
      "index http://a/s.xml " },
    { "<urlset><url><loc>http://a/?x=1&amp;y=2&#38;z&#x26;</loc></url>",
      "http://a/?x=1&y=2&z& " },
    { "<urlset><url><loc><![CDATA[http://a/?x&y]]></loc></url>",
      "http://a/?x&y " },
    { "<urlset><url><loc>http://a/?x&y&unknown;&#xD800;</loc></url>",
      "http://a/?x&y&unknown;&#xD800; " },
    { "<urlset><!-- <url><loc>http://a/</loc></url> --></urlset>", "" },
    { "<urlset><url><image:loc>http://i/</image:loc><loc>http://a/</loc>",
      "http://a/ " },
    { "<urlset><loc>http://outside/</loc></urlset>", "" },
    { "<urlset><url><loc/></url><url><loc></loc></url></urlset>", "" },
    { "<urlset/>", "" },
    { "http://a/\r\nhttp://b/\n\nnot one\nhttps://c/  ",
      "http://a/ http://b/ https://c/ " },
    { "\xEF\xBB\xBFhttp://a/", "http://a/ " },
    { "\xEF\xBB\xBF<urlset><url><loc>http://a/", "http://a/ " },
    { "<html><body>Not found</body></html>", NULL },
    { "<rss><item><link>http://a/</link></item></rss>", NULL },
    { "", NULL },
    { "nothing", NULL },
    { "<", NULL },
    { "<!--", NULL },
    { "<![CDATA[", NULL },
    { "<urlset><url><loc>&", "& " },
    { "<urlset><url><loc>&#", "&# " },
    { "\x1F\x8B\x08 zip", NULL },
};

START_TEST(a_sitemap_names_addresses)
{
    const char *want = rows[_i].want;
    const char *is = told(rows[_i].text);

    ck_assert_msg((is == NULL) == (want == NULL) &&
                      (is == NULL || strcmp(is, want) == 0),
                  "%s\n gives \"%s\"\n  want \"%s\"", rows[_i].text, is, want);
}
END_TEST

START_TEST(addresses_beyond_the_limits_are_left_out)
{
    struct mr_buf text = mr_buf(16u << 20);
    struct sitemap sitemap;

    mr_buf_str(&text, "<urlset><url><loc>http://a/");
    for (unsigned i = 0; i < SITEMAP_URL_BYTES_MAX; i++)
        mr_buf_byte(&text, 'x');
    mr_buf_str(&text, "</loc></url>");
    for (unsigned i = 0; i <= SITEMAP_URLS_MAX; i++)
        mr_buf_printf(&text, "<url><loc>http://a/%u</loc></url>", i);
    ck_assert_int_eq(sitemap_parse(mr_buf_bytes(&text), arena, &sitemap, NULL),
                     MR_OK);
    ck_assert_uint_eq(sitemap.count, SITEMAP_URLS_MAX);
    ck_assert(sitemap.cut);
    ck_assert(mr_span_equal(sitemap.urls[0], mr_span_str("http://a/0")));
    mr_buf_deinit(&text);
}
END_TEST

START_TEST(entities_are_not_expanded)
{
    ck_assert_str_eq(told("<!DOCTYPE x [<!ENTITY a 'b'><!ENTITY b '&a;&a;'>]>"
                          "<urlset><url><loc>&b;</loc></url></urlset>"),
                     "&b; ");
}
END_TEST

START_TEST(sitemaps_of_others_are_read)
{
    static const struct {
        const char *name;
        size_t count;
        bool is_index;
    } files[] = {
        { "hebdenbridgetimes-articles-sitemap.xml", 74, false },
        { "sitemap-images.xml", 1, false },
        { "sitemap-links.xml", 3, false },
        { "sitemap-news.xml", 2, false },
        { "sitemap-with-bom.txt", 2, false },
        { "sitemap.badns.xml", 2, false },
        { "sitemap.index.xml", 15, true },
        { "sitemap.ns.xml", 2, false },
        { "sitemap.txt", 2, false },
        { "sitemap.txt.gz", 5, false },
        { "trafilatura-sitemap.xml", 84, false },
        { "trafilatura-sitemap.xml.gz", 84, false },
        { "trafilatura-sitemap2.xml", 2, true },
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char name[200];
        struct sitemap sitemap;
        struct mr_span text;

        (void)snprintf(name, sizeof(name), "files/sitemaps/%s", files[i].name);
        text = test_data(arena, name);
        if (text.data == NULL)
            return;
        ck_assert_msg(sitemap_parse(text, arena, &sitemap, NULL) == MR_OK, "%s",
                      name);
        ck_assert_msg(sitemap.count == files[i].count &&
                          sitemap.is_index == files[i].is_index,
                      "%s: %zu addresses, want %zu", name, sitemap.count,
                      files[i].count);
    }
}
END_TEST

/* <urlset><url><loc>http://a/</loc></url></urlset> */
static const uint8_t packed[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xb3, 0x29,
    0x2d, 0xca, 0x29, 0x4e, 0x2d, 0xb1, 0xb3, 0x01, 0xd2, 0x76, 0x36, 0x39,
    0xf9, 0xc9, 0x76, 0x19, 0x25, 0x25, 0x05, 0x56, 0xfa, 0xfa, 0x89, 0xfa,
    0x36, 0xfa, 0x20, 0xae, 0x8d, 0x3e, 0x58, 0x46, 0x1f, 0xaa, 0x0e, 0x00,
    0x65, 0x35, 0x03, 0x43, 0x30, 0x00, 0x00, 0x00,
};

START_TEST(a_gzip_file_is_unpacked)
{
    uint8_t twice[2 * sizeof(packed)];
    struct sitemap sitemap;

    ck_assert_int_eq(
        sitemap_parse(mr_span(packed, sizeof(packed)), arena, &sitemap, NULL),
        MR_OK);
    ck_assert_uint_eq(sitemap.count, 1);
    ck_assert(mr_span_equal(sitemap.urls[0], mr_span_str("http://a/")));
    memcpy(twice, packed, sizeof(packed));
    memcpy(twice + sizeof(packed), packed, sizeof(packed));
    ck_assert_int_eq(
        sitemap_parse(mr_span(twice, sizeof(twice)), arena, &sitemap, NULL),
        MR_OK);
    ck_assert_uint_eq(sitemap.count, 2);
}
END_TEST

START_TEST(a_gzip_file_that_is_cut_or_damaged_is_refused)
{
    uint8_t damaged[sizeof(packed)];
    struct sitemap sitemap;
    struct mr_err err = { 0 };

    ck_assert_int_eq(sitemap_parse(mr_span(packed, sizeof(packed) - 9), arena,
                                   &sitemap, &err),
                     MR_E_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.text, "cut off"));
    memcpy(damaged, packed, sizeof(packed));
    damaged[20] ^= 0xFF;
    ck_assert_int_eq(
        sitemap_parse(mr_span(damaged, sizeof(damaged)), arena, &sitemap, &err),
        MR_E_CORRUPT);
    ck_assert_uint_eq(sitemap.count, 0);
}
END_TEST

START_TEST(a_gzip_bomb_ends_at_the_limit)
{
    struct mr_span bomb = mr_span(packed, sizeof(packed));
    struct mr_buf out = mr_buf(16);
    struct mr_err err = { 0 };

    ck_assert_int_eq(gunzip(bomb, &out, &err), MR_E_LIMIT);
    ck_assert_uint_le(out.size, 16);
    mr_buf_deinit(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sitemap");
    TCase *tcase = tcase_create("sitemap");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_sitemap_names_addresses, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tcase, addresses_beyond_the_limits_are_left_out);
    tcase_add_test(tcase, entities_are_not_expanded);
    tcase_add_test(tcase, sitemaps_of_others_are_read);
    tcase_add_test(tcase, a_gzip_file_is_unpacked);
    tcase_add_test(tcase, a_gzip_file_that_is_cut_or_damaged_is_refused);
    tcase_add_test(tcase, a_gzip_bomb_ends_at_the_limit);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
