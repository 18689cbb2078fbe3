// SPDX-License-Identifier: Apache-2.0
/*
 * test_origin.c - where a generation begins: as it is written, found on the
 * log, kept, and gone by.
 */
#include <string.h>

#include "common/runtime/origin.h"
#include "tests/unit/common_runtime/toy.h"

#define PARTITIONS 2u

static struct mr_virtual_clock *clock_;
static struct mr_memory *memory;
static struct mr_arena *arena;
static struct mr_err err;
static struct mr_origin_wish wish;

static void set_up(void)
{
    clock_ = mr_virtual_clock_new(TOY_WALL_MS, true);
    memory = mr_memory_new(mr_virtual_clock_port(clock_));
    arena = mr_arena_new();
}

static void tear_down(void)
{
    mr_arena_free(arena);
    mr_memory_free(memory);
    mr_virtual_clock_free(clock_);
}

static struct mr_place place_of(uint32_t generation)
{
    struct mr_place place;
    struct mr_place_spec spec = {
        .bus = mr_memory_bus(memory),
        .store = mr_memory_store(memory),
        .blob = mr_memory_blob(memory),
        .clock = mr_virtual_clock_port(clock_),
        .collection = "main",
        .generation = generation,
        .model = "m",
        .partitions = PARTITIONS,
    };

    ck_assert_int_eq(mr_place_init(&place, &spec, &err), MR_OK);
    return place;
}

static void append(const struct mr_place *place, enum mr_topic topic,
                   uint32_t partition)
{
    struct mr_record record = { .topic = place->topics[topic],
                                .partition = partition,
                                .key = mr_span_str("k"),
                                .value = mr_span_str("v") };

    ck_assert_int_eq(mr_bus_append(place->bus, &record, 1, &err), MR_OK);
}

/* Ten records on each partition, one a minute. */
static void fill(const struct mr_place *place)
{
    for (int i = 0; i < 10; i++) {
        append(place, MR_TOPIC_RAW, 0);
        append(place, MR_TOPIC_RAW, 1);
        mr_virtual_clock_advance(clock_, 60000);
    }
}

static enum mr_code parse(const char *text)
{
    return mr_origin_parse(
        text, mr_clock_wall_ms(mr_virtual_clock_port(clock_)), &wish, &err);
}

static enum mr_code settle(const struct mr_place *place, const char *text,
                           struct mr_origin *out)
{
    ck_assert_msg(parse(text) == MR_OK, "%s", err.text);
    return mr_origin_settle(place, &wish, arena, out, &err);
}

START_TEST(a_beginning_is_read_in_every_form)
{
    ck_assert_int_eq(parse("beginning"), MR_OK);
    ck_assert_int_eq(wish.kind, MR_ORIGIN_BEGINNING);
    ck_assert_int_eq(parse("0:120,7:98"), MR_OK);
    ck_assert_int_eq(wish.kind, MR_ORIGIN_OFFSETS);
    ck_assert_uint_eq(wish.count, 2);
    ck_assert_uint_eq(wish.partitions[1], 7);
    ck_assert_uint_eq(wish.offsets[1], 98);
    ck_assert_int_eq(parse("2023-11-14T22:00:00Z"), MR_OK);
    ck_assert_int_eq(wish.time_ms, 1699999200000);
    ck_assert_int_eq(parse("7d"), MR_OK);
    ck_assert_int_eq(wish.kind, MR_ORIGIN_TIME);
    ck_assert_int_eq(wish.time_ms, TOY_WALL_MS - 7 * INT64_C(86400000));
    ck_assert_int_eq(parse("90 min"), MR_OK);
    ck_assert_int_eq(wish.time_ms, TOY_WALL_MS - 5400000);
    ck_assert_int_eq(parse("99999999d"), MR_OK);
    ck_assert_int_eq(wish.time_ms, 0);
}
END_TEST

START_TEST(what_is_no_beginning_is_refused_with_words)
{
    static const char *const wrong[] = {
        "",           "end",      "0",       "0:",
        "0:1,",       "0:1,0:2",  "x:1",     "-1:5",
        "0:-5",       "0:1 1:2",  "1024:1",  "0:99999999999999999999",
        "2099-01-01", "7 weeks",  "7d ago",  "d",
        ":1",         "0:1,,1:2", "2023-13", "9223372036854775807d",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        err.text[0] = '\0';
        ck_assert_msg(parse(wrong[i]) == MR_E_INVALID, "\"%s\"", wrong[i]);
        ck_assert_str_ne(err.text, "");
    }
}
END_TEST

START_TEST(offsets_are_kept_and_partitions_not_named_begin_at_their_first)
{
    struct mr_place place = place_of(2);
    struct mr_origin origin;
    bool found;

    fill(&place);
    ck_assert_int_eq(settle(&place, "1:4", &origin), MR_OK);
    ck_assert(origin.partial);
    ck_assert_uint_eq(origin.offsets[0], 0);
    ck_assert_uint_eq(origin.offsets[1], 4);
    ck_assert_int_eq(origin.since_ms, TOY_WALL_MS + 4 * 60000);
    ck_assert_int_eq(mr_origin_find(&place, arena, &origin, &found, &err),
                     MR_OK);
    ck_assert(found);
    ck_assert_uint_eq(origin.offsets[1], 4);
    place = place_of(3);
    ck_assert_int_eq(mr_origin_find(&place, arena, &origin, &found, &err),
                     MR_OK);
    ck_assert(!found);
}
END_TEST

START_TEST(a_time_is_found_on_each_partition)
{
    struct mr_place place = place_of(2);
    struct mr_origin origin;

    fill(&place);
    append(&place, MR_TOPIC_RAW, 0);
    /* It is ten minutes after the first. */
    ck_assert_int_eq(settle(&place, "210s", &origin), MR_OK);
    ck_assert(origin.partial);
    ck_assert_uint_eq(origin.offsets[0], 7);
    ck_assert_uint_eq(origin.offsets[1], 7);
    ck_assert_int_eq(origin.since_ms, TOY_WALL_MS + 390000);
}
END_TEST

START_TEST(what_holds_the_whole_log_is_not_partial)
{
    static const char *const whole[] = { "beginning", "0:0,1:0", "7d" };
    struct mr_origin origin;

    for (uint32_t i = 0; i < 3; i++) {
        struct mr_place place = place_of(2 + i);

        if (i == 0)
            fill(&place);
        ck_assert_int_eq(settle(&place, whole[i], &origin), MR_OK);
        ck_assert_msg(!origin.partial, "%s", whole[i]);
    }
}
END_TEST

START_TEST(an_offset_that_is_not_on_the_log_is_refused_with_the_range)
{
    struct mr_place place = place_of(2);
    struct mr_origin origin;
    bool found;

    fill(&place);
    mr_memory_trim(memory, place.topics[MR_TOPIC_RAW], 0, 3);
    ck_assert_int_eq(settle(&place, "0:2", &origin), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "3 to 10"));
    ck_assert_int_eq(settle(&place, "0:11", &origin), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "3 to 10"));
    ck_assert_int_eq(settle(&place, "2:0", &origin), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "no partition 2"));
    ck_assert_int_eq(mr_origin_find(&place, arena, &origin, &found, &err),
                     MR_OK);
    ck_assert(!found); /* nothing was kept of it */
    ck_assert_int_eq(settle(&place, "0:10", &origin), MR_OK);
}
END_TEST

START_TEST(a_generation_begins_once)
{
    struct mr_place place = place_of(2);
    struct mr_origin origin;

    fill(&place);
    ck_assert_int_eq(settle(&place, "210s", &origin), MR_OK);
    ck_assert_uint_eq(origin.offsets[0], 7);
    /* Later the same words mean the same place still. */
    mr_virtual_clock_advance(clock_, 600000);
    append(&place, MR_TOPIC_RAW, 0);
    ck_assert_int_eq(settle(&place, "210s", &origin), MR_OK);
    ck_assert_uint_eq(origin.offsets[0], 7);
    ck_assert_int_eq(settle(&place, "0:7,1:7", &origin), MR_OK);
    ck_assert_int_eq(settle(&place, "0:8,1:7", &origin), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "210s"));
    ck_assert_int_eq(settle(&place, "beginning", &origin), MR_E_CONFIG);
}
END_TEST

START_TEST(one_that_began_at_the_beginning_is_not_begun_later)
{
    struct mr_place place = place_of(2);
    struct mr_origin origin;

    fill(&place);
    append(&place, MR_TOPIC_SIGNATURES, 1);
    ck_assert_int_eq(settle(&place, "0:5", &origin), MR_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "beginning already"));
    ck_assert_int_eq(settle(&place, "beginning", &origin), MR_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("origin");
    TCase *tcase = tcase_create("origin");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_beginning_is_read_in_every_form);
    tcase_add_test(tcase, what_is_no_beginning_is_refused_with_words);
    tcase_add_test(
        tcase, offsets_are_kept_and_partitions_not_named_begin_at_their_first);
    tcase_add_test(tcase, a_time_is_found_on_each_partition);
    tcase_add_test(tcase, what_holds_the_whole_log_is_not_partial);
    tcase_add_test(tcase,
                   an_offset_that_is_not_on_the_log_is_refused_with_the_range);
    tcase_add_test(tcase, a_generation_begins_once);
    tcase_add_test(tcase, one_that_began_at_the_beginning_is_not_begun_later);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
