// SPDX-License-Identifier: Apache-2.0
/*
 * test_extract.c - from a body to normal text that leads back to it.
 */
#include <check.h>
#include <stdlib.h>

#include "common/base/mr_buf.h"
#include "common/text/source_map.h"
#include "common/wire/types.h"
#include "preprocessor/clean/extract.h"

static struct mr_arena *arena;
static struct clean_text text;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
}

static void run(const char *body, size_t size, const char *type,
                const char *charset)
{
    struct clean_source source = { .body = mr_span(body, size),
                                   .content_type = mr_span_str(type),
                                   .charset = mr_span_str(charset) };

    clean_extract(&source, arena, &text);
    ck_assert_ptr_nonnull(text.text.data);
}

static void check_text(const char *want)
{
    ck_assert_msg(mr_span_equal(text.text, mr_span_str(want)),
                  "got \"%.*s\" want \"%s\"", MR_SPAN_ARG(text.text), want);
}

static const struct {
    const char *type;
    const char *charset;
    const char *body;
    size_t size;
    const char *want;
} examples[] = {
    { NULL, NULL, "<p>*a*", 6, "<p>*a*" },
    { "text/plain", NULL, "", 0, "" },
    { "text/markdown; charset=utf-8", NULL, "# *a*", 5, "a" },
    { "TEXT/HTML ;x", NULL, "<p>a", 4, "a" },
    { "application/xhtml+xml", NULL, "<p>a", 4, "a" },
    { "text/plain", NULL, "caf\xE9", 4, "caf\xC3\xA9" },
    { "text/plain", "iso-8859-2", "\xB1", 1, "\xC4\x85" },
    { "text/plain; charset=\"iso-8859-2\"", NULL, "\xB1", 1, "\xC4\x85" },
    { "text/plain", NULL,
      "\xFF\xFE"
      "a\0\r\0\n\0",
      8, "a\n" },
    { "text/html", NULL, "<meta charset=koi8-r><p>\xC1", 25, "\xD0\xB0" },
    { "text/html", "utf-8", "<meta charset=koi8-r><p>\xC3\xA9", 26,
      "\xC3\xA9" },
};

START_TEST(text_of_an_example)
{
    run(examples[_i].body, examples[_i].size, examples[_i].type,
        examples[_i].charset);
    check_text(examples[_i].want);
}
END_TEST

static struct mr_source_range lookup(const char *part)
{
    const uint8_t *at =
        memmem(text.text.data, text.text.size, part, strlen(part));
    size_t start = (size_t)(at - text.text.data);
    struct mr_source_range range = { start, start + strlen(part) };
    struct mr_source_map map;

    ck_assert_ptr_nonnull(at);
    if (text.source_map.data == NULL)
        return range;
    ck_assert_int_eq(mr_source_map_parse(text.source_map, &map, NULL), MR_OK);
    ck_assert_uint_eq(map.text_size, text.text.size);
    range = mr_source_map_lookup(&map, start, start + strlen(part));
    mr_source_map_deinit(&map);
    return range;
}

static void check_lookup(const char *part, size_t start, size_t end)
{
    struct mr_source_range range = lookup(part);

    ck_assert_msg(range.start == start && range.end == end,
                  "%s: got %zu..%zu want %zu..%zu", part, range.start,
                  range.end, start, end);
}

START_TEST(plain_text_has_no_map)
{
    run("a plain text\n", 13, "text/plain", NULL);
    ck_assert_ptr_null(text.source_map.data);
}
END_TEST

START_TEST(the_map_goes_through_all_steps)
{
    run("*x*\r\ncafe\xCC\x81 [y](z)", 18, "text/markdown", NULL);
    check_text("x caf\xC3\xA9 y");
    check_lookup("x", 1, 2);
    check_lookup("caf", 5, 8);
    check_lookup("\xC3\xA9", 8, 11);
    check_lookup("y", 13, 14);
}
END_TEST

START_TEST(a_decoded_body_is_found_roughly)
{
    run("\xE9 x", 3, "text/plain", "windows-1252");
    check_lookup("x", 0, 3);
}
END_TEST

START_TEST(headings_move_with_the_normal_form)
{
    run("e\xCC\x81\r\n\r\n# \x01"
        "A\xCC\x8A\xCC\x81 b\r\n\r\n## c\r\nx",
        28, "text/markdown", NULL);
    ck_assert_uint_eq(text.heading_count, 2);
    ck_assert(
        mr_span_equal(mr_span(text.text.data + text.headings[0].start,
                              text.headings[0].end - text.headings[0].start),
                      mr_span_str("\xC7\xBA b")));
    ck_assert(
        mr_span_equal(mr_span(text.text.data + text.headings[1].start,
                              text.headings[1].end - text.headings[1].start),
                      mr_span_str("c")));
}
END_TEST

START_TEST(a_heading_of_nothing_is_none)
{
    run("# \x01\n\nx", 6, "text/markdown", NULL);
    ck_assert_uint_eq(text.heading_count, 0);
}
END_TEST

START_TEST(the_title_is_one_line_in_normal_form)
{
    run("<title>\n cafe\xCC\x81 \t x </title>y", 29, "text/html", NULL);
    ck_assert(mr_span_equal(text.title, mr_span_str("caf\xC3\xA9 x")));
}
END_TEST

START_TEST(a_long_title_is_cut_at_a_character)
{
    struct mr_buf long_title = mr_buf(1u << 20);
    struct mr_span got;

    mr_buf_byte(&long_title, 'x');
    for (int i = 0; i < 9000; i++)
        mr_buf_str(&long_title, "\xC3\xA9");
    got = clean_one_line(mr_buf_bytes(&long_title), arena);
    ck_assert_uint_le(got.size, MR_TITLE_BYTES_MAX);
    ck_assert_uint_ge(got.size, MR_TITLE_BYTES_MAX - 3);
    ck_assert_uint_eq(got.size % 2, 1);
    ck_assert_int_eq(got.data[got.size - 1], 0xA9);
    ck_assert_ptr_null(clean_one_line(mr_span_str(" \n"), arena).data);
    ck_assert_ptr_null(clean_one_line(mr_span_str("\xC2\xA0"), arena).data);
    ck_assert_ptr_null(clean_one_line(mr_span(NULL, 0), arena).data);
    mr_buf_deinit(&long_title);
}
END_TEST

START_TEST(a_map_of_many_runs_is_made_coarser)
{
    struct mr_buf body = mr_buf(1u << 24);

    for (int i = 0; i < 100000; i++)
        mr_buf_str(&body, "*a* ");
    run((const char *)body.data, body.size, "text/markdown", NULL);
    ck_assert_uint_le(text.source_map.size, 8 * CLEAN_MAP_RUNS_MAX);
    mr_buf_deinit(&body);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("extract");
    Suite *suite = suite_create("extract");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, text_of_an_example, 0,
                        (int)(sizeof(examples) / sizeof(examples[0])));
    tcase_add_test(tcase, plain_text_has_no_map);
    tcase_add_test(tcase, the_map_goes_through_all_steps);
    tcase_add_test(tcase, a_decoded_body_is_found_roughly);
    tcase_add_test(tcase, headings_move_with_the_normal_form);
    tcase_add_test(tcase, a_heading_of_nothing_is_none);
    tcase_add_test(tcase, the_title_is_one_line_in_normal_form);
    tcase_add_test(tcase, a_long_title_is_cut_at_a_character);
    tcase_add_test(tcase, a_map_of_many_runs_is_made_coarser);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
