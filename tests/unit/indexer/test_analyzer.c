// SPDX-License-Identifier: Apache-2.0
/*
 * test_analyzer.c - what becomes of words, by a table of texts.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "indexer/analysis/analyzer.h"

static struct analyzer *analyzer;
static struct mr_arena *arena;

static void setup(void)
{
    analyzer = analyzer_new();
    arena = mr_arena_new();
}

static void teardown(void)
{
    analyzer_free(analyzer);
    mr_arena_free(arena);
}

/* The terms, parted by "|". */
static const char *run(struct mr_span text, const char *language)
{
    struct mr_buf line = mr_buf(1 << 20);
    struct analyzer_term *terms;
    const char *copy;
    size_t count;

    analyzer_run(analyzer, text, language, arena, &terms, &count);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            mr_buf_byte(&line, '|');
        mr_buf_span(&line, terms[i].term);
        ck_assert_uint_lt(terms[i].start, terms[i].end);
        ck_assert_uint_le(terms[i].end, text.size);
        ck_assert_uint_le(terms[i].term.size, ANALYZER_TERM_BYTES_MAX);
    }
    copy = mr_arena_str(arena, mr_buf_bytes(&line));
    mr_buf_deinit(&line);
    return copy == NULL ? "" : copy;
}

static const struct {
    const char *language;
    const char *text;
    const char *want;
} cases[] = {
    { "en", "The running Foxes", "run|fox" },
    { "en", "What is FAISS?", "what|faiss" },
    { "en", "  \t\n ", "" },
    { "en", "", "" },
    { "en", "don't dog's dog\xE2\x80\x99s", "don't|dog|dog" },
    { "en", "GPT-4, x86-64 and 3.14 or 1,000.", "gpt|4|x86|64|3.14|1,000" },
    { "en", "end.Next std::map", "end|next|std|map" },
    { "en", "the U.S. and e.g. A.B", "us|eg|ab" },
    { "en", "C++ and C# or F# but a+b, abc++", "c++|c#|f#|b|abc" },
    { "en", "foo_bar __init__ _x", "foo_bar|init|x" },
    { "en", "sizes2 cities", "sizes2|citi" },
    { "en", "naïve café cliché cliche", "naiv|cafe|clich|clich" },
    { "en", "so\xC2\xADlu\xC2\xADtion", "solut" },
    { "en", "ＦＵＬＬ ｗｉｄｔｈ１", "full|width1" },
    { "en", "to be or not to be", "to|be|or|not|to|be" },
    { "en-GB", "To be at sea", "sea" },
    { "de", "in the", "in|the" },
    { NULL, "The running Foxes", "the|running|foxes" },
    { "xx", "Ångström straße œuvre", "angstrom|strasse|oeuvre" },
    { "zh", "ABC", "abc" },
    { "zh", "向量数据库", "向量|量数|数据|据库" },
    { "zh", "用FAISS搜索", "用|faiss|搜索" },
    { "ja", "データベース、検索", "デー|ータ|タベ|ベー|ース|検索" },
    { "ko", "검색 엔진", "검색|엔진" },
    { "th", "ภาษา", "ภา|าษ|ษา" },
    { "de", "Häuser Straßen größte", "haus|strass|grosst" },
    { "fr",
      "l'eau l\xE2\x80\x99"
      "école qu'elle continuellement",
      "eau|ecol|elle|continuel" },
    { "it", "dell'arte città", "arte|citt" },
    { "es", "naciones nación", "nacion|nacion" },
    { "pt", "programações", "program" },
    { "nl", "lichamelijk", "licham" },
    { "sv", "jaktkarlarne", "jaktkarl" },
    { "da", "indtagelsen", "indtag" },
    { "no", "opplevelser", "opplev" },
    { "fi", "taloissa", "talo" },
    { "hu", "babakocsikban", "babakocs" },
    { "ro", "copiilor", "cop" },
    { "ru", "книгами Ёлка", "книг|елк" },
    { "tr", "KIZLARI kitaplar", "kiz|kitap" },
    { "el", "ΆΝΘΡΩΠΟΣ άνθρωπος", "ανθρωπ|ανθρωπ" },
    { "hi", "किताबें", "किताब" },
    { "en-US", "running", "run" },
    { "eng", "running", "running" },
};

START_TEST(texts_become_terms)
{
    const char *got = run(mr_span_str(cases[_i].text), cases[_i].language);

    ck_assert_msg(strcmp(got, cases[_i].want) == 0,
                  "%s: \"%s\" gives \"%s\", want \"%s\"",
                  cases[_i].language == NULL ? "-" : cases[_i].language,
                  cases[_i].text, got, cases[_i].want);
    /* Once more, now that every stem is in the cache. */
    ck_assert_str_eq(run(mr_span_str(cases[_i].text), cases[_i].language),
                     cases[_i].want);
}
END_TEST

START_TEST(terms_say_where_they_stood)
{
    struct mr_span text = mr_span_str("Ein Café, 東京都 C++");
    static const char *const want[] = { "Ein", "Café", "東京", "京都", "C++" };
    struct analyzer_term *terms;
    size_t count;

    analyzer_run(analyzer, text, "de", arena, &terms, &count);
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < count; i++)
        ck_assert(mr_span_equal(
            mr_span(text.data + terms[i].start, terms[i].end - terms[i].start),
            mr_span_str(want[i])));
}
END_TEST

START_TEST(long_words_are_cut_at_a_code_point)
{
    struct mr_buf text = mr_buf(1000);
    struct analyzer_term *terms;
    size_t count;

    mr_buf_str(&text, "x");
    for (int i = 0; i < 100; i++)
        mr_buf_str(&text, "д");
    analyzer_run(analyzer, mr_buf_bytes(&text), NULL, arena, &terms, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(terms[0].term.size, 63);
    ck_assert_uint_eq(terms[0].end, 201);
    mr_buf_deinit(&text);
}
END_TEST

START_TEST(the_same_word_in_two_languages_keeps_two_stems)
{
    ck_assert_str_eq(run(mr_span_str("nations"), "en"), "nation");
    ck_assert_str_eq(run(mr_span_str("nations"), NULL), "nations");
    ck_assert_str_eq(run(mr_span_str("pieces"), "en"), "piec");
    ck_assert_str_eq(run(mr_span_str("pieces"), "de"), "piec");
    ck_assert_str_eq(run(mr_span_str("laufen"), "de"), "lauf");
    ck_assert_str_eq(run(mr_span_str("laufen"), "en"), "laufen");
}
END_TEST

START_TEST(any_bytes_are_read)
{
    uint8_t *bytes = mr_malloc(64);

    for (uint64_t seed = 0; seed < 20000; seed++) {
        size_t size = mr_mix64(seed) % 64;

        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(mr_mix64(seed * 64 + i) >> 7);
        (void)run(mr_span(bytes, size), seed % 2 ? "en" : "ru");
        mr_arena_reset(arena);
    }
    mr_free(bytes);
}
END_TEST

START_TEST(terms_do_not_depend_on_what_ran_before)
{
    struct mr_buf text = mr_buf(1 << 20);
    struct analyzer *other = analyzer_new();
    struct analyzer_term *a;
    struct analyzer_term *b;
    size_t count_a;
    size_t count_b;

    for (uint64_t i = 0; i < 40000; i++)
        mr_buf_printf(&text, "w%c%c%cings ", (int)('a' + mr_mix64(i) % 26),
                      (int)('a' + mr_mix64(i + 7) % 26),
                      (int)('a' + mr_mix64(i + 9) % 26));
    analyzer_run(analyzer, mr_buf_bytes(&text), "en", arena, &a, &count_a);
    for (size_t i = 0; i < count_a; i += 97) {
        struct mr_span word =
            mr_span(text.data + a[i].start, a[i].end - a[i].start);

        analyzer_run(other, word, "en", arena, &b, &count_b);
        ck_assert_uint_eq(count_b, 1);
        ck_assert(mr_span_equal(a[i].term, b[0].term));
    }
    analyzer_free(other);
    mr_buf_deinit(&text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("analyzer");
    Suite *suite = suite_create("analyzer");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, texts_become_terms, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, terms_say_where_they_stood);
    tcase_add_test(tcase, long_words_are_cut_at_a_code_point);
    tcase_add_test(tcase, the_same_word_in_two_languages_keeps_two_stems);
    tcase_add_test(tcase, any_bytes_are_read);
    tcase_add_test(tcase, terms_do_not_depend_on_what_ran_before);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
