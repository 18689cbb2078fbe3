// SPDX-License-Identifier: Apache-2.0
/*
 * test_wordpiece_split.c - parts fit, lie side by side, and lose nothing.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"
#include "embedder/wordpiece/wordpiece.h"

#define TEXT_MAX 4096
#define IDS_MAX  8192

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\n.\n,\n(\n)\nab\n";

static struct wordpiece *make(void)
{
    struct wordpiece *wordpiece;

    ck_assert_int_eq(wordpiece_parse(mr_span_str(vocabulary), &wordpiece, NULL),
                     MR_OK);
    return wordpiece;
}

static const struct {
    size_t max;
    const char *text;
    const char *parts; /* with "|" between them */
} cases[] = {
    { 8, "", "" },
    { 8, "  \n", "  \n" },
    { 4, "a b", "a b" },
    { 4, "a b a b a", "a b |a b |a" },
    { 4, "  a  b  a  ", "  a  b  |a  " },
    { 8, "a b a b (a).", "a b a b |(a)." }, /* not inside "(a)." */
    { 8, "a (bababa)", "a (|bababa|)" },
    { 8, "a ((((((", "a (((((|(" }, /* no space in the second half */
    { 3, "abab", "abab" },          /* too much for any part */
    { 3, "abab abab", "abab |abab" },
    { 4, "a[SEP]b", "a[SEP]|b" },
};

START_TEST(a_text_is_cut_at_word_borders)
{
    struct wordpiece *wordpiece = make();
    struct mr_arena *arena = mr_arena_new();
    struct mr_span *parts;
    uint32_t *tokens;
    size_t count;
    char got[256] = "";

    wordpiece_split(wordpiece, mr_span_str(cases[_i].text), cases[_i].max,
                    arena, &parts, &tokens, &count);
    for (size_t i = 0; i < count; i++) {
        (void)strcat(got, i == 0 ? "" : "|");
        (void)strncat(got, (const char *)parts[i].data, parts[i].size);
        ck_assert_uint_le(tokens[i], cases[_i].max);
    }
    ck_assert_str_eq(got, cases[_i].parts);
    mr_arena_free(arena);
    wordpiece_free(wordpiece);
}
END_TEST

START_TEST(an_absent_text_has_one_empty_part)
{
    struct wordpiece *wordpiece = make();
    struct mr_arena *arena = mr_arena_new();
    struct mr_span *parts;
    uint32_t *tokens;
    size_t count;

    wordpiece_split(wordpiece, mr_span(NULL, 0), 8, arena, &parts, &tokens,
                    &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(parts[0].size, 0);
    ck_assert_uint_eq(tokens[0], 2);
    mr_arena_free(arena);
    wordpiece_free(wordpiece);
}
END_TEST

/* A text by a hash: letters, spaces, signs, marks, and bytes that are none. */
static size_t random_text(uint64_t seed, char *text)
{
    static const char *const atoms[] = {
        "a",        "b",        "ab",   " ",     "  ",   ".", "(",
        "\xCC\x81", "\xC2\xA0", "\xFF", "[SEP]", "aabb", "x", "\n"
    };
    size_t size = 0;
    size_t count = mr_mix64(seed) % 600;

    for (size_t i = 0; i < count; i++) {
        const char *atom = atoms[mr_mix64(seed * 1000 + i + 1) %
                                 (sizeof(atoms) / sizeof(atoms[0]))];

        memcpy(text + size, atom, strlen(atom));
        size += strlen(atom);
    }
    return size;
}

START_TEST(parts_side_by_side_are_the_text_and_their_ids_its_ids)
{
    struct wordpiece *wordpiece = make();
    struct mr_arena *arena = mr_arena_new();

    for (uint64_t seed = 1; seed <= 400; seed++) {
        size_t max = 102 + mr_mix64(seed + 7) % 60;
        char text[TEXT_MAX];
        static int32_t whole[IDS_MAX];
        static int32_t joined[IDS_MAX];
        struct mr_span *parts;
        struct mr_span span = mr_span(text, random_text(seed, text));
        uint32_t *tokens;
        size_t count, size, at = 0, place = 0;

        size = wordpiece_encode(wordpiece, span, whole, IDS_MAX);
        wordpiece_split(wordpiece, span, max, arena, &parts, &tokens, &count);
        for (size_t i = 0; i < count; i++) {
            size_t ids = wordpiece_encode(wordpiece, parts[i], joined + at,
                                          IDS_MAX - at);

            ck_assert_ptr_eq(parts[i].data, span.data + place);
            place += parts[i].size;
            ck_assert_msg(ids <= max && ids == tokens[i],
                          "seed %lu, part %zu: %zu ids, %u told", seed, i, ids,
                          tokens[i]);
            at += ids - 2; /* the next overwrites [CLS] ... [SEP] */
            memmove(joined + at + 2 - ids, joined + at + 3 - ids,
                    (ids - 2) * sizeof(joined[0]));
        }
        ck_assert_uint_eq(place, span.size);
        ck_assert_uint_eq(at, size - 2);
        ck_assert_msg(memcmp(joined, whole + 1, at * sizeof(joined[0])) == 0,
                      "seed %lu", seed);
        mr_arena_reset(arena);
    }
    mr_arena_free(arena);
    wordpiece_free(wordpiece);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("split");
    Suite *suite = suite_create("wordpiece_split");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, a_text_is_cut_at_word_borders, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, an_absent_text_has_one_empty_part);
    tcase_add_test(tcase,
                   parts_side_by_side_are_the_text_and_their_ids_its_ids);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
