// SPDX-License-Identifier: Apache-2.0
/*
 * test_sentences.c - where sentences end, and where they do not.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/sentences.h"

static const struct {
    const char *text;
    const char *want; /* sentences joined by "|" */
} examples[] = {
    { "", "" },
    { "  \n ", "" },
    { "One.", "One." },
    { "One. Two! Three? Four", "One.|Two!|Three?|Four" },
    { "Dr. Smith met Mrs. Jones. They spoke.",
      "Dr. Smith met Mrs. Jones.|They spoke." },
    { "Use tools, e.g. Cmake or i.e. Ninja. Done.",
      "Use tools, e.g. Cmake or i.e. Ninja.|Done." },
    { "J. R. R. Tolkien wrote. He did.", "J. R. R. Tolkien wrote.|He did." },
    { "So did I. You too.", "So did I.|You too." },
    { "It is 3.14 at example.org. Yes.", "It is 3.14 at example.org.|Yes." },
    { "It said no. Max. 5 fit. See no. 7 there.",
      "It said no.|Max. 5 fit.|See no. 7 there." },
    { "Das gilt z.B. Montags. Ende.", "Das gilt z.B. Montags.|Ende." },
    { "He said \"Go.\" Then (quietly.) He went.",
      "He said \"Go.\"|Then (quietly.)|He went." },
    { "Wait... what? Oh... Well.", "Wait... what?|Oh...|Well." },
    { "What?! No.", "What?!|No." },
    { "wrapped\nlines are one.\nAnother\nhere.",
      "wrapped\nlines are one.|Another\nhere." },
    { "a paragraph\n\nanother\n \nthird", "a paragraph|another|third" },
    { "Items:\n- one\n- two. Three\n* four",
      "Items:|- one|- two.|Three|* four" },
    { "1. First thing\n2. Second thing", "1. First thing|2. Second thing" },
    { "It was 1999. Then 2000.", "It was 1999.|Then 2000." },
    { "\xE6\x98\xAF\xE3\x80\x82\xE5\x90\xA6\xEF\xBC\x9F\xE5\xA5\xBD",
      "\xE6\x98\xAF\xE3\x80\x82|\xE5\x90\xA6\xEF\xBC\x9F|\xE5\xA5\xBD" },
    { "\xE3\x80\x8C\xE6\x98\xAF\xE3\x80\x82\xE3\x80\x8D\xE5\x90\xA6",
      "\xE3\x80\x8C\xE6\x98\xAF\xE3\x80\x82\xE3\x80\x8D|\xE5\x90\xA6" },
    { "\xC2\xAB Oui. \xC2\xBB Non.", "\xC2\xAB Oui.|\xC2\xBB Non." },
    { "...", "..." },
};

START_TEST(sentences_of_an_example)
{
    struct mr_sentences sentences =
        mr_sentences(mr_span_str(examples[_i].text));
    struct mr_sentence sentence;
    char got[512] = "";

    while (mr_sentences_next(&sentences, &sentence)) {
        if (got[0] != '\0')
            strcat(got, "|");
        strncat(got, examples[_i].text + sentence.start,
                sentence.end - sentence.start);
    }
    ck_assert_str_eq(got, examples[_i].want);
}
END_TEST

START_TEST(the_end_of_a_paragraph_is_told)
{
    struct mr_sentences sentences =
        mr_sentences(mr_span_str("One. Two.\n\nThree. Four.  \n"));
    static const bool want[] = { false, true, false, true };
    struct mr_sentence sentence;

    for (size_t i = 0; i < 4; i++) {
        ck_assert(mr_sentences_next(&sentences, &sentence));
        ck_assert_int_eq(sentence.ends_paragraph, want[i]);
    }
    ck_assert(!mr_sentences_next(&sentences, &sentence));
}
END_TEST

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

START_TEST(sentences_hold_all_that_is_no_white_space)
{
    static const char alphabet[] = "aB1. \n!-\"(\xEF\xBC\x81\xFF";
    uint64_t seed = 3;

    for (int i = 0; i < 100000; i++) {
        struct mr_sentence sentence;
        char text[40];
        size_t last = 0;

        for (size_t n = 0; n < sizeof(text); n++)
            text[n] = alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
        struct mr_sentences sentences =
            mr_sentences(mr_span(text, sizeof(text)));

        while (mr_sentences_next(&sentences, &sentence)) {
            ck_assert_uint_lt(sentence.start, sentence.end);
            for (; last < sentence.start; last++)
                ck_assert(text[last] == ' ' || text[last] == '\n');
            last = sentence.end;
        }
        for (; last < sizeof(text); last++)
            ck_assert(text[last] == ' ' || text[last] == '\n');
    }
}
END_TEST

START_TEST(full_stops_and_blanks_without_end_take_linear_time)
{
    size_t size = 4u << 20;
    char *text = malloc(size);
    static const char *const rows[] = { ".", " ", "a. ", "\n", "). ", "1. " };

    for (size_t row = 0; row < 6; row++) {
        struct mr_sentences sentences;
        struct mr_sentence sentence;
        size_t period = strlen(rows[row]);

        for (size_t i = 0; i < size; i++)
            text[i] = rows[row][i % period];
        sentences = mr_sentences(mr_span(text, size));
        while (mr_sentences_next(&sentences, &sentence))
            continue;
        ck_assert_uint_eq(sentences.at, size);
    }
    free(text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("sentences");
    Suite *suite = suite_create("sentences");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, sentences_of_an_example, 0,
                        (int)(sizeof(examples) / sizeof(examples[0])));
    tcase_add_test(tcase, the_end_of_a_paragraph_is_told);
    tcase_add_test(tcase, sentences_hold_all_that_is_no_white_space);
    tcase_add_test(tcase, full_stops_and_blanks_without_end_take_linear_time);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
