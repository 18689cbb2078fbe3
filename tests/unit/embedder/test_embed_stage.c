// SPDX-License-Identifier: Apache-2.0
/*
 * test_embed_stage.c - every document has its vectors once, in the order of
 * its id, and pushed ones first.
 */
#include <check.h>
#include <stdlib.h>

#include "embed_harness.h"

static struct embed_harness e;

static void check_vector(const struct mr_vectors *vectors, size_t nth,
                         const char *text)
{
    struct mr_span span = mr_span_str(text);
    float want[DIMENSION];

    ck_assert_int_eq(
        mr_model_embed(e.counting->inner, MR_MODEL_QUERY, &span, 1, want, NULL),
        MR_OK);
    ck_assert_int_eq(memcmp(vectors->floats.bytes.data + nth * sizeof(want),
                            want, sizeof(want)),
                     0);
}

START_TEST(a_pushed_document_gets_a_vector_for_each_passage)
{
    struct mr_vectors vectors;

    embed_open(&e);
    embed_append(&e, &(struct doc){ .id = "a",
                                    .version = 3,
                                    .content = 2,
                                    .state = MR_STATE_LIVE,
                                    .lane = MR_LANE_PUSH,
                                    .title = "Mills",
                                    .text = "water flows|wheels turn" });
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@3:live*2");
    vectors = embed_vectors(&e, 0);
    ck_assert_uint_eq(vectors.content_version, 2);
    ck_assert_int_eq(vectors.time_ms, 3000);
    ck_assert_uint_eq(vectors.dimension, DIMENSION);
    ck_assert_uint_eq(vectors.passages[0], 0);
    ck_assert_uint_eq(vectors.passages[1], 1);
    check_vector(&vectors, 0, "Mills. water flows");
    check_vector(&vectors, 1, "Mills. wheels turn");
    ck_assert_str_eq(e.counting->log, "Mills. water flows|Mills. wheels turn|");
    ck_assert_uint_eq(e.counting->calls, 1);
    embed_close(&e);
}
END_TEST

START_TEST(without_a_title_the_passage_stands_alone)
{
    embed_open(&e);
    embed_append(&e, LIVE("a", 1, MR_LANE_PUSH, "water"));
    harness_work(&e.h);
    ck_assert_str_eq(e.counting->log, "water|");
    embed_close(&e);
}
END_TEST

START_TEST(of_a_long_title_256_bytes_of_whole_characters_are_embedded)
{
    char title[400];

    for (size_t i = 0; i < 399; i += 3)
        memcpy(title + i, "\xE2\x82\xAC", 3);
    title[399] = '\0';
    embed_open(&e);
    embed_append(&e, &(struct doc){ .id = "a",
                                    .version = 1,
                                    .state = MR_STATE_LIVE,
                                    .lane = MR_LANE_PUSH,
                                    .title = title,
                                    .text = "x" });
    harness_work(&e.h);
    ck_assert_uint_eq(strlen(e.counting->log), 255 + strlen(". x|"));
    embed_close(&e);
}
END_TEST

START_TEST(a_document_without_passages_is_live_without_vectors)
{
    embed_open(&e);
    embed_append(&e, LIVE("a", 1, MR_LANE_PUSH, NULL));
    embed_append(&e, LIVE("b", 2, MR_LANE_BULK, NULL));
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@1:live*0 b@2:live*0");
    ck_assert_uint_eq(e.counting->calls, 0);
    embed_close(&e);
}
END_TEST

START_TEST(a_passage_beyond_the_window_has_several_vectors)
{
    struct mr_vectors vectors;

    embed_open(&e);
    embed_append(
        &e, LIVE("a", 1, MR_LANE_PUSH, "one|1 2 3 4 5 6 7 8 9 10 11 12|two"));
    harness_work(&e.h);
    vectors = embed_vectors(&e, 0);
    ck_assert_uint_eq(vectors.count, 4);
    ck_assert_uint_eq(vectors.passages[0], 0);
    ck_assert_uint_eq(vectors.passages[1], 1);
    ck_assert_uint_eq(vectors.passages[2], 1);
    ck_assert_uint_eq(vectors.passages[3], 2);
    ck_assert_str_eq(e.counting->log, "one|1 2 3 4 5 6 7| 8 9 10 11 12|two|");
    embed_close(&e);
}
END_TEST

START_TEST(pushed_documents_go_before_bulk_ones_that_came_first)
{
    embed_open(&e);
    embed_append(&e, LIVE("a", 1, MR_LANE_BULK, "one"));
    embed_append(&e, LIVE("b", 2, MR_LANE_BULK, "two"));
    embed_append(&e, LIVE("c", 3, MR_LANE_PUSH, "three"));
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "c@3:live*1 a@1:live*1 b@2:live*1");
    embed_close(&e);
}
END_TEST

START_TEST(tombstones_and_nulls_go_on)
{
    struct mr_vectors vectors;

    embed_open(&e);
    embed_append(&e,
                 &(struct doc){ "a", 5, 4, MR_STATE_DELETED, 0, NULL, NULL });
    embed_append(&e, &(struct doc){ "b", 6, 6, MR_STATE_REJECTED, MR_LANE_PUSH,
                                    "T", NULL });
    (void)harness_append(&e.h, MR_TOPIC_DOCUMENTS, mr_span_str("c"),
                         mr_span(NULL, 0), 7, 0);
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@5:deleted*0 b@6:rejected*0 c@7:null");
    vectors = embed_vectors(&e, 0);
    ck_assert_uint_eq(vectors.content_version, 4);
    ck_assert_uint_eq(e.counting->calls, 0);
    embed_close(&e);
}
END_TEST

/* Each row is appended at once, so that it is one batch. */
static const struct {
    const char *name;
    struct doc docs[4];
    size_t count;
    const char *story;
} orders[] = {
    { "a newer one replaces one that waits",
      { { "a", 1, 0, MR_STATE_LIVE, MR_LANE_BULK, NULL, "old" },
        { "b", 2, 0, MR_STATE_LIVE, MR_LANE_BULK, NULL, "other" },
        { "a", 3, 0, MR_STATE_LIVE, MR_LANE_BULK, NULL, "new" } },
      3,
      "b@2:live*1 a@3:live*1" },
    { "a push replaces one that waits",
      { { "a", 1, 0, MR_STATE_LIVE, MR_LANE_BULK, NULL, "old" },
        { "a", 2, 0, MR_STATE_LIVE, MR_LANE_PUSH, NULL, "new" } },
      2,
      "a@2:live*1" },
    { "a deletion ends the wait",
      { { "a", 1, 0, MR_STATE_LIVE, MR_LANE_BULK, NULL, "old" },
        { "a", 2, 1, MR_STATE_DELETED, 0, NULL, NULL } },
      2,
      "a@2:deleted*0" },
    { "a deletion ends a push of the same batch",
      { { "a", 1, 0, MR_STATE_LIVE, MR_LANE_PUSH, NULL, "old" },
        { "a", 2, 1, MR_STATE_DELETED, 0, NULL, NULL } },
      2,
      "a@2:deleted*0" },
    { "what comes after a deletion comes after it",
      { { "a", 1, 1, MR_STATE_DELETED, 0, NULL, NULL },
        { "a", 2, 0, MR_STATE_LIVE, MR_LANE_PUSH, NULL, "new" } },
      2,
      "a@1:deleted*0 a@2:live*1" },
    { "of two pushes the newer counts",
      { { "a", 1, 0, MR_STATE_LIVE, MR_LANE_PUSH, NULL, "old" },
        { "a", 2, 0, MR_STATE_LIVE, MR_LANE_PUSH, NULL, "new" } },
      2,
      "a@2:live*1" },
    { "a bulk one after a push waits",
      { { "a", 1, 0, MR_STATE_LIVE, MR_LANE_PUSH, NULL, "old" },
        { "a", 2, 0, MR_STATE_LIVE, MR_LANE_BULK, NULL, "new" },
        { "b", 3, 0, MR_STATE_LIVE, MR_LANE_PUSH, NULL, "other" } },
      3,
      "b@3:live*1 a@2:live*1" },
};

START_TEST(the_newest_record_of_an_id_counts)
{
    embed_open(&e);
    for (size_t i = 0; i < orders[_i].count; i++)
        embed_append(&e, &orders[_i].docs[i]);
    harness_work(&e.h);
    ck_assert_msg(strcmp(embed_story(&e), orders[_i].story) == 0,
                  "%s: got \"%s\"", orders[_i].name, embed_story(&e));
    embed_close(&e);
}
END_TEST

START_TEST(no_text_is_embedded_twice)
{
    embed_open(&e);
    embed_append(&e, LIVE("a", 1, MR_LANE_PUSH, "same|own|same"));
    embed_append(&e, LIVE("b", 2, MR_LANE_PUSH, "same|other"));
    harness_work(&e.h);
    ck_assert_str_eq(e.counting->log, "same|own|other|");
    /* A patch: another version of the same content. */
    embed_append(&e, &(struct doc){ "a", 3, 1, MR_STATE_LIVE, MR_LANE_BULK,
                                    NULL, "same|own|same" });
    embed_append(&e, LIVE("c", 4, MR_LANE_BULK, "own|new"));
    harness_work(&e.h);
    ck_assert_str_eq(e.counting->log, "same|own|other|new|");
    ck_assert_str_eq(embed_story(&e),
                     "a@1:live*3 b@2:live*2 a@3:live*3 c@4:live*2");
    embed_close(&e);
}
END_TEST

START_TEST(a_long_document_is_worked_off_in_short_steps)
{
    enum mr_lane lane = _i == 0 ? MR_LANE_PUSH : MR_LANE_BULK;
    struct mr_vectors vectors;

    embed_open(&e);
    e.config.push_tokens = 30; /* "w1" has 3: ten texts */
    e.config.bulk_tokens = 30;
    embed_run(&e);
    embed_append(&e, LIVE("a", 1, lane, many_passages(e.h.arena, 95)));
    embed_append(&e, LIVE("b", 2, lane, "short"));
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@1:live*95 b@2:live*1");
    ck_assert_uint_eq(e.counting->texts, 96);
    ck_assert_uint_eq(e.counting->tokens_most, 30);
    vectors = embed_vectors(&e, 0);
    check_vector(&vectors, 0, "w0");
    check_vector(&vectors, 94, "w94");
    embed_close(&e);
}
END_TEST

START_TEST(a_push_goes_before_the_rest_of_a_long_document)
{
    bool worked;

    embed_open(&e);
    e.config.bulk_tokens = 30;
    embed_run(&e);
    embed_append(&e, LIVE("a", 1, MR_LANE_BULK, many_passages(e.h.arena, 95)));
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(mr_worker_step(e.h.worker, 0, &worked, NULL), MR_OK);
    ck_assert_uint_gt(e.counting->texts, 10);
    embed_append(&e, LIVE("b", 2, MR_LANE_PUSH, "urgent"));
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "b@2:live*1 a@1:live*95");
    ck_assert_uint_eq(e.counting->texts, 96);
    embed_close(&e);
}
END_TEST

START_TEST(a_text_larger_than_a_step_is_embedded_all_the_same)
{
    embed_open(&e);
    e.config.push_tokens = 1;
    e.config.bulk_tokens = 1;
    embed_run(&e);
    embed_append(&e, LIVE("a", 1, MR_LANE_PUSH, "one two|three four"));
    embed_append(&e, LIVE("b", 2, MR_LANE_BULK, "five six"));
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@1:live*2 b@2:live*1");
    ck_assert_uint_eq(e.counting->calls, 3);
    embed_close(&e);
}
END_TEST

START_TEST(many_vectors_go_to_the_blob_store)
{
    size_t count = 4000; /* of 256 bytes a vector: 1 MB */
    struct mr_vectors vectors;

    embed_open(&e);
    hashing_free(e.counting->inner);
    e.counting->inner = hashing_new(
        &(struct hashing_spec){ .dimension = 64, .tokens_max = TOKENS_MAX });
    e.counting->model = *e.counting->inner;
    e.counting->model.ops = &counting_ops;
    embed_run(&e);
    embed_append(&e,
                 LIVE("a", 1, MR_LANE_BULK, many_passages(e.h.arena, count)));
    harness_work(&e.h);
    vectors = embed_vectors(&e, 0);
    ck_assert_uint_eq(vectors.count, count);
    ck_assert(vectors.floats.in_blob);
    ck_assert_uint_eq(vectors.floats.size, count * 64 * sizeof(float));
    ck_assert_int_eq(mr_blob_get(e.h.place.blob, vectors.floats.hash, e.h.arena,
                                 &vectors.floats.bytes, NULL),
                     MR_OK);
    embed_close(&e);
}
END_TEST

START_TEST(a_step_without_tokens_is_refused)
{
    struct embed_config config = { .bulk_tokens = 1 };
    struct mr_model *model =
        hashing_new(&(struct hashing_spec){ .dimension = 4, .tokens_max = 8 });
    struct mr_stage *stage;

    config.model = model;
    ck_assert_int_eq(embed_stage_new(&config, &stage, NULL), MR_E_CONFIG);
    hashing_free(model);
}
END_TEST

START_TEST(the_stage_is_named_by_its_model)
{
    struct mr_model *model =
        hashing_new(&(struct hashing_spec){ .dimension = 4, .tokens_max = 8 });
    struct embed_config config = embed_config_default(model);
    struct mr_stage *stage;

    ck_assert_int_eq(embed_stage_new(&config, &stage, NULL), MR_OK);
    ck_assert_int_eq(strncmp(stage->name, "embed.", 6), 0);
    ck_assert_str_eq(stage->name + 6, model->fingerprint);
    mr_stage_free(stage);
    hashing_free(model);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, a_pushed_document_gets_a_vector_for_each_passage);
    tcase_add_test(tcase, without_a_title_the_passage_stands_alone);
    tcase_add_test(tcase,
                   of_a_long_title_256_bytes_of_whole_characters_are_embedded);
    tcase_add_test(tcase, a_document_without_passages_is_live_without_vectors);
    tcase_add_test(tcase, a_passage_beyond_the_window_has_several_vectors);
    tcase_add_test(tcase, pushed_documents_go_before_bulk_ones_that_came_first);
    tcase_add_test(tcase, tombstones_and_nulls_go_on);
    tcase_add_loop_test(tcase, the_newest_record_of_an_id_counts, 0,
                        (int)(sizeof(orders) / sizeof(orders[0])));
    tcase_add_test(tcase, no_text_is_embedded_twice);
    tcase_add_loop_test(tcase, a_long_document_is_worked_off_in_short_steps, 0,
                        2);
    tcase_add_test(tcase, a_push_goes_before_the_rest_of_a_long_document);
    tcase_add_test(tcase, a_text_larger_than_a_step_is_embedded_all_the_same);
    tcase_add_test(tcase, many_vectors_go_to_the_blob_store);
    tcase_add_test(tcase, a_step_without_tokens_is_refused);
    tcase_add_test(tcase, the_stage_is_named_by_its_model);
}

int main(void)
{
    TCase *tcase = tcase_create("embed");
    Suite *suite = suite_create("embed_stage");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    add_tests(tcase);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
