// SPDX-License-Identifier: Apache-2.0
/*
 * test_tokens.c - the estimate of tokens.
 */
#include <check.h>
#include <stdlib.h>

#include "retriever/context/tokens.h"

static const struct {
    const char *text;
    size_t tokens;
} cases[] = {
    { "", 0 },
    { "a", 1 },
    { "wor", 1 },
    { "word", 2 },
    { "wordings", 3 },
    { "internationalization", 7 },
    { "two words", 3 },
    { "Two: words", 4 },
    { "a b", 2 },
    { "a  b", 3 },
    { "a ", 2 },
    { "\n\n", 2 },
    { "2026", 4 },
    { "f(x);", 5 },
    { "\xC3\xA4", 1 },                 /* ä */
    { "na\xC3\xAFve", 3 },             /* naïve */
    { "\xE4\xB8\xAD\xE6\x96\x87", 4 }, /* two Chinese characters */
    { "\xF0\x9F\x8C\x8A", 3 },         /* a wave */
    { "\x80\x80", 0 },                 /* no UTF-8 */
    { "Context: x\nQuestion: y", 11 },
};

START_TEST(a_text_has_its_number)
{
    size_t found = context_tokens(mr_span_str(cases[_i].text));

    ck_assert_msg(found == cases[_i].tokens, "\"%s\": %zu, not %zu",
                  cases[_i].text, found, cases[_i].tokens);
}
END_TEST

START_TEST(two_texts_have_at_most_the_sum)
{
    static const char text[] = "Ein  kleiner Satz, mit \xC3\xA4 und 12 Zahlen "
                               "\xE4\xB8\xAD\n\n internationalization  ";
    struct mr_span all = mr_span_str(text);

    for (size_t cut = 0; cut <= all.size; cut++) {
        size_t parts = context_tokens(mr_span(all.data, cut)) +
                       context_tokens(mr_span(all.data + cut, all.size - cut));

        ck_assert_uint_le(context_tokens(all), parts);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tokens");
    TCase *tcase = tcase_create("tokens");
    SRunner *srunner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, a_text_has_its_number, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, two_texts_have_at_most_the_sum);
    suite_add_tcase(suite, tcase);
    srunner_run_all(srunner, CK_NORMAL);
    failed = srunner_ntests_failed(srunner);
    srunner_free(srunner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
