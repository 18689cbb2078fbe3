// SPDX-License-Identifier: Apache-2.0
/*
 * test_dead_letters.c - listing letters over partitions, and when a letter may
 * be tried again.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/backends/memory/mr_memory.h"
#include "common/backends/memory/mr_virtual_clock.h"
#include "retriever/io/dead_letters.h"

#define PARTITIONS 2u

struct rig {
    struct mr_virtual_clock *clock;
    struct mr_memory *log;
    struct mr_memory *records;
    struct mr_place place;
    struct shard *shards[PARTITIONS];
    struct index_peer *peers[PARTITIONS];
    struct mr_arena *arena;
    char folder[64];
};

static struct rig rig;

static void open_shards(void)
{
    for (uint32_t i = 0; i < PARTITIONS; i++) {
        struct mr_err err = { 0 };
        struct shard_spec spec = {
            .place = &rig.place,
            .partition = i,
            .folder = rig.folder,
            .records = mr_memory_store(rig.records),
            .dimension = 2,
            .config = index_config_default(),
        };

        spec.config.build_threads = 0;
        ck_assert_msg(shard_open(&spec, &rig.shards[i], &err) == MR_OK, "%s",
                      err.text);
        rig.peers[i] = index_peer_local(rig.shards[i], i);
    }
}

static void set_up(void)
{
    rig = (struct rig){ .arena = mr_arena_new() };
    rig.clock = mr_virtual_clock_new(1000000, false);
    rig.log = mr_memory_new(mr_virtual_clock_port(rig.clock));
    rig.records = mr_memory_new(NULL);
    ck_assert_int_eq(mr_place_init(&rig.place,
                                   &(struct mr_place_spec){
                                       .bus = mr_memory_bus(rig.log),
                                       .store = mr_memory_store(rig.log),
                                       .blob = mr_memory_blob(rig.log),
                                       .collection = "main",
                                       .generation = 1,
                                       .model = "testmodel",
                                       .partitions = PARTITIONS,
                                   },
                                   NULL),
                     MR_OK);
    strcpy(rig.folder, "/tmp/millrace-dead-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(rig.folder));
    open_shards();
}

static void tear_down(void)
{
    for (uint32_t i = 0; i < PARTITIONS; i++) {
        index_peer_local_free(rig.peers[i]);
        shard_close(rig.shards[i]);
    }
    mr_memory_free(rig.records);
    mr_memory_free(rig.log);
    mr_virtual_clock_free(rig.clock);
    mr_arena_free(rig.arena);
    ck_assert_int_eq(rmdir(rig.folder), 0);
}

static uint64_t append(enum mr_topic topic, const char *id,
                       struct mr_span value, uint64_t version)
{
    struct mr_record record = { .topic = rig.place.topics[topic],
                                .partition = MR_PARTITION_BY_KEY,
                                .key = mr_span_str(id),
                                .value = value,
                                .version = version,
                                .time_ms = 7 };

    mr_virtual_clock_advance(rig.clock, 1);
    ck_assert_int_eq(mr_bus_append(rig.place.bus, &record, 1, NULL), MR_OK);
    return record.offset;
}

/* A message on raw, and the letter about it. */
static uint64_t die(const char *id)
{
    uint64_t version = mr_place_version(
        &rig.place, append(MR_TOPIC_RAW, id, mr_span_str("what failed"), 0));
    struct mr_dead dead = { .id = mr_span_str(id),
                            .stage = mr_span_str("clean"),
                            .topic = mr_span_str("main.raw"),
                            .version = version,
                            .code = mr_span_str("corrupt"),
                            .error = mr_span_str("why") };
    struct mr_span value;

    ck_assert_int_eq(mr_dead_encode(&dead, rig.arena, &value, NULL), MR_OK);
    (void)append(MR_TOPIC_DEAD, id, value, version);
    return version;
}

static void say_document(const char *id, uint64_t version)
{
    struct mr_document document = { .id = mr_span_str(id),
                                    .version = version,
                                    .state = MR_STATE_DELETED };
    struct mr_span value;
    bool worked = true;

    ck_assert_int_eq(mr_document_encode(&document, rig.arena, &value, NULL),
                     MR_OK);
    (void)append(MR_TOPIC_DOCUMENTS, id, value, version);
    for (uint32_t i = 0; i < PARTITIONS; i++) {
        do {
            ck_assert_int_eq(shard_step(rig.shards[i], 0, &worked, NULL),
                             MR_OK);
        } while (worked);
    }
}

static struct dead_letter letter_of(const char *id)
{
    struct dead_cursor cursor;
    struct dead_letter letter;
    bool found;

    ck_assert_int_eq(dead_cursor_open(&rig.place, (struct mr_span){ 0 },
                                      rig.arena, &cursor, NULL),
                     MR_OK);
    do {
        ck_assert_int_eq(dead_letters_next(&rig.place, &cursor, rig.arena,
                                           &letter, &found, NULL),
                         MR_OK);
        ck_assert(found);
    } while (!mr_span_equal(letter.dead.id, mr_span_str(id)));
    return letter;
}

static enum dead_fate retry(const char *id, uint64_t lag, uint64_t *version)
{
    struct dead_letter letter = letter_of(id);
    struct dead_retry what = {
        .letter = &letter,
        .peer = rig.peers[mr_place_partition(&rig.place, mr_span_str(id))],
        .lag = lag,
    };
    struct mr_err err = { 0 };
    enum dead_fate fate;

    ck_assert_msg(dead_letters_retry(&rig.place, &what, rig.arena, &fate,
                                     version, &err) == MR_OK,
                  "%s", err.text);
    return fate;
}

START_TEST(letters_of_all_partitions_come_newest_first)
{
    char id[16];
    struct dead_cursor cursor;
    struct dead_letter letter;
    bool found = true;

    for (int i = 0; i < 20; i++) {
        (void)snprintf(id, sizeof(id), "doc-%d", i);
        (void)die(id);
    }
    ck_assert_int_eq(dead_cursor_open(&rig.place, (struct mr_span){ 0 },
                                      rig.arena, &cursor, NULL),
                     MR_OK);
    for (int i = 19; i >= 0; i--) {
        struct mr_span text = mr_span_str(dead_cursor_text(&cursor, rig.arena));

        /* A listing goes on from the words of its cursor. */
        ck_assert_int_eq(
            dead_cursor_open(&rig.place, text, rig.arena, &cursor, NULL),
            MR_OK);
        ck_assert_int_eq(dead_letters_next(&rig.place, &cursor, rig.arena,
                                           &letter, &found, NULL),
                         MR_OK);
        (void)snprintf(id, sizeof(id), "doc-%d", i);
        ck_assert(found && mr_span_equal(letter.dead.id, mr_span_str(id)));
    }
    ck_assert_int_eq(dead_letters_next(&rig.place, &cursor, rig.arena, &letter,
                                       &found, NULL),
                     MR_OK);
    ck_assert(!found);
}
END_TEST

START_TEST(what_is_no_cursor_is_refused)
{
    static const char *const bad[] = {
        "",      ".",   "1",    "1.",   ".1",
        "1.2.3", "a.b", "-1.0", "1 .2", "99999999999999999999.0"
    };
    struct dead_cursor cursor;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(dead_cursor_open(&rig.place, mr_span_str(bad[i]),
                                       rig.arena, &cursor,
                                       NULL) == MR_E_INVALID,
                      "\"%s\" is taken", bad[i]);
    ck_assert_int_eq(dead_cursor_open(&rig.place, mr_span_str("5.17"),
                                      rig.arena, &cursor, NULL),
                     MR_OK);
    ck_assert_uint_eq(cursor.next[1], 17);
}
END_TEST

START_TEST(a_letter_of_a_topic_of_others_is_not_tried_again)
{
    uint64_t version;
    struct dead_letter letter;
    struct dead_retry what = { .letter = &letter, .peer = rig.peers[0] };
    enum dead_fate fate;

    (void)die("a");
    letter = letter_of("a");
    letter.dead.stage = mr_span_str("source.shop");
    ck_assert_int_eq(
        dead_letters_retry(&rig.place, &what, rig.arena, &fate, &version, NULL),
        MR_OK);
    ck_assert_int_eq(fate, DEAD_FOREIGN);
}
END_TEST

START_TEST(a_letter_is_tried_again_as_a_new_version_of_the_same_bytes)
{
    uint64_t died = die("a");
    uint64_t version;
    struct mr_record record;

    say_document("a", died);
    ck_assert_int_eq(retry("a", 0, &version), DEAD_RETRIED);
    ck_assert_uint_eq(version, died + 1);
    ck_assert_int_eq(
        mr_bus_fetch(rig.place.bus, rig.place.topics[MR_TOPIC_RAW],
                     mr_place_partition(&rig.place, mr_span_str("a")),
                     version & 0xFFFF, rig.arena, &record, NULL),
        MR_OK);
    ck_assert(mr_span_equal(record.value, mr_span_str("what failed")));
    ck_assert_int_eq(record.time_ms, 7);
    /* That is now what came after it. */
    ck_assert_int_eq(retry("a", 0, &version), DEAD_SUPERSEDED);
}
END_TEST

START_TEST(a_letter_is_not_tried_again_when_the_shard_knows_better)
{
    uint64_t version;
    uint64_t died = die("a");

    /* Long ago: more than what is looked at of raw lies behind it. */
    for (int i = 0; i < 1000; i++)
        (void)append(MR_TOPIC_RAW, i == 0 ? "a" : "b", mr_span_str("x"), 0);
    say_document("a", died + 1);
    ck_assert_int_eq(retry("a", 0, &version), DEAD_SUPERSEDED);
    ck_assert_uint_eq(version, died + 1);
}
END_TEST

START_TEST(a_letter_is_not_tried_again_when_something_newer_is_on_its_way)
{
    uint64_t version;
    uint64_t died = die("a");
    uint64_t newer;

    say_document("a", died);
    newer = mr_place_version(
        &rig.place, append(MR_TOPIC_RAW, "a", mr_span_str("newer"), 0));
    for (int i = 0; i < 1000; i++)
        (void)append(MR_TOPIC_RAW, "b", mr_span_str("x"), 0);
    ck_assert_int_eq(retry("a", 1001, &version), DEAD_SUPERSEDED);
    ck_assert_uint_eq(version, newer);
}
END_TEST

START_TEST(looking_back_over_a_long_way_needs_the_memory_of_one_record)
{
    static uint8_t body[100 * 1000];
    size_t before;
    uint64_t version;

    say_document("a", die("a"));
    for (int i = 0; i < 500; i++)
        (void)append(MR_TOPIC_RAW, "b", mr_span(body, sizeof(body)), 0);
    before = mr_arena_used(rig.arena);
    ck_assert_int_eq(retry("a", 1000, &version), DEAD_RETRIED);
    ck_assert_uint_lt(mr_arena_used(rig.arena) - before, 1000 * 1000);
}
END_TEST

START_TEST(what_raw_has_lost_is_gone)
{
    uint32_t partition = mr_place_partition(&rig.place, mr_span_str("a"));
    uint64_t version;

    (void)die("a");
    mr_memory_trim(rig.log, rig.place.topics[MR_TOPIC_RAW], partition, 1);
    ck_assert_int_eq(retry("a", 0, &version), DEAD_GONE);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("dead_letters");
    Suite *suite = suite_create("dead_letters");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, letters_of_all_partitions_come_newest_first);
    tcase_add_test(tcase, what_is_no_cursor_is_refused);
    tcase_add_test(tcase, a_letter_of_a_topic_of_others_is_not_tried_again);
    tcase_add_test(tcase,
                   a_letter_is_tried_again_as_a_new_version_of_the_same_bytes);
    tcase_add_test(tcase,
                   a_letter_is_not_tried_again_when_the_shard_knows_better);
    tcase_add_test(
        tcase, a_letter_is_not_tried_again_when_something_newer_is_on_its_way);
    tcase_add_test(tcase,
                   looking_back_over_a_long_way_needs_the_memory_of_one_record);
    tcase_add_test(tcase, what_raw_has_lost_is_gone);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
