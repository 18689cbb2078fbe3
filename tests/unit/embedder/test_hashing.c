// SPDX-License-Identifier: Apache-2.0
/*
 * test_hashing.c - the model of tests is a model: unit vectors, the same each
 * time, near for texts that share words.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embedder/hashing/hashing.h"

#define DIMENSION 64

static struct mr_model *make(uint32_t tokens_max, uint64_t seed)
{
    return hashing_new(&(struct hashing_spec){ DIMENSION, tokens_max, seed });
}

static void embed(struct mr_model *model, const char *text,
                  float out[DIMENSION])
{
    struct mr_span span = mr_span_str(text);

    ck_assert_int_eq(mr_model_embed(model, MR_MODEL_QUERY, &span, 1, out, NULL),
                     MR_OK);
}

static double product(const float *a, const float *b)
{
    double sum = 0;

    for (size_t i = 0; i < DIMENSION; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static double similarity(struct mr_model *model, const char *a, const char *b)
{
    float left[DIMENSION], right[DIMENSION];

    embed(model, a, left);
    embed(model, b, right);
    return product(left, right);
}

START_TEST(vectors_have_length_one)
{
    static const char *const texts[] = { "",        " ",
                                         "a",       "a a a",
                                         "one two", "\xC3\xA9t\xC3\xA9 \xFF" };
    struct mr_model *model = make(256, 0);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_double_eq_tol(similarity(model, texts[i], texts[i]), 1, 1e-6);
    hashing_free(model);
}
END_TEST

START_TEST(texts_that_share_words_are_near)
{
    struct mr_model *model = make(256, 0);

    ck_assert_double_eq_tol(similarity(model, "FAISS is a vector database",
                                       "a database, (vector) faiss IS"),
                            1, 1e-6);
    ck_assert_double_gt(
        similarity(model, "What is FAISS?", "FAISS is a vector database"),
        similarity(model, "What is FAISS?",
                   "Transformers are neural networks"));
    ck_assert_double_lt(fabs(similarity(model, "mill", "race")), .5);
    hashing_free(model);
}
END_TEST

/* A vector is written to the log: it must be the same tomorrow. */
START_TEST(a_vector_is_the_same_on_every_machine)
{
    struct mr_model *model = make(256, 0);
    struct mr_span texts[] = { mr_span_str("mill"), mr_span_str("race") };
    float both[2 * DIMENSION], one[DIMENSION];
    uint64_t signs = 0;

    ck_assert_int_eq(mr_model_embed(model, MR_MODEL_BULK, texts, 2, both, NULL),
                     MR_OK);
    embed(model, "race", one);
    ck_assert_int_eq(memcmp(one, both + DIMENSION, sizeof(one)), 0);
    for (size_t i = 0; i < DIMENSION; i++)
        signs |= (uint64_t)(one[i] > 0) << i;
    ck_assert_uint_eq(signs, 0xFCC125452E4F22FCu);
    hashing_free(model);
}
END_TEST

START_TEST(another_seed_or_shape_has_another_fingerprint)
{
    struct mr_model *model = make(256, 0);
    struct mr_model *same = make(256, 0);
    struct mr_model *seed = make(256, 1);
    struct mr_model *shape = make(128, 0);

    ck_assert_str_eq(model->fingerprint, same->fingerprint);
    ck_assert_str_ne(model->fingerprint, seed->fingerprint);
    ck_assert_str_ne(model->fingerprint, shape->fingerprint);
    ck_assert_uint_eq(strspn(model->fingerprint, "abcdefgh0123456789"),
                      strlen(model->fingerprint));
    ck_assert_uint_le(strlen(model->fingerprint), 32);
    hashing_free(model);
    hashing_free(same);
    hashing_free(seed);
    hashing_free(shape);
}
END_TEST

static const struct {
    const char *text;
    const char *parts; /* with "|" between them, 3 words each */
    uint32_t last;     /* tokens of the last */
} splits[] = {
    { "", "", 2 },
    { " . ", " . ", 2 },
    { "a b c", "a b c", 5 },
    { "a b, c. d", "a b, c|. d", 3 },
    { "(a) b c d e f. ", "(a) b c| d e f. ", 5 },
};

START_TEST(parts_side_by_side_are_the_text)
{
    struct mr_model *model = make(5, 0);
    struct mr_arena *arena = mr_arena_new();
    struct mr_span *parts;
    uint32_t *tokens;
    size_t count;
    char got[64] = "";

    ck_assert_int_eq(mr_model_split(model, mr_span_str(splits[_i].text), arena,
                                    &parts, &tokens, &count, NULL),
                     MR_OK);
    for (size_t i = 0; i < count; i++) {
        (void)strcat(got, i == 0 ? "" : "|");
        (void)strncat(got, (const char *)parts[i].data, parts[i].size);
        ck_assert_uint_le(tokens[i], 5);
    }
    ck_assert_str_eq(got, splits[_i].parts);
    ck_assert_uint_eq(tokens[count - 1], splits[_i].last);
    mr_arena_free(arena);
    hashing_free(model);
}
END_TEST

START_TEST(a_text_beyond_the_window_is_cut)
{
    struct mr_model *model = make(5, 0);

    ck_assert_double_eq_tol(similarity(model, "a b c d e", "a b c"), 1, 1e-6);
    hashing_free(model);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("hashing");
    Suite *suite = suite_create("hashing");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, vectors_have_length_one);
    tcase_add_test(tcase, texts_that_share_words_are_near);
    tcase_add_test(tcase, a_vector_is_the_same_on_every_machine);
    tcase_add_test(tcase, another_seed_or_shape_has_another_fingerprint);
    tcase_add_loop_test(tcase, parts_side_by_side_are_the_text, 0,
                        (int)(sizeof(splits) / sizeof(splits[0])));
    tcase_add_test(tcase, a_text_beyond_the_window_is_cut);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
