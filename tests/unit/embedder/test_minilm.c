// SPDX-License-Identifier: Apache-2.0
/*
 * test_minilm.c - the model gives the published vectors, and a folder that is
 * not its own is refused with words.
 */
#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "embedder/openvino/minilm.h"
#include "eval_data.h"
#include "tiny_model.h"

#define DIMENSION MINILM_DIMENSION

/* The model, or NULL with a word. */
static struct mr_model *open_model(void)
{
    struct minilm_spec spec = { .folder = eval_model() };
    struct mr_model *model;
    struct mr_err err;

    if (spec.folder == NULL)
        return NULL;
    if (minilm_open(&spec, &model, &err) != MR_OK)
        ck_abort_msg("%s", err.text);
    return model;
}

static double product(const float *a, const float *b)
{
    double sum = 0;

    for (size_t i = 0; i < DIMENSION; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

#define JUDGED_MAX 512

struct judged {
    json_t *lines[JUDGED_MAX];
    struct mr_span texts[JUDGED_MAX];
    float vectors[JUDGED_MAX][DIMENSION];
    size_t count;
};

/* Reads the judged vectors; false when they are not there. */
static bool read_judged(struct judged *judged)
{
    FILE *file = eval_open("embed/minilm_vectors.jsonl");
    json_t *line;

    judged->count = 0;
    if (file == NULL)
        return false;
    while ((line = eval_next(file)) != NULL) {
        const json_t *vector = json_object_get(line, "vector");
        size_t nth = judged->count++;

        ck_assert_uint_lt(nth, JUDGED_MAX);
        ck_assert_uint_eq(json_array_size(vector), DIMENSION);
        judged->lines[nth] = line;
        judged->texts[nth] = eval_text(line);
        for (size_t i = 0; i < DIMENSION; i++)
            judged->vectors[nth][i] =
                (float)json_number_value(json_array_get(vector, i));
    }
    (void)fclose(file);
    return true;
}

static void check_judged(struct mr_model *model, const struct judged *judged,
                         enum mr_model_lane lane)
{
    float *out = mr_calloc(judged->count * DIMENSION, sizeof(float));
    struct mr_err err;

    if (mr_model_embed(model, lane, judged->texts, judged->count, out, &err) !=
        MR_OK)
        ck_abort_msg("%s", err.text);
    for (size_t i = 0; i < judged->count; i++) {
        const float *got = out + i * DIMENSION;
        double cosine = product(got, judged->vectors[i]) /
                        sqrt(product(judged->vectors[i], judged->vectors[i]));

        ck_assert_msg(cosine >= .999999, "line %zu: cosine %f", i + 1, cosine);
        ck_assert_double_eq_tol(product(got, got), 1, 1e-5);
    }
    mr_free(out);
}

static struct judged judged;

START_TEST(judged_texts_get_the_vectors_of_the_reference)
{
    struct mr_model *model = open_model();

    if (model == NULL || !read_judged(&judged))
        return;
    ck_assert_uint_ge(judged.count, 175);
    check_judged(model, &judged, MR_MODEL_BULK);
    for (size_t i = 0; i < judged.count; i++)
        json_decref(judged.lines[i]);
    minilm_close(model);
}
END_TEST

static void *embed_judged(void *context)
{
    check_judged(context, &judged, MR_MODEL_BULK);
    return NULL;
}

START_TEST(threads_share_the_model_and_get_their_own_vectors)
{
    struct mr_model *model = open_model();
    pthread_t bulk;
    struct judged *query = mr_calloc(1, sizeof(*query));

    if (model == NULL || !read_judged(&judged))
        return;
    judged.count = 40;
    *query = judged;
    query->count = 3;
    ck_assert_int_eq(pthread_create(&bulk, NULL, embed_judged, model), 0);
    for (size_t i = 0; i < 10; i++)
        check_judged(model, query, MR_MODEL_QUERY);
    ck_assert_int_eq(pthread_join(bulk, NULL), 0);
    mr_free(query);
    minilm_close(model);
}
END_TEST

#define MANY 600

START_TEST(many_texts_come_back_in_their_order)
{
    struct mr_model *model = open_model();
    static struct mr_span texts[MANY];
    static char words[MANY][32];
    float *out, *one;

    if (model == NULL)
        return;
    out = mr_calloc(MANY * DIMENSION, sizeof(float));
    one = mr_calloc(DIMENSION, sizeof(float));
    for (int i = 0; i < MANY; i++)
        texts[i] =
            mr_span(words[i],
                    (size_t)snprintf(words[i], sizeof(words[i]), "number %d%s",
                                     i, i % 3 ? "" : " of all"));
    ck_assert_int_eq(
        mr_model_embed(model, MR_MODEL_BULK, texts, MANY, out, NULL), MR_OK);
    for (size_t i = 0; i < MANY; i += 97) {
        ck_assert_int_eq(
            mr_model_embed(model, MR_MODEL_QUERY, &texts[i], 1, one, NULL),
            MR_OK);
        ck_assert_double_ge(product(one, out + i * DIMENSION), .99999);
    }
    ck_assert_int_eq(mr_model_embed(model, MR_MODEL_QUERY, texts, 0, out, NULL),
                     MR_OK);
    mr_free(one);
    mr_free(out);
    minilm_close(model);
}
END_TEST

START_TEST(a_long_text_is_split_into_parts_that_fit_and_is_cut_when_embedded)
{
    struct mr_model *model = open_model();
    struct mr_arena *arena = mr_arena_new();
    static char text[6 * 1000 + 1];
    struct mr_span *parts;
    uint32_t *tokens;
    size_t count;
    float vectors[2][DIMENSION];

    if (model == NULL)
        return;
    for (size_t i = 0; i < 1000; i++)
        memcpy(text + 6 * i, i % 2 ? "water " : "wheel ", 6);
    ck_assert_int_eq(mr_model_split(model, mr_span_str(text), arena, &parts,
                                    &tokens, &count, NULL),
                     MR_OK);
    ck_assert_uint_eq(count, 4);
    ck_assert_uint_eq(tokens[0], 256);
    ck_assert_uint_eq(tokens[3], 1000 - 3 * 254 + 2);
    ck_assert_uint_eq(parts[0].size, 254 * 6);
    ck_assert_int_eq(
        mr_model_embed(model, MR_MODEL_BULK,
                       (struct mr_span[]){ mr_span_str(text), parts[0] }, 2,
                       vectors[0], NULL),
        MR_OK);
    ck_assert_double_ge(product(vectors[0], vectors[1]), .99999);
    mr_arena_free(arena);
    minilm_close(model);
}
END_TEST

START_TEST(the_fingerprint_is_of_weights_and_vocabulary)
{
    struct mr_model *model = open_model();

    if (model == NULL)
        return;
    ck_assert_str_eq(model->name, "all-MiniLM-L6-v2");
    ck_assert_uint_eq(model->dimension, 384);
    ck_assert_uint_eq(model->tokens_max, 256);
    ck_assert_uint_eq(strlen(model->fingerprint), 12);
    ck_assert_uint_eq(strspn(model->fingerprint, "0123456789abcdef"), 12);
    minilm_close(model);
}
END_TEST

static void nothing(const char *folder)
{
    (void)folder;
}

static void no_weights(const char *folder)
{
    tiny_write_model(folder, "input_ids", 384);
    tiny_write_vocabulary(folder, 30522);
    ck_assert_int_eq(fclose(tiny_create(folder, "model.bin")), 0);
}

static void no_vocabulary(const char *folder)
{
    tiny_write_model(folder, "input_ids", 384);
}

static void short_vocabulary(const char *folder)
{
    tiny_write_model(folder, "input_ids", 384);
    tiny_write_vocabulary(folder, 100);
}

static void broken_vocabulary(const char *folder)
{
    FILE *file;

    tiny_write_model(folder, "input_ids", 384);
    file = tiny_create(folder, "vocab.txt");
    (void)fputs("the\nthe\n", file);
    ck_assert_int_eq(fclose(file), 0);
}

static void broken_graph(const char *folder)
{
    FILE *file;

    tiny_write_model(folder, "input_ids", 384);
    tiny_write_vocabulary(folder, 30522);
    file = tiny_create(folder, "model.xml");
    (void)fputs("<?xml version=\"1.0\"?><net><layers>", file);
    ck_assert_int_eq(fclose(file), 0);
}

static void short_weights(const char *folder)
{
    FILE *file;

    tiny_write_model(folder, "input_ids", 384);
    tiny_write_vocabulary(folder, 30522);
    file = tiny_create(folder, "model.bin");
    (void)fputs("12345678", file);
    ck_assert_int_eq(fclose(file), 0);
}

static void other_input(const char *folder)
{
    tiny_write_model(folder, "tokens", 384);
    tiny_write_vocabulary(folder, 30522);
}

static void other_dimension(const char *folder)
{
    tiny_write_model(folder, "input_ids", 5);
    tiny_write_vocabulary(folder, 30522);
}

static void other_lengths(const char *folder)
{
    tiny_write_model(folder, "input_ids", 384);
    tiny_write_vocabulary(folder, 30522);
}

static const struct {
    const char *name;
    void (*make)(const char *folder);
    const char *words;
} folders[] = {
    { "nothing in it", nothing, "model.xml" },
    { "empty weights", no_weights, "model.bin is empty" },
    { "no vocabulary", no_vocabulary, "vocab.txt" },
    { "a short vocabulary", short_vocabulary, "100 lines" },
    { "a broken vocabulary", broken_vocabulary, "\"the\" in lines" },
    { "a broken graph", broken_graph, "reading the model" },
    { "short weights", short_weights, "reading the model" },
    { "another input", other_input, "no input \"input_ids\"" },
    { "another dimension", other_dimension, "5 numbers" },
    { "vectors not of length 1", other_lengths, "squared length" },
};

START_TEST(a_folder_that_is_no_such_model_is_refused_with_the_reason)
{
    char *folder = tiny_folder();
    struct minilm_spec spec = { .folder = folder };
    struct mr_model *model;
    struct mr_err err = { 0 };
    enum mr_code code;

    folders[_i].make(folder);
    code = minilm_open(&spec, &model, &err);
    tiny_remove(folder);
    if (strstr(err.text, "built without OpenVINO") != NULL)
        return;
    ck_assert_msg(code == MR_E_CONFIG, "%s: %s, %s", folders[_i].name,
                  mr_code_name(code), err.text);
    ck_assert_ptr_null(model);
    ck_assert_ptr_null(strchr(err.text, '\n'));
    ck_assert_msg(strstr(err.text, folders[_i].words) != NULL, "%s: %s",
                  folders[_i].name, err.text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("minilm");
    Suite *suite = suite_create("minilm");
    SRunner *runner = srunner_create(suite);
    int failed;

    /* Keeps its TBB from RTLD_DEEPBIND, which sanitizers refuse. */
    (void)setenv("TBB_ENABLE_SANITIZERS", "1", 1);
    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, judged_texts_get_the_vectors_of_the_reference);
    tcase_add_test(tcase, threads_share_the_model_and_get_their_own_vectors);
    tcase_add_test(tcase, many_texts_come_back_in_their_order);
    tcase_add_test(
        tcase,
        a_long_text_is_split_into_parts_that_fit_and_is_cut_when_embedded);
    tcase_add_test(tcase, the_fingerprint_is_of_weights_and_vocabulary);
    tcase_add_loop_test(
        tcase, a_folder_that_is_no_such_model_is_refused_with_the_reason, 0,
        (int)(sizeof(folders) / sizeof(folders[0])));
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
