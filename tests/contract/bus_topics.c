// SPDX-License-Identifier: Apache-2.0
/*
 * bus_topics.c - what a topic is, and that it outlives the process.
 */
#include <string.h>

#include "tests/contract/contract.h"

static enum mr_code ask(const char *name, uint32_t partitions,
                        enum mr_cleanup cleanup, int64_t retention_ms)
{
    struct mr_topic_spec spec = {
        .name = name,
        .partitions = partitions,
        .cleanup = cleanup,
        .retention_ms = retention_ms,
    };
    mr_topic_id topic;

    return mr_bus_topic(contract.bus, &spec, &topic, &contract.err);
}

START_TEST(a_topic_has_one_id)
{
    mr_topic_id first = contract_topic("first", 2, MR_CLEANUP_KEEP);
    mr_topic_id second = contract_topic("second", 2, MR_CLEANUP_KEEP);

    ck_assert_uint_ne(first, second);
    ck_assert_uint_eq(contract_topic("first", 2, MR_CLEANUP_KEEP), first);
}
END_TEST

START_TEST(a_topic_of_other_partitions_or_cleanup_is_refused)
{
    (void)contract_topic("docs", 4, MR_CLEANUP_COMPACT);
    CONTRACT_FAILS(MR_E_CONFIG, ask("docs", 5, MR_CLEANUP_COMPACT, 0));
    CONTRACT_FAILS(MR_E_CONFIG, ask("docs", 4, MR_CLEANUP_KEEP, 0));
    contract_reopen();
    CONTRACT_FAILS(MR_E_CONFIG, ask("docs", 5, MR_CLEANUP_COMPACT, 0));
    CONTRACT_FAILS(MR_E_CONFIG, ask("docs", 4, MR_CLEANUP_EXPIRE, 9));
    CONTRACT_OK(ask("docs", 4, MR_CLEANUP_COMPACT, 0));
}
END_TEST

START_TEST(another_retention_is_taken_over)
{
    CONTRACT_OK(ask("events", 1, MR_CLEANUP_EXPIRE, 1000));
    CONTRACT_OK(ask("events", 1, MR_CLEANUP_EXPIRE, 2000));
}
END_TEST

START_TEST(an_impossible_topic_is_refused)
{
    char longest[MR_TOPIC_NAME_MAX + 2];

    memset(longest, 'a', sizeof(longest));
    longest[MR_TOPIC_NAME_MAX + 1] = '\0';
    CONTRACT_FAILS(MR_E_CONFIG, ask(longest, 1, MR_CLEANUP_KEEP, 0));
    CONTRACT_FAILS(MR_E_CONFIG, ask("", 1, MR_CLEANUP_KEEP, 0));
    CONTRACT_FAILS(MR_E_CONFIG, ask("Upper", 1, MR_CLEANUP_KEEP, 0));
    CONTRACT_FAILS(MR_E_CONFIG, ask("a/b", 1, MR_CLEANUP_KEEP, 0));
    CONTRACT_FAILS(MR_E_CONFIG, ask("none", 0, MR_CLEANUP_KEEP, 0));
    CONTRACT_FAILS(MR_E_CONFIG,
                   ask("many", MR_PARTITIONS_MAX + 1, MR_CLEANUP_KEEP, 0));
    CONTRACT_FAILS(MR_E_CONFIG, ask("brief", 1, MR_CLEANUP_EXPIRE, 0));
    longest[MR_TOPIC_NAME_MAX] = '\0';
    CONTRACT_OK(ask(longest, 1, MR_CLEANUP_KEEP, 0));
}
END_TEST

START_TEST(records_of_one_topic_are_not_in_another)
{
    mr_topic_id a = contract_topic("a", 1, MR_CLEANUP_KEEP);
    mr_topic_id b = contract_topic("b", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", a, 1);
    struct mr_batch_in batch;

    contract_append(b, 0, 100, 3);
    contract_append(a, 0, 0, 2);
    contract_append(b, 0, 103, 3);
    batch = contract_poll(reader, 100);
    ck_assert_uint_eq(batch.count, 2);
    ck_assert_uint_eq(contract_number(&batch.records[1]), 1);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(topics_records_and_positions_outlive_the_process)
{
    mr_topic_id topic = contract_topic("kept", 2, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 2);
    struct mr_batch_in batch;
    uint64_t begin, end;

    contract_append(topic, 0, 0, 5);
    contract_append(topic, 1, 10, 5);
    contract_commit_at(reader, topic, 0, 3);
    mr_bus_close_reader(reader);
    contract_reopen();

    topic = contract_topic("kept", 2, MR_CLEANUP_KEEP);
    CONTRACT_OK(
        mr_bus_bounds(contract.bus, topic, 1, &begin, &end, &contract.err));
    ck_assert_uint_eq(end, 5);
    contract_append(topic, 0, 5, 1);
    reader = contract_reader("g", topic, 2);
    batch = contract_poll(reader, 100);
    ck_assert_uint_eq(batch.count, 3 + 5);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(contract_number(&batch.records[i]), 3 + i);
    mr_bus_close_reader(reader);
}
END_TEST

void contract_bus_topic_cases(Suite *suite)
{
    TCase *tcase = contract_case(suite, "topics");

    tcase_add_test(tcase, a_topic_has_one_id);
    tcase_add_test(tcase, a_topic_of_other_partitions_or_cleanup_is_refused);
    tcase_add_test(tcase, another_retention_is_taken_over);
    tcase_add_test(tcase, an_impossible_topic_is_refused);
    tcase_add_test(tcase, records_of_one_topic_are_not_in_another);
    tcase_add_test(tcase, topics_records_and_positions_outlive_the_process);
}
