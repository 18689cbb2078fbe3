// SPDX-License-Identifier: Apache-2.0
/*
 * test_crash.c - a crash or a fault between any two port calls, redone.
 *
 * The same few inputs are worked again and again; in run n the nth port call
 * is where it happens.  Whatever happened, the outputs are in the end those of
 * an undisturbed run.
 */
#include "common/base/mr_hash.h"
#include "tests/unit/common_runtime/toy.h"

/* More calls than a run makes. */
#define CALLS_MAX 200u

static struct rig rig;

static void set_up(void)
{
    rig_init(&rig);
    rig_push(&rig, "a", "x");
    rig_push(&rig, "d", "x");
    rig_push(&rig, "a", "poison");
    rig_push(&rig, "a", "x");
    rig_push(&rig, "d", "reject");
    rig_push(&rig, "d", "unfit");
    rig_push(&rig, "d", "x");
}

static void check_outputs(uint64_t nth)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_dead dead;

    ck_assert_msg(strcmp(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 - 2 ") == 0,
                  "call %u: a has \"%s\"", (unsigned)nth,
                  rig_read(&rig, MR_TOPIC_CLEAN, "a"));
    ck_assert_msg(strcmp(rig_read(&rig, MR_TOPIC_CLEAN, "d"), "1 2 3 ") == 0,
                  "call %u: d has \"%s\"", (unsigned)nth,
                  rig_read(&rig, MR_TOPIC_CLEAN, "d"));
    ck_assert(rig_dead(&rig, "a", 0, arena, &dead));
    ck_assert(!rig_dead(&rig, "a", 1, arena, &dead));
    ck_assert(rig_dead(&rig, "d", 0, arena, &dead));
    ck_assert(!rig_dead(&rig, "d", 1, arena, &dead));
    mr_arena_free(arena);
}

/* Opens a worker and works until all is done or the process has died. */
static void run(void)
{
    struct mr_err err;
    unsigned idle = 0;

    if (rig_try_worker(&rig, &err) != MR_OK) {
        rig.worker = NULL;
        return;
    }
    while (idle < 2) {
        bool worked;
        enum mr_code code = mr_worker_step(rig.worker, 0, &worked, &err);

        if (mr_class_of(code) == MR_CLASS_FATAL)
            break;
        idle = worked || code != MR_OK ? 0 : idle + 1;
    }
    mr_worker_free(rig.worker);
    rig.worker = NULL;
}

/* `power`: a power cut loses some of what was not synced. */
static void crash_at_every_call(bool after, bool power)
{
    bool died = true;
    uint64_t nth;

    for (nth = 1; died; nth++) {
        ck_assert_uint_lt(nth, CALLS_MAX);
        set_up();
        mr_memory_die(rig.memory, nth, after);
        run();
        died = mr_memory_is_dead(rig.memory);
        if (died && power)
            mr_memory_crash(rig.memory, mr_mix64(nth) % 8);
        else
            mr_memory_kill(rig.memory);
        run();
        check_outputs(nth);
        rig_deinit(&rig);
    }
    ck_assert_uint_gt(nth, 20); /* it did happen in the middle */
}

START_TEST(a_kill_at_any_call_is_redone_to_the_same_outputs)
{
    crash_at_every_call(_i != 0, false);
}
END_TEST

START_TEST(a_power_cut_at_any_call_is_redone_to_the_same_outputs)
{
    crash_at_every_call(_i != 0, true);
}
END_TEST

START_TEST(a_fault_at_any_call_is_retried_to_the_same_outputs)
{
    uint64_t calls = CALLS_MAX;

    for (uint64_t nth = 1; nth <= calls; nth++) {
        uint64_t before;

        set_up();
        before = mr_memory_calls(rig.memory);
        if (_i == 0)
            mr_memory_fault(rig.memory, nth, MR_E_UNAVAILABLE);
        else
            mr_memory_fault_after(rig.memory, nth, MR_E_UNAVAILABLE);
        run();
        mr_memory_fault(rig.memory, 0, MR_OK);
        calls = mr_memory_calls(rig.memory) - before;
        run(); /* when new() was what failed */
        check_outputs(nth);
        rig_deinit(&rig);
    }
}
END_TEST

START_TEST(two_workers_by_partition_give_the_outputs_of_one)
{
    static const uint32_t partitions[] = { 0, 1 };
    struct mr_worker *workers[2];
    bool worked = true;

    set_up();
    for (uint32_t i = 0; i < 2; i++) {
        struct mr_worker_spec spec = {
            .place = &rig.place,
            .stage = &toy_new()->stage,
            .partitions = &partitions[i],
            .partition_count = 1,
            .lane = i,
        };

        ck_assert_int_eq(mr_worker_new(&spec, &workers[i], NULL), MR_OK);
    }
    for (unsigned i = 0; i < 30; i++)
        ck_assert_int_eq(mr_worker_step(workers[i % 2], 0, &worked, NULL),
                         MR_OK);
    mr_worker_free(workers[0]);
    mr_worker_free(workers[1]);
    check_outputs(0);
    rig_deinit(&rig);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("crash");
    Suite *suite = suite_create("crash");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_kill_at_any_call_is_redone_to_the_same_outputs,
                        0, 2);
    tcase_add_loop_test(
        tcase, a_power_cut_at_any_call_is_redone_to_the_same_outputs, 0, 2);
    tcase_add_loop_test(
        tcase, a_fault_at_any_call_is_retried_to_the_same_outputs, 0, 2);
    tcase_add_test(tcase, two_workers_by_partition_give_the_outputs_of_one);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
