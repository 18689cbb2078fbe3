// SPDX-License-Identifier: Apache-2.0
/*
 * test_clean.c - what expiry and compaction remove, and what they leave.
 */
#include "tests/unit/common_backends_rocksdb/fixture.h"

#include "common/backends/memory/mr_virtual_clock.h"
#include "common/backends/rocksdb/rocksdb_state.h"

static uint64_t begin_of(struct mr_rocksdb *db, mr_topic_id topic)
{
    uint64_t begin, end;

    fixture_ok(mr_bus_bounds(mr_rocksdb_bus(db), topic, 0, &begin, &end, &err));
    return begin;
}

/* The offsets of all records, as text. */
static const char *offsets_of(struct mr_rocksdb *db, mr_topic_id topic)
{
    struct mr_bus_reader *reader = fixture_reader(db, NULL, topic);
    struct mr_batch_in batch;
    const char *text = "";

    fixture_ok(fixture_poll(reader, &batch));
    for (size_t i = 0; i < batch.count; i++)
        text = mr_arena_printf(arena, "%s%llu ", text,
                               (unsigned long long)batch.records[i].offset);
    mr_bus_close_reader(reader);
    return text;
}

static uint64_t clean(struct mr_rocksdb *db, mr_topic_id topic,
                      unsigned dirty_percent)
{
    struct mr_rocksdb_cleaned cleaned;

    fixture_ok(mr_rocksdb_clean(db, topic, dirty_percent, &cleaned, &err));
    return cleaned.removed;
}

static void append_keys(struct mr_rocksdb *db, mr_topic_id topic,
                        const char *keys)
{
    struct mr_record records[64];
    size_t count = strlen(keys);

    for (size_t i = 0; i < count; i++)
        records[i] =
            (struct mr_record){ .topic = topic, .key = mr_span(keys + i, 1) };
    fixture_ok(mr_bus_append(mr_rocksdb_bus(db), records, count, &err));
}

START_TEST(what_is_older_than_its_retention_goes)
{
    struct mr_virtual_clock *clock = mr_virtual_clock_new(1700000000000, false);
    struct mr_rocksdb_spec spec = { .path = path,
                                    .clock = mr_virtual_clock_port(clock) };
    struct mr_rocksdb *db;
    mr_topic_id topic;

    fixture_ok(mr_rocksdb_open(&spec, &db, &err));
    topic = fixture_topic(db, MR_CLEANUP_EXPIRE); /* 1000 ms */
    append_keys(db, topic, "abc");
    mr_virtual_clock_advance(clock, 600);
    append_keys(db, topic, "de");
    ck_assert_uint_eq(clean(db, topic, 0), 0);
    mr_virtual_clock_advance(clock, 400);
    ck_assert_uint_eq(clean(db, topic, 0), 0); /* as old as, not older */
    mr_virtual_clock_advance(clock, 1);
    ck_assert_uint_eq(clean(db, topic, 0), 3);
    ck_assert_uint_eq(begin_of(db, topic), 3);
    mr_virtual_clock_advance(clock, 600);
    ck_assert_uint_eq(clean(db, topic, 0), 2);
    ck_assert_uint_eq(begin_of(db, topic), 5);
    mr_rocksdb_close(db);
    mr_virtual_clock_free(clock);
}
END_TEST

START_TEST(expiry_waits_for_the_slowest_group_until_it_is_forgotten)
{
    struct mr_virtual_clock *clock = mr_virtual_clock_new(1700000000000, false);
    struct mr_rocksdb_spec spec = { .path = path,
                                    .clock = mr_virtual_clock_port(clock) };
    struct mr_position position;
    struct mr_commit commit = { .positions = &position, .position_count = 1 };
    struct mr_bus_reader *reader;
    struct mr_rocksdb *db;
    mr_topic_id topic;

    fixture_ok(mr_rocksdb_open(&spec, &db, &err));
    topic = fixture_topic(db, MR_CLEANUP_EXPIRE);
    append_keys(db, topic, "abcdef");
    mr_virtual_clock_advance(clock, 5000);
    reader = fixture_reader(db, "slow", topic);
    position = (struct mr_position){ topic, 0, 2 };
    fixture_ok(mr_bus_commit(reader, &commit, &err));
    ck_assert_uint_eq(clean(db, topic, 0), 2);
    ck_assert_int_eq(mr_rocksdb_forget_group(db, "slow", &err), MR_E_BUSY);
    mr_bus_close_reader(reader);
    ck_assert_uint_eq(clean(db, topic, 0), 0);
    fixture_ok(mr_rocksdb_forget_group(db, "slo", &err)); /* another */
    ck_assert_uint_eq(clean(db, topic, 0), 0);
    fixture_ok(mr_rocksdb_forget_group(db, "slow", &err));
    ck_assert_uint_eq(clean(db, topic, 0), 4);
    mr_rocksdb_close(db);
    mr_virtual_clock_free(clock);
}
END_TEST

START_TEST(what_is_kept_for_good_is_not_touched)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_KEEP);

    append_keys(db, topic, "aaaa");
    ck_assert_uint_eq(clean(db, topic, 0), 0);
    ck_assert_str_eq(offsets_of(db, topic), "0 1 2 3 ");
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(compaction_survives_the_process_and_goes_on_where_it_was)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_COMPACT);

    append_keys(db, topic, "abcab");
    ck_assert_uint_eq(clean(db, topic, 0), 2);
    ck_assert_str_eq(offsets_of(db, topic), "2 3 4 ");
    mr_rocksdb_close(db);
    db = fixture_open();
    ck_assert_str_eq(offsets_of(db, topic), "2 3 4 ");
    ck_assert_uint_eq(clean(db, topic, 0), 0);
    append_keys(db, topic, "ca");
    ck_assert_uint_eq(clean(db, topic, 0), 2);
    ck_assert_str_eq(offsets_of(db, topic), "4 5 6 ");
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(compaction_with_few_keys_at_a_time_comes_to_the_same)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_COMPACT);

    db->clean_keys_max = (size_t)_i;
    append_keys(db, topic, "abcdefgabcabcabczzzag");
    ck_assert_uint_eq(clean(db, topic, 0), 21 - 8);
    ck_assert_str_eq(offsets_of(db, topic), "3 4 5 14 15 18 19 20 ");
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(a_partition_that_is_hardly_dirty_is_left_alone)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_COMPACT);

    append_keys(db, topic, "abcdefgh");
    ck_assert_uint_eq(clean(db, topic, 50), 0); /* all dirty: looked at */
    append_keys(db, topic, "abc");
    ck_assert_uint_eq(clean(db, topic, 50), 0); /* 3 of 11 */
    append_keys(db, topic, "defgh");
    ck_assert_uint_eq(clean(db, topic, 50), 8); /* 8 of 16 */
    append_keys(db, topic, "a");
    ck_assert_uint_eq(clean(db, topic, 0), 1);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(tombstones_are_records_like_others)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_COMPACT);
    struct mr_record record;

    fixture_append(db, topic, "a", "value");
    append_keys(db, topic, "a"); /* without a value */
    ck_assert_uint_eq(clean(db, topic, 0), 1);
    fixture_ok(
        mr_bus_fetch(mr_rocksdb_bus(db), topic, 0, 1, arena, &record, &err));
    ck_assert_ptr_null(record.value.data);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(all_topics_are_cleaned_in_one_call)
{
    struct mr_rocksdb *db = fixture_open();
    struct mr_topic_spec other = { .name = "other",
                                   .partitions = 3,
                                   .cleanup = MR_CLEANUP_COMPACT };
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_COMPACT);
    struct mr_rocksdb_cleaned cleaned;
    mr_topic_id second;

    fixture_ok(mr_bus_topic(mr_rocksdb_bus(db), &other, &second, &err));
    append_keys(db, topic, "aab");
    append_keys(db, second, "xxy");
    fixture_ok(mr_rocksdb_clean_all(db, 0, &cleaned, &err));
    ck_assert_uint_eq(cleaned.removed, 2);
    mr_rocksdb_close(db);
}
END_TEST

START_TEST(an_impossible_trim_is_refused)
{
    struct mr_rocksdb *db = fixture_open();
    mr_topic_id topic = fixture_topic(db, MR_CLEANUP_KEEP);

    append_keys(db, topic, "abc");
    ck_assert_int_eq(mr_rocksdb_trim(db, topic, 0, 4, &err), MR_E_INVALID);
    ck_assert_int_eq(mr_rocksdb_trim(db, topic, 1, 0, &err), MR_E_INVALID);
    fixture_ok(mr_rocksdb_trim(db, topic, 0, 2, &err));
    fixture_ok(mr_rocksdb_trim(db, topic, 0, 1, &err)); /* is so already */
    ck_assert_uint_eq(begin_of(db, topic), 2);
    mr_rocksdb_close(db);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("clean");
    Suite *suite = suite_create("rocksdb");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_is_older_than_its_retention_goes);
    tcase_add_test(tcase,
                   expiry_waits_for_the_slowest_group_until_it_is_forgotten);
    tcase_add_test(tcase, what_is_kept_for_good_is_not_touched);
    tcase_add_test(tcase,
                   compaction_survives_the_process_and_goes_on_where_it_was);
    tcase_add_loop_test(
        tcase, compaction_with_few_keys_at_a_time_comes_to_the_same, 1, 10);
    tcase_add_test(tcase, a_partition_that_is_hardly_dirty_is_left_alone);
    tcase_add_test(tcase, tombstones_are_records_like_others);
    tcase_add_test(tcase, all_topics_are_cleaned_in_one_call);
    tcase_add_test(tcase, an_impossible_trim_is_refused);
    suite_add_tcase(suite, tcase);
    return fixture_run(suite);
}
