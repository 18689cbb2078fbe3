// SPDX-License-Identifier: Apache-2.0
/*
 * bus_append.c - what goes in comes out, where it belongs, or is refused.
 */
#include <string.h>

#include "common/base/mr_hash.h"
#include "tests/contract/contract.h"

START_TEST(an_append_says_where_the_records_lie)
{
    mr_topic_id topic = contract_topic("t", 3, MR_CLEANUP_KEEP);
    struct mr_record records[] = {
        contract_record(topic, 1, "a", 0),
        contract_record(topic, 2, "b", 1),
        contract_record(topic, 1, "c", 2),
        contract_record(topic, MR_PARTITION_BY_KEY, "somebody", 3),
    };

    CONTRACT_OK(mr_bus_append(contract.bus, records, 4, &contract.err));
    ck_assert_uint_eq(records[0].offset, 0);
    ck_assert_uint_eq(records[1].offset, 0);
    ck_assert_uint_eq(records[2].offset, 1);
    ck_assert_uint_eq(records[3].partition,
                      mr_partition_of(mr_span_str("somebody"), 3));
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_gt(records[i].append_ms, 1500000000000);
    CONTRACT_OK(mr_bus_append(contract.bus, records, 1, &contract.err));
    ck_assert_uint_gt(records[0].offset, 1);
}
END_TEST

static void check_same(const struct mr_record *got,
                       const struct mr_record *want)
{
    ck_assert_uint_eq(got->topic, want->topic);
    ck_assert_uint_eq(got->partition, want->partition);
    ck_assert_uint_eq(got->offset, want->offset);
    ck_assert_int_eq(got->append_ms, want->append_ms);
    ck_assert_uint_eq(got->version, want->version);
    ck_assert_int_eq(got->time_ms, want->time_ms);
    ck_assert(mr_span_equal(got->key, want->key));
    ck_assert(mr_span_equal(got->value, want->value));
    ck_assert(mr_span_equal(got->trace, want->trace));
    ck_assert_int_eq(got->value.data == NULL, want->value.data == NULL);
    ck_assert_int_eq(got->trace.data == NULL, want->trace.data == NULL);
}

/* Every shape that a record can have, at its limits. */
static size_t shapes(mr_topic_id topic, struct mr_record *records)
{
    static uint8_t large[MR_VALUE_BYTES_MAX];
    static const char zeros[] = "a\0b\xff\0";
    struct mr_record shape = contract_record(topic, 0, "key", 7);
    size_t count = 0;

    memset(large, 0xA5, sizeof(large));
    records[count++] = shape;
    records[count] = shape;
    records[count++].value = (struct mr_span){ 0 };
    records[count] = shape;
    records[count++].value = mr_span("", 0);
    records[count] = shape;
    records[count].version = UINT64_MAX;
    records[count].time_ms = INT64_MIN;
    records[count++].trace = mr_span_str("00-4bf92f3577b34da6a3ce-00f0-01");
    records[count] = shape;
    records[count].key = mr_span(zeros, sizeof(zeros));
    records[count++].value = mr_span(zeros, sizeof(zeros));
    records[count] = shape;
    records[count].key = mr_span(large, MR_KEY_BYTES_MAX);
    records[count++].value = mr_span(large, MR_VALUE_BYTES_MAX);
    records[count] = shape;
    records[count++].key = mr_span("", 0);
    return count;
}

START_TEST(a_record_comes_back_as_it_was)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 1);
    struct mr_record records[16];
    size_t count = shapes(topic, records);
    struct mr_batch_in batch;

    CONTRACT_OK(mr_bus_append(contract.bus, records, count, &contract.err));
    batch = contract_poll(reader, 100);
    ck_assert_uint_eq(batch.count, count);
    for (size_t i = 0; i < count; i++) {
        struct mr_record fetched;

        check_same(&batch.records[i], &records[i]);
        CONTRACT_OK(mr_bus_fetch(contract.bus, topic, 0, i, contract.arena,
                                 &fetched, &contract.err));
        check_same(&fetched, &records[i]);
    }
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(what_was_polled_is_fetched_when_its_reader_is_closed)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_record records[2] = {
        contract_record(topic, 0, "a", 1),
        contract_record(topic, 0, "b", 2),
    };
    struct mr_bus_reader *reader = contract_reader("g", topic, 1);
    struct mr_record fetched;

    CONTRACT_OK(mr_bus_append(contract.bus, records, 2, &contract.err));
    CONTRACT_OK(mr_bus_fetch(contract.bus, topic, 0, 0, contract.arena,
                             &fetched, &contract.err));
    ck_assert_uint_eq(contract_poll(reader, 100).count, 2);
    mr_bus_close_reader(reader);
    for (size_t i = 0; i < 2; i++) {
        CONTRACT_OK(mr_bus_fetch(contract.bus, topic, 0, i, contract.arena,
                                 &fetched, &contract.err));
        check_same(&fetched, &records[i]);
    }
}
END_TEST

START_TEST(what_is_too_long_is_refused_with_all_beside_it)
{
    static uint8_t large[MR_VALUE_BYTES_MAX + 1];
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_record records[2] = {
        contract_record(topic, 0, "good", 1),
        contract_record(topic, 0, "bad", 2),
    };
    uint64_t begin, end;

    records[1].value = mr_span(large, MR_VALUE_BYTES_MAX + 1);
    CONTRACT_FAILS(MR_E_LIMIT,
                   mr_bus_append(contract.bus, records, 2, &contract.err));
    records[1] = contract_record(topic, 0, "bad", 2);
    records[1].key = mr_span(large, MR_KEY_BYTES_MAX + 1);
    CONTRACT_FAILS(MR_E_LIMIT,
                   mr_bus_append(contract.bus, records, 2, &contract.err));
    CONTRACT_OK(
        mr_bus_bounds(contract.bus, topic, 0, &begin, &end, &contract.err));
    ck_assert_uint_eq(end, 0);
}
END_TEST

START_TEST(what_belongs_nowhere_is_refused)
{
    mr_topic_id topic = contract_topic("t", 2, MR_CLEANUP_KEEP);
    struct mr_record record = contract_record(topic, 2, "k", 0);

    CONTRACT_FAILS(MR_E_INVALID,
                   mr_bus_append(contract.bus, &record, 1, &contract.err));
    record = contract_record(topic + 1000, 0, "k", 0);
    CONTRACT_FAILS(MR_E_INVALID,
                   mr_bus_append(contract.bus, &record, 1, &contract.err));
}
END_TEST

START_TEST(bounds_tell_the_first_and_the_next_offset)
{
    mr_topic_id topic = contract_topic("t", 2, MR_CLEANUP_KEEP);
    uint64_t begin, end;

    contract_append(topic, 1, 0, 7);
    CONTRACT_OK(
        mr_bus_bounds(contract.bus, topic, 0, &begin, &end, &contract.err));
    ck_assert_uint_eq(begin, 0);
    ck_assert_uint_eq(end, 0);
    CONTRACT_OK(
        mr_bus_bounds(contract.bus, topic, 1, &begin, &end, &contract.err));
    ck_assert_uint_eq(begin, 0);
    ck_assert_uint_eq(end, 7);
    CONTRACT_FAILS(MR_E_INVALID, mr_bus_bounds(contract.bus, topic, 2, &begin,
                                               &end, &contract.err));
}
END_TEST

/* What was appended, in order of offset, into the list; their number. */
static size_t append_times(mr_topic_id topic, int64_t *list, size_t room)
{
    size_t count = 0;

    /* A clock that is real moves meanwhile, and one that is not need not. */
    while (count < room) {
        struct mr_record record = { .topic = topic,
                                    .partition = 0,
                                    .key = mr_span_str("k"),
                                    .value = mr_span_str("v") };

        CONTRACT_OK(mr_bus_append(contract.bus, &record, 1, &contract.err));
        list[count++] = record.append_ms;
    }
    return count;
}

static uint64_t time_found(mr_topic_id topic, uint32_t partition,
                           int64_t time_ms)
{
    uint64_t out = UINT64_MAX;

    CONTRACT_OK(mr_bus_find_time(contract.bus, topic, partition, time_ms, &out,
                                 &contract.err));
    return out;
}

START_TEST(a_time_is_found_at_the_first_record_that_is_not_older)
{
    mr_topic_id topic = contract_topic("t", 2, MR_CLEANUP_KEEP);
    int64_t times[24];
    size_t count = append_times(topic, times, 24);

    ck_assert_uint_eq(time_found(topic, 0, 0), 0);
    ck_assert_uint_eq(time_found(topic, 0, times[count - 1] + 1), count);
    ck_assert_uint_eq(time_found(topic, 1, 0), 0); /* empty */
    ck_assert_uint_eq(time_found(topic, 1, times[0]), 0);
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;

        while (times[first] < times[i])
            first++;
        ck_assert_uint_eq(time_found(topic, 0, times[i]), first);
    }
    ck_assert_int_ne(mr_bus_find_time(contract.bus, topic, 2, 0,
                                      &(uint64_t){ 0 }, &contract.err),
                     MR_OK);
}
END_TEST

START_TEST(a_fetch_past_the_end_is_lost)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_record record;

    contract_append(topic, 0, 0, 2);
    CONTRACT_FAILS(MR_E_LOST,
                   mr_bus_fetch(contract.bus, topic, 0, 2, contract.arena,
                                &record, &contract.err));
    CONTRACT_OK(mr_bus_sync(contract.bus, &contract.err));
}
END_TEST

START_TEST(what_was_trimmed_is_lost_and_never_skipped)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_EXPIRE);
    struct mr_poll_limits limits = { .records_max = 9, .bytes_max = 9999 };
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;
    struct mr_record record;
    uint64_t begin, end;

    if (!contract_can(CONTRACT_CAN_TRIM))
        return;
    reader = contract_reader("g", topic, 1);
    contract_append(topic, 0, 0, 10);
    contract.backend->trim(contract.self, topic, 0, 4);
    CONTRACT_OK(
        mr_bus_bounds(contract.bus, topic, 0, &begin, &end, &contract.err));
    ck_assert_uint_eq(begin, 4);
    ck_assert_uint_eq(end, 10);
    CONTRACT_FAILS(MR_E_LOST,
                   mr_bus_fetch(contract.bus, topic, 0, 3, contract.arena,
                                &record, &contract.err));
    CONTRACT_OK(mr_bus_fetch(contract.bus, topic, 0, 4, contract.arena, &record,
                             &contract.err));
    CONTRACT_FAILS(MR_E_LOST, mr_bus_poll(reader, &limits, contract.arena,
                                          &batch, &contract.err));
    ck_assert_ptr_nonnull(strstr(contract.err.text, "4"));
    ck_assert_ptr_nonnull(strstr(contract.err.text, "10"));
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(offsets_are_never_used_again_after_a_trim_to_the_end)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_EXPIRE);
    struct mr_record record = contract_record(topic, 0, "k", 1);
    uint64_t begin, end;

    if (!contract_can(CONTRACT_CAN_TRIM))
        return;
    contract_append(topic, 0, 0, 10);
    contract.backend->trim(contract.self, topic, 0, 10);
    contract_reopen();
    topic = contract_topic("t", 1, MR_CLEANUP_EXPIRE);
    CONTRACT_OK(
        mr_bus_bounds(contract.bus, topic, 0, &begin, &end, &contract.err));
    ck_assert_uint_eq(begin, 10);
    ck_assert_uint_eq(end, 10);
    CONTRACT_OK(mr_bus_append(contract.bus, &record, 1, &contract.err));
    ck_assert_uint_eq(record.offset, 10);
}
END_TEST

static void append_keys(mr_topic_id topic, const char *keys)
{
    for (unsigned i = 0; keys[i] != '\0'; i++) {
        struct mr_record record = contract_record(
            topic, 0, mr_arena_printf(contract.arena, "%c", keys[i]), i);

        CONTRACT_OK(mr_bus_append(contract.bus, &record, 1, &contract.err));
    }
}

static void check_offsets(struct mr_bus_reader *reader, const uint64_t *want,
                          size_t count)
{
    struct mr_batch_in batch = contract_poll(reader, 100);

    ck_assert_uint_eq(batch.count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(batch.records[i].offset, want[i]);
        ck_assert_uint_eq(contract_number(&batch.records[i]), want[i]);
    }
}

START_TEST(compaction_keeps_the_newest_of_each_key_at_its_offset)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_COMPACT);
    static const uint64_t want[] = { 5, 6, 7 };
    struct mr_bus_reader *reader, *late;
    uint64_t begin, end;

    if (!contract_can(CONTRACT_CAN_COMPACT))
        return;
    append_keys(topic, "aabcabca");
    reader = contract_reader("g", topic, 1);
    ck_assert_uint_eq(contract_poll(reader, 100).count, 8);
    contract_commit_at(reader, topic, 0, 8);
    contract.backend->compact(contract.self, topic);
    late = contract_reader(NULL, topic, 1);
    check_offsets(late, want, 3);
    CONTRACT_OK(
        mr_bus_bounds(contract.bus, topic, 0, &begin, &end, &contract.err));
    ck_assert_uint_eq(end, 8);
    mr_bus_close_reader(late);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(compaction_leaves_alone_what_the_slowest_group_has_not_read)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_COMPACT);
    static const uint64_t want[] = { 2, 3, 4, 5, 6, 7 };
    struct mr_bus_reader *fast, *slow;

    if (!contract_can(CONTRACT_CAN_COMPACT))
        return;
    append_keys(topic, "aabcabca");
    fast = contract_reader("fast", topic, 1);
    contract_commit_at(fast, topic, 0, 8);
    slow = contract_reader("slow", topic, 1);
    ck_assert_uint_eq(contract_poll(slow, 2).count, 2);
    contract_commit_at(slow, topic, 0, 2);
    contract.backend->compact(contract.self, topic);
    check_offsets(slow, want, 6);
    mr_bus_close_reader(slow);
    mr_bus_close_reader(fast);
}
END_TEST

START_TEST(compaction_leaves_alone_what_a_group_without_a_position_reads)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_COMPACT);
    static const uint64_t want[] = { 0, 1, 2, 3 };
    struct mr_bus_reader *fast, *new;

    if (!contract_can(CONTRACT_CAN_COMPACT))
        return;
    append_keys(topic, "aaaa");
    fast = contract_reader("fast", topic, 1);
    contract_commit_at(fast, topic, 0, 4);
    new = contract_reader("new", topic, 1);
    contract.backend->compact(contract.self, topic);
    check_offsets(new, want, 4);
    mr_bus_close_reader(new);
    mr_bus_close_reader(fast);
}
END_TEST

START_TEST(a_reader_crosses_the_gaps_of_a_compaction)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_COMPACT);
    static const uint64_t want[] = { 2 };
    struct mr_bus_reader *reader;
    struct mr_record record;

    if (!contract_can(CONTRACT_CAN_COMPACT))
        return;
    append_keys(topic, "aaa");
    contract.backend->compact(contract.self, topic);
    reader = contract_reader("g", topic, 1);
    check_offsets(reader, want, 1);
    CONTRACT_FAILS(MR_E_LOST,
                   mr_bus_fetch(contract.bus, topic, 0, 1, contract.arena,
                                &record, &contract.err));
    mr_bus_close_reader(reader);
}
END_TEST

void contract_bus_append_cases(Suite *suite)
{
    TCase *tcase = contract_case(suite, "append");

    tcase_add_test(tcase, an_append_says_where_the_records_lie);
    tcase_add_test(tcase, a_record_comes_back_as_it_was);
    tcase_add_test(tcase, what_was_polled_is_fetched_when_its_reader_is_closed);
    tcase_add_test(tcase, what_is_too_long_is_refused_with_all_beside_it);
    tcase_add_test(tcase, what_belongs_nowhere_is_refused);
    tcase_add_test(tcase, bounds_tell_the_first_and_the_next_offset);
    tcase_add_test(tcase,
                   a_time_is_found_at_the_first_record_that_is_not_older);
    tcase_add_test(tcase, a_fetch_past_the_end_is_lost);
    tcase_add_test(tcase, what_was_trimmed_is_lost_and_never_skipped);
    tcase_add_test(tcase, offsets_are_never_used_again_after_a_trim_to_the_end);
    tcase_add_test(tcase,
                   compaction_keeps_the_newest_of_each_key_at_its_offset);
    tcase_add_test(tcase,
                   compaction_leaves_alone_what_the_slowest_group_has_not_read);
    tcase_add_test(
        tcase, compaction_leaves_alone_what_a_group_without_a_position_reads);
    tcase_add_test(tcase, a_reader_crosses_the_gaps_of_a_compaction);
}
