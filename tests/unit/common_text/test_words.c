// SPDX-License-Identifier: Apache-2.0
/*
 * test_words.c - words are those of UAX #29.
 *
 * Besides examples, every string of up to four units from an alphabet that
 * has all classes of the annex is cut by mr_words_next() and by
 * u8_wordbreaks(), which must agree.  U+2139, the one letter that is a
 * pictograph too, is left out: there the library strays from the annex.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uniwbrk.h>

#include "common/text/utf8.h"
#include "common/text/words.h"

#define BYTES_MAX 64u

static const struct {
    const char *text;
    const char *words; /* each followed by "|" */
} examples[] = {
    { "", "" },
    { " \t\n.,;!", "" },
    { "What is FAISS?", "What|is|FAISS|" },
    { "can't well-known 3.14 1,000 foo_bar a.b",
      "can't|well|known|3.14|1,000|foo_bar|a.b|" },
    { "e.g. this: that", "e.g|this|that|" },
    { "It's 5'6 x' 'y", "It's|5'6|x|y|" },
    { "Stra\xC3\x9F"
      "e \xC3\xBC"
      "ber_2",
      "Stra\xC3\x9F"
      "e|\xC3\xBC"
      "ber_2|" },
    { "e\xCC\x81"
      "a",
      "e\xCC\x81"
      "a|" },
    { "\xE6\xBC\xA2\xE5\xAD\x97", "\xE6\xBC\xA2|\xE5\xAD\x97|" },
    { "\xE3\x82\xAB\xE3\x82\xBF", "\xE3\x82\xAB\xE3\x82\xBF|" },
    { "__ _a \xF0\x9F\x98\x80", "_a|" },
    { "bad\xFF\xFE"
      "byte",
      "bad|byte|" },
};

static void list_words(const char *text, char out[256])
{
    struct mr_words words = mr_words(mr_span_str(text));
    struct mr_word word;

    out[0] = '\0';
    while (mr_words_next(&words, &word)) {
        strncat(out, text + word.start, word.end - word.start);
        strcat(out, "|");
    }
}

START_TEST(words_of_an_example)
{
    char got[256];

    list_words(examples[_i].text, got);
    ck_assert_str_eq(got, examples[_i].words);
}
END_TEST

/* One or two of each class, and what is special in the rules. */
static const uint32_t alphabet[] = {
    'a',    'Z',    '7',    '_',    ' ',    '.',     ':',     ',',
    '\'',   '"',    '!',    '\r',   '\n',   0xE9,    0x0301,  0x00AD,
    0x200D, 0x05D0, 0x30AB, 0x6F22, 0x0E01, 0x203F,  0x1F1E6, 0x2764,
    0x00A9, 0x0660, 0x2028, 0x3000, 0xFF9E, 0x1F468,
};
#define ALPHABET (sizeof(alphabet) / sizeof(alphabet[0]))

static bool counts_as_word(const uint8_t *data, size_t start, size_t end)
{
    while (start < end) {
        uint32_t c = mr_utf8_next(data, end, &start);
        int class = uc_wordbreak_property(c);

        if (class != WBP_EXTEND && class != WBP_FORMAT && class != WBP_ZWJ &&
            uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L |
                                                    UC_CATEGORY_MASK_N))
            return true;
    }
    return false;
}

/* The next segment of the library's that is a word. */
static bool expect_next(const uint8_t *data, size_t size, const char *breaks,
                        size_t *at, struct mr_word *out)
{
    while (*at < size) {
        out->start = *at;
        do {
            (*at)++;
        } while (*at < size && breaks[*at] == 0);
        out->end = *at;
        if (counts_as_word(data, out->start, out->end))
            return true;
    }
    return false;
}

static void compare(const uint8_t *data, size_t size)
{
    char breaks[BYTES_MAX];
    struct mr_words words = mr_words(mr_span(data, size));
    struct mr_word got, want;
    size_t at = 0;

    u8_wordbreaks(data, size, breaks);
    for (;;) {
        bool more = mr_words_next(&words, &got);

        if (more != expect_next(data, size, breaks, &at, &want) ||
            (more && (got.start != want.start || got.end != want.end)))
            ck_abort_msg("\"%.*s\": %d got %zu..%zu want %zu..%zu", (int)size,
                         (const char *)data, more, got.start, got.end,
                         want.start, want.end);
        if (!more)
            return;
    }
}

static void compare_all(uint8_t *data, size_t size, int depth)
{
    compare(data, size);
    for (size_t i = 0; depth > 0 && i < ALPHABET; i++) {
        size_t more = mr_utf8_encode(alphabet[i], data + size);

        compare_all(data, size + more, depth - 1);
    }
}

START_TEST(words_are_those_of_the_library_for_all_short_strings)
{
    uint8_t data[BYTES_MAX];

    compare_all(data, 0, 4);
}
END_TEST

START_TEST(words_are_those_of_the_library_for_long_random_strings)
{
    uint64_t seed = 1;

    for (int i = 0; i < 300000; i++) {
        uint8_t data[BYTES_MAX];
        size_t size = 0;

        while (size + MR_UTF8_BYTES_MAX <= BYTES_MAX) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size +=
                mr_utf8_encode(alphabet[(seed >> 33) % ALPHABET], data + size);
        }
        compare(data, size);
    }
}
END_TEST

START_TEST(a_long_row_of_bridges_is_read_in_linear_time)
{
    size_t size = 4u << 20;
    uint8_t *data = malloc(size);

    for (size_t i = 0; i < size; i++)
        data[i] = i % 2 == 0 ? 'a' : '.';
    ck_assert_uint_eq(mr_words_count(mr_span(data, size)), 1);
    memset(data, '.', size);
    data[0] = 'a';
    ck_assert_uint_eq(mr_words_count(mr_span(data, size)), 1);
    free(data);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("words");
    Suite *suite = suite_create("words");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, words_of_an_example, 0,
                        (int)(sizeof(examples) / sizeof(examples[0])));
    tcase_add_test(tcase, words_are_those_of_the_library_for_all_short_strings);
    tcase_add_test(tcase,
                   words_are_those_of_the_library_for_long_random_strings);
    tcase_add_test(tcase, a_long_row_of_bridges_is_read_in_linear_time);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
