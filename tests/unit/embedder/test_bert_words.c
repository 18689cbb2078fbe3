// SPDX-License-Identifier: Apache-2.0
/*
 * test_bert_words.c - a text becomes the words of BertNormalizer and
 * BertPreTokenizer, and each knows where it stood.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embedder/wordpiece/bert_words.h"

static struct bert_table table;

struct got {
    char words[4096]; /* with "|" between them */
    char places[4096];
    size_t count;
    size_t stop_at;
};

static bool note(void *context, const struct bert_word *word)
{
    struct got *got = context;
    size_t size = strlen(got->words);
    size_t places = strlen(got->places);

    if (got->count++ > 0) {
        size += (size_t)snprintf(got->words + size, 2, "|");
        places += (size_t)snprintf(got->places + places, 2, " ");
    }
    (void)snprintf(got->words + size, sizeof(got->words) - size, "%s%.*s%s",
                   word->special != BERT_NO_SPECIAL ? "!" : "",
                   MR_SPAN_ARG(mr_span(word->bytes, word->size)),
                   word->overlong ? "..." : "");
    (void)snprintf(got->places + places, sizeof(got->places) - places,
                   "%zu-%zu", word->start, word->end);
    return got->count != got->stop_at;
}

static const struct {
    const char *text;
    const char *words;
    const char *places;
} cases[] = {
    { "", "", "" },
    { " \t\r\n", "", "" },
    { "Hello, World!", "hello|,|world|!", "0-5 5-6 7-12 12-13" },
    { "a\x01"
      "b",
      "ab", "0-3" },
    { "a\x7F"
      "b",
      "ab", "0-3" },
    { "a\x0B"
      "b",
      "ab", "0-3" }, /* VT is a control here */
    { "a\xC2\x85"
      "b",
      "ab", "0-4" }, /* and so is NEL */
    { "a\xC2\xA0"
      "b",
      "a|b", "0-1 3-4" }, /* no-break space */
    { "a\xE2\x80\x8B"
      "b",
      "ab", "0-5" }, /* zero width space */
    { "a\xE2\x80\xA8"
      "b",
      "a|b", "0-1 4-5" },
    { "a\xFF"
      "b",
      "ab", "0-3" }, /* not UTF-8 */
    { "a\xEF\xBF\xBD"
      "b",
      "ab", "0-5" },
    { "a\xEE\x80\x80"
      "b",
      "ab", "0-5" }, /* private use */
    { "a\xCD\xB8"
      "b",
      "a\xCD\xB8"
      "b",
      "0-4" }, /* unassigned */
    { "Caf\xC3\x89", "cafe", "0-5" },
    { "cafe\xCC\x81s", "cafes", "0-7" },
    { "cafe\xCC\x81 s", "cafe|s", "0-4 7-8" },
    { "\xCC\x81", "", "" },
    { "\xC4\xB0", "i", "0-2" }, /* I with a dot */
    { "\xE4\xB8\xAD\xE6\x96\x87x", "\xE4\xB8\xAD|\xE6\x96\x87|x",
      "0-3 3-6 6-7" },
    { "\xEF\xA4\x80", "\xE8\xB1\x88", "0-3" }, /* compatibility ideograph */
    { "\xEA\xB0\x81", "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "0-3" },
    { "a\xCD\xBE"
      "b",
      "a|;|b", "0-1 1-3 3-4" }, /* decomposes to ";" */
    { "a\xE2\x89\xA0"
      "b",
      "a|=|b", "0-1 1-4 4-5" },
    { "$5+x^y`", "$|5|+|x|^|y|`", "0-1 1-2 2-3 3-4 4-5 5-6 6-7" },
    { "a\xE2\x82\xAC", "a\xE2\x82\xAC", "0-4" }, /* euro: no punctuation */
    { "a\xE2\x80\x94"
      "b",
      "a|\xE2\x80\x94|b", "0-1 1-4 4-5" },
    { "\xF0\x9F\x98\x80x", "\xF0\x9F\x98\x80x", "0-5" },
    { "\xF0\x90\x90\x80", "\xF0\x90\x90\xA8", "0-4" }, /* Deseret */
    { "\xE2\xB9\x92", "\xE2\xB9\x92", "0-3" }, /* newer than the reference */
    { "x[SEP]y", "x|![SEP]|y", "0-1 1-6 6-7" },
    { "[CLS][MASK]", "![CLS]|![MASK]", "0-5 5-11" },
    { "[sep] [PAD", "[|sep|]|[|pad", "0-1 1-4 4-5 6-7 7-10" },
    { "[[UNK]]", "[|![UNK]|]", "0-1 1-6 6-7" },
};

START_TEST(a_text_is_cut_into_normalised_words)
{
    struct got got = { 0 };

    bert_words(&table, mr_span_str(cases[_i].text), note, &got);
    ck_assert_str_eq(got.words, cases[_i].words);
    ck_assert_str_eq(got.places, cases[_i].places);
}
END_TEST

START_TEST(a_zero_byte_is_not_there)
{
    struct got got = { 0 };

    bert_words(&table, mr_span("a\0b", 3), note, &got);
    ck_assert_str_eq(got.words, "ab");
    ck_assert_str_eq(got.places, "0-3");
}
END_TEST

START_TEST(a_word_of_100_characters_is_whole_and_one_of_101_overlong)
{
    char text[2 * 101 + 1];
    struct got got = { 0 };

    for (size_t i = 0; i < 101; i++)
        memcpy(text + 2 * i, "\xC3\x9F", 2); /* sharp s: two bytes each */
    bert_words(&table, mr_span(text, 200), note, &got);
    ck_assert_uint_eq(strlen(got.words), 200);
    ck_assert_str_eq(got.places, "0-200");

    got = (struct got){ 0 };
    bert_words(&table, mr_span(text, 202), note, &got);
    ck_assert_uint_eq(strlen(got.words), 203);
    ck_assert_str_eq(got.words + 200, "...");
    ck_assert_str_eq(got.places, "0-202");
}
END_TEST

START_TEST(a_visitor_that_had_enough_is_not_called_again)
{
    struct got got = { .stop_at = 2 };

    bert_words(&table, mr_span_str("one two [SEP] three"), note, &got);
    ck_assert_str_eq(got.words, "one|two");
    got = (struct got){ .stop_at = 1 };
    bert_words(&table, mr_span_str("one[SEP]"), note, &got);
    ck_assert_str_eq(got.words, "one");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("words");
    Suite *suite = suite_create("bert_words");
    SRunner *runner = srunner_create(suite);
    int failed;

    bert_table_init(&table);
    tcase_add_loop_test(tcase, a_text_is_cut_into_normalised_words, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, a_zero_byte_is_not_there);
    tcase_add_test(tcase,
                   a_word_of_100_characters_is_whole_and_one_of_101_overlong);
    tcase_add_test(tcase, a_visitor_that_had_enough_is_not_called_again);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
