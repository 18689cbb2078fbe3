// SPDX-License-Identifier: Apache-2.0
/*
 * test_flight.c - real child processes die, and the next one knows why.
 *
 * A child is a fork of the test: what it commits is lost with it, as if its
 * host had lost power, but the flight file tells of it.  The parent then works
 * the same inputs in its own process.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/base/mr_hash.h"
#include "common/runtime/flight.h"
#include "tests/unit/common_runtime/toy.h"

static struct rig rig;
static char folder[200];
static char path[256];

static void set_up(void)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(folder, sizeof(folder), "%s/millrace-flight-XXXXXX",
                   base != NULL ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/flight", folder);
    rig_init(&rig);
}

static void tear_down(void)
{
    rig_deinit(&rig);
    mr_flight_close(rig.flight);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void open_flight(int64_t hang_ms, bool watch)
{
    struct mr_flight_spec spec = {
        .path = path,
        .hang_ms = hang_ms,
        .watch = watch,
        .handlers = true,
        .telemetry = rig.telemetry,
    };
    struct mr_err err;

    ck_assert_msg(mr_flight_open(&spec, &rig.flight, &err) == MR_OK, "%s",
                  err.text);
}

/* What the process of a crash does: opens all, works until it dies. */
static _Noreturn void child_main(int64_t hang_ms, bool threaded)
{
    const struct rlimit no_core = { 0 };

    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)freopen("/dev/null", "w", stderr);
    open_flight(hang_ms, hang_ms > 0);
    rig_worker(&rig);
    rig.toy->deadly = true;
    if (threaded) {
        if (mr_worker_start(rig.worker, NULL) != MR_OK)
            _exit(3);
        for (;;)
            (void)pause();
    }
    rig_drain(&rig);
    _exit(0);
}

/* True when the child died rather than came to its end. */
static bool child_dies(int64_t hang_ms, bool threaded)
{
    int status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        child_main(hang_ms, threaded);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 3);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

/* The parent works the inputs itself. */
static void work_here(void)
{
    open_flight(0, false);
    rig_worker(&rig);
    rig_drain(&rig);
}

static const struct {
    const char *value;
    bool threaded;
    int64_t hang_ms;
} own_deaths[] = {
    { "crash", false, 0 }, { "abort", false, 0 }, { "crash", true, 0 },
    { "abort", true, 0 },  { "deep", true, 0 },   { "hang", true, 1 },
};

START_TEST(an_input_that_kills_its_process_four_times_is_poison)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_dead dead;

    rig_push(&rig, "a", "x");
    rig_push(&rig, "a", own_deaths[_i].value);
    rig_push(&rig, "a", "x");
    rig_push(&rig, "d", "x");
    /* Once among others, then alone. */
    for (unsigned i = 0; i < 1 + MR_FLIGHT_DEATHS_MAX; i++)
        ck_assert(child_dies(own_deaths[_i].hang_ms, own_deaths[_i].threaded));
    work_here();
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 - 2 ");
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "d"), "1 ");
    ck_assert(rig_dead(&rig, "a", 0, arena, &dead));
    ck_assert(mr_span_equal(
        dead.error, mr_span_str("the process died 3 times at this input")));
    mr_arena_free(arena);
}
END_TEST

START_TEST(a_kill_never_counts)
{
    rig_push(&rig, "a", "x");
    rig_push(&rig, "a", "kill");
    for (unsigned i = 0; i < 3 * MR_FLIGHT_DEATHS_MAX; i++)
        ck_assert(child_dies(0, false));
    work_here();
    ck_assert_str_eq(rig_read(&rig, MR_TOPIC_CLEAN, "a"), "1 2 ");
    ck_assert_uint_eq(rig.toy->largest, 1); /* but it was isolated */
}
END_TEST

START_TEST(an_input_is_not_guilty_before_its_third_death_alone)
{
    struct mr_flight_slot *slot;

    rig_push(&rig, "a", "crash");
    for (unsigned i = 0; i < MR_FLIGHT_DEATHS_MAX; i++) {
        ck_assert(child_dies(0, false));
        open_flight(0, false);
        slot = mr_flight_take(rig.flight, "main.1.toy.0");
        ck_assert_uint_eq(
            mr_flight_deaths(slot, mr_hash64(mr_span_str("main.raw"), 0),
                             mr_place_partition(&rig.place, mr_span_str("a")),
                             0),
            i + 1);
        mr_flight_give_back(rig.flight, slot);
        mr_flight_close(rig.flight);
        rig.flight = NULL;
    }
    ck_assert(!child_dies(0, false));
}
END_TEST

static const struct mr_flight_range one[] = {
    { .topic = 9, .partition = 1, .begin = 5, .end = 6 },
};
static const struct mr_flight_range two[] = {
    { .topic = 9, .partition = 1, .begin = 5, .end = 6 },
    { .topic = 9, .partition = 2, .begin = 7, .end = 17 },
};

/* Ends this "process" without leaving what is in flight, and opens the file
 * again as the next one. */
static struct mr_flight_slot *next_process(struct mr_flight_slot *slot,
                                           const char *name)
{
    if (slot != NULL)
        mr_flight_give_back(rig.flight, slot);
    mr_flight_close(rig.flight);
    open_flight(1000, false);
    return mr_flight_take(rig.flight, name);
}

START_TEST(what_was_in_flight_is_told_to_the_worker_of_that_name_only)
{
    const struct mr_flight_range *ranges;
    struct mr_flight_slot *slot;
    struct mr_flight_slot *other;
    size_t count;
    bool many;

    open_flight(0, false);
    slot = mr_flight_take(rig.flight, "w");
    ck_assert(!mr_flight_unfinished(slot, &ranges, &count, &many));
    mr_flight_enter(slot, two, 2, 11);
    slot = next_process(slot, "w");
    other = mr_flight_take(rig.flight, "v");
    ck_assert(!mr_flight_unfinished(other, &ranges, &count, &many));
    ck_assert(mr_flight_unfinished(slot, &ranges, &count, &many));
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(ranges[1].end, 17);
    ck_assert(!many);
    mr_flight_give_back(rig.flight, other);

    /* Once it is worked and left, the next process hears nothing. */
    mr_flight_enter(slot, one, 1, 1);
    mr_flight_leave(slot, true);
    slot = next_process(slot, "w");
    ck_assert(!mr_flight_unfinished(slot, &ranges, &count, &many));
    mr_flight_give_back(rig.flight, slot);
}
END_TEST

START_TEST(more_ranges_than_fit_are_told_as_many)
{
    static struct mr_flight_range lots[MR_FLIGHT_RANGES_MAX + 1];
    const struct mr_flight_range *ranges;
    struct mr_flight_slot *slot;
    size_t count;
    bool many;

    open_flight(0, false);
    slot = mr_flight_take(rig.flight, "w");
    mr_flight_enter(slot, lots, MR_FLIGHT_RANGES_MAX + 1, 500);
    slot = next_process(slot, "w");
    ck_assert(mr_flight_unfinished(slot, &ranges, &count, &many));
    ck_assert(many);
    mr_flight_give_back(rig.flight, slot);
}
END_TEST

START_TEST(a_hang_is_marked_when_the_same_inputs_stay_too_long)
{
    struct mr_flight_slot *slot;

    open_flight(1000, false);
    slot = mr_flight_take(rig.flight, "w");
    mr_flight_enter(slot, one, 1, 1);
    ck_assert(!mr_flight_watch(rig.flight, 600));
    ck_assert(!mr_flight_watch(rig.flight, 600));
    mr_flight_leave(slot, false);
    mr_flight_enter(slot, one, 1, 1); /* others now: it begins anew */
    ck_assert(!mr_flight_watch(rig.flight, 600));
    ck_assert(!mr_flight_watch(rig.flight, 600));
    ck_assert(mr_flight_watch(rig.flight, 600));
    slot = next_process(slot, "w");
    ck_assert_uint_eq(mr_flight_deaths(slot, 9, 1, 5), 1);
    slot = next_process(slot, "w"); /* is counted once */
    ck_assert_uint_eq(mr_flight_deaths(slot, 9, 1, 5), 1);

    /* A commit of the input forgives. */
    mr_flight_enter(slot, one, 1, 1);
    mr_flight_leave(slot, true);
    ck_assert_uint_eq(mr_flight_deaths(slot, 9, 1, 5), 0);
    mr_flight_give_back(rig.flight, slot);
}
END_TEST

START_TEST(a_file_that_makes_no_sense_is_begun_anew)
{
    const struct mr_flight_range *ranges;
    struct mr_flight_slot *slot;
    struct stat stat_before;
    size_t count;
    bool many;
    int fd;

    open_flight(0, false);
    ck_assert_int_eq(stat(path, &stat_before), 0);
    mr_flight_close(rig.flight);
    fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    for (off_t at = 0; at < (_i == 0 ? stat_before.st_size : 5000); at += 8)
        ck_assert_int_eq(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8,
                                at + (_i == 2 ? 4096 : 0)),
                         8);
    if (_i == 1)
        ck_assert_int_eq(ftruncate(fd, 5000), 0);
    close(fd);
    open_flight(0, false);
    slot = mr_flight_take(rig.flight, "w");
    ck_assert_ptr_nonnull(slot);
    ck_assert(!mr_flight_unfinished(slot, &ranges, &count, &many));
    mr_flight_give_back(rig.flight, slot);
    ck_assert_int_eq(stat(path, &stat_before), 0);
    ck_assert_int_eq(stat_before.st_size, 4096 * (1 + MR_FLIGHT_SLOTS_MAX));
}
END_TEST

START_TEST(a_second_process_is_refused)
{
    struct mr_flight_spec spec = { .path = path };
    struct mr_flight *second;
    struct mr_err err;

    open_flight(0, false);
    ck_assert_int_eq(mr_flight_open(&spec, &second, &err), MR_E_BUSY);
    ck_assert_ptr_nonnull(strstr(err.text, path));
}
END_TEST

START_TEST(more_workers_than_slots_do_without)
{
    static struct mr_flight_slot *slots[MR_FLIGHT_SLOTS_MAX];
    char name[32];

    open_flight(0, false);
    for (size_t i = 0; i < MR_FLIGHT_SLOTS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "w%zu", i);
        slots[i] = mr_flight_take(rig.flight, name);
        ck_assert_ptr_nonnull(slots[i]);
    }
    ck_assert_ptr_null(mr_flight_take(rig.flight, "one more"));
    for (size_t i = 0; i < MR_FLIGHT_SLOTS_MAX; i++)
        mr_flight_give_back(rig.flight, slots[i]);
    /* A name of earlier gives way to a new one. */
    slots[0] = mr_flight_take(rig.flight, "one more");
    ck_assert_ptr_nonnull(slots[0]);
    mr_flight_give_back(rig.flight, slots[0]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("flight");
    Suite *suite = suite_create("flight");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase,
                        an_input_that_kills_its_process_four_times_is_poison, 0,
                        (int)(sizeof(own_deaths) / sizeof(own_deaths[0])));
    tcase_add_test(tcase, a_kill_never_counts);
    tcase_add_test(tcase, an_input_is_not_guilty_before_its_third_death_alone);
    tcase_add_test(tcase,
                   what_was_in_flight_is_told_to_the_worker_of_that_name_only);
    tcase_add_test(tcase, more_ranges_than_fit_are_told_as_many);
    tcase_add_test(tcase, a_hang_is_marked_when_the_same_inputs_stay_too_long);
    tcase_add_loop_test(tcase, a_file_that_makes_no_sense_is_begun_anew, 0, 3);
    tcase_add_test(tcase, a_second_process_is_refused);
    tcase_add_test(tcase, more_workers_than_slots_do_without);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
