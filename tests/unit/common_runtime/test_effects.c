// SPDX-License-Identifier: Apache-2.0
/*
 * test_effects.c - what a step may append, and what it reads back.
 */
#include "common/runtime/effects_internal.h"
#include "tests/unit/common_runtime/toy.h"

static struct rig rig;
static struct toy *toy;
static struct mr_arena *arena;
static struct mr_effects effects;
static struct mr_state state;

static void set_up(void)
{
    rig_init(&rig);
    toy = toy_new();
    arena = mr_arena_new();
    mr_effects_init(&effects, &rig.place, &toy->stage, arena);
    ck_assert_int_eq(mr_state_init(&state, &effects, 0, NULL), MR_OK);
}

static void tear_down(void)
{
    mr_effects_deinit(&effects);
    mr_arena_free(arena);
    toy_free(&toy->stage);
    rig_deinit(&rig);
}

START_TEST(a_step_reads_what_it_changed_before)
{
    struct mr_span key = mr_span_str("k");
    struct mr_span got;

    ck_assert_int_eq(mr_state_get(&state, 0, key, &got, NULL), MR_OK);
    ck_assert_ptr_null(got.data);
    mr_effects_put(&effects, 0, key, mr_span(NULL, 0));
    ck_assert_int_eq(mr_state_get(&state, 0, key, &got, NULL), MR_OK);
    ck_assert_ptr_nonnull(got.data);
    ck_assert_uint_eq(got.size, 0);
    mr_effects_put(&effects, 0, key, mr_span_str("v"));
    ck_assert_int_eq(mr_state_get(&state, 0, key, &got, NULL), MR_OK);
    ck_assert(mr_span_equal(got, mr_span_str("v")));
    mr_effects_delete(&effects, 0, key);
    ck_assert_int_eq(mr_state_get(&state, 0, key, &got, NULL), MR_OK);
    ck_assert_ptr_null(got.data);
}
END_TEST

START_TEST(effects_copy_what_they_are_given)
{
    char key[] = "key";
    char value[] = "value";
    struct mr_input cause = { .record.trace = mr_span_str("00-trace") };

    mr_effects_emit(&effects, MR_TOPIC_DOCUMENTS,
                    &(struct mr_emit){ .key = mr_span_str(key),
                                       .value = mr_span_str(value),
                                       .version = 7,
                                       .time_ms = 8,
                                       .cause = &cause });
    memset(key, 'x', 3);
    memset(value, 'x', 5);
    ck_assert_uint_eq(effects.output_count, 1);
    ck_assert_uint_eq(effects.outputs[0].topic,
                      rig.place.topics[MR_TOPIC_DOCUMENTS]);
    ck_assert(mr_span_equal(effects.outputs[0].key, mr_span_str("key")));
    ck_assert(mr_span_equal(effects.outputs[0].value, mr_span_str("value")));
    ck_assert(mr_span_equal(effects.outputs[0].trace, mr_span_str("00-trace")));
    ck_assert_uint_eq(effects.outputs[0].version, 7);
    ck_assert_int_eq(effects.outputs[0].time_ms, 8);
}
END_TEST

START_TEST(what_the_bus_would_refuse_fails_the_step)
{
    static uint8_t bytes[MR_VALUE_BYTES_MAX + 1];

    mr_effects_emit(&effects, MR_TOPIC_CLEAN,
                    &(struct mr_emit){
                        .key = mr_span(bytes, MR_KEY_BYTES_MAX + (_i == 0)),
                        .value = mr_span(bytes, MR_VALUE_BYTES_MAX + (_i == 1)),
                    });
    ck_assert_int_eq(effects.failure.code, _i < 2 ? MR_E_LIMIT : MR_OK);
    ck_assert_uint_eq(effects.output_count, _i < 2 ? 0 : 1);
}
END_TEST

START_TEST(more_than_a_step_may_hold_is_refused_and_not_kept)
{
    static uint8_t bytes[MR_VALUE_BYTES_MAX];
    size_t fit = MR_EFFECTS_BYTES_MAX / sizeof(bytes);

    for (size_t i = 0; i < fit + 5; i++)
        mr_effects_put(&effects, 0, mr_span(NULL, 0),
                       mr_span(bytes, sizeof(bytes)));
    ck_assert_int_eq(effects.failure.code, MR_E_LIMIT);
    ck_assert_int_eq(mr_class_of(effects.failure.code), MR_CLASS_POISON);
    ck_assert_uint_le(mr_arena_used(arena), MR_EFFECTS_BYTES_MAX + 65536);
    mr_arena_reset(arena);
    mr_effects_reset(&effects);
    ck_assert_int_eq(effects.failure.code, MR_OK);
}
END_TEST

START_TEST(long_payloads_become_blobs_and_short_ones_stay)
{
    static uint8_t bytes[MR_INLINE_BYTES_MAX + 1];
    struct mr_payload short_one = { .bytes =
                                        mr_span(bytes, MR_INLINE_BYTES_MAX) };
    struct mr_payload long_one = { .bytes = mr_span(bytes, sizeof(bytes)) };
    struct mr_payload same = long_one;
    struct mr_span got;

    mr_effects_claim(&effects, &short_one);
    ck_assert(!short_one.in_blob);
    mr_effects_claim(&effects, &long_one);
    mr_effects_claim(&effects, &same);
    ck_assert(long_one.in_blob);
    ck_assert_ptr_null(long_one.bytes.data);
    ck_assert_uint_eq(long_one.size, sizeof(bytes));
    ck_assert_uint_eq(effects.claim_count, 1);

    /* Readable in the step that made it, and stored when it is performed. */
    ck_assert_int_eq(mr_state_load(&state, &long_one, NULL), MR_OK);
    ck_assert_uint_eq(long_one.bytes.size, sizeof(bytes));
    ck_assert_int_eq(mr_blob_get(rig.place.blob, same.hash, arena, &got, NULL),
                     MR_E_LOST);
    ck_assert_int_eq(mr_effects_put_blobs(&effects, NULL), MR_OK);
    mr_effects_reset(&effects);
    ck_assert_int_eq(mr_state_load(&state, &same, NULL), MR_OK);
    ck_assert_uint_eq(same.bytes.size, sizeof(bytes));
}
END_TEST

START_TEST(a_message_that_lies_about_its_blob_is_corrupt)
{
    struct mr_payload payload = { .in_blob = true, .size = 4 };

    ck_assert_int_eq(
        mr_blob_put(rig.place.blob, mr_span_str("abc"), &payload.hash, NULL),
        MR_OK);
    ck_assert_int_eq(mr_state_load(&state, &payload, NULL), MR_E_CORRUPT);
    payload.size = 3;
    ck_assert_int_eq(mr_state_load(&state, &payload, NULL), MR_OK);
    ck_assert(mr_span_equal(payload.bytes, mr_span_str("abc")));
}
END_TEST

START_TEST(rejections_are_counted_by_reason_within_a_limit)
{
    static char reasons[MR_TALLIES_MAX + 5][16];

    for (size_t i = 0; i < MR_TALLIES_MAX + 5; i++) {
        (void)snprintf(reasons[i], sizeof(reasons[i]), "rule%zu", i);
        mr_effects_account(&effects, MR_OUTCOME_REJECTED, reasons[i]);
    }
    mr_effects_account(&effects, MR_OUTCOME_REJECTED, "rule0");
    ck_assert_uint_eq(effects.rejected, MR_TALLIES_MAX + 6);
    ck_assert_uint_eq(effects.tallies[0].count, 2);
    ck_assert_uint_eq(effects.tally_count, MR_TALLIES_MAX);
    ck_assert_str_eq(effects.tallies[MR_TALLIES_MAX - 1].reason, "other");
    ck_assert_uint_eq(effects.tallies[MR_TALLIES_MAX - 1].count, 6);
}
END_TEST

START_TEST(the_earliest_wake_counts)
{
    ck_assert_int_eq(effects.wake_ms, MR_WAKE_NEVER);
    mr_effects_wake(&effects, 50);
    mr_effects_wake(&effects, 20);
    mr_effects_wake(&effects, 30);
    ck_assert_int_eq(effects.wake_ms, 20);
}
END_TEST

START_TEST(a_record_of_an_input_topic_is_fetched_by_its_place)
{
    struct mr_record record;

    rig_push(&rig, "a", "first");
    ck_assert_int_eq(mr_state_fetch(&state, MR_TOPIC_RAW, mr_span_str("a"), 0,
                                    &record, NULL),
                     MR_OK);
    ck_assert(mr_span_equal(record.value, mr_span_str("first")));
    ck_assert_int_eq(mr_state_fetch(&state, MR_TOPIC_RAW, mr_span_str("a"), 1,
                                    &record, NULL),
                     MR_E_LOST);
}
END_TEST

START_TEST(topics_of_another_shape_are_refused_by_name)
{
    struct mr_place other;
    struct mr_place_spec spec = {
        .bus = rig.place.bus,
        .store = rig.place.store,
        .blob = rig.place.blob,
        .clock = rig.place.clock,
        .collection = "main",
        .generation = 1,
        .model = "none",
        .partitions = 3,
    };
    struct mr_err err;

    ck_assert_int_eq(mr_place_init(&other, &spec, &err), MR_E_CONFIG);
    ck_assert_msg(strstr(err.text, "main.raw") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("effects");
    Suite *suite = suite_create("effects");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_step_reads_what_it_changed_before);
    tcase_add_test(tcase, effects_copy_what_they_are_given);
    tcase_add_loop_test(tcase, what_the_bus_would_refuse_fails_the_step, 0, 3);
    tcase_add_test(tcase, more_than_a_step_may_hold_is_refused_and_not_kept);
    tcase_add_test(tcase, long_payloads_become_blobs_and_short_ones_stay);
    tcase_add_test(tcase, a_message_that_lies_about_its_blob_is_corrupt);
    tcase_add_test(tcase, rejections_are_counted_by_reason_within_a_limit);
    tcase_add_test(tcase, the_earliest_wake_counts);
    tcase_add_test(tcase, a_record_of_an_input_topic_is_fetched_by_its_place);
    tcase_add_test(tcase, topics_of_another_shape_are_refused_by_name);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
