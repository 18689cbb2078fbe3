// SPDX-License-Identifier: Apache-2.0
/*
 * test_embedder.c - models are opened by name, by folder, or where they came
 * with the program.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "embedder/embedder.h"
#include "tiny_model.h"

START_TEST(the_hashing_model_needs_no_folder)
{
    struct embedder_model_spec spec = { .folder = "hashing" };
    struct mr_model *model;
    struct mr_span text = mr_span_str("mill");
    float vector[EMBEDDER_HASHING_DIMENSION];

    ck_assert_int_eq(embedder_model_open(&spec, &model, NULL), MR_OK);
    ck_assert_str_eq(model->name, "hashing");
    ck_assert_uint_eq(model->dimension, EMBEDDER_HASHING_DIMENSION);
    ck_assert_int_eq(
        mr_model_embed(model, MR_MODEL_QUERY, &text, 1, vector, NULL), MR_OK);
    embedder_model_close(model);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    struct embedder_model_spec spec = { .folder = "/nowhere/at/all" };
    struct mr_model *model;
    struct mr_err err;

    ck_assert_int_eq(embedder_model_open(&spec, &model, &err), MR_E_CONFIG);
    ck_assert_ptr_null(model);
    ck_assert(strstr(err.text, spec.folder) != NULL ||
              strstr(err.text, "without OpenVINO") != NULL);
}
END_TEST

START_TEST(the_place_of_the_model_is_cut_to_its_room)
{
    char whole[2048];
    char some[8];

    embedder_model_folder(whole, sizeof(whole));
    ck_assert_str_ne(whole, "");
    embedder_model_folder(some, sizeof(some));
    ck_assert_uint_lt(strlen(some), sizeof(some));
    ck_assert_int_eq(strncmp(whole, some, strlen(some)), 0);
}
END_TEST

START_TEST(the_tokenizer_needs_the_folder_and_not_the_model)
{
    char *folder = tiny_folder();
    struct embedder_tokenizer *tokenizer;
    int32_t ids[EMBEDDER_IDS_MAX];
    struct mr_err err;

    ck_assert_int_eq(embedder_tokenizer_open(folder, &tokenizer, &err),
                     MR_E_CONFIG);
    ck_assert_ptr_null(tokenizer);
    tiny_write_model(folder, "anything", 4);
    tiny_write_vocabulary(folder, 10);
    ck_assert_int_eq(embedder_tokenizer_open(folder, &tokenizer, &err), MR_OK);
    ck_assert_uint_eq(embedder_tokenize(tokenizer, mr_span_str("w7 w99"), ids),
                      4);
    ck_assert_int_eq(ids[0], 2);
    ck_assert_int_eq(ids[1], 7);
    ck_assert_int_eq(ids[2], 1);
    ck_assert_int_eq(ids[3], 3);
    embedder_tokenizer_close(tokenizer);
    tiny_remove(folder);
}
END_TEST

START_TEST(no_model_is_closed_without_harm)
{
    embedder_model_close(NULL);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("embedder");
    Suite *suite = suite_create("embedder");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, the_hashing_model_needs_no_folder);
    tcase_add_test(tcase, a_folder_that_is_not_there_is_named);
    tcase_add_test(tcase, the_place_of_the_model_is_cut_to_its_room);
    tcase_add_test(tcase, the_tokenizer_needs_the_folder_and_not_the_model);
    tcase_add_test(tcase, no_model_is_closed_without_harm);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
