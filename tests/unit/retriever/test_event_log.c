// SPDX-License-Identifier: Apache-2.0
/*
 * test_event_log.c - events while the log takes nothing, and long ones.
 */
#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/memory/mr_virtual_clock.h"
#include "common/base/mr_mem.h"
#include "retriever/io/event_log.h"

/* A bus whose appends fail while it is told so. */
struct broken_bus {
    struct mr_bus port;
    struct mr_bus_ops ops;
    struct mr_bus *inner;
    atomic_bool broken;
    atomic_uint failures;
};

static struct broken_bus bus;
static struct mr_virtual_clock *clock_;
static struct mr_memory *memory;
static struct mr_place place;
static struct mr_arena *arena;
static struct event_log *event_log;

static enum mr_code broken_append(struct mr_bus *port,
                                  struct mr_record *records, size_t count,
                                  struct mr_err *err)
{
    struct broken_bus *self = (struct broken_bus *)(void *)port;

    if (!atomic_load(&self->broken))
        return mr_bus_append(self->inner, records, count, err);
    atomic_fetch_add(&self->failures, 1);
    return mr_fail(err, MR_E_UNAVAILABLE, "the disk is full");
}

static void set_up(void)
{
    struct mr_err err = { 0 };

    arena = mr_arena_new();
    clock_ = mr_virtual_clock_new(1000000, true);
    memory = mr_memory_new(mr_virtual_clock_port(clock_));
    ck_assert_int_eq(mr_place_init(&place,
                                   &(struct mr_place_spec){
                                       .bus = mr_memory_bus(memory),
                                       .store = mr_memory_store(memory),
                                       .blob = mr_memory_blob(memory),
                                       .clock = mr_virtual_clock_port(clock_),
                                       .collection = "main",
                                       .generation = 1,
                                       .model = "testmodel",
                                       .partitions = 1,
                                   },
                                   &err),
                     MR_OK);
    bus.inner = place.bus;
    bus.ops = *place.bus->ops;
    bus.ops.append = broken_append;
    bus.port.ops = &bus.ops;
    atomic_store(&bus.broken, false);
    atomic_store(&bus.failures, 0);
    place.bus = &bus.port;
    ck_assert_int_eq(event_log_new(&place, NULL, &event_log, &err), MR_OK);
}

static void tear_down(void)
{
    mr_memory_free(memory);
    mr_virtual_clock_free(clock_);
    mr_arena_free(arena);
}

static uint64_t events_written(void)
{
    uint64_t begin, end;

    ck_assert_int_eq(mr_bus_bounds(bus.inner, place.topics[MR_TOPIC_EVENTS], 0,
                                   &begin, &end, NULL),
                     MR_OK);
    return end;
}

static void ask(const char *query)
{
    struct mr_event event = { .kind = MR_EVENT_QUERY,
                              .query = mr_span_str(query) };
    char id[EVENT_ID_SIZE];

    event_log_id(1000000, id);
    event.id = mr_span_str(id);
    ck_assert_int_eq(event_log_queue(event_log, &event, arena, NULL), MR_OK);
}

START_TEST(queries_do_not_wait_for_a_disk_that_takes_nothing)
{
    atomic_store(&bus.broken, true);
    /* More than the writer has in hand and the queue has room for. */
    for (unsigned i = 0; i < 3 * EVENT_LOG_QUEUE_MAX; i++)
        ask("is anybody there?");
    ck_assert_uint_gt(atomic_load(&bus.failures), 0);
    atomic_store(&bus.broken, false);
    mr_virtual_clock_stop(clock_); /* ends the pause before the next try */
    event_log_free(event_log);
    ck_assert_uint_ge(events_written(), EVENT_LOG_QUEUE_MAX);
    ck_assert_uint_lt(events_written(), 3 * EVENT_LOG_QUEUE_MAX);
}
END_TEST

START_TEST(all_queries_are_written_at_the_end)
{
    for (unsigned i = 0; i < 3 * EVENT_LOG_QUEUE_MAX; i++)
        ask("what is it?");
    event_log_free(event_log);
    ck_assert_uint_eq(events_written(), 3 * EVENT_LOG_QUEUE_MAX);
}
END_TEST

START_TEST(an_answer_with_a_prompt_too_long_for_a_message_is_noted_without_it)
{
    char id[EVENT_ID_SIZE];
    char *prompt = mr_calloc(1, MR_INLINE_BYTES_MAX + 1);
    struct mr_event_hit *hits =
        mr_arena_calloc(arena, MR_EVENT_HITS_MAX, sizeof(*hits));
    struct mr_event event = { .kind = MR_EVENT_ANSWER,
                              .answer = mr_span_str("42"),
                              .hits = hits,
                              .hit_count = MR_EVENT_HITS_MAX };
    struct mr_record record;
    struct mr_event found;
    struct mr_err err = { 0 };

    memset(prompt, 'x', MR_INLINE_BYTES_MAX + 1);
    for (size_t i = 0; i < MR_EVENT_HITS_MAX; i++)
        hits[i].document = mr_span(prompt, 512);
    event_log_id(1000000, id);
    event.id = mr_span_str(id);
    /* Alone, or together with the hits. */
    event.prompt = mr_span(prompt, _i == 0 ? MR_INLINE_BYTES_MAX + 1
                                           : MR_INLINE_BYTES_MAX);
    ck_assert_msg(event_log_append(event_log, &event, arena, &err) == MR_OK,
                  "%s", err.text);
    ck_assert_int_eq(mr_bus_fetch(bus.inner, place.topics[MR_TOPIC_EVENTS], 0,
                                  0, arena, &record, NULL),
                     MR_OK);
    ck_assert_int_eq(mr_event_parse(record.value, arena, &found, NULL), MR_OK);
    ck_assert_uint_eq(found.prompt.size, 0);
    ck_assert_uint_eq(found.hit_count, MR_EVENT_HITS_MAX);
    ck_assert(mr_span_equal(found.answer, event.answer));
    event_log_free(event_log);
    mr_free(prompt);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("event_log");
    Suite *suite = suite_create("event_log");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, queries_do_not_wait_for_a_disk_that_takes_nothing);
    tcase_add_test(tcase, all_queries_are_written_at_the_end);
    tcase_add_loop_test(
        tcase,
        an_answer_with_a_prompt_too_long_for_a_message_is_noted_without_it, 0,
        2);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
