// SPDX-License-Identifier: Apache-2.0
/*
 * test_embed_faults.c - what breaks costs its own document and nothing else,
 * and what comes again changes nothing.
 */
#include <check.h>
#include <stdlib.h>

#include "embed_harness.h"

static struct embed_harness e;

START_TEST(a_worker_that_starts_again_goes_on_with_the_backlog)
{
    bool worked;

    embed_open(&e);
    e.config.bulk_tokens = 30;
    embed_run(&e);
    embed_append(&e, LIVE("a", 1, MR_LANE_BULK, many_passages(e.h.arena, 95)));
    embed_append(&e, LIVE("b", 2, MR_LANE_BULK, "short"));
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(mr_worker_step(e.h.worker, 0, &worked, NULL), MR_OK);
    ck_assert_uint_eq(harness_count(&e.h, MR_TOPIC_VECTORS), 0);
    embed_run(&e);
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@1:live*95 b@2:live*1");
    ck_assert_uint_eq(e.counting->texts, 96);
    embed_close(&e);
}
END_TEST

START_TEST(a_text_that_the_model_breaks_on_fails_its_document_alone)
{
    enum mr_lane lane = _i == 0 ? MR_LANE_PUSH : MR_LANE_BULK;
    struct mr_vectors vectors;

    embed_open(&e);
    e.counting->breaks_on = "poison";
    embed_append(&e, LIVE("a", 1, lane, "good"));
    embed_append(&e, LIVE("b", 2, lane, "fine|poison|fine as well"));
    embed_append(&e, LIVE("c", 3, lane, "better"));
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@1:live*1 b@2:failed*0 c@3:live*1");
    vectors = embed_vectors(&e, 1);
    ck_assert_str_eq(mr_arena_str(e.h.arena, vectors.error),
                     "the model breaks on \"poison\"");
    embed_close(&e);
}
END_TEST

START_TEST(a_model_that_is_away_is_asked_again)
{
    enum mr_lane lane = _i == 0 ? MR_LANE_PUSH : MR_LANE_BULK;
    struct mr_err err = { 0 };
    enum mr_code code = MR_OK;
    bool worked;

    embed_open(&e);
    e.counting->away = true;
    embed_append(&e, LIVE("a", 1, lane, "one"));
    for (int i = 0; i < 5 && code == MR_OK; i++)
        code = mr_worker_step(e.h.worker, 0, &worked, &err);
    ck_assert_int_eq(code, MR_E_UNAVAILABLE);
    ck_assert_str_eq(embed_story(&e), "");
    e.counting->away = false;
    for (int i = 0; i < 5; i++) {
        code = mr_worker_step(e.h.worker, 0, &worked, NULL);
        mr_virtual_clock_advance(e.h.clock, 100);
    }
    ck_assert_int_eq(code, MR_OK);
    ck_assert_str_eq(embed_story(&e), "a@1:live*1");
    embed_close(&e);
}
END_TEST

START_TEST(a_record_that_is_no_document_is_dead_and_failed)
{
    embed_open(&e);
    embed_append(&e, LIVE("a", 1, MR_LANE_BULK, "one"));
    (void)harness_append(&e.h, MR_TOPIC_DOCUMENTS, mr_span_str("a"),
                         mr_span_str("\xFF\xFF garbage"), 2, 0);
    embed_append(&e, LIVE("b", 3, MR_LANE_PUSH, "two"));
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@2:failed*0 b@3:live*1");
    ck_assert_uint_eq(harness_count(&e.h, MR_TOPIC_DEAD), 1);
    embed_close(&e);
}
END_TEST

START_TEST(a_text_that_the_blob_store_has_not_fails_its_document)
{
    struct mr_document document = {
        .id = mr_span_str("a"),
        .version = 1,
        .content_version = 1,
        .state = MR_STATE_LIVE,
        .lane = MR_LANE_BULK,
        .text = { .in_blob = true, .hash = { 1, 2 }, .size = 600000 },
    };
    struct mr_passage passage = { .end = 10 };
    struct mr_span bytes;

    document.passages = (struct mr_passages){ &passage, 1 };
    embed_open(&e);
    ck_assert_int_eq(mr_document_encode(&document, e.h.arena, &bytes, NULL),
                     MR_OK);
    (void)harness_append(&e.h, MR_TOPIC_DOCUMENTS, mr_span_str("a"), bytes, 1,
                         0);
    harness_work(&e.h);
    ck_assert_str_eq(embed_story(&e), "a@1:failed*0");
    embed_close(&e);
}
END_TEST

/* The same documents, in one batch and each alone: the last record of each id
 * is the same. */
START_TEST(how_the_input_is_cut_into_batches_changes_nothing)
{
    struct mr_span last[2][8] = { 0 };
    struct mr_arena *arena = mr_arena_new();

    for (int round = 0; round < 2; round++) {
        embed_open(&e);
        e.config.bulk_tokens = 7;
        e.config.push_tokens = 7;
        embed_run(&e);
        for (uint64_t i = 0; i < 60; i++) {
            uint64_t dice = mr_mix64(i);
            struct doc doc = {
                .id = (const char *[]){ "a", "b", "c", "d", "e", "f", "g",
                                        "h" }[dice % 8],
                .version = i + 1,
                .state = dice / 8 % 5 == 0 ? MR_STATE_DELETED : MR_STATE_LIVE,
                .lane = dice / 64 % 2 == 0 ? MR_LANE_PUSH : MR_LANE_BULK,
                .text = dice / 128 % 2 == 0 ? "one|two|three" : "two|four",
            };

            embed_append(&e, &doc);
            if (round == 1)
                harness_work(&e.h);
        }
        harness_work(&e.h);
        for (size_t i = 0; i < harness_count(&e.h, MR_TOPIC_VECTORS); i++) {
            struct mr_record record = harness_read(&e.h, MR_TOPIC_VECTORS, i);
            struct mr_span *kept = &last[round][record.key.data[0] - 'a'];

            *kept = mr_arena_copy(arena, record.value);
        }
        embed_close(&e);
    }
    for (size_t i = 0; i < 8; i++) {
        ck_assert_ptr_nonnull(last[0][i].data);
        ck_assert_msg(mr_span_equal(last[0][i], last[1][i]), "id %c",
                      (int)('a' + i));
    }
    mr_arena_free(arena);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("faults");
    Suite *suite = suite_create("embed_faults");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_worker_that_starts_again_goes_on_with_the_backlog);
    tcase_add_loop_test(
        tcase, a_text_that_the_model_breaks_on_fails_its_document_alone, 0, 2);
    tcase_add_loop_test(tcase, a_model_that_is_away_is_asked_again, 0, 2);
    tcase_add_test(tcase, a_record_that_is_no_document_is_dead_and_failed);
    tcase_add_test(tcase,
                   a_text_that_the_blob_store_has_not_fails_its_document);
    tcase_add_test(tcase, how_the_input_is_cut_into_batches_changes_nothing);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
