// SPDX-License-Identifier: Apache-2.0
/*
 * test_markdown.c - what is left of Markdown when its marks are gone.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "preprocessor/clean/markdown.h"

static const struct {
    const char *name;
    const char *source;
    const char *text;
    const char *headings; /* "level:words|" each */
} examples[] = {
    { "nothing", "", "", "" },
    { "plain", "Just text.\n", "Just text.\n", "" },
    { "ATX headings", "# One\n\ntext\n\n### Three ###\nmore\n#no\n",
      "One\n\ntext\n\nThree\nmore #no\n", "1:One|3:Three|" },
    { "setext headings", "Big\n===\n\nSmall\n-----\ntext\n",
      "Big\n\nSmall\ntext\n", "1:Big|2:Small|" },
    { "marks in a heading", "## The `step()` of *all*\n", "The step() of all\n",
      "2:The step() of all|" },
    { "a fence", "a\n\n```c\nint *p = a[i](x);\n# no\n```\nb\n",
      "a\n\nint *p = a[i](x);\n# no\nb\n", "" },
    { "a fence that never ends", "~~~\n*a*\n", "*a*\n", "" },
    { "a longer fence holds a shorter", "````\n```\n*a*\n```\n````\n",
      "```\n*a*\n```\n", "" },
    { "indented code", "a\n\n    *b*\n\n*c*\n", "a\n\n    *b*\n\nc\n", "" },
    { "emphasis", "*a* **b** ***c*** _d_ __e__ ~~f~~ g*h*i", "a b c d e f ghi",
      "" },
    { "no emphasis", "2 * 3 * 4, snake_case_name, a ~ b, 5*3",
      "2 * 3 * 4, snake_case_name, a ~ b, 5*3", "" },
    { "nested emphasis", "**a *b* c** *d **e***", "a b c d e", "" },
    { "links",
      "see [the *docs*](http://x.org/a_(b) \"t\") and [ref][1].\n\n"
      "[1]: http://y.org\n",
      "see the docs and ref.\n\n", "" },
    { "images", "![a cat](cat.png) [![logo](l.png)](home)", "a cat logo", "" },
    { "brackets that are none", "a[0] [x] (y) [z", "a[0] [x] (y) [z", "" },
    { "code spans", "`a*b*` ``c`d`` `e", "a*b* c`d `e", "" },
    { "escapes", "\\*a\\* \\[b\\] \\x c:\\\\d", "*a* [b] \\x c:\\d", "" },
    { "tags and addresses", "<b>a</b> <http://x.org> 1 < 2 > 0 <br/>",
      "a http://x.org 1 < 2 > 0 ", "" },
    { "comments", "a <!-- b\n\n# c --> d\n<!-- open", "a  d <!-- open", "" },
    { "front matter", "---\ntitle: \"T\"\n---\ntext\n", "text\n", "" },
    { "no front matter", "---\ntext\n", "text\n", "" },
    { "quotes", "> a *b*\n> c\n\n> > d\n", "a b c\n\nd\n", "" },
    { "lists", "- *a*\n- b\n  c\n1. d\n- [x] e\n",
      "- a\n- b c\n1. d\n- [x] e\n", "" },
    { "lines of a paragraph", "one\n  two \r\nthree\n\nfour\nfive",
      "one two  three\n\nfour five", "" },
    { "hard breaks", "one  \ntwo\\\nthree\n", "one  \ntwo\\\nthree\n", "" },
    { "rows and text", "text\na | b\n--|--\n1 | 2\n", "text\na | b\n1 | 2\n",
      "" },
    { "rules", "a\n\n---\n* * *\nb\n", "a\n\nb\n", "" },
    { "a rule ends a list", "- a\n---\nb\n", "- a\nb\n", "" },
    { "tables", "| a | b |\n|---|:-:|\n| *1* | 2 |\n", "| a | b |\n| 1 | 2 |\n",
      "" },
    { "CRLF", "# a\r\n\r\n*b*\r\n", "a\r\n\r\nb\r\n", "1:a|" },
};

static void list_headings(const struct clean_draft *draft, char out[256])
{
    int at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < draft->heading_count; i++) {
        const struct clean_heading *heading = &draft->headings[i];

        at += snprintf(out + at, 256 - (size_t)at, "%u:%.*s|", heading->level,
                       (int)(heading->end - heading->start),
                       (const char *)draft->text.data + heading->start);
    }
}

START_TEST(text_of_an_example)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_span source = mr_span_str(examples[_i].source);
    struct clean_draft draft = clean_draft(source.size);
    char headings[256];

    clean_markdown(source, arena, &draft);
    ck_assert_msg(mr_span_equal(mr_buf_bytes(&draft.text),
                                mr_span_str(examples[_i].text)),
                  "%s: got \"%s\" want \"%s\"", examples[_i].name,
                  mr_buf_text(&draft.text), examples[_i].text);
    list_headings(&draft, headings);
    ck_assert_str_eq(headings, examples[_i].headings);
    ck_assert_uint_eq(draft.map.text_size, draft.text.size);
    clean_draft_deinit(&draft);
    mr_arena_free(arena);
}
END_TEST

static void check_title(const char *source, const char *want)
{
    struct mr_arena *arena = mr_arena_new();
    struct clean_draft draft = clean_draft(strlen(source));

    clean_markdown(mr_span_str(source), arena, &draft);
    ck_assert_msg(mr_span_equal(draft.title, mr_span_str(want)),
                  "%s: got \"%.*s\"", source, MR_SPAN_ARG(draft.title));
    clean_draft_deinit(&draft);
    mr_arena_free(arena);
}

START_TEST(the_title_is_that_of_the_front_matter_or_the_first_heading)
{
    check_title("---\nx: 1\ntitle: 'The T'\n---\n# Other\n", "The T");
    check_title("## Two\n# One *and*\n# Again\n", "One and");
    check_title("text\n", NULL);
}
END_TEST

START_TEST(every_byte_of_the_text_is_a_byte_of_the_source)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_span source =
        mr_span_str("# A *b*\n\n[c](d) `e` <i>f</i>\n> - g\\*\n");
    struct clean_draft draft = clean_draft(source.size);

    clean_markdown(source, arena, &draft);
    for (size_t at = 0; at < draft.text.size; at++) {
        struct mr_source_range from =
            mr_source_map_lookup(&draft.map, at, at + 1);

        ck_assert_uint_eq(from.end, from.start + 1);
        ck_assert_int_eq(source.data[from.start], draft.text.data[at]);
    }
    clean_draft_deinit(&draft);
    mr_arena_free(arena);
}
END_TEST

static const char *const rows[] = {
    "[",   "]", "[a](",  "[a](b", "*",      "*a ", "_a_ ",  "`",     "`` ",
    "<a ", "<", "<!-- ", "(",     "[[a]",   "\\",  "> ",    "- ",    "```\n",
    "~~",  "#", "\n",    "![",    "***a* ", "|-",  "---\n", "[a]: ", "*a**",
};

START_TEST(hostile_rows_take_linear_time)
{
    size_t size = 2u << 20;
    uint8_t *bytes = malloc(size);
    struct mr_arena *arena = mr_arena_new();
    size_t period = strlen(rows[_i]);
    struct clean_draft draft = clean_draft(size);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)rows[_i][i % period];
    clean_markdown(mr_span(bytes, size), arena, &draft);
    clean_draft_deinit(&draft);
    mr_arena_free(arena);
    free(bytes);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("markdown");
    Suite *suite = suite_create("markdown");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, text_of_an_example, 0,
                        (int)(sizeof(examples) / sizeof(examples[0])));
    tcase_add_test(tcase,
                   the_title_is_that_of_the_front_matter_or_the_first_heading);
    tcase_add_test(tcase, every_byte_of_the_text_is_a_byte_of_the_source);
    tcase_add_loop_test(tcase, hostile_rows_take_linear_time, 0,
                        (int)(sizeof(rows) / sizeof(rows[0])));
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
