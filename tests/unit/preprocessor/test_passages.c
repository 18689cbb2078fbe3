// SPDX-License-Identifier: Apache-2.0
/*
 * test_passages.c - passages have the right size, place, path and name.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mr_buf.h"
#include "common/text/words.h"
#include "preprocessor/clean/passages.h"

#define TARGET 20u
#define MAX    25u

static struct mr_arena *arena;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
}

/* A text under construction, with its headings. */
struct page {
    struct mr_buf text;
    struct clean_heading headings[64];
    size_t heading_count;
};

static struct page page(void)
{
    return (struct page){ .text = mr_buf(1u << 24) };
}

static void heading(struct page *p, unsigned level, const char *words)
{
    size_t start = p->text.size;

    mr_buf_str(&p->text, words);
    p->headings[p->heading_count++] =
        (struct clean_heading){ start, p->text.size, level };
    mr_buf_str(&p->text, "\n\n");
}

/* `count` sentences of `words` words each, "W w w w. " */
static void sentences(struct page *p, size_t count, size_t words)
{
    for (size_t i = 0; i < count; i++) {
        mr_buf_str(&p->text, "Word");
        for (size_t n = 1; n < words; n++)
            mr_buf_printf(&p->text, " w%zu", n);
        mr_buf_str(&p->text, ". ");
    }
}

static size_t cut(const struct page *p, struct mr_passages *out)
{
    struct clean_passages_spec spec = {
        .id = mr_span_str("doc"),
        .text = mr_buf_bytes(&p->text),
        .headings = p->headings,
        .heading_count = p->heading_count,
        .words_target = TARGET,
        .words_max = MAX,
    };

    return clean_passages(&spec, arena, out);
}

static size_t words_of(const struct page *p, const struct mr_passage *passage)
{
    return mr_words_count(
        mr_span(p->text.data + passage->start, passage->end - passage->start));
}

/* What holds of all passages: order, limits, nothing left out, names. */
static void check_all(const struct page *p, const struct mr_passages *passages)
{
    size_t at = 0;

    for (size_t i = 0; i < passages->count; i++) {
        const struct mr_passage *passage = &passages->items[i];
        struct mr_hash128 id =
            clean_passage_id(mr_span_str("doc"), (uint32_t)i,
                             mr_span(p->text.data + passage->start,
                                     passage->end - passage->start));

        ck_assert_uint_lt(passage->start, passage->end);
        ck_assert_uint_le(passage->end, p->text.size);
        ck_assert_uint_le(words_of(p, passage), MAX);
        ck_assert_uint_le(passage->end - passage->start,
                          CLEAN_PASSAGE_BYTES_MAX);
        ck_assert(id.low == passage->id.low && id.high == passage->id.high);
        for (; at < passage->start; at++)
            ck_assert(p->text.data[at] == ' ' || p->text.data[at] == '\n');
        ck_assert_uint_eq(at, passage->start);
        at = passage->end;
    }
    for (; at < p->text.size; at++)
        ck_assert(p->text.data[at] == ' ' || p->text.data[at] == '\n');
}

START_TEST(a_short_text_is_one_passage)
{
    struct mr_passages passages;
    struct page p = page();

    sentences(&p, 2, 4);
    ck_assert_uint_eq(cut(&p, &passages), 1);
    ck_assert_uint_eq(passages.items[0].start, 0);
    ck_assert_uint_eq(passages.items[0].end, p.text.size - 1);
    ck_assert_ptr_null(passages.items[0].headings.data);
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(white_space_has_no_passage)
{
    struct mr_passages passages;
    struct page p = page();

    ck_assert_uint_eq(cut(&p, &passages), 0);
    mr_buf_str(&p.text, " \n\n ");
    ck_assert_uint_eq(cut(&p, &passages), 0);
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(text_without_words_is_kept)
{
    struct mr_passages passages;
    struct page p = page();

    mr_buf_str(&p.text, "?! *** ...");
    ck_assert_uint_eq(cut(&p, &passages), 1);
    check_all(&p, &passages);
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(pieces_are_of_about_equal_size_for_every_length)
{
    for (size_t count = 1; count < 60; count++) {
        struct mr_passages passages;
        struct page p = page();
        size_t least = SIZE_MAX, most = 0;

        sentences(&p, count, 4);
        cut(&p, &passages);
        check_all(&p, &passages);
        for (size_t i = 0; i < passages.count; i++) {
            size_t words = words_of(&p, &passages.items[i]);

            ck_assert_uint_eq(words % 4, 0);
            least = words < least ? words : least;
            most = words > most ? words : most;
        }
        ck_assert_msg(most - least <= 8, "%zu words: %zu to %zu", count * 4,
                      least, most);
        ck_assert(passages.count == 1 || least >= TARGET / 2);
        mr_buf_deinit(&p.text);
    }
}
END_TEST

START_TEST(ends_of_paragraphs_are_preferred)
{
    struct mr_passages passages;
    struct page p = page();

    sentences(&p, 3, 6); /* 18 words, then a paragraph of 22 */
    mr_buf_str(&p.text, "\n\n");
    sentences(&p, 11, 2);
    cut(&p, &passages);
    check_all(&p, &passages);
    ck_assert_uint_eq(passages.count, 2);
    ck_assert_uint_eq(words_of(&p, &passages.items[0]), 18);
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(a_sentence_is_split_only_when_it_is_too_long)
{
    struct mr_passages passages;
    struct page p = page();

    sentences(&p, 1, MAX);
    ck_assert_uint_eq(cut(&p, &passages), 1);
    mr_buf_reset(&p.text);
    sentences(&p, 1, MAX + 1);
    ck_assert_uint_eq(cut(&p, &passages), 2);
    check_all(&p, &passages);
    ck_assert_uint_eq(words_of(&p, &passages.items[0]), 13);
    ck_assert_uint_eq(words_of(&p, &passages.items[1]), 13);
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(a_long_stretch_is_split_at_line_ends)
{
    struct mr_passages passages;
    struct page p = page();

    for (int i = 0; i < 12; i++)
        mr_buf_str(&p.text, "call(a, b, c)\n");
    cut(&p, &passages);
    check_all(&p, &passages);
    for (size_t i = 0; i < passages.count; i++)
        ck_assert_int_eq(p.text.data[passages.items[i].end - 1], ')');
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(a_passage_of_one_word_is_not_ended_before_its_word)
{
    struct clean_passages_spec spec = {
        .id = mr_span_str("doc"),
        .text = mr_span_str("@\none two"),
        .words_target = 1,
        .words_max = 1,
    };
    struct mr_passages passages;

    ck_assert_uint_eq(clean_passages(&spec, arena, &passages), 2);
    ck_assert_uint_eq(passages.items[0].end, 5);
    ck_assert_uint_eq(passages.items[1].start, 6);
}
END_TEST

START_TEST(words_without_end_are_cut_by_bytes)
{
    struct mr_passages passages;
    struct page p = page();

    for (int i = 0; i < 20000; i++)
        mr_buf_str(&p.text, "\xC3\xA9");
    cut(&p, &passages);
    check_all(&p, &passages);
    ck_assert_uint_eq(passages.count, 5);
    for (size_t i = 0; i < passages.count; i++)
        ck_assert_uint_eq(passages.items[i].start % 2, 0);
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(a_gap_in_a_sentence_longer_than_a_passage_is_no_passage)
{
    struct mr_passages passages;
    struct page p = page();

    mr_buf_str(&p.text, "one");
    for (size_t i = 0; i < 3 * CLEAN_PASSAGE_BYTES_MAX; i++)
        mr_buf_byte(&p.text, ' ');
    mr_buf_str(&p.text, "two");
    ck_assert_uint_eq(cut(&p, &passages), 2);
    check_all(&p, &passages);
    mr_buf_deinit(&p.text);
}
END_TEST

static void check_path(const struct mr_passage *passage, const char *want)
{
    ck_assert_msg(mr_span_equal(passage->headings, mr_span_str(want)),
                  "got \"%.*s\" want \"%s\"", MR_SPAN_ARG(passage->headings),
                  want == NULL ? "" : want);
}

START_TEST(a_passage_knows_the_path_of_its_headings)
{
    struct mr_passages passages;
    struct page p = page();

    sentences(&p, 4, 5);
    heading(&p, 1, "A\n  one");
    sentences(&p, 4, 5);
    heading(&p, 3, "B");
    sentences(&p, 4, 5);
    heading(&p, 2, "C");
    sentences(&p, 4, 5);
    heading(&p, 1, "D");
    sentences(&p, 4, 5);
    cut(&p, &passages);
    check_all(&p, &passages);
    ck_assert_uint_eq(passages.count, 5);
    check_path(&passages.items[0], NULL);
    check_path(&passages.items[1], "A one");
    check_path(&passages.items[2], "A one > B");
    check_path(&passages.items[3], "A one > C");
    check_path(&passages.items[4], "D");
    ck_assert_int_eq(p.text.data[passages.items[4].start], 'D');
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(short_sections_are_taken_together)
{
    struct mr_passages passages;
    struct page p = page();

    heading(&p, 1, "A");
    heading(&p, 2, "B");
    sentences(&p, 1, 4);
    heading(&p, 2, "C");
    sentences(&p, 1, 3);
    heading(&p, 2, "D");
    sentences(&p, 4, 5);
    cut(&p, &passages);
    check_all(&p, &passages);
    ck_assert_uint_eq(passages.count, 2);
    check_path(&passages.items[0], "A");
    check_path(&passages.items[1], "A > D");
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(a_long_path_is_cut_at_a_character)
{
    struct mr_passages passages;
    struct page p = page();
    char words[401];

    for (size_t i = 0; i < 400; i++)
        words[i] = "\xC3\xA9"[i % 2];
    words[400] = '\0';
    heading(&p, 1, "x");
    heading(&p, 2, words);
    sentences(&p, 4, 5);
    cut(&p, &passages);
    ck_assert_uint_le(passages.items[0].headings.size, CLEAN_PATH_BYTES_MAX);
    ck_assert_uint_ge(passages.items[0].headings.size,
                      CLEAN_PATH_BYTES_MAX - 2);
    ck_assert_int_eq(
        passages.items[0].headings.data[passages.items[0].headings.size - 1],
        0xA9);
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(passages_past_the_limit_are_counted)
{
    struct mr_passages passages;
    struct page p = page();

    sentences(&p, MR_PASSAGES_MAX + 10, MAX);
    ck_assert_uint_eq(cut(&p, &passages), MR_PASSAGES_MAX + 10);
    ck_assert_uint_eq(passages.count, MR_PASSAGES_MAX + 1);
    mr_buf_deinit(&p.text);
}
END_TEST

START_TEST(names_of_passages_do_not_run_together)
{
    struct mr_hash128 a =
        clean_passage_id(mr_span_str("ab"), 0, mr_span_str("c"));
    struct mr_hash128 b =
        clean_passage_id(mr_span_str("a"), 0, mr_span_str("bc"));
    struct mr_hash128 c =
        clean_passage_id(mr_span_str("ab"), 1, mr_span_str("c"));

    ck_assert(a.low != b.low && a.low != c.low && b.low != c.low);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("passages");
    Suite *suite = suite_create("passages");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_short_text_is_one_passage);
    tcase_add_test(tcase, white_space_has_no_passage);
    tcase_add_test(tcase, text_without_words_is_kept);
    tcase_add_test(tcase, pieces_are_of_about_equal_size_for_every_length);
    tcase_add_test(tcase, ends_of_paragraphs_are_preferred);
    tcase_add_test(tcase, a_sentence_is_split_only_when_it_is_too_long);
    tcase_add_test(tcase, a_long_stretch_is_split_at_line_ends);
    tcase_add_test(tcase, a_passage_of_one_word_is_not_ended_before_its_word);
    tcase_add_test(tcase, words_without_end_are_cut_by_bytes);
    tcase_add_test(tcase,
                   a_gap_in_a_sentence_longer_than_a_passage_is_no_passage);
    tcase_add_test(tcase, a_passage_knows_the_path_of_its_headings);
    tcase_add_test(tcase, short_sections_are_taken_together);
    tcase_add_test(tcase, a_long_path_is_cut_at_a_character);
    tcase_add_test(tcase, passages_past_the_limit_are_counted);
    tcase_add_test(tcase, names_of_passages_do_not_run_together);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
