// SPDX-License-Identifier: Apache-2.0
/*
 * test_html.c - what is content of a page, and how it is written.
 *
 * How well content is found in real pages is measured by
 * tests/eval/extraction.py; here are the rules one by one.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "preprocessor/clean/html.h"
#include "preprocessor/clean/html_names.h"

static struct mr_arena *arena;
static struct clean_draft draft;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    clean_draft_deinit(&draft);
    mr_arena_free(arena);
}

static const char *run(const char *source)
{
    draft = clean_draft(strlen(source));
    clean_html(mr_span_str(source), arena, &draft);
    ck_assert(!draft.text.full);
    ck_assert_uint_eq(draft.map.text_size, draft.text.size);
    return mr_buf_text(&draft.text);
}

#define PROSE                                                                 \
    "The mill stands where the river leaves the hills, and its wheel, which " \
    "is made of oak, is driven by a channel that was dug long ago. "

static const struct {
    const char *name;
    const char *source;
    const char *text;
} writings[] = {
    { "nothing", "", "" },
    { "a text", "x", "x" },
    { "white space", "<p> a \n\t b </p>\n\n<p>c</p>", "a b\n\nc" },
    { "inline elements", "<p>a<b>b</b> <i> c</i><br>d<br><br>e</p>",
      "ab c\nd\n\ne" },
    { "lists",
      "<ul><li>a<li>b<ul><li>c</ul><li><p>d</p></ul><ol><li>e<li>f</ol>",
      "- a\n- b\n  - c\n- d\n\n1. e\n2. f" },
    { "definitions", "<dl><dt>a<dd>b<dt>c<dd>d</dl>e", "a\nb\nc\nd\n\ne" },
    { "tables",
      "<p>x<table><tr><th>a<th>b<tr><td>1<td><p>2</p><tr><td>3<td></table>x",
      "x\n\na | b\n1 | 2\n3\n\nx" },
    { "code", "<p>a</p><pre>\n  b\n\n c  </pre><p>d <code>e</code></p>",
      "a\n\n  b\n\n c  \n\nd e" },
    { "quotes", "<blockquote>a<p>b</blockquote>c", "a\n\nb\n\nc" },
    { "references", "<p>&lt;a&gt; &amp; &eacute;&#8364;&nbsp;x AT&T",
      "<a> & \xC3\xA9\xE2\x82\xAC\xC2\xA0x AT&T" },
    { "soft hyphens", "<p>Do&shy;nau\xC2\xADufer", "Donauufer" },
    { "figures", "<figure><img alt=x><figcaption>a</figcaption></figure>b",
      "a\n\nb" },
    { "scripts", "a<script>b</script><style>c</style><template>d</template>e",
      "ae" },
    { "forms", "a<select><option>b</select><textarea>c</textarea><input>d",
      "ad" },
    { "a page within noscript", "<noscript><p>" PROSE "</p></noscript>",
      "The mill stands where the river leaves the hills, and its wheel, which "
      "is made of oak, is driven by a channel that was dug long ago." },
};

START_TEST(text_of_an_example)
{
    const char *got = run(writings[_i].source);

    ck_assert_msg(strcmp(got, writings[_i].text) == 0,
                  "%s: got \"%s\" want \"%s\"", writings[_i].name, got,
                  writings[_i].text);
}
END_TEST

static const char *const foreign[] = {
    "<nav>FOREIGN</nav>",
    "<header>FOREIGN</header>",
    "<footer>FOREIGN</footer>",
    "<aside>FOREIGN</aside>",
    "<div role=navigation>FOREIGN</div>",
    "<div class=sidebar>FOREIGN</div>",
    "<div id=comments>FOREIGN</div>",
    "<div class='cookie-banner content'>FOREIGN</div>",
    "<div hidden>FOREIGN</div>",
    "<div aria-hidden=true>FOREIGN</div>",
    "<p style='color:red; display: none'>FOREIGN</p>",
    "<p style='visibility:hidden'>FOREIGN</p>",
    "<ul><li><a href=1>FOREIGN one</a><li><a href=2>FOREIGN two</a></ul>",
    "<form><input><input><p>FOREIGN</p></form>",
    "<p><a href=x>FOREIGN is another article</a></p>",
    "<div class=social-share>FOREIGN</div>",
    "<button>FOREIGN</button>",
    "<iframe>FOREIGN</iframe>",
    "<svg><text>FOREIGN</text></svg>",
    "<noscript>FOREIGN</noscript>",
};

START_TEST(what_is_foreign_is_left_out)
{
    char *source = mr_arena_printf(
        arena,
        "<body><div class=post><p>" PROSE "</p><p>" PROSE "</p>%s"
        "<h2>KEPT</h2><p>" PROSE "</p><ul><li>KEPT</ul></div>",
        foreign[_i]);
    const char *got = run(source);

    ck_assert_msg(strstr(got, "FOREIGN") == NULL, "%s: got \"%s\"", foreign[_i],
                  got);
    ck_assert_msg(strstr(got, "KEPT") != NULL, "%s: got \"%s\"", foreign[_i],
                  got);
    ck_assert_msg(strstr(got, "- KEPT") != NULL, "%s: got \"%s\"", foreign[_i],
                  got);
}
END_TEST

START_TEST(hidden_text_is_counted)
{
    run("<p>" PROSE PROSE PROSE "</p><p hidden>12345</p>"
        "<div aria-hidden=true><i>67</i></div>");
    ck_assert_uint_eq(draft.hidden, 7);
}
END_TEST

START_TEST(a_page_that_hides_itself_is_shown)
{
    ck_assert_ptr_nonnull(
        strstr(run("<body style='display:none'><p>" PROSE "</p>"), "The mill"));
}
END_TEST

START_TEST(links_are_counted)
{
    run("<p>" PROSE "<a href=x>link</a> and <a href=y>more</a></p>");
    ck_assert_uint_eq(draft.linked, 8);
}
END_TEST

START_TEST(a_reference_keeps_usage_arguments_and_examples)
{
    const char *got =
        run("<title>T</title><nav>Home</nav><main><header><h1>f</h1></header>"
            "<section><h2>Usage</h2><div class=sourceCode><pre>f(x, y)</pre>"
            "</div></section><section><h2>Arguments</h2><dl><dt>x</dt><dd>A "
            "number.</dd><dt>y</dt><dd><a href=y>More</a>.</dd></dl></section>"
            "<section><h2>Examples</h2><pre>f(1, 2)</pre></section></main>"
            "<aside>On this page</aside><footer>Built by</footer>");

    ck_assert_str_eq(got, "f\n\nUsage\n\nf(x, y)\n\nArguments\n\nx\nA "
                          "number.\ny\nMore.\n\nExamples\n\nf(1, 2)");
}
END_TEST

START_TEST(a_list_of_things_keeps_its_things)
{
    const char *got = run(
        "<main><h1>Index</h1><h2>Verbs</h2><dl><dt><a href=1>a()</a><dd>Does "
        "one thing<dt><a href=2>b()</a><dd>Does another</dl><h2>Nouns</h2><p>"
        "These are things that are rather long to say, and say what is "
        "below.</p><dl><dt><a href=3>c</a><dd>A table of things<dt><a "
        "href=4>d</a><dd>A table of other things</dl></main>");

    ck_assert_ptr_nonnull(strstr(got, "a()\nDoes one thing"));
    ck_assert_ptr_nonnull(strstr(got, "d\nA table of other things"));
}
END_TEST

START_TEST(headings_know_their_place_and_level)
{
    const char *got =
        run("<title>T</title><h1>A <i>b</i></h1><p>x</p><h3> C </h3><p>y</p>"
            "<h4></h4><p>z</p>");

    ck_assert_str_eq(got, "A b\n\nx\n\nC\n\ny\n\nz");
    ck_assert_uint_eq(draft.heading_count, 2);
    ck_assert_uint_eq(draft.headings[0].start, 0);
    ck_assert_uint_eq(draft.headings[0].end, 3);
    ck_assert_uint_eq(draft.headings[0].level, 1);
    ck_assert_uint_eq(draft.headings[1].start, 8);
    ck_assert_uint_eq(draft.headings[1].end, 9);
    ck_assert_uint_eq(draft.headings[1].level, 3);
}
END_TEST

START_TEST(a_heading_in_a_heading_is_none)
{
    ck_assert_str_eq(run("<h2>a<div><h3>b</h3>c</div></h2><p>d"),
                     "a\n\nb\n\nc\n\nd");
    ck_assert_uint_eq(draft.heading_count, 1);
    ck_assert_uint_eq(draft.headings[0].end, 7);
}
END_TEST

static const struct {
    const char *source;
    const char *title;
} titles[] = {
    { "<title> A\n b </title>x", "A\n b" },
    { "<title>A - Site</title><h1>A</h1>x", "A" },
    { "<title>Site</title><h1>A</h1>x", "Site" },
    { "<h1>A <b>b</b></h1>x", "A b" },
    { "<title>T | S</title><meta property=og:title content=T>x", "T" },
    { "x", NULL },
};

START_TEST(title_of_an_example)
{
    run(titles[_i].source);
    ck_assert_msg(mr_span_equal(draft.title, mr_span_str(titles[_i].title)),
                  "%s: got \"%.*s\"", titles[_i].source,
                  MR_SPAN_ARG(draft.title));
}
END_TEST

START_TEST(a_heading_that_repeats_the_title_is_left_out)
{
    ck_assert_str_eq(
        run("<title>The mill - Site</title><h1>The  mill</h1><p>x</p>"
            "<h2>The mill</h2><p>y</p>"),
        "x\n\nThe mill\n\ny");
}
END_TEST

static void check_span(struct mr_span got, const char *want)
{
    ck_assert_msg(mr_span_equal(got, mr_span_str(want)), "got \"%.*s\"",
                  MR_SPAN_ARG(got));
}

START_TEST(the_head_is_read)
{
    run("<html lang=de-AT><link rel=Canonical href=' http://x.org/a '>"
        "<meta name=robots content='noindex, follow'>"
        "<meta http-equiv=refresh content='0; URL=\"http://y.org/\"'><p>x");
    check_span(draft.language, "de-AT");
    check_span(draft.canonical, "http://x.org/a");
    check_span(draft.refresh, "http://y.org/");
    ck_assert(draft.noindex);
}
END_TEST

START_TEST(a_head_that_says_nothing_leaves_all_absent)
{
    run("<meta name=robots content=index><p>x");
    ck_assert_ptr_null(draft.language.data);
    ck_assert_ptr_null(draft.canonical.data);
    ck_assert_ptr_null(draft.refresh.data);
    ck_assert(!draft.noindex);
}
END_TEST

/* Every word of the text is found where the map says. */
START_TEST(the_map_leads_to_the_source)
{
    const char *source = "<body>\r\n<p>One <b>two</b>\r\n three&amp;four "
                         "&eacute; AT&T</p><pre>\nfive\r\nsix</pre>";
    const char *got = run(source);
    static const struct {
        const char *text;
        const char *source;
    } parts[] = {
        { "One", "One" },   { "two", "two" },   { "three", "three" },
        { "&", "&amp;" },   { "four", "four" }, { "\xC3\xA9", "&eacute;" },
        { "AT&T", "AT&T" }, { "five", "five" }, { "six", "six" },
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *at = strstr(got, parts[i].text);
        struct mr_source_range range =
            mr_source_map_lookup(&draft.map, (size_t)(at - got),
                                 (size_t)(at - got) + strlen(parts[i].text));

        ck_assert_msg(mr_span_equal(mr_span(source + range.start,
                                            range.end - range.start),
                                    mr_span_str(parts[i].source)),
                      "%s leads to \"%.*s\"", parts[i].text,
                      (int)(range.end - range.start), source + range.start);
    }
}
END_TEST

static const struct {
    const char *name;
    unsigned bits;
} names[] = {
    { "", 0 },
    { "sidebar-left", HTML_NAME_UNLIKELY | HTML_NAME_BAD },
    { "mainSidebar",
      HTML_NAME_UNLIKELY | HTML_NAME_BAD | HTML_NAME_MAYBE | HTML_NAME_GOOD },
    { "POST", HTML_NAME_GOOD },
    { "ad", HTML_NAME_UNLIKELY | HTML_NAME_BAD },
    { "left-ad_1", HTML_NAME_UNLIKELY | HTML_NAME_BAD },
    { "topAd", HTML_NAME_UNLIKELY | HTML_NAME_BAD },
    { "reading road", 0 },
    { "canvas", 0 },
    { "nav", HTML_NAME_UNLIKELY },
};

START_TEST(name_tells_what_it_tells)
{
    ck_assert_msg(html_names_of(mr_span_str(names[_i].name)) == names[_i].bits,
                  "%s: got %x want %x", names[_i].name,
                  html_names_of(mr_span_str(names[_i].name)), names[_i].bits);
}
END_TEST

static const char *const rows[] = {
    "<div>",
    "<p>x",
    "<ul><li>",
    "<table><tr><td>x",
    "<a href=x>y</a>",
    "<h1>x</h1>",
    "<p><a>x</a></p>",
    "<br>",
    "<div class='a b c d e'>x</div>",
    "&amp;",
    "<pre>x</pre>",
    "x ",
    "<b>",
    "<section><p>x, y, z</p></section>",
    "<div hidden>x</div>",
    "<main>",
    "<article>x",
    "<i>x</i> ",
};

START_TEST(hostile_rows_take_linear_time)
{
    size_t size = 1u << 20, period = strlen(rows[_i]);
    char *source = malloc(size + 1);

    for (size_t i = 0; i < size; i++)
        source[i] = rows[_i][i % period];
    source[size] = '\0';
    run(source);
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
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, text_of_an_example, 0,
                        (int)(sizeof(writings) / sizeof(writings[0])));
    tcase_add_loop_test(tcase, what_is_foreign_is_left_out, 0,
                        (int)(sizeof(foreign) / sizeof(foreign[0])));
    tcase_add_test(tcase, hidden_text_is_counted);
    tcase_add_test(tcase, a_page_that_hides_itself_is_shown);
    tcase_add_test(tcase, links_are_counted);
    tcase_add_test(tcase, a_reference_keeps_usage_arguments_and_examples);
    tcase_add_test(tcase, a_list_of_things_keeps_its_things);
    tcase_add_test(tcase, headings_know_their_place_and_level);
    tcase_add_test(tcase, a_heading_in_a_heading_is_none);
    tcase_add_loop_test(tcase, title_of_an_example, 0,
                        (int)(sizeof(titles) / sizeof(titles[0])));
    tcase_add_test(tcase, a_heading_that_repeats_the_title_is_left_out);
    tcase_add_test(tcase, the_head_is_read);
    tcase_add_test(tcase, a_head_that_says_nothing_leaves_all_absent);
    tcase_add_test(tcase, the_map_leads_to_the_source);
    tcase_add_loop_test(tcase, name_tells_what_it_tells, 0,
                        (int)(sizeof(names) / sizeof(names[0])));
    tcase_add_loop_test(tcase, hostile_rows_take_linear_time, 0,
                        (int)(sizeof(rows) / sizeof(rows[0])));
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
