// SPDX-License-Identifier: Apache-2.0
/*
 * test_checkpoint_rules.c - when a checkpoint is due, and which may be used.
 */
#include "tests/unit/indexer/checkpoint_world.h"

/* What is right but for one fact. */
static struct mr_checkpoint fitting(void)
{
    return (struct mr_checkpoint){
        .index = mr_span_str(INDEX),
        .model = mr_span_str("testmodel"),
        .analyser = mr_span_str("words1"),
        .generation = 1,
        .partitions = 1,
        .epoch = place.epoch,
        .documents_next = 10,
        .vectors_next = 20,
        .taken_ms = NOW_MS - AGE_MAX,
    };
}

static enum mr_code judge(const struct mr_checkpoint *checkpoint)
{
    const struct checkpoint_log held = { { 10, 20 }, { 10, 20 } };
    struct checkpoint_spec spec = spec_of("1");

    return checkpoint_check(checkpoint, &spec, "words1", &held, NOW_MS, &err);
}

#define BREAK(name, statement)                          \
    static void break_##name(struct mr_checkpoint *one) \
    {                                                   \
        statement;                                      \
    }

BREAK(index, one->index = mr_span_str("main.1.testmodel.other"))
BREAK(model, one->model = mr_span_str("m2"))
BREAK(analyser, one->analyser = mr_span_str("words2"))
BREAK(generation, one->generation = 2)
BREAK(partition, one->partition = 1)
BREAK(partitions, one->partitions = 2)
BREAK(epoch, one->epoch++)
BREAK(age, one->taken_ms--)
BREAK(documents_gone, one->documents_next = 9)
BREAK(documents_to_come, one->documents_next = 11)
BREAK(vectors_gone, one->vectors_next = 19)
BREAK(vectors_to_come, one->vectors_next = 21)

static const struct {
    const char *name;
    enum mr_code code;
    void (*breaks)(struct mr_checkpoint *one);
} broken[] = {
    { "index", MR_E_CONFIG, break_index },
    { "model", MR_E_CONFIG, break_model },
    { "analyser", MR_E_CONFIG, break_analyser },
    { "generation", MR_E_CONFIG, break_generation },
    { "partition", MR_E_CONFIG, break_partition },
    { "partitions", MR_E_CONFIG, break_partitions },
    { "epoch", MR_E_CONFIG, break_epoch },
    { "age", MR_E_CONFIG, break_age },
    { "documents gone", MR_E_LOST, break_documents_gone },
    { "documents to come", MR_E_LOST, break_documents_to_come },
    { "vectors gone", MR_E_LOST, break_vectors_gone },
    { "vectors to come", MR_E_LOST, break_vectors_to_come },
};

START_TEST(one_of_something_else_or_too_old_or_off_the_log_is_not_used)
{
    struct mr_checkpoint one = fitting();

    ck_assert_msg(judge(&one) == MR_OK, "%s", err.text);
    broken[_i].breaks(&one);
    ck_assert_msg(judge(&one) == broken[_i].code, "%s", broken[_i].name);
}
END_TEST

static const struct {
    const char *what;
    bool due;
    bool known;
    bool broken;
    int documents; /* sealed, against 100 of the newest */
    int vectors;
    int64_t age_ms;
    int64_t every_ms;
    uint64_t stagger;
} dues[] = {
    { "nothing sealed", false, false, false, -100, -100, 0, HOUR_MS, 0 },
    { "none known", true, false, false, 0, 0, 0, HOUR_MS, 0 },
    { "nothing new", false, true, false, 0, 0, 2 * HOUR_MS, HOUR_MS, 0 },
    { "new, too soon", false, true, false, 5, 0, HOUR_MS - 1, HOUR_MS, 0 },
    { "new documents", true, true, false, 5, 0, HOUR_MS, HOUR_MS, 0 },
    { "new vectors", true, true, false, 0, 5, HOUR_MS, HOUR_MS, 0 },
    { "behind", false, true, false, -1, 9, 9 * HOUR_MS, HOUR_MS, 0 },
    { "vectors behind", false, true, false, 9, -1, 9 * HOUR_MS, HOUR_MS, 0 },
    { "another's turn", false, true, false, 5, 5, HOUR_MS, HOUR_MS, 1 },
    { "its own turn", true, true, false, 5, 5, HOUR_MS + 1, HOUR_MS, 1 },
    { "at the latest", true, true, false, 5, 5, HOUR_MS / 4 * 5, HOUR_MS,
      UINT64_MAX },
    { "half as old as may be", true, true, false, 0, 0, AGE_MAX / 2, HOUR_MS,
      0 },
    { "not that old", false, true, false, 0, 0, AGE_MAX / 2 - 1, HOUR_MS, 0 },
    { "broken", true, true, true, -1, -1, 0, HOUR_MS, 0 },
};

START_TEST(one_is_due_when_there_is_news_and_time_has_passed)
{
    struct mr_checkpoint_note newest = {
        .documents_next = 100,
        .vectors_next = 100,
        .taken_ms = NOW_MS - dues[_i].age_ms,
        .broken = dues[_i].broken,
    };
    struct shard_sealed sealed = {
        .documents_next = (uint64_t)(100 + dues[_i].documents),
        .vectors_next = (uint64_t)(100 + dues[_i].vectors),
    };
    struct checkpoint_pace pace = { .now_ms = NOW_MS,
                                    .every_ms = dues[_i].every_ms,
                                    .age_max_ms = AGE_MAX,
                                    .stagger = dues[_i].stagger };

    ck_assert_msg(checkpoint_is_due(dues[_i].known ? &newest : NULL, &sealed,
                                    &pace) == dues[_i].due,
                  "%s", dues[_i].what);
}
END_TEST

START_TEST(a_blob_of_another_index_partition_or_kind_is_none)
{
    struct checkpoint_spec spec = spec_of("0");
    struct checkpoint_spec other = spec;
    struct mr_buf blob = mr_buf(COVER_BYTES_MAX);
    struct mr_span body;

    cover_put(&spec, COVER_PIECE, &blob);
    ck_assert_int_eq(
        cover_take(&spec, COVER_PIECE, mr_buf_bytes(&blob), &body, &err),
        MR_OK);
    ck_assert_uint_eq(body.size, 0);
    ck_assert_int_eq(
        cover_take(&spec, COVER_MANIFEST, mr_buf_bytes(&blob), &body, &err),
        MR_E_DAMAGED);
    other.index = "main.2.testmodel.topic";
    ck_assert_int_eq(
        cover_take(&other, COVER_PIECE, mr_buf_bytes(&blob), &body, &err),
        MR_E_DAMAGED);
    other = spec;
    other.partition = 1;
    ck_assert_int_eq(
        cover_take(&other, COVER_PIECE, mr_buf_bytes(&blob), &body, &err),
        MR_E_DAMAGED);
    for (size_t size = 0; size < blob.size; size++)
        ck_assert_int_eq(cover_take(&spec, COVER_PIECE,
                                    mr_span(blob.data, size), &body, &err),
                         MR_E_DAMAGED);
    mr_buf_deinit(&blob);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("indexer.checkpoint_rules");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(
        tests, one_of_something_else_or_too_old_or_off_the_log_is_not_used, 0,
        sizeof(broken) / sizeof(broken[0]));
    tcase_add_loop_test(tests,
                        one_is_due_when_there_is_news_and_time_has_passed, 0,
                        sizeof(dues) / sizeof(dues[0]));
    tcase_add_test(tests, a_blob_of_another_index_partition_or_kind_is_none);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
