// SPDX-License-Identifier: Apache-2.0
/*
 * test_html.c - a page as a flat tree, whatever the page is.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/text/html.h"

static const char *const tags[] = { "?", "text",
#define ROW(name) #name,
                                    MR_HTML_TAGS(ROW)
#undef ROW
};

/* "HTML(HEAD() BODY(P('x')))", the document itself left out. */
static void print_tree(const struct mr_html *html, char out[1024])
{
    uint32_t open[64];
    size_t depth = 0;
    int at = 0;

    out[0] = '\0';
    for (uint32_t i = 1; i < html->count; i++) {
        const struct mr_html_node *node = &html->nodes[i];

        while (depth > 0 && html->nodes[open[depth - 1]].end <= i) {
            depth--;
            at += snprintf(out + at, 1024 - (size_t)at, ")");
        }
        ck_assert(depth == 0 || open[depth - 1] == node->parent);
        if (node->tag == MR_HTML_TEXT) {
            at += snprintf(out + at, 1024 - (size_t)at, "'%.*s'",
                           MR_SPAN_ARG(node->text));
            continue;
        }
        at += snprintf(out + at, 1024 - (size_t)at, "%s(", tags[node->tag]);
        open[depth++] = i;
    }
    while (depth-- > 0)
        at += snprintf(out + at, 1024 - (size_t)at, ")");
}

static const struct {
    const char *source;
    const char *tree;
} examples[] = {
    { "", "HTML(HEAD()BODY())" },
    { "x", "HTML(HEAD()BODY('x'))" },
    { "<!DOCTYPE html><title>T &amp; U</title><!-- c --><p>a<p>b",
      "HTML(HEAD(TITLE('T & U'))BODY(P('a')P('b')))" },
    { "<table>a<tr><td>b", "HTML(HEAD()BODY('a'TABLE(TBODY(TR(TD('b'))))))" },
    { "<b>x<p>y</b>z", "HTML(HEAD()BODY(B('x')P(B('y')'z')))" },
    { "<x-y>a</x-y>", "HTML(HEAD()BODY(?('a')))" },
    { "<script>a<b</script>c", "HTML(HEAD(SCRIPT('a<b'))BODY('c'))" },
    { "a<br>b<hr>", "HTML(HEAD()BODY('a'BR()'b'HR()))" },
};

START_TEST(tree_of_an_example)
{
    struct mr_html *html = mr_html_parse(mr_span_str(examples[_i].source));
    char got[1024];

    print_tree(html, got);
    ck_assert_str_eq(got, examples[_i].tree);
    ck_assert(!html->cut);
    mr_html_free(html);
}
END_TEST

START_TEST(attributes_are_those_that_are_known)
{
    struct mr_html *html =
        mr_html_parse(mr_span_str("<p CLASS='a b' id=c data-x=y hidden>x"));
    uint32_t p = 4;

    ck_assert_int_eq(html->nodes[p].tag, MR_HTML_P);
    ck_assert_uint_eq(html->nodes[p].attr_count, 3);
    ck_assert(mr_span_equal(mr_html_attr(html, p, MR_HTML_ATTR_CLASS),
                            mr_span_str("a b")));
    ck_assert(mr_span_equal(mr_html_attr(html, p, MR_HTML_ATTR_ID),
                            mr_span_str("c")));
    ck_assert_ptr_nonnull(mr_html_attr(html, p, MR_HTML_ATTR_HIDDEN).data);
    ck_assert_ptr_null(mr_html_attr(html, p, MR_HTML_ATTR_HREF).data);
    mr_html_free(html);
}
END_TEST

START_TEST(texts_know_their_place)
{
    const char *source = "<p>one <b>two</b> &lt;three<!-- c -->";
    struct mr_html *html = mr_html_parse(mr_span_str(source));
    static const char *const want[] = { "one ", "two", " &lt;three" };
    size_t found = 0;

    for (uint32_t i = 0; i < html->count; i++) {
        const struct mr_html_node *node = &html->nodes[i];

        if (node->tag != MR_HTML_TEXT)
            continue;
        ck_assert_uint_lt(found, 3);
        ck_assert(mr_span_equal(
            mr_span(source + node->source, node->source_end - node->source),
            mr_span_str(want[found])));
        found++;
    }
    ck_assert_uint_eq(found, 3);
    mr_html_free(html);
}
END_TEST

START_TEST(deep_pages_are_read_without_depth)
{
    size_t count = 100000;
    char *source = malloc(count * 5 + 8);
    struct mr_html *html;
    uint32_t last;
    size_t depth = 0;

    for (size_t i = 0; i < count; i++)
        memcpy(source + 5 * i, "<div>", 5);
    memcpy(source + 5 * count, "end", 3);
    html = mr_html_parse(mr_span(source, 5 * count + 3));
    last = html->count - 1;
    ck_assert(mr_span_equal(html->nodes[last].text, mr_span_str("end")));
    for (uint32_t i = last; i != 0; i = html->nodes[i].parent)
        depth++;
    ck_assert_uint_le(depth, MR_HTML_DEPTH_MAX + 1);
    mr_html_free(html);
    free(source);
}
END_TEST

/* What makes the standard's algorithms slow, over and over. */
static const char *const rows[] = {
    "<div>",
    "<p>x",
    "<b>",
    "<p><b>",
    "</b>",
    "<a></x>",
    "x</y>",
    "<table>",
    "<table><tr><td>",
    "<table>x",
    "<b><table>",
    "<svg><a>",
    "<select><option>",
    "<i><p>",
    "<nobr>",
    "<li>",
    "<h1>",
    "<button>",
    "<form><input>",
    "<!--",
    "&amp;",
    "<font size=",
    "<a b c d e f=1>",
    "<template>",
    "<frameset>",
    "<script>",
    "<math><mi>",
    "<ruby><rt>",
    "</p>",
    "</br>",
    "<dd><dt>",
    "<applet><p>",
};

START_TEST(hostile_rows_are_read_in_bounds)
{
    size_t size = 1u << 20, period = strlen(rows[_i]);
    char *source = malloc(size);
    struct mr_html *html;

    for (size_t i = 0; i < size; i++)
        source[i] = rows[_i][i % period];
    html = mr_html_parse(mr_span(source, size));
    ck_assert_uint_ge(html->count, 1);
    mr_html_free(html);
    free(source);
}
END_TEST

/* Formatting elements with attributes that differ are all opened again. */
START_TEST(formatting_that_multiplies_is_bounded)
{
    size_t count = 20000, at = 0;
    char *source = malloc(count * 64);
    struct mr_html *html;

    for (size_t i = 0; i < count; i++)
        at += (size_t)sprintf(source + at, "<font color=%zu>", i);
    for (size_t i = 0; i < count; i++)
        at += (size_t)sprintf(source + at, "<p>x</p>");
    html = mr_html_parse(mr_span(source, at));
    ck_assert_uint_lt(html->count, 24 * count);
    mr_html_free(html);
    free(source);
}
END_TEST

/* Each paragraph opens 16 elements with much to copy. */
START_TEST(a_page_that_explodes_is_cut_and_says_so)
{
    size_t at = 0, room = 4u << 20;
    char *source = malloc(room);
    struct mr_html *html;

    for (size_t i = 0; i < 16; i++) {
        at += (size_t)sprintf(source + at, "<font color=%zu", i);
        for (size_t n = 0; n < 40; n++)
            at += (size_t)sprintf(source + at, " a%zu", n);
        at += (size_t)sprintf(source + at, ">");
    }
    while (at + 8 < room)
        at += (size_t)sprintf(source + at, "<p>x");
    html = mr_html_parse(mr_span(source, at));
    ck_assert(html->cut);
    ck_assert_uint_gt(html->count, 1000);
    mr_html_free(html);
    free(source);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("html");
    Suite *suite = suite_create("html");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, tree_of_an_example, 0,
                        (int)(sizeof(examples) / sizeof(examples[0])));
    tcase_add_test(tcase, attributes_are_those_that_are_known);
    tcase_add_test(tcase, texts_know_their_place);
    tcase_add_test(tcase, deep_pages_are_read_without_depth);
    tcase_add_loop_test(tcase, hostile_rows_are_read_in_bounds, 0,
                        (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tcase, formatting_that_multiplies_is_bounded);
    tcase_add_test(tcase, a_page_that_explodes_is_cut_and_says_so);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
