// SPDX-License-Identifier: Apache-2.0
/*
 * test_wordpiece.c - words become the pieces that BERT makes of them.
 *
 * The rules with a vocabulary of a few lines; then, where the model's own is
 * there, all judged texts and every code point against the reference.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"
#include "common/text/utf8.h"
#include "embedder/wordpiece/wordpiece.h"
#include "eval_data.h"

#define IDS_MAX 512

static const char *const lines[] = {
    "[PAD]", "[UNK]",  "[CLS]", "[SEP]",        "[MASK]", "un",
    "##aff", "##able", "##a",   "aff",          "the",    "##s",
    "##x",   ".",      "a",     "ab",           "##c",    "abc",
    "##d",   "#",      "##",    "\xE4\xB8\xAD",
};

#define LINES (sizeof(lines) / sizeof(lines[0]))

static struct wordpiece *small(void)
{
    char text[1024] = "";
    struct wordpiece *wordpiece;
    struct mr_err err;

    for (size_t i = 0; i < LINES; i++) {
        (void)strcat(text, lines[i]);
        (void)strcat(text, "\n");
    }
    if (wordpiece_parse(mr_span_str(text), &wordpiece, &err) != MR_OK)
        ck_abort_msg("%s", err.text);
    return wordpiece;
}

static const struct {
    const char *text;
    const char *want; /* between [CLS] and [SEP] */
} cases[] = {
    { "", "" },
    { "unaffable", "un ##aff ##able" },
    { "UnAffableS", "un ##aff ##able ##s" },
    { "abc", "abc" },
    { "abd", "ab ##d" },   /* the longest first piece */
    { "abcx", "abc ##x" }, /* though "ab ##c ##x" fits as well */
    { "the  the", "the the" },
    { "thes.", "the ##s ." },
    { "unknown", "[UNK]" }, /* the whole word, also where "un" fits */
    { "affz the", "[UNK] the" },
    { "ca", "[UNK]" }, /* "##c" doesn't begin a word */
    { "#", "#" },
    { "##s", "# # [UNK]" }, /* in a text the signs are punctuation */
    { "\xE4\xB8\xAD\xE4\xB8\xAD"
      "a",
      "\xE4\xB8\xAD \xE4\xB8\xAD a" },
    { "a[SEP]the", "a [SEP] the" },
    { "[mask]", "[UNK] [UNK] [UNK]" },
};

START_TEST(a_word_is_cut_into_its_longest_pieces)
{
    struct wordpiece *wordpiece = small();
    int32_t ids[IDS_MAX];
    char got[1024] = "";
    size_t count =
        wordpiece_encode(wordpiece, mr_span_str(cases[_i].text), ids, IDS_MAX);

    ck_assert_uint_eq(wordpiece_size(wordpiece), LINES);
    ck_assert_str_eq(lines[ids[0]], "[CLS]");
    ck_assert_str_eq(lines[ids[count - 1]], "[SEP]");
    for (size_t i = 1; i + 1 < count; i++) {
        (void)strcat(got, i == 1 ? "" : " ");
        (void)strcat(got, lines[ids[i]]);
    }
    ck_assert_str_eq(got, cases[_i].want);
    wordpiece_free(wordpiece);
}
END_TEST

START_TEST(a_word_of_more_than_100_characters_is_unknown)
{
    struct wordpiece *wordpiece = small();
    char text[102];
    int32_t ids[IDS_MAX];

    memset(text, 'a', sizeof(text));
    ck_assert_uint_eq(
        wordpiece_encode(wordpiece, mr_span(text, 100), ids, IDS_MAX), 102);
    ck_assert_uint_eq(
        wordpiece_encode(wordpiece, mr_span(text, 101), ids, IDS_MAX), 3);
    ck_assert_str_eq(lines[ids[1]], "[UNK]");
    wordpiece_free(wordpiece);
}
END_TEST

START_TEST(a_long_text_is_cut_before_its_end_mark)
{
    struct wordpiece *wordpiece = small();
    int32_t whole[IDS_MAX];
    struct mr_span text = mr_span_str("unaffable the unaffable . abc");
    size_t size = wordpiece_encode(wordpiece, text, whole, IDS_MAX);

    for (size_t max = WORDPIECE_FRAME; max <= size + 1; max++) {
        int32_t ids[IDS_MAX];
        size_t count = wordpiece_encode(wordpiece, text, ids, max);

        ck_assert_uint_eq(count, max < size ? max : size);
        ck_assert_int_eq(memcmp(ids, whole, (count - 1) * sizeof(ids[0])), 0);
        ck_assert_str_eq(lines[ids[count - 1]], "[SEP]");
    }
    wordpiece_free(wordpiece);
}
END_TEST

static const struct {
    const char *name;
    const char *text;
    const char *words;
} bad[] = {
    { "nothing", "", "no line \"[PAD]\"" },
    { "no unknown", "[PAD]\n[CLS]\n[SEP]\n[MASK]\n", "\"[UNK]\"" },
    { "an empty line", "[PAD]\n\n[UNK]\n", "line 2" },
    { "a line twice", "[PAD]\na\nb\na\n", "\"a\" in lines" },
    { "no UTF-8", "[PAD]\n\xC3(\n", "line 2" },
    { "a mark", "[PAD]\na\ne\xCC\x81\n", "U+0301" },
};

START_TEST(a_broken_vocabulary_is_refused_with_the_reason)
{
    struct wordpiece *wordpiece;
    struct mr_err err = { 0 };

    ck_assert_int_eq(
        wordpiece_parse(mr_span_str(bad[_i].text), &wordpiece, &err),
        MR_E_CORRUPT);
    ck_assert_ptr_null(wordpiece);
    ck_assert_msg(strstr(err.text, bad[_i].words) != NULL, "%s: %s",
                  bad[_i].name, err.text);
}
END_TEST

START_TEST(line_ends_of_other_systems_are_read)
{
    struct wordpiece *wordpiece;
    int32_t ids[IDS_MAX];

    ck_assert_int_eq(
        wordpiece_parse(
            mr_span_str("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\nthe"),
            &wordpiece, NULL),
        MR_OK);
    ck_assert_uint_eq(
        wordpiece_encode(wordpiece, mr_span_str("the"), ids, IDS_MAX), 3);
    ck_assert_int_eq(ids[1], 5);
    wordpiece_free(wordpiece);
}
END_TEST

/* The model's tokenizer, or NULL. */
static struct wordpiece *published(void)
{
    struct mr_span vocabulary = eval_vocabulary();
    struct wordpiece *wordpiece = NULL;
    struct mr_err err;

    if (vocabulary.data == NULL)
        return NULL;
    if (wordpiece_parse(vocabulary, &wordpiece, &err) != MR_OK)
        ck_abort_msg("%s", err.text);
    mr_free((void *)(uintptr_t)vocabulary.data);
    return wordpiece;
}

START_TEST(judged_texts_get_the_ids_of_the_reference)
{
    FILE *file = eval_open("embed/wordpiece.jsonl");
    struct wordpiece *wordpiece = published();
    size_t number = 0;
    json_t *line;

    if (file == NULL || wordpiece == NULL)
        return;
    while ((line = eval_next(file)) != NULL) {
        const json_t *want = json_object_get(line, "ids");
        int32_t ids[256];
        size_t count = wordpiece_encode(wordpiece, eval_text(line), ids, 256);

        number++;
        ck_assert_msg(count == json_array_size(want), "line %zu: %zu ids",
                      number, count);
        for (size_t i = 0; i < count; i++)
            ck_assert_msg(json_integer_value(json_array_get(want, i)) == ids[i],
                          "line %zu, id %zu: %d", number, i, ids[i]);
        json_decref(line);
    }
    ck_assert_uint_ge(number, 309);
    wordpiece_free(wordpiece);
    (void)fclose(file);
}
END_TEST

/* The XXH3 of all ids that the reference (tokenizers 0.23.3) gives for "a",
 * the code point, "b", one code point after the other. */
#define REFERENCE_HASH 0x1F347AD4A6E6F27Bu

START_TEST(every_code_point_gets_the_ids_of_the_reference)
{
    struct wordpiece *wordpiece = published();
    int32_t *ids;
    size_t count = 0;

    if (wordpiece == NULL)
        return;
    ids = mr_calloc(0x110000u * 16u, sizeof(ids[0]));
    for (uint32_t cp = 0; cp <= 0x10FFFFu; cp++) {
        uint8_t text[2 + MR_UTF8_BYTES_MAX];
        size_t size = 1;

        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        text[0] = 'a';
        size += mr_utf8_encode(cp, text + size);
        text[size++] = 'b';
        count +=
            wordpiece_encode(wordpiece, mr_span(text, size), ids + count, 16);
    }
    ck_assert_uint_eq(mr_hash64(mr_span(ids, count * sizeof(ids[0])), 0),
                      REFERENCE_HASH);
    mr_free(ids);
    wordpiece_free(wordpiece);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("wordpiece");
    Suite *suite = suite_create("wordpiece");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_word_is_cut_into_its_longest_pieces, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, a_word_of_more_than_100_characters_is_unknown);
    tcase_add_test(tcase, a_long_text_is_cut_before_its_end_mark);
    tcase_add_loop_test(tcase, a_broken_vocabulary_is_refused_with_the_reason,
                        0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, line_ends_of_other_systems_are_read);
    tcase_add_test(tcase, judged_texts_get_the_ids_of_the_reference);
    tcase_add_test(tcase, every_code_point_gets_the_ids_of_the_reference);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
