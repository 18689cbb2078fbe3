// SPDX-License-Identifier: Apache-2.0
/*
 * test_foreign_source.c - a source that is somebody else's topic, on a bus in
 * memory: once, whatever dies or fails; held, lost, forgotten.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire/dead.h"
#include "ingestor/foreign/io/foreign.h"
#include "ingestor/io/meta.h"
#include "rig.h"

#define TOPIC_PARTITIONS 2u

static struct foreign_spec spec;
static struct source_config config;
static atomic_bool stop;
static struct mr_err err;
static const char *topic_name;
static unsigned groups_forgotten;
static unsigned held_for; /* questions about the lag that are answered so */

static enum mr_code find_topic(void *context, const char *name,
                               mr_topic_id *topic, uint32_t *partitions,
                               struct mr_err *why)
{
    const struct mr_topic_spec held = { .name = topic_name,
                                        .partitions = TOPIC_PARTITIONS };

    (void)context;
    (void)name;
    *partitions = TOPIC_PARTITIONS;
    return mr_bus_topic(rig.place.bus, &held, topic, why);
}

static enum mr_code forget_group(void *context, const char *group,
                                 struct mr_err *why)
{
    (void)context;
    (void)why;
    ck_assert_str_eq(group, "main.source.shop");
    groups_forgotten++;
    return MR_OK;
}

static uint64_t lag(void *context)
{
    (void)context;
    if (held_for == 0)
        return 0;
    held_for--;
    return 11;
}

static void setup(void)
{
    rig_open();
    rig.spec.foreign = find_topic;
    rig.spec.forget_group = forget_group;
    rig.spec.keyword_lag = lag;
    rig.spec.keyword_lag_max = 10;
    topic_name = "articles";
    groups_forgotten = 0;
    held_for = 0;
    atomic_store(&stop, false);
    config = source_config_default(SOURCE_KAFKA);
    config.name = "shop";
    config.topic = "articles";
    config.rank = 7;
    spec = (struct foreign_spec){ .ingestor = &rig.spec,
                                  .config = &config,
                                  .progress = rig.progress,
                                  .stop = &stop };
    err = (struct mr_err){ 0 };
}

static void teardown(void)
{
    rig_close();
}

static mr_topic_id topic(void)
{
    mr_topic_id id;
    uint32_t partitions;

    ck_assert_int_eq(find_topic(NULL, NULL, &id, &partitions, NULL), MR_OK);
    return id;
}

/* A record on somebody's topic; `text` NULL: none. */
static void send(uint32_t partition, const char *key, const char *value)
{
    struct mr_record record = { .topic = topic(),
                                .partition = partition,
                                .key = mr_span_str(key),
                                .value = mr_span_str(value) };

    ck_assert_int_eq(mr_bus_append(rig.place.bus, &record, 1, NULL), MR_OK);
}

static void send_some(void)
{
    send(0, "a", "{\"text\":\"one\"}");
    send(0, "b", "{\"text\":\"two\"}");
    send(1, "c", "{\"text\":\"three\"}");
    send(1, "d", "{broken");
    send(0, "b", NULL);
    send(1, "never", NULL);
    send(0, "a", "{\"text\":\"four\"}");
}

#define SENT_SOME                                                    \
    "delete b of shop before 281474976710655\nput a\nput a\nput b\n" \
    "put c\n"

static enum mr_code run(enum progress_outcome *outcome)
{
    struct foreign *foreign = NULL;
    int64_t next_ms;
    enum mr_code code = foreign_open(&spec, &foreign, &err);

    if (code == MR_OK)
        code = foreign_run(foreign, outcome, &next_ms, &err);
    foreign_close(foreign);
    return code;
}

static void assert_run(void)
{
    enum progress_outcome outcome;

    ck_assert_msg(run(&outcome) == MR_OK, "%s", err.text);
    ck_assert_int_eq(outcome, PROGRESS_DONE);
}

static uint64_t letters(void)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < RIG_PARTITIONS; i++) {
        uint64_t begin;
        uint64_t end;

        ck_assert_int_eq(mr_bus_bounds(rig.place.bus,
                                       rig.place.topics[MR_TOPIC_DEAD], i,
                                       &begin, &end, NULL),
                         MR_OK);
        count += end;
    }
    return count;
}

/* Of the last run: sent and not deleted. */
static uint64_t documents(void)
{
    struct source_meta meta;
    mr_space_id space;

    ck_assert_int_eq(meta_space(&rig.place, "shop", "meta", &space, NULL),
                     MR_OK);
    ck_assert_int_eq(meta_load(&rig.place, space, rig.arena, &meta, NULL),
                     MR_OK);
    return meta.documents;
}

START_TEST(records_become_puts_deletes_and_letters)
{
    send_some();
    assert_run();
    ck_assert_str_eq(rig_raw(), SENT_SOME);
    ck_assert_uint_eq(letters(), 1);
    ck_assert_uint_eq(progress_get(rig.progress, PROGRESS_FOUND), 7);
    ck_assert_uint_eq(progress_get(rig.progress, PROGRESS_SENT), 4);
    ck_assert_uint_eq(progress_get(rig.progress, PROGRESS_DELETED), 1);
    ck_assert_uint_eq(progress_get(rig.progress, PROGRESS_UNCHANGED), 1);
    ck_assert_uint_eq(progress_get(rig.progress, PROGRESS_FAILED), 1);
    ck_assert_uint_eq(documents(), 2);
    /* And nothing of it again. */
    assert_run();
    ck_assert_str_eq(rig_raw(), "");
    ck_assert_uint_eq(documents(), 2);
    send(1, "c", NULL);
    assert_run();
    ck_assert_str_eq(rig_raw(), "delete c of shop before 281474976710655\n");
}
END_TEST

START_TEST(a_put_carries_what_its_source_is)
{
    struct mr_record record;
    struct mr_raw raw;
    uint32_t partition = mr_place_partition(&rig.place, mr_span_str("a"));

    send(0, "a", "{\"text\":\"one\"}");
    assert_run();
    ck_assert_int_eq(mr_bus_fetch(rig.place.bus, rig.place.topics[MR_TOPIC_RAW],
                                  partition, 0, rig.arena, &record, NULL),
                     MR_OK);
    ck_assert_int_eq(mr_raw_parse(record.value, rig.arena, &raw, NULL), MR_OK);
    ck_assert(mr_span_equal(raw.source, mr_span_str("shop")));
    ck_assert_uint_eq(raw.source_rank, 7);
    ck_assert_int_eq(raw.lane, MR_LANE_BULK);
    /* The time is that of their record, when the document has none. */
    ck_assert_int_ge(raw.time_ms, RIG_WALL_MS);
}
END_TEST

START_TEST(a_body_larger_than_is_taken_is_a_letter)
{
    config.bytes_max = 3;
    send(0, "a", "{\"text\":\"four\"}");
    send(0, "b", "{\"text\":\"two\"}");
    assert_run();
    ck_assert_str_eq(rig_raw(), "put b\n");
    ck_assert_uint_eq(letters(), 1);
}
END_TEST

/* The process dies in each port call once, before or after its effect. */
START_TEST(a_death_at_any_call_repeats_and_leaves_out_nothing)
{
    bool after = _i == 1;
    bool died = true;
    uint64_t nth;

    for (nth = 1; died; nth++) {
        enum progress_outcome outcome;

        send_some();
        mr_memory_die(rig.memory, nth, after);
        (void)run(&outcome);
        died = mr_memory_is_dead(rig.memory);
        mr_memory_kill(rig.memory);
        mr_memory_fault(rig.memory, 0, MR_OK);
        assert_run();
        ck_assert_msg(strcmp(rig_raw(), SENT_SOME) == 0, "call %llu",
                      (unsigned long long)nth);
        ck_assert_msg(letters() == 1, "call %llu", (unsigned long long)nth);
        ck_assert_uint_lt(nth, 2000);
        teardown();
        setup();
    }
    ck_assert_uint_gt(nth, 20); /* a run makes more calls than this */
}
END_TEST

START_TEST(a_call_that_fails_is_made_again)
{
    bool failed = true;
    uint64_t nth;

    for (nth = 1; failed; nth++) {
        enum progress_outcome outcome;
        uint64_t before;

        send_some();
        before = mr_memory_calls(rig.memory);
        if (_i == 0)
            mr_memory_fault(rig.memory, nth, MR_E_UNAVAILABLE);
        else
            mr_memory_fault_after(rig.memory, nth, MR_E_UNAVAILABLE);
        /* Opening tells the failure, and is tried again by the source. */
        if (run(&outcome) != MR_OK)
            assert_run();
        failed = mr_memory_calls(rig.memory) - before >= nth;
        mr_memory_fault(rig.memory, 0, MR_OK);
        ck_assert_msg(strcmp(rig_raw(), SENT_SOME) == 0, "call %llu",
                      (unsigned long long)nth);
        ck_assert_uint_eq(letters(), 1);
        ck_assert_uint_lt(nth, 2000);
        teardown();
        setup();
    }
    ck_assert_uint_gt(nth, 20); /* a run makes more calls than this */
}
END_TEST

START_TEST(it_waits_while_the_index_is_behind)
{
    enum progress_outcome outcome;

    send_some();
    held_for = 20;
    assert_run();
    ck_assert_uint_eq(held_for, 0);
    ck_assert_str_eq(rig_raw(), SENT_SOME);
    /* And is stopped while it waits. */
    send(0, "e", "{\"text\":\"five\"}");
    held_for = UINT32_MAX;
    atomic_store(&stop, true);
    ck_assert_int_eq(run(&outcome), MR_OK);
    ck_assert_int_eq(outcome, PROGRESS_STOPPED);
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(what_retention_took_is_told_and_ends_the_run)
{
    enum progress_outcome outcome;

    send_some();
    assert_run();
    (void)rig_raw();
    send(0, "e", "{\"text\":\"five\"}");
    send(0, "f", "{\"text\":\"six\"}");
    mr_memory_trim(rig.memory, topic(), 0, 5);
    ck_assert_int_eq(run(&outcome), MR_E_LOST);
    ck_assert_ptr_nonnull(strstr(err.text, "main.source.shop"));
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(it_may_begin_at_the_end_of_its_first_day)
{
    struct foreign *foreign = NULL;

    config.from = "end";
    send_some();
    ck_assert_int_eq(foreign_open(&spec, &foreign, &err), MR_OK);
    foreign_close(foreign);
    send(0, "e", "{\"text\":\"five\"}");
    assert_run();
    ck_assert_str_eq(rig_raw(), "put e\n");
}
END_TEST

START_TEST(another_topic_under_its_name_is_opened_anew)
{
    struct foreign *foreign = NULL;
    enum progress_outcome outcome;
    int64_t next_ms;
    bool again = true;

    send_some();
    ck_assert_int_eq(foreign_open(&spec, &foreign, &err), MR_OK);
    ck_assert_int_eq(foreign_run(foreign, &outcome, &next_ms, &err), MR_OK);
    topic_name = "grown";
    ck_assert_int_eq(foreign_round(foreign, &again, &err), MR_OK);
    ck_assert(!again); /* not looked at yet */
    rig_sleep_ms(NULL, 61000);
    ck_assert_int_eq(foreign_round(foreign, &again, &err), MR_OK);
    ck_assert(again);
    foreign_close(foreign);
}
END_TEST

START_TEST(to_forget_takes_along_what_was_sent)
{
    send_some();
    assert_run();
    (void)rig_raw();
    ck_assert_msg(foreign_forget(&spec, true, &err) == MR_OK, "%s", err.text);
    ck_assert_str_eq(rig_raw(), "delete a of shop before 281474976710655\n"
                                "delete c of shop before 281474976710655\n");
    ck_assert_uint_eq(groups_forgotten, 1);
    /* Nothing is left to be forgotten, and nothing was known of another. */
    ck_assert_int_eq(foreign_forget(&spec, true, &err), MR_OK);
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(to_forget_may_leave_what_was_sent)
{
    send_some();
    assert_run();
    (void)rig_raw();
    ck_assert_int_eq(foreign_forget(&spec, false, &err), MR_OK);
    ck_assert_str_eq(rig_raw(), "");
    ck_assert_int_eq(foreign_forget(&spec, true, &err), MR_OK);
    ck_assert_str_eq(rig_raw(), "");
}
END_TEST

START_TEST(a_bus_without_topics_of_others_says_so)
{
    enum progress_outcome outcome;

    rig.spec.foreign = NULL;
    ck_assert_int_eq(run(&outcome), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "bus: kafka"));
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("foreign_source");
    TCase *tests = tcase_create("foreign_source");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, records_become_puts_deletes_and_letters);
    tcase_add_test(tests, a_put_carries_what_its_source_is);
    tcase_add_test(tests, a_body_larger_than_is_taken_is_a_letter);
    tcase_add_loop_test(
        tests, a_death_at_any_call_repeats_and_leaves_out_nothing, 0, 2);
    tcase_add_loop_test(tests, a_call_that_fails_is_made_again, 0, 2);
    tcase_add_test(tests, it_waits_while_the_index_is_behind);
    tcase_add_test(tests, what_retention_took_is_told_and_ends_the_run);
    tcase_add_test(tests, it_may_begin_at_the_end_of_its_first_day);
    tcase_add_test(tests, another_topic_under_its_name_is_opened_anew);
    tcase_add_test(tests, to_forget_takes_along_what_was_sent);
    tcase_add_test(tests, to_forget_may_leave_what_was_sent);
    tcase_add_test(tests, a_bus_without_topics_of_others_says_so);
    suite_add_tcase(all, tests);
    return all;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
