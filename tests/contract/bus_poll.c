// SPDX-License-Identifier: Apache-2.0
/*
 * bus_poll.c - what a poll gives, in which order and how much of it.
 */
#include <string.h>

#include "tests/contract/contract.h"

START_TEST(records_come_in_order_without_gap_or_repeat)
{
    enum {
        PARTITIONS = 3,
        EACH = 50
    };
    mr_topic_id topic = contract_topic("t", PARTITIONS, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, PARTITIONS);
    unsigned next[PARTITIONS] = { 0 };
    struct mr_batch_in batch;

    for (unsigned i = 0; i < EACH; i += 10) {
        for (uint32_t p = 0; p < PARTITIONS; p++)
            contract_append(topic, p, i, 10);
    }
    while ((batch = contract_poll(reader, 7)).count > 0) {
        for (size_t i = 0; i < batch.count; i++) {
            struct mr_record *record = &batch.records[i];

            ck_assert_uint_eq(record->offset, next[record->partition]);
            ck_assert_uint_eq(contract_number(record), next[record->partition]);
            next[record->partition]++;
        }
    }
    for (uint32_t p = 0; p < PARTITIONS; p++)
        ck_assert_uint_eq(next[p], EACH);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(a_batch_is_grouped_by_partition)
{
    mr_topic_id topic = contract_topic("t", 3, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 3);
    struct mr_batch_in batch;
    unsigned changes = 0;

    for (unsigned i = 0; i < 5; i++) {
        for (uint32_t p = 0; p < 3; p++)
            contract_append(topic, p, i, 1);
    }
    batch = contract_poll(reader, 100);
    ck_assert_uint_eq(batch.count, 15);
    for (size_t i = 1; i < batch.count; i++)
        changes += batch.records[i].partition != batch.records[i - 1].partition;
    ck_assert_uint_eq(changes, 2);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(an_empty_poll_that_does_not_wait_gives_nothing)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 1);

    ck_assert_uint_eq(contract_poll(reader, 10).count, 0);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(a_poll_gives_no_more_records_than_asked)
{
    mr_topic_id topic = contract_topic("t", 2, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 2);

    contract_append(topic, 0, 0, 10);
    contract_append(topic, 1, 0, 10);
    for (uint32_t want = 1; want <= 4; want++)
        ck_assert_uint_eq(contract_poll(reader, want).count, want);
    ck_assert_uint_eq(contract_poll(reader, 100).count, 20 - 10);
    mr_bus_close_reader(reader);
}
END_TEST

static struct mr_batch_in poll_bytes(struct mr_bus_reader *reader,
                                     size_t bytes_max)
{
    struct mr_poll_limits limits = {
        .records_max = 1000,
        .bytes_max = bytes_max,
    };
    struct mr_batch_in batch;

    CONTRACT_OK(
        mr_bus_poll(reader, &limits, contract.arena, &batch, &contract.err));
    return batch;
}

START_TEST(a_poll_gives_no_more_bytes_than_asked)
{
    mr_topic_id topic = contract_topic("t", 2, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 2);
    size_t seen = 0;
    struct mr_batch_in batch;

    contract_append(topic, 0, 100, 10); /* of 6 bytes each, with the key */
    contract_append(topic, 1, 100, 10);
    while ((batch = poll_bytes(reader, 27)).count > 0) {
        size_t bytes = 0;

        for (size_t i = 0; i < batch.count; i++)
            bytes += batch.records[i].key.size + batch.records[i].value.size;
        ck_assert_uint_le(bytes, 27);
        seen += batch.count;
    }
    ck_assert_uint_eq(seen, 20);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(the_first_record_comes_whatever_its_size)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 1);

    contract_append(topic, 0, 100000, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct mr_batch_in batch = poll_bytes(reader, 1);

        ck_assert_uint_eq(batch.count, 1);
        ck_assert_uint_eq(contract_number(&batch.records[0]), 100000 + i);
    }
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(partitions_take_turns)
{
    enum {
        PARTITIONS = 4
    };
    mr_topic_id topic = contract_topic("t", PARTITIONS, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, PARTITIONS);
    bool seen[PARTITIONS] = { false };

    for (uint32_t p = 0; p < PARTITIONS; p++)
        contract_append(topic, p, 0, 100);
    for (uint32_t i = 0; i < PARTITIONS; i++) {
        struct mr_batch_in batch = contract_poll(reader, 10);

        for (size_t r = 0; r < batch.count; r++)
            seen[batch.records[r].partition] = true;
    }
    for (uint32_t p = 0; p < PARTITIONS; p++)
        ck_assert_msg(seen[p], "partition %u was never served", p);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(one_reader_reads_several_topics)
{
    mr_topic_id a = contract_topic("a", 1, MR_CLEANUP_KEEP);
    mr_topic_id b = contract_topic("b", 1, MR_CLEANUP_KEEP);
    struct mr_position at[] = { { b, 0, 0 }, { a, 0, 0 } };
    struct mr_reader_spec spec = { .group = "g", .partitions = at, .count = 2 };
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;
    size_t of_a = 0;

    contract_append(a, 0, 0, 2);
    contract_append(b, 0, 10, 3);
    CONTRACT_OK(mr_bus_reader(contract.bus, &spec, &reader, &contract.err));
    batch = contract_poll(reader, 100);
    ck_assert_uint_eq(batch.count, 5);
    for (size_t i = 0; i < batch.count; i++)
        of_a += batch.records[i].topic == a;
    ck_assert_uint_eq(of_a, 2);
    mr_bus_close_reader(reader);
}
END_TEST

static struct mr_bus_reader *reader_at(const char *group, mr_topic_id topic,
                                       uint64_t next)
{
    struct mr_position at = { topic, 0, next };
    struct mr_reader_spec spec = { .group = group,
                                   .partitions = &at,
                                   .count = 1 };
    struct mr_bus_reader *reader;

    CONTRACT_OK(mr_bus_reader(contract.bus, &spec, &reader, &contract.err));
    return reader;
}

START_TEST(a_reader_begins_where_it_is_told_unless_its_group_knows_better)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader;

    contract_append(topic, 0, 0, 10);
    reader = reader_at(NULL, topic, 6);
    ck_assert_uint_eq(contract_poll(reader, 1).records[0].offset, 6);
    mr_bus_close_reader(reader);
    reader = reader_at("g", topic, 7);
    ck_assert_uint_eq(contract_poll(reader, 1).records[0].offset, 7);
    contract_commit_at(reader, topic, 0, 8);
    mr_bus_close_reader(reader);
    reader = reader_at("g", topic, 2);
    ck_assert_uint_eq(contract_poll(reader, 1).records[0].offset, 8);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(a_reader_can_begin_at_the_end)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader;

    contract_append(topic, 0, 0, 10);
    reader = reader_at("g", topic, UINT64_MAX);
    ck_assert_uint_eq(contract_poll(reader, 1).count, 0);
    contract_append(topic, 0, 10, 1);
    ck_assert_uint_eq(contract_poll(reader, 1).records[0].offset, 10);
    mr_bus_close_reader(reader);
}
END_TEST

/* A backend that has hardly begun to read has to begin anew. */
START_TEST(a_reader_may_be_rewound_at_once)
{
    mr_topic_id topic = contract_topic("t", 2, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader;

    contract_append(topic, 0, 0, 3);
    contract_append(topic, 1, 3, 3);
    reader = contract_reader(NULL, topic, 2);
    CONTRACT_OK(mr_bus_rewind(reader, &contract.err));
    ck_assert_uint_eq(contract_poll(reader, 9).count, 6);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(a_place_past_the_end_is_lost)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_poll_limits limits = { .records_max = 9, .bytes_max = 9999 };
    struct mr_bus_reader *reader;
    struct mr_batch_in batch;

    contract_append(topic, 0, 0, 3);
    reader = reader_at(NULL, topic, 5);
    CONTRACT_FAILS(MR_E_LOST, mr_bus_poll(reader, &limits, contract.arena,
                                          &batch, &contract.err));
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(an_impossible_reader_is_refused)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_position twice[] = { { topic, 0, 0 }, { topic, 0, 0 } };
    struct mr_position foreign = { topic, 1, 0 };
    struct mr_reader_spec specs[] = {
        { .group = "g", .partitions = twice, .count = 2 },
        { .group = "g", .partitions = &foreign, .count = 1 },
        { .group = "g", .partitions = twice, .count = 0 },
        { .group = "", .partitions = twice, .count = 1 },
    };

    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct mr_bus_reader *reader;

        CONTRACT_FAILS(MR_E_INVALID, mr_bus_reader(contract.bus, &specs[i],
                                                   &reader, &contract.err));
    }
}
END_TEST

START_TEST(two_readers_of_a_group_never_share_a_partition)
{
    mr_topic_id topic = contract_topic("t", 2, MR_CLEANUP_KEEP);
    struct mr_bus_reader *first = contract_reader("g", topic, 2);
    struct mr_bus_reader *other = contract_reader("other", topic, 2);
    struct mr_bus_reader *nobody = contract_reader(NULL, topic, 2);
    struct mr_position at = { topic, 1, 0 };
    struct mr_reader_spec spec = { .group = "g",
                                   .partitions = &at,
                                   .count = 1 };
    struct mr_bus_reader *second;
    enum mr_code code =
        mr_bus_reader(contract.bus, &spec, &second, &contract.err);

    if (code == MR_OK) {
        struct mr_commit commit = { 0 };

        CONTRACT_FAILS(MR_E_FENCED,
                       mr_bus_commit(first, &commit, &contract.err));
        mr_bus_close_reader(second);
        mr_bus_close_reader(first);
    } else {
        ck_assert_int_eq(code, MR_E_BUSY);
        mr_bus_close_reader(first);
        CONTRACT_OK(mr_bus_reader(contract.bus, &spec, &second, &contract.err));
        mr_bus_close_reader(second);
    }
    mr_bus_close_reader(other);
    mr_bus_close_reader(nobody);
    mr_bus_close_reader(NULL);
}
END_TEST

void contract_bus_poll_cases(Suite *suite)
{
    TCase *tcase = contract_case(suite, "poll");

    tcase_add_test(tcase, records_come_in_order_without_gap_or_repeat);
    tcase_add_test(tcase, a_batch_is_grouped_by_partition);
    tcase_add_test(tcase, an_empty_poll_that_does_not_wait_gives_nothing);
    tcase_add_test(tcase, a_poll_gives_no_more_records_than_asked);
    tcase_add_test(tcase, a_poll_gives_no_more_bytes_than_asked);
    tcase_add_test(tcase, the_first_record_comes_whatever_its_size);
    tcase_add_test(tcase, partitions_take_turns);
    tcase_add_test(tcase, one_reader_reads_several_topics);
    tcase_add_test(
        tcase, a_reader_begins_where_it_is_told_unless_its_group_knows_better);
    tcase_add_test(tcase, a_reader_can_begin_at_the_end);
    tcase_add_test(tcase, a_reader_may_be_rewound_at_once);
    tcase_add_test(tcase, a_place_past_the_end_is_lost);
    tcase_add_test(tcase, an_impossible_reader_is_refused);
    tcase_add_test(tcase, two_readers_of_a_group_never_share_a_partition);
}
