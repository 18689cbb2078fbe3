// SPDX-License-Identifier: Apache-2.0
/*
 * test_extract.c - answers out of the passages themselves.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "retriever/answer/extract.h"

static const struct {
    const char *question;
    const char *passages[3];
    const char *answers[EXTRACT_SENTENCES_MAX]; /* in their order */
} cases[] = {
    { "What is FAISS?",
      { "FAISS is a vector database" },
      { "FAISS is a vector database" } },
    { "What is FAISS?",
      { "FAISS is a vector database", "Transformers are neural networks" },
      { "FAISS is a vector database" } },
    { "Who painted the ceiling?", { "FAISS is a vector database" }, { NULL } },
    { "when was the mill built",
      { "It stands by the river. The mill was built in 1730. It is old.",
        "A different house was built later." },
      { "The mill was built in 1730." } },
    { "mill river",
      { "The mill is at the river. Mills need a river." },
      { "The mill is at the river.", "Mills need a river." } },
    { "anything", { "" }, { NULL } },
};

START_TEST(an_answer_is_the_sentences_that_speak_of_the_question)
{
    static const char *const languages[] = { "en" };
    struct extract_sentence found[EXTRACT_SENTENCES_MAX];
    struct extract_passage passages[3];
    struct index_query *query =
        index_query_new(mr_span_str(cases[_i].question), languages, 1);
    struct index_stats stats = { .passages = 10, .length = 100 };
    struct mr_arena *arena = mr_arena_new();
    size_t count = 0;
    size_t taken;

    /* Words that no passage has are the rarest of all. */
    for (size_t i = 0; i < index_query_terms(query); i++)
        stats.frequency[i] = i % 2;
    for (; count < 3 && cases[_i].passages[count] != NULL; count++)
        passages[count] = (struct extract_passage){
            .text = mr_span_str(cases[_i].passages[count]), .language = "en"
        };
    taken = extract_answer(query, &stats, passages, count, arena, found);
    for (size_t i = 0; i < EXTRACT_SENTENCES_MAX; i++) {
        const char *want = cases[_i].answers[i];

        ck_assert_msg((want == NULL) == (i >= taken), "%s: %zu sentences",
                      cases[_i].question, taken);
        if (want == NULL)
            break;
        ck_assert_msg(
            mr_span_equal(
                mr_span(passages[found[i].passage].text.data + found[i].start,
                        found[i].end - found[i].start),
                mr_span_str(want)),
            "%s: sentence %zu is not %s", cases[_i].question, i, want);
    }
    mr_arena_free(arena);
    index_query_free(query);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("extract");
    Suite *suite = suite_create("extract");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase,
                        an_answer_is_the_sentences_that_speak_of_the_question,
                        0, (int)(sizeof(cases) / sizeof(cases[0])));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
