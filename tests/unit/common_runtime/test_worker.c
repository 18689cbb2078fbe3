// SPDX-License-Identifier: Apache-2.0
/*
 * test_worker.c - each input has its effect once, whatever fails.
 *
 * Keys "a" and "d" lie in different partitions (checked by the rig's test).
 */
#include <pthread.h>

#include "common/runtime/worker_internal.h"
#include "tests/unit/common_runtime/toy.h"

static struct rig rig;

static void set_up(void)
{
    rig_init(&rig);
    rig_worker(&rig);
}

static void tear_down(void)
{
    rig_deinit(&rig);
}

static struct mr_worker_status status_of(void)
{
    struct mr_worker_status status;

    mr_worker_status(rig.worker, &status);
    return status;
}

/* A step that must fail with `want`. */
static void fail_step(enum mr_code want)
{
    struct mr_err err;
    bool worked;
    enum mr_code code = mr_worker_step(rig.worker, 0, &worked, &err);

    ck_assert_msg(code == want, "got %s, want %s", mr_code_name(code),
                  mr_code_name(want));
    ck_assert_int_eq(err.code, want);
    ck_assert(!worked);
}

static bool exposes(const char *line)
{
    struct mr_buf out = mr_buf(1 << 20);
    bool found;

    mr_telemetry_expose(rig.telemetry, &out);
    found = strstr(mr_buf_text(&out), line) != NULL;
    mr_buf_deinit(&out);
    return found;
}

START_TEST(inputs_are_worked_in_batches_and_once)
{
    ck_assert_uint_ne(mr_place_partition(&rig.place, mr_span_str("a")),
                      mr_place_partition(&rig.place, mr_span_str("d")));
    for (unsigned i = 0; i < 30; i++)
        rig_push(&rig, i % 3 == 0 ? "a" : "d", "x");
    ck_assert_uint_eq(status_of().lag, 30);
    rig_drain(&rig);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"),
                     "1 2 3 4 5 6 7 8 9 10 ");
    ck_assert_uint_eq(rig.toy->largest, 30);
    ck_assert_uint_eq(rig.toy->empty_steps, 1);
    ck_assert_uint_eq(status_of().inputs, 30);
    ck_assert_uint_eq(status_of().outputs, 30);
    ck_assert_uint_eq(status_of().lag, 0);
    ck_assert(exposes("millrace_documents_total{stage=\"toy\",outcome=\"passed"
                      "\"} 30\n"));
}
END_TEST

START_TEST(a_generation_that_begins_later_leaves_what_is_before)
{
    static uint64_t from[2];
    uint32_t of_a = mr_place_partition(&rig.place, mr_span_str("a"));

    mr_worker_free(rig.worker);
    for (unsigned i = 0; i < 5; i++) {
        rig_push(&rig, "a", "x");
        rig_push(&rig, "d", "x");
    }
    from[of_a] = 3;
    from[1 - of_a] = 0;
    rig.place.raw_from = from;
    rig_worker(&rig);
    rig_drain(&rig);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 2 ");
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "d"), "1 2 3 4 5 ");
}
END_TEST

START_TEST(a_restarted_worker_goes_on_where_the_last_one_committed)
{
    rig_push(&rig, "a", "x");
    rig_drain(&rig);
    mr_worker_free(rig.worker);
    rig_push(&rig, "a", "x");
    rig_worker(&rig);
    rig_drain(&rig);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 2 ");
    ck_assert_uint_eq(status_of().inputs, 1);
    ck_assert_uint_eq(status_of().lag, 0);
}
END_TEST

START_TEST(outputs_carry_version_time_and_trace)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_record record;

    rig_push(&rig, "a", "x");
    rig_drain(&rig);
    ck_assert_int_eq(
        mr_bus_fetch(rig.place.bus, rig.place.topics[MR_TOPIC_CLEAN],
                     mr_place_partition(&rig.place, mr_span_str("a")), 0, arena,
                     &record, NULL),
        MR_OK);
    ck_assert_uint_eq(record.version, 1);
    ck_assert_int_eq(record.time_ms, 5);
    ck_assert(mr_span_equal(record.trace, mr_span_str("00-trace")));
    mr_arena_free(arena);
}
END_TEST

START_TEST(what_may_pass_is_tried_again_and_succeeds_once)
{
    rig.toy->retries = 3;
    rig_push(&rig, "a", "x");
    rig_push(&rig, "a", "retry");
    rig_push(&rig, "a", "x");
    ck_assert(!rig_step(&rig));
    for (unsigned i = 0; i < 3; i++)
        fail_step(MR_E_UNAVAILABLE);
    ck_assert(status_of().retrying);
    ck_assert_uint_eq(status_of().retries, 3);
    ck_assert_str_eq(status_of().error.text, "toy: not now");
    ck_assert_uint_eq(status_of().lag, 3);
    ck_assert_int_eq(status_of().oldest_ms, TOY_WALL_MS);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "");
    rig_drain(&rig);
    ck_assert(!status_of().retrying);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 2 3 ");
    ck_assert_uint_eq(status_of().failed, 0);
    ck_assert_int_eq(status_of().oldest_ms, 0);
    /* One trouble, three failures. */
    ck_assert(exposes("millrace_worker_troubles_total{part=\"toy\"} 1\n"));
    ck_assert(exposes("millrace_retries_total{stage=\"toy\"} 3\n"));
}
END_TEST

START_TEST(poison_is_isolated_and_its_neighbours_pass)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_dead dead;

    rig_push(&rig, "a", "x");
    rig_push(&rig, "d", "x");
    rig_push(&rig, "a", _i == 0 ? "poison" : "big");
    rig_push(&rig, "a", "x");
    rig_push(&rig, "d", "x");
    rig_drain(&rig);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 - 2 ");
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "d"), "1 2 ");
    ck_assert_uint_eq(status_of().inputs, 5);
    ck_assert_uint_eq(status_of().failed, 1);
    ck_assert(rig_dead(&rig, "a", 0, arena, &dead));
    ck_assert(mr_span_equal(dead.stage, mr_span_str("toy")));
    ck_assert(mr_span_equal(dead.topic, mr_span_str("main.raw")));
    ck_assert_uint_eq(dead.offset, 1);
    ck_assert_uint_eq(dead.version, mr_version(MR_EPOCH_FIRST, 1));
    ck_assert_int_eq(dead.time_ms, 5);
    ck_assert(
        mr_span_equal(dead.code, mr_span_str(_i == 0 ? "corrupt" : "limit")));
    ck_assert(mr_span_equal(dead.value.bytes,
                            mr_span_str(_i == 0 ? "poison" : "big")));
    ck_assert(!rig_dead(&rig, "a", 1, arena, &dead));
    ck_assert(exposes("{stage=\"toy\",outcome=\"failed\"} 1\n"));

    /* What comes later is worked in batches again. */
    rig.toy->largest = 0;
    for (unsigned i = 0; i < 10; i++)
        rig_push(&rig, "a", "x");
    rig_drain(&rig);
    ck_assert_uint_eq(rig.toy->largest, 10);
    mr_arena_free(arena);
}
END_TEST

START_TEST(a_large_dead_value_lies_in_the_blob_store)
{
    static char value[MR_INLINE_BYTES_MAX + 10];
    struct mr_arena *arena = mr_arena_new();
    struct mr_dead dead;
    struct mr_span got;

    memset(value, 'v', sizeof(value) - 1);
    memcpy(value, "poison:", 7);
    rig_push(&rig, "a", value);
    rig_drain(&rig);
    ck_assert(rig_dead(&rig, "a", 0, arena, &dead));
    ck_assert(dead.value.in_blob);
    ck_assert_uint_eq(dead.value.size, sizeof(value) - 1);
    ck_assert_int_eq(
        mr_blob_get(rig.place.blob, dead.value.hash, arena, &got, NULL), MR_OK);
    ck_assert(mr_span_equal(got, mr_span_str(value)));
    mr_arena_free(arena);
}
END_TEST

START_TEST(a_letter_is_written_even_when_later_stages_cannot_be_told)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_dead dead;

    rig_push(&rig, "a", "unfit");
    rig_push(&rig, "a", "x");
    rig_drain(&rig);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 ");
    ck_assert(rig_dead(&rig, "a", 0, arena, &dead));
    ck_assert(mr_span_equal(
        dead.error,
        mr_span_str("toy: poison; later stages were not told: toy: no id")));
    mr_arena_free(arena);
}
END_TEST

/* Faults the commit that buries: both of its parts happen, or none. */
START_TEST(the_dead_record_and_what_fail_emits_are_one_step)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_dead dead;
    bool after = _i % 2 == 1;

    rig_push(&rig, "a", "poison");
    ck_assert(!rig_step(&rig)); /* the start */
    for (uint64_t nth = 1; nth <= 6; nth++) {
        struct mr_err err;
        bool worked;

        if (after)
            mr_memory_fault_after(rig.memory, nth, MR_E_UNAVAILABLE);
        else
            mr_memory_fault(rig.memory, nth, MR_E_UNAVAILABLE);
        (void)!mr_worker_step(rig.worker, 0, &worked, &err);
        mr_memory_fault(rig.memory, 0, MR_OK);
        ck_assert_msg((strcmp(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "- ") ==
                       0) == rig_dead(&rig, "a", 0, arena, &dead),
                      "nth %u", (unsigned)nth);
    }
    rig_drain(&rig);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "- ");
    ck_assert(rig_dead(&rig, "a", 0, arena, &dead));
    ck_assert(!rig_dead(&rig, "a", 1, arena, &dead));
    mr_arena_free(arena);
}
END_TEST

START_TEST(an_error_that_no_input_can_cure_ends_the_worker)
{
    rig_push(&rig, "a", "lost");
    ck_assert(!rig_step(&rig));
    fail_step(MR_E_LOST);
    ck_assert_uint_eq(rig.ended, 1);
    ck_assert(status_of().ended);
    ck_assert_str_eq(status_of().error.text, "toy: lost");
    fail_step(MR_E_LOST); /* and stays ended, told once */
    ck_assert_uint_eq(rig.ended, 1);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "");
}
END_TEST

START_TEST(rejections_are_counted_by_their_rule)
{
    rig_push(&rig, "a", "reject");
    rig_push(&rig, "d", "reject");
    rig_push(&rig, "d", "x");
    rig_drain(&rig);
    ck_assert_uint_eq(status_of().rejected, 2);
    ck_assert(exposes(
        "millrace_rejections_total{stage=\"toy\",reason=\"asked\"} 2\n"));
    ck_assert(exposes("{stage=\"toy\",outcome=\"passed\"} 1\n"));
}
END_TEST

START_TEST(a_stage_is_woken_when_its_time_has_come)
{
    rig.toy->wake_ms = 1000;
    ck_assert(!rig_step(&rig)); /* the start asks for one */
    ck_assert_uint_eq(rig.toy->empty_steps, 1);
    (void)rig_step(&rig);
    mr_virtual_clock_advance(rig.time, 999);
    (void)rig_step(&rig);
    ck_assert_uint_eq(rig.toy->empty_steps, 1);
    mr_virtual_clock_advance(rig.time, 1);
    (void)rig_step(&rig);
    ck_assert_uint_eq(rig.toy->empty_steps, 2);
}
END_TEST

START_TEST(a_due_wake_lets_inputs_go_first_but_not_for_ever)
{
    rig.toy->wake_ms = 0;
    rig.toy->stage.batch_records_max = 1;
    for (unsigned i = 0; i < 12; i++)
        rig_push(&rig, "a", "x");
    ck_assert(!rig_step(&rig));
    for (unsigned i = 0; i < 10; i++)
        (void)rig_step(&rig);
    ck_assert_uint_eq(rig.toy->steps, 8);
    ck_assert_uint_eq(rig.toy->empty_steps, 3);
}
END_TEST

START_TEST(a_wake_is_kept_over_a_commit_of_unknown_outcome)
{
    struct mr_err err;
    bool worked;

    ck_assert(!rig_step(&rig));
    rig_push(&rig, "a", "wake");
    /* poll, get, commit */
    mr_memory_fault_after(rig.memory, 3, MR_E_UNAVAILABLE);
    ck_assert_int_eq(mr_worker_step(rig.worker, 0, &worked, &err),
                     MR_E_UNAVAILABLE);
    ck_assert_uint_eq(rig.toy->empty_steps, 1);
    (void)rig_step(&rig);
    ck_assert_uint_eq(rig.toy->empty_steps, 2);
}
END_TEST

START_TEST(a_worker_without_its_partitions_says_who_has_them)
{
    struct rig second = rig;
    struct mr_err err;

    ck_assert_int_eq(rig_try_worker(&second, &err), MR_E_BUSY);
}
END_TEST

START_TEST(lag_is_known_again_after_a_commit_of_unknown_outcome)
{
    struct mr_err err;
    bool worked;

    ck_assert(!rig_step(&rig));
    rig_push(&rig, "a", "x");
    /* poll, get, commit */
    mr_memory_fault_after(rig.memory, 3, MR_E_UNAVAILABLE);
    ck_assert_int_eq(mr_worker_step(rig.worker, 0, &worked, &err),
                     MR_E_UNAVAILABLE);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 ");
    ck_assert(!rig_step(&rig));
    ck_assert_uint_eq(status_of().lag, 0);
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 ");
}
END_TEST

START_TEST(waits_double_up_to_ten_seconds_and_differ_by_worker)
{
    int64_t full = 100;
    unsigned equal = 0;

    for (unsigned attempts = 1; attempts < 2000; attempts++) {
        int64_t wait_ms = mr_worker_backoff_ms("toy", 0, attempts);

        ck_assert_int_ge(wait_ms, full / 2);
        ck_assert_int_le(wait_ms, full);
        equal += wait_ms == mr_worker_backoff_ms("toy", 1, attempts);
        full = full * 2 < 10000 ? full * 2 : 10000;
    }
    ck_assert_uint_lt(equal, 50);
}
END_TEST

/* Waits for `count` outputs on the partition of "a", through a reader of
 * nobody. */
static void await_outputs(uint64_t count)
{
    struct mr_position at = {
        .topic = rig.place.topics[MR_TOPIC_CLEAN],
        .partition = mr_place_partition(&rig.place, mr_span_str("a")),
    };
    struct mr_reader_spec spec = { .partitions = &at, .count = 1 };
    struct mr_poll_limits limits = { .records_max = 100,
                                     .bytes_max = 1 << 20,
                                     .wait_ms = 60000 };
    struct mr_arena *arena = mr_arena_new();
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;
    uint64_t seen = 0;

    ck_assert_int_eq(mr_bus_reader(rig.place.bus, &spec, &reader, NULL), MR_OK);
    while (seen < count) {
        ck_assert_int_eq(mr_bus_poll(reader, &limits, arena, &batch, NULL),
                         MR_OK);
        ck_assert_uint_gt(batch.count, 0);
        seen += batch.count;
    }
    mr_bus_close_reader(reader);
    mr_arena_free(arena);
}

START_TEST(a_running_worker_works_and_stops_at_once)
{
    ck_assert_int_eq(mr_worker_start(rig.worker, NULL), MR_OK);
    for (unsigned i = 0; i < 50; i++)
        rig_push(&rig, "a", i == 20 ? "poison" : "x");
    await_outputs(50);
    mr_worker_wake(rig.worker);
    mr_worker_stop(rig.worker);
    ck_assert_uint_eq(status_of().inputs, 50);
    ck_assert_uint_eq(status_of().failed, 1);
    ck_assert(!status_of().ended);
}
END_TEST

START_TEST(a_worker_that_backs_off_stops_at_once_and_loses_nothing)
{
    rig.toy->retries = UINT32_MAX;
    rig_push(&rig, "a", "retry");
    ck_assert_int_eq(mr_worker_start(rig.worker, NULL), MR_OK);
    while (!status_of().retrying)
        sched_yield();
    mr_worker_stop(rig.worker);
    ck_assert_uint_eq(status_of().lag, 1);
    ck_assert_uint_eq(status_of().inputs, 0);
}
END_TEST

START_TEST(an_ended_worker_can_be_stopped_and_freed)
{
    rig_push(&rig, "a", "lost");
    ck_assert_int_eq(mr_worker_start(rig.worker, NULL), MR_OK);
    while (!status_of().ended)
        sched_yield();
    mr_worker_stop(rig.worker);
    ck_assert_uint_eq(rig.ended, 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("worker");
    Suite *suite = suite_create("worker");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, inputs_are_worked_in_batches_and_once);
    tcase_add_test(tcase, a_generation_that_begins_later_leaves_what_is_before);
    tcase_add_test(tcase,
                   a_restarted_worker_goes_on_where_the_last_one_committed);
    tcase_add_test(tcase, outputs_carry_version_time_and_trace);
    tcase_add_test(tcase, what_may_pass_is_tried_again_and_succeeds_once);
    tcase_add_loop_test(tcase, poison_is_isolated_and_its_neighbours_pass, 0,
                        2);
    tcase_add_test(tcase, a_large_dead_value_lies_in_the_blob_store);
    tcase_add_test(tcase,
                   a_letter_is_written_even_when_later_stages_cannot_be_told);
    tcase_add_loop_test(tcase, the_dead_record_and_what_fail_emits_are_one_step,
                        0, 2);
    tcase_add_test(tcase, an_error_that_no_input_can_cure_ends_the_worker);
    tcase_add_test(tcase, rejections_are_counted_by_their_rule);
    tcase_add_test(tcase, a_stage_is_woken_when_its_time_has_come);
    tcase_add_test(tcase, a_wake_is_kept_over_a_commit_of_unknown_outcome);
    tcase_add_test(tcase, a_due_wake_lets_inputs_go_first_but_not_for_ever);
    tcase_add_test(tcase, a_worker_without_its_partitions_says_who_has_them);
    tcase_add_test(tcase, lag_is_known_again_after_a_commit_of_unknown_outcome);
    tcase_add_test(tcase, waits_double_up_to_ten_seconds_and_differ_by_worker);
    tcase_add_test(tcase, a_running_worker_works_and_stops_at_once);
    tcase_add_test(tcase,
                   a_worker_that_backs_off_stops_at_once_and_loses_nothing);
    tcase_add_test(tcase, an_ended_worker_can_be_stopped_and_freed);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
