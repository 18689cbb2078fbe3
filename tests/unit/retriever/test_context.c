// SPDX-License-Identifier: Apache-2.0
/*
 * test_context.c - what a prompt is made of, and that it is made again.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "retriever/context/context.h"
#include "retriever/context/tokens.h"

#define PASSAGES 8u
#define PLENTY   ((size_t)100000)

static struct mr_arena *arena;
static struct context_template form;
static struct context_passage passages[PASSAGES];
static size_t count;
static struct context context;
static struct mr_buf out;
static struct mr_err err;

static void setup(void)
{
    arena = mr_arena_new();
    out = mr_buf((size_t)1 << 20);
    count = 0;
    memset(&err, 0, sizeof(err));
    ck_assert(template_named("plain", &form));
}

static void teardown(void)
{
    mr_buf_deinit(&out);
    mr_arena_free(arena);
}

/* Sentences that no other number shares words with. */
static const char *words(unsigned number, unsigned sentences)
{
    char *text = mr_arena_printf(arena, "%s", "");

    for (unsigned i = 0; i < sentences; i++)
        text =
            mr_arena_printf(arena, "%s%sOf n%ux%u one%ux%u two%ux%u end.", text,
                            i == 0 ? "" : " ", number, i, number, i, number, i);
    return text;
}

static void add(const char *document, uint32_t start, const char *text)
{
    ck_assert_uint_lt(count, PASSAGES);
    passages[count++] = (struct context_passage){
        .document = mr_span_str(document),
        .start = start,
        .end = start + (uint32_t)strlen(text),
        .text = mr_span_str(text),
    };
}

static void build(size_t tokens_max)
{
    ck_assert_msg(context_build(&form, mr_span_str("why?"), passages, count,
                                tokens_max, arena, &context, &err) == MR_OK,
                  "%s", err.text);
}

static const char *prompt(void)
{
    mr_buf_reset(&out);
    context_write(&form, mr_span_str("why?"), passages, &context, arena, &out);
    return mr_buf_text(&out);
}

static size_t tokens_of_prompt(void)
{
    return context_tokens(mr_span_str(prompt())) + context_tokens(form.system);
}

/* "TTSN": the fates by their first letters. */
static const char *fates(void)
{
    char *text = mr_arena_calloc(arena, count + 1, 1);

    for (size_t i = 0; i < count; i++)
        text[i] = context_fate_name(context.fates[i])[0];
    return text;
}

START_TEST(passages_of_many_documents_stand_in_their_order)
{
    add("a", 0, "first text");
    add("b", 0, "second text");
    build(PLENTY);
    ck_assert_str_eq(prompt(), "Context: first text\nsecond text\n"
                               "Question: why?\nAnswer:");
    ck_assert_uint_eq(context.source_count, 2);
    ck_assert_str_eq(fates(), "tt");
}
END_TEST

START_TEST(without_passages_there_is_the_question)
{
    build(PLENTY);
    ck_assert_str_eq(prompt(), "Context: \nQuestion: why?\nAnswer:");
    ck_assert_uint_eq(context.source_count, 0);
}
END_TEST

START_TEST(what_another_holds_is_left_out)
{
    add("a", 0, words(1, 4));
    add("b", 0, words(1, 3));
    add("c", 0, words(1, 4));
    add("d", 0, words(2, 4));
    build(PLENTY);
    ck_assert_str_eq(fates(), "tsst");
    ck_assert_uint_eq(context.same_as[1], 0);
    ck_assert_uint_eq(context.same_as[2], 0);
    ck_assert_uint_eq(context.source_count, 2);
}
END_TEST

START_TEST(what_holds_another_takes_its_place)
{
    add("a", 0, words(1, 2));
    add("b", 0, words(2, 2));
    add("c", 0, words(1, 6));
    build(PLENTY);
    ck_assert_str_eq(fates(), "stt");
    ck_assert_uint_eq(context.same_as[0], 2);
    ck_assert_uint_eq(context.sources[0].pieces[0].passage, 2);
    ck_assert_uint_eq(context.sources[1].pieces[0].passage, 1);
}
END_TEST

START_TEST(neighbours_become_one_source_in_the_order_of_their_document)
{
    const char *first = words(1, 2);
    const char *second = words(2, 2);
    const char *third = words(3, 2);
    uint32_t size = (uint32_t)strlen(first) + 2;

    /* Its best passage is the last one; "x" stands between. */
    add("a", 2 * size, third);
    add("x", 0, words(4, 2));
    add("a", 0, first);
    add("a", size, second);
    build(PLENTY);
    ck_assert_uint_eq(context.source_count, 2);
    ck_assert_uint_eq(context.sources[0].piece_count, 3);
    ck_assert_str_eq(prompt(),
                     mr_arena_printf(arena,
                                     "Context: %s\n%s\n%s\n%s\n"
                                     "Question: why?\nAnswer:",
                                     first, second, third, words(4, 2)));
}
END_TEST

START_TEST(what_is_far_apart_stays_apart)
{
    const char *first = words(1, 1);
    uint32_t end = (uint32_t)strlen(first);

    add("a", 0, first);
    add("a", end + CONTEXT_GAP_BYTES, words(2, 1));
    add("b", end, words(3, 1));
    build(PLENTY);
    ck_assert_uint_eq(context.source_count, 2);
    count = 0;
    add("a", 0, first);
    add("a", end + CONTEXT_GAP_BYTES + 1, words(2, 1));
    build(PLENTY);
    ck_assert_uint_eq(context.source_count, 2);
    count = 0;
    add("a", 0, first);
    add("a", end - 1, words(2, 1)); /* they overlap */
    build(PLENTY);
    ck_assert_uint_eq(context.source_count, 2);
}
END_TEST

START_TEST(the_first_that_does_not_fit_is_cut_at_a_sentence)
{
    const char *first = words(1, 8);
    const char *second = words(2, 8);
    struct mr_span cut;

    add("a", 0, first);
    add("b", 0, second);
    add("c", 0, "short");
    build(context_tokens(mr_span_str(first)) +
          context_tokens(mr_span_str(second)) / 2 + 52);
    ck_assert_str_eq(fates(), "tcn");
    cut = context.sources[1].text;
    ck_assert_uint_lt(cut.size, strlen(second));
    ck_assert_uint_gt(cut.size, strlen(second) / 4);
    ck_assert_int_eq(memcmp(cut.data + cut.size - 4, "end.", 4), 0);
    ck_assert_uint_eq(context.pieces[1].size, cut.size);
}
END_TEST

START_TEST(of_a_passage_no_less_than_a_quarter_is_taken)
{
    const char *text = words(1, 20);

    add("a", 0, text);
    build(context_tokens(mr_span_str(text)) / 10 + 52);
    ck_assert_str_eq(fates(), "n");
    ck_assert_uint_eq(context.source_count, 0);
}
END_TEST

/* Much that has to be marked or escaped, and neighbours. */
static void add_hard_ones(void)
{
    uint32_t at = 0;

    for (unsigned i = 0; i < 4; i++) {
        const char *text = words(i, 5 + i);

        add("a", at, text);
        passages[i].headings = mr_span_str("Mill > Race \"<\"");
        at += (uint32_t)strlen(text) + 1;
    }
    add("b", 0, "x<y<z<<<<<<< <a> <b> <c>. </source>");
    passages[4].title = mr_span_str("<<<<<<<<<<\"\"\"\"\"");
    add("c", 0, words(9, 3));
}

/* The prompt, out of nothing but the pieces and their passages. */
static const char *prompt_again(void)
{
    struct context_passage loaded[PASSAGES];
    struct context_piece pieces[PASSAGES];
    struct context again;
    size_t pieces_count = context.piece_count;

    for (size_t i = 0; i < pieces_count; i++) {
        loaded[i] = passages[context.pieces[i].passage];
        pieces[i] = context.pieces[i];
        pieces[i].passage = (uint32_t)i;
    }
    ck_assert_int_eq(context_restore(loaded, pieces_count, pieces, pieces_count,
                                     arena, &again, &err),
                     MR_OK);
    mr_buf_reset(&out);
    context_write(&form, mr_span_str("why?"), loaded, &again, arena, &out);
    return mr_buf_text(&out);
}

static void check_budget(size_t budget)
{
    size_t tokens = tokens_of_prompt();
    const char *text = mr_arena_str(arena, mr_span_str(prompt()));

    ck_assert_msg(tokens <= context.tokens, "%zu tokens, not %zu", tokens,
                  context.tokens);
    ck_assert_uint_le(context.tokens, budget);
    ck_assert_str_eq(prompt_again(), text);
}

/* Budgets of any size are kept, for all forms; and what was chosen is made
 * again. */
START_TEST(a_prompt_stays_within_any_budget)
{
    static const char *const names[] = { "plain", "cited" };

    ck_assert(template_named(names[_i], &form));
    add_hard_ones();
    for (size_t budget = 10; budget < 1200; budget++) {
        if (context_build(&form, mr_span_str("why?"), passages, count, budget,
                          arena, &context, &err) == MR_OK)
            check_budget(budget);
    }
    ck_assert_uint_eq(context.source_count, 3);
}
END_TEST

START_TEST(a_question_that_does_not_fit_is_refused)
{
    ck_assert_int_eq(context_build(&form, mr_span_str(words(1, 20)), passages,
                                   0, 50, arena, &context, &err),
                     MR_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.text, "answer.generator.window"));
}
END_TEST

START_TEST(pieces_that_are_none_of_a_context_are_refused)
{
    static const struct context_piece bad[] = {
        { .source = 0, .passage = 0, .size = 1 },
        { .source = 2, .passage = 0, .size = 1 },
        { .source = 1, .passage = 1, .size = 1 },
        { .source = 1, .passage = 0, .size = 11 },
    };

    add("a", 0, "0123456789");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(
            context_restore(passages, count, &bad[i], 1, arena, &context, &err),
            MR_E_CORRUPT);
    ck_assert_int_eq(
        context_restore(passages, count, NULL, 0, arena, &context, &err),
        MR_OK);
}
END_TEST

START_TEST(the_hash_tells_the_system_part_from_the_rest)
{
    struct mr_hash128 first = context_hash(&form, mr_span_str("ab"), arena);
    struct mr_hash128 other;

    form.system = mr_span_str("a");
    other = context_hash(&form, mr_span_str("b"), arena);
    ck_assert_uint_ne(first.low, other.low);
}
END_TEST

START_TEST(citations_are_found_by_their_numbers)
{
    static const char text[] = "So [1]. And [3][2], [12], [0], [4], [x], [], "
                               "[1, [123456789012345678901] [3";
    bool cited[3] = { false };

    ck_assert_uint_eq(context_citations(mr_span_str(text), cited, 3), 3);
    ck_assert(cited[0] && cited[1] && cited[2]);
    memset(cited, 0, sizeof(cited));
    ck_assert_uint_eq(context_citations(mr_span_str("[3][3]["), cited, 3), 1);
    ck_assert(!cited[0] && cited[2]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("context");
    TCase *tcase = tcase_create("context");
    SRunner *srunner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, passages_of_many_documents_stand_in_their_order);
    tcase_add_test(tcase, without_passages_there_is_the_question);
    tcase_add_test(tcase, what_another_holds_is_left_out);
    tcase_add_test(tcase, what_holds_another_takes_its_place);
    tcase_add_test(tcase,
                   neighbours_become_one_source_in_the_order_of_their_document);
    tcase_add_test(tcase, what_is_far_apart_stays_apart);
    tcase_add_test(tcase, the_first_that_does_not_fit_is_cut_at_a_sentence);
    tcase_add_test(tcase, of_a_passage_no_less_than_a_quarter_is_taken);
    tcase_add_loop_test(tcase, a_prompt_stays_within_any_budget, 0, 2);
    tcase_add_test(tcase, a_question_that_does_not_fit_is_refused);
    tcase_add_test(tcase, pieces_that_are_none_of_a_context_are_refused);
    tcase_add_test(tcase, the_hash_tells_the_system_part_from_the_rest);
    tcase_add_test(tcase, citations_are_found_by_their_numbers);
    suite_add_tcase(suite, tcase);
    srunner_run_all(srunner, CK_NORMAL);
    failed = srunner_ntests_failed(srunner);
    srunner_free(srunner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
