// SPDX-License-Identifier: Apache-2.0
/*
 * test_event_find.c - events are found by their ids, and little is read for it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/memory/mr_virtual_clock.h"
#include "common/base/mr_hash.h"
#include "retriever/io/event_find.h"
#include "retriever/io/event_log.h"

#define START_MS INT64_C(1790000000000)
#define MANY     4000u

/* A bus that knows how much was read of it. */
struct counted_bus {
    struct mr_bus port;
    struct mr_bus_ops ops;
    struct mr_bus *inner;
    unsigned fetches;
    unsigned readers;
    uint64_t from; /* where the first reader began */
};

static struct counted_bus bus;
static struct mr_virtual_clock *clock_;
static struct mr_memory *memory;
static struct mr_place place;
static struct mr_place counted; /* the same by the bus above */
static struct mr_arena *arena;
static struct event_log *event_log;
static char ids[MANY][EVENT_ID_SIZE];

static enum mr_code counted_fetch(struct mr_bus *port, mr_topic_id topic,
                                  uint32_t partition, uint64_t offset,
                                  struct mr_arena *into, struct mr_record *out,
                                  struct mr_err *err)
{
    (void)port;
    bus.fetches++;
    return mr_bus_fetch(bus.inner, topic, partition, offset, into, out, err);
}

static enum mr_code counted_bounds(struct mr_bus *port, mr_topic_id topic,
                                   uint32_t partition, uint64_t *begin,
                                   uint64_t *end, struct mr_err *err)
{
    (void)port;
    return mr_bus_bounds(bus.inner, topic, partition, begin, end, err);
}

static enum mr_code counted_reader(struct mr_bus *port,
                                   const struct mr_reader_spec *spec,
                                   struct mr_bus_reader **out,
                                   struct mr_err *err)
{
    (void)port;
    if (bus.readers++ == 0)
        bus.from = spec->partitions[0].next;
    return mr_bus_reader(bus.inner, spec, out, err);
}

static void set_up(void)
{
    struct mr_err err = { 0 };

    arena = mr_arena_new();
    clock_ = mr_virtual_clock_new(START_MS, true);
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
                                       .partitions = 2,
                                   },
                                   &err),
                     MR_OK);
    ck_assert_int_eq(event_log_new(&place, NULL, &event_log, &err), MR_OK);
    bus = (struct counted_bus){ .inner = place.bus, .ops = *place.bus->ops };
    bus.ops.fetch = counted_fetch;
    bus.ops.bounds = counted_bounds;
    bus.ops.reader = counted_reader;
    bus.port.ops = &bus.ops;
    counted = place;
    counted.bus = &bus.port;
}

static void tear_down(void)
{
    event_log_free(event_log);
    mr_memory_free(memory);
    mr_virtual_clock_free(clock_);
    mr_arena_free(arena);
}

static void append(const char *id, const char *query)
{
    struct mr_event event = { .id = mr_span_str(id),
                              .kind = MR_EVENT_QUERY,
                              .query = mr_span_str(query) };

    ck_assert_int_eq(event_log_append(event_log, &event, arena, NULL), MR_OK);
}

/* An event a minute. */
static void append_many(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        event_log_id(START_MS + i * INT64_C(60000), ids[i]);
        append(ids[i], mr_arena_printf(arena, "question %u", i));
        mr_virtual_clock_advance(clock_, 60000);
    }
}

static enum mr_code find(const char *id, struct mr_event *out)
{
    struct mr_err err = { 0 };

    bus.fetches = 0;
    bus.readers = 0;
    return event_find(&counted, mr_span_str(id), arena, out, &err);
}

START_TEST(an_id_tells_its_time)
{
    char id[EVENT_ID_SIZE];
    int64_t time_ms;

    event_log_id(START_MS, id);
    ck_assert(event_log_id_time(mr_span_str(id), &time_ms));
    ck_assert_int_eq(time_ms, START_MS);
    ck_assert(!event_log_id_time(mr_span_str(""), &time_ms));
    ck_assert(!event_log_id_time(mr_span_str("0123"), &time_ms));
    id[31] = 'g';
    ck_assert(!event_log_id_time(mr_span_str(id), &time_ms));
    id[31] = 'A';
    ck_assert(!event_log_id_time(mr_span_str(id), &time_ms));
}
END_TEST

START_TEST(each_of_many_is_found_and_little_is_read)
{
    append_many(MANY);
    for (unsigned i = 0; i < MANY; i += 7) {
        struct mr_event event;

        ck_assert_int_eq(find(ids[i], &event), MR_OK);
        ck_assert(mr_span_equal(event.id, mr_span_str(ids[i])));
        ck_assert(mr_span_equal(event.query, mr_span_str(mr_arena_printf(
                                                 arena, "question %u", i))));
        ck_assert_uint_le(bus.fetches, 16);
        ck_assert_uint_eq(bus.readers, 1);
        /* Half of them are in its partition. */
        ck_assert_uint_ge(bus.from + MANY / 8, i / 2);
    }
}
END_TEST

START_TEST(one_that_was_written_late_is_found)
{
    struct mr_event event;
    char late[EVENT_ID_SIZE];

    event_log_id(START_MS + 5000, late);
    mr_virtual_clock_advance(clock_, 30 * 60000);
    append_many(100);
    /* It waited for a disk, half an hour; others are there since. */
    append(late, "late");
    append_many(10);
    ck_assert_int_eq(find(late, &event), MR_OK);
    ck_assert(mr_span_equal(event.query, mr_span_str("late")));
}
END_TEST

START_TEST(random_ids_of_earlier_builds_are_found)
{
    static const char *const old[] = { "00112233445566778899aabbccddeeff",
                                       "ffeeddccbbaa99887766554433221100" };
    struct mr_event event;

    append(old[0], "first");
    append(old[1], "second");
    append_many(50);
    ck_assert_int_eq(find(old[0], &event), MR_OK);
    ck_assert(mr_span_equal(event.query, mr_span_str("first")));
    ck_assert_int_eq(find(old[1], &event), MR_OK);
    ck_assert(mr_span_equal(event.query, mr_span_str("second")));
}
END_TEST

START_TEST(what_there_is_not_is_told)
{
    struct mr_event event;
    char id[EVENT_ID_SIZE];

    event_log_id(START_MS, id);
    ck_assert_int_eq(find(id, &event), MR_E_LOST);
    append_many(20);
    ck_assert_int_eq(find(id, &event), MR_E_LOST);
    ck_assert_int_eq(find("yesterday", &event), MR_E_INVALID);
    ck_assert_int_eq(find("", &event), MR_E_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event_find");
    TCase *tcase = tcase_create("event_find");
    SRunner *srunner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_id_tells_its_time);
    tcase_add_test(tcase, each_of_many_is_found_and_little_is_read);
    tcase_add_test(tcase, one_that_was_written_late_is_found);
    tcase_add_test(tcase, random_ids_of_earlier_builds_are_found);
    tcase_add_test(tcase, what_there_is_not_is_told);
    suite_add_tcase(suite, tcase);
    srunner_run_all(srunner, CK_NORMAL);
    failed = srunner_ntests_failed(srunner);
    srunner_free(srunner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
