// SPDX-License-Identifier: Apache-2.0
/*
 * test_signals.c - shingles, MinHash and the numbers of a text.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "preprocessor/clean/language.h"
#include "preprocessor/clean/minhash.h"
#include "preprocessor/clean/shingles.h"
#include "preprocessor/clean/signals.h"
#include "preprocessor/clean/stop_words.h"

static struct mr_arena *arena;

static void setup(void)
{
    arena = mr_arena_new();
}

static void teardown(void)
{
    mr_arena_free(arena);
}

static struct mr_signals measure(const char *text)
{
    struct clean_signals_in in = { .text = mr_span_str(text) };
    struct mr_signals signals;
    uint64_t *words;

    in.word_count = clean_word_hashes(in.text, SIZE_MAX, arena, &words);
    in.stop_count = clean_count_stop_words(words, in.word_count);
    in.shingle_count = clean_shingle(words, in.word_count);
    in.shingles = words;
    clean_signals(&in, arena, &signals);
    return signals;
}

static const struct {
    const char *text;
    const char *name;
    double want;
} numbers[] = {
    { "One two, three.", "words", 3 },
    { "One two, three.", "chars", 15 },
    { "\xC3\xA9t\xC3\xA9", "chars", 3 },
    { "ab abcd", "word_len", 3 },
    { "ab 12", "letters", .4 },
    { "ab 12", "digits", .4 },
    { "a.b!", "punct", .5 },
    { "ABcd\xC3\x89\xC3\xA9 1", "upper", .5 },
    { "The cat and THE dog", "stop", .6 },
    { "xx yyyy      zz", "run", 4 },
    { "a b\nc d\na b\n\n\na b", "dup_lines", .5 },
    { "a b c a b c", "dup_ngrams", .25 },
    { "", "letters", 0 },
    { "", "dup_lines", 0 },
};

START_TEST(number_of_a_text)
{
    struct mr_signals signals = measure(numbers[_i].text);
    double got = clean_signal(&signals, numbers[_i].name, -1);

    ck_assert_msg(fabs(got - numbers[_i].want) < 1e-9,
                  "%s of \"%s\": got %g want %g", numbers[_i].name,
                  numbers[_i].text, got, numbers[_i].want);
}
END_TEST

START_TEST(signals_of_html_are_there_only_when_there_is_something)
{
    struct clean_signals_in in = { .text = mr_span_str("text") };
    struct mr_signals signals;

    clean_signals(&in, arena, &signals);
    ck_assert_uint_eq(signals.count, 11);
    in.hidden = 7;
    in.linked = 2;
    clean_signals(&in, arena, &signals);
    ck_assert(clean_signal(&signals, "hidden", -1) == 7);
    ck_assert(clean_signal(&signals, "linked", -1) == .5);
}
END_TEST

START_TEST(repeats_of_a_long_text_are_found_in_a_sample)
{
    size_t size = 4u << 20;
    char *text = malloc(size + 1);
    struct mr_signals signals;
    uint64_t seed = 1;

    for (size_t at = 0; at < size; at += 8) {
        seed = at < size / 2 ? seed * 6364136223846793005u + 1 : seed;
        snprintf(text + at, 9, "%07x ", (unsigned)(seed >> 36));
        if (at >= size / 2)
            memcpy(text + at, text + at - size / 2, 8);
    }
    text[size] = '\0';
    signals = measure(text);
    ck_assert(fabs(clean_signal(&signals, "dup_ngrams", -1) - .5) < .02);
    free(text);
}
END_TEST

START_TEST(words_are_hashed_without_regard_to_case)
{
    ck_assert_uint_eq(clean_word_hash(mr_span_str("\xC3\x89T\xC3\x89")),
                      clean_word_hash(mr_span_str("\xC3\xA9t\xC3\xA9")));
    ck_assert_uint_ne(clean_word_hash(mr_span_str("a")),
                      clean_word_hash(mr_span_str("b")));
    ck_assert_uint_ne(clean_word_hash(mr_span_str("")), 0);
}
END_TEST

START_TEST(a_long_word_is_hashed_whole)
{
    char a[1000], b[1000];

    memset(a, 'x', sizeof(a));
    memset(b, 'x', sizeof(b));
    b[999] = 'y';
    ck_assert_uint_ne(clean_word_hash(mr_span(a, 1000)),
                      clean_word_hash(mr_span(b, 1000)));
}
END_TEST

static size_t shingles_of(const char *text, uint64_t **out)
{
    size_t count = clean_word_hashes(mr_span_str(text), SIZE_MAX, arena, out);

    return clean_shingle(*out, count);
}

START_TEST(shingles_are_three_words_in_a_row)
{
    uint64_t *a, *b, *c;

    ck_assert_uint_eq(shingles_of("one two", &a), 0);
    ck_assert_uint_eq(shingles_of("one two three", &a), 1);
    ck_assert_uint_eq(shingles_of("Zero, one - TWO. Three!", &b), 2);
    ck_assert_uint_eq(a[0], b[1]);
    ck_assert_uint_eq(shingles_of("one three two", &c), 1);
    ck_assert_uint_ne(a[0], c[0]);
}
END_TEST

/* Two sets of which `common` in `all` are shared. */
static double estimate(size_t all, size_t common, uint64_t seed)
{
    uint64_t *a = mr_arena_alloc(arena, all * sizeof(*a));
    uint64_t *b = mr_arena_alloc(arena, all * sizeof(*b));
    uint16_t rows_a[MR_MINHASH_ROWS], rows_b[MR_MINHASH_ROWS];
    size_t own = (all - common) / 2, equal = 0;

    for (size_t i = 0; i < common + own; i++) {
        a[i] = mr_mix64(seed + i);
        b[i] = i < common ? a[i] : mr_mix64(~(seed + i));
    }
    clean_minhash(a, common + own, rows_a);
    clean_minhash(b, common + own, rows_b);
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        equal += rows_a[i] == rows_b[i];
    return (double)equal / MR_MINHASH_ROWS;
}

START_TEST(rows_agree_as_often_as_sets_overlap)
{
    static const size_t sizes[] = { 20, 100, 1000, 20000 };
    static const double shares[] = { 0, .2, .5, .8, 1 };

    for (size_t s = 0; s < 4; s++)
        for (size_t j = 0; j < 5; j++) {
            double sum = 0;

            for (uint64_t seed = 0; seed < 20; seed++)
                sum +=
                    estimate(sizes[s], (size_t)(shares[j] * (double)sizes[s]),
                             seed * 1000003);
            ck_assert_msg(fabs(sum / 20 - shares[j]) < .04,
                          "%zu shingles: got %g want %g", sizes[s], sum / 20,
                          shares[j]);
        }
}
END_TEST

START_TEST(order_and_repeats_do_not_matter)
{
    static const uint64_t a[] = { 1ull << 40, 2ull << 40, 3ull << 40 };
    static const uint64_t b[] = { 3ull << 40, 1ull << 40, 3ull << 40,
                                  2ull << 40 };
    uint16_t rows_a[MR_MINHASH_ROWS], rows_b[MR_MINHASH_ROWS];

    clean_minhash(a, 3, rows_a);
    clean_minhash(b, 4, rows_b);
    ck_assert_mem_eq(rows_a, rows_b, sizeof(rows_a));
}
END_TEST

/* They are on disk: a build that gives others is wrong. */
START_TEST(rows_never_change)
{
    uint16_t rows[MR_MINHASH_ROWS];
    uint64_t *shingles;
    size_t count =
        shingles_of("the quick brown fox jumps over the lazy dog", &shingles);

    clean_minhash(shingles, count, rows);
    ck_assert_uint_eq(rows[0], 21856);
    ck_assert_uint_eq(rows[1], 10176);
    ck_assert_uint_eq(rows[127], 58699);
}
END_TEST

START_TEST(rows_are_the_same_on_every_machine)
{
    uint16_t rows[MR_MINHASH_ROWS], want[MR_MINHASH_ROWS];
    uint64_t shingles[300];

    for (size_t i = 0; i < 300; i++) {
        shingles[i] = mr_mix64(i + 1);
        clean_minhash(shingles, i + 1, rows);
        clean_minhash_anywhere(shingles, i + 1, want);
        ck_assert_mem_eq(rows, want, sizeof(rows));
    }
}
END_TEST

static const struct {
    const char *text;
    const char *want;
} tongues[] = {
    { "The river carries the boats of the merchants down to the sea, where "
      "larger ships are waiting for them.",
      "en" },
    { "Der Fluss tr\xC3\xA4gt die Boote der Kaufleute hinunter zum Meer, wo "
      "gr\xC3\xB6\xC3\x9F"
      "ere Schiffe auf sie warten.",
      "de" },
    { "La rivi\xC3\xA8re porte les bateaux des marchands jusqu'\xC3\xA0 la "
      "mer, o\xC3\xB9 de plus grands navires les attendent.",
      "fr" },
    { "\xE6\xB2\xB3\xE6\xB5\x81\xE6\x8A\x8A\xE5\x95\x86\xE4\xBA\xBA\xE7\x9A"
      "\x84\xE8\x88\xB9\xE5\xB8\xA6\xE5\x88\xB0\xE6\xB5\xB7\xE8\xBE\xB9\xE3"
      "\x80\x82\xE4\xBB\x96\xE4\xBB\xAC\xE5\x9C\xA8\xE9\x82\xA3\xE9\x87\x8C"
      "\xE7\xAD\x89\xE5\xBE\x85\xE5\xA4\xA7\xE8\x88\xB9\xE3\x80\x82",
      "zh" },
    { "Perlis, A. J.; Samelson, K.", NULL }, /* too little to tell */
    { "12 34 56 ...", NULL },
    { "", NULL },
};

START_TEST(language_of_a_text)
{
    const char *got =
        clean_language(mr_span_str(tongues[_i].text), mr_span(NULL, 0));

    ck_assert_pstr_eq(got, tongues[_i].want);
}
END_TEST

START_TEST(the_language_of_a_long_text_is_that_of_most_of_it)
{
    size_t part = strlen(tongues[1].text);
    char *text = malloc(100 * part);

    for (size_t i = 0; i < 100; i++)
        memcpy(text + i * part, tongues[1].text, part);
    ck_assert_pstr_eq(
        clean_language(mr_span(text, 100 * part), mr_span_str("en")), "de");
    free(text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("signals");
    Suite *suite = suite_create("signals");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, number_of_a_text, 0,
                        (int)(sizeof(numbers) / sizeof(numbers[0])));
    tcase_add_test(tcase,
                   signals_of_html_are_there_only_when_there_is_something);
    tcase_add_test(tcase, repeats_of_a_long_text_are_found_in_a_sample);
    tcase_add_test(tcase, words_are_hashed_without_regard_to_case);
    tcase_add_test(tcase, a_long_word_is_hashed_whole);
    tcase_add_test(tcase, shingles_are_three_words_in_a_row);
    tcase_add_test(tcase, rows_agree_as_often_as_sets_overlap);
    tcase_add_test(tcase, order_and_repeats_do_not_matter);
    tcase_add_test(tcase, rows_never_change);
    tcase_add_test(tcase, rows_are_the_same_on_every_machine);
    tcase_add_loop_test(tcase, language_of_a_text, 0,
                        (int)(sizeof(tongues) / sizeof(tongues[0])));
    tcase_add_test(tcase, the_language_of_a_long_text_is_that_of_most_of_it);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
