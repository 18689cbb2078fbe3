// SPDX-License-Identifier: Apache-2.0
/*
 * bus_commit.c - outputs, state and positions in one step, or none of them.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/contract/contract.h"

static uint64_t end_of(mr_topic_id topic, uint32_t partition)
{
    uint64_t begin, end;

    CONTRACT_OK(mr_bus_bounds(contract.bus, topic, partition, &begin, &end,
                              &contract.err));
    return end;
}

START_TEST(a_commit_moves_the_group_and_shows_its_outputs)
{
    mr_topic_id in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    mr_topic_id out = contract_topic("out", 2, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", in, 1);
    struct mr_bus_reader *after = contract_reader("after", out, 2);
    struct mr_record outputs[] = {
        contract_record(out, 1, "k", 0),
        contract_record(out, 1, "k", 1),
        contract_record(out, MR_PARTITION_BY_KEY, "k", 2),
    };
    struct mr_position position = { in, 0, 2 };
    struct mr_commit commit = {
        .outputs = outputs,
        .output_count = 3,
        .positions = &position,
        .position_count = 1,
    };

    contract_append(in, 0, 0, 5);
    ck_assert_uint_eq(contract_poll(reader, 2).count, 2);
    ck_assert_uint_eq(contract_poll(after, 9).count, 0);
    CONTRACT_OK(mr_bus_commit(reader, &commit, &contract.err));
    (void)contract_poll_all(after, 3);
    ck_assert_uint_eq(contract_poll(after, 9).count, 0);
    mr_bus_close_reader(reader);

    reader = contract_reader("g", in, 1);
    ck_assert_uint_eq(contract_poll(reader, 9).records[0].offset, 2);
    mr_bus_close_reader(reader);
    mr_bus_close_reader(after);
}
END_TEST

START_TEST(a_reader_that_has_read_all_stands_at_the_end)
{
    mr_topic_id in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    mr_topic_id out = contract_topic("out", 2, MR_CLEANUP_KEEP);
    struct mr_bus_reader *worker = contract_reader("g", in, 1);
    struct mr_bus_reader *reader = contract_reader("after", out, 2);
    struct mr_record output = contract_record(out, 1, "k", 1);
    struct mr_commit commit = { .outputs = &output, .output_count = 1 };
    struct mr_position at = { out, 1, 77 };

    mr_bus_position(reader, &at);
    ck_assert_uint_eq(at.next, 0);
    CONTRACT_OK(mr_bus_commit(worker, &commit, &contract.err));
    CONTRACT_OK(mr_bus_commit(worker, &commit, &contract.err));
    (void)contract_poll_all(reader, 1);
    mr_bus_position(reader, &at);
    ck_assert_uint_ge(at.next, 1);
    (void)contract_poll_all(reader, 1);
    do {
        ck_assert_uint_eq(contract_poll(reader, 9).count, 0);
        mr_bus_position(reader, &at);
    } while (at.next < end_of(out, 1));
    ck_assert_uint_eq(at.next, end_of(out, 1));
    CONTRACT_OK(mr_bus_rewind(reader, &contract.err));
    mr_bus_position(reader, &at);
    ck_assert_uint_eq(at.next, 0);
    mr_bus_close_reader(worker);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(an_empty_commit_is_fine)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 1);
    struct mr_commit commit = { 0 };

    CONTRACT_OK(mr_bus_commit(reader, &commit, &contract.err));
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(a_rewind_gives_again_what_was_not_committed)
{
    mr_topic_id topic = contract_topic("t", 2, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 2);
    struct mr_batch_in batch;

    contract_append(topic, 0, 0, 6);
    contract_append(topic, 1, 10, 2);
    ck_assert_uint_eq(contract_poll(reader, 9).count, 8);
    CONTRACT_OK(mr_bus_rewind(reader, &contract.err));
    ck_assert_uint_eq(contract_poll(reader, 9).count, 8);
    contract_commit_at(reader, topic, 0, 4);
    ck_assert_uint_eq(contract_poll(reader, 9).count, 0);
    CONTRACT_OK(mr_bus_rewind(reader, &contract.err));
    batch = contract_poll(reader, 9);
    ck_assert_uint_eq(batch.count, 2 + 2);
    for (size_t i = 0; i < batch.count; i++)
        ck_assert(batch.records[i].partition == 1 ||
                  batch.records[i].offset >= 4);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(what_was_polled_and_not_committed_comes_again)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", topic, 1);

    contract_append(topic, 0, 0, 6);
    ck_assert_uint_eq(contract_poll(reader, 9).count, 6);
    mr_bus_close_reader(reader);
    contract_reopen();
    topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    reader = contract_reader("g", topic, 1);
    ck_assert_uint_eq(contract_poll(reader, 9).count, 6);
    mr_bus_close_reader(reader);
}
END_TEST

START_TEST(a_reader_without_a_group_leaves_no_position)
{
    mr_topic_id topic = contract_topic("t", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader(NULL, topic, 1);

    contract_append(topic, 0, 0, 6);
    contract_commit_at(reader, topic, 0, 4);
    CONTRACT_OK(mr_bus_rewind(reader, &contract.err));
    ck_assert_uint_eq(contract_poll(reader, 9).records[0].offset, 4);
    mr_bus_close_reader(reader);
    reader = contract_reader(NULL, topic, 1);
    ck_assert_uint_eq(contract_poll(reader, 9).records[0].offset, 0);
    mr_bus_close_reader(reader);
}
END_TEST

/* What can be wrong with a commit, each beside things that are right. */
enum flaw {
    LONG_VALUE,
    NO_PARTITION,
    NO_TOPIC,
    FOREIGN,
    PAST_END,
    NO_SPACE
};

static void spoil(struct mr_commit *commit, struct mr_record *output,
                  struct mr_position *position, struct mr_batch *state,
                  enum flaw flaw)
{
    static uint8_t large[MR_VALUE_BYTES_MAX + 1];

    (void)commit;
    switch (flaw) {
    case LONG_VALUE:
        output->value = mr_span(large, sizeof(large));
        return;
    case NO_PARTITION:
        output->partition = 77;
        return;
    case NO_TOPIC:
        output->topic += 1000;
        return;
    case FOREIGN:
        position->partition = 1;
        return;
    case PAST_END:
        position->next = 7;
        return;
    case NO_SPACE:
        mr_batch_put(state, 4711, mr_span_str("k"), mr_span_str("v"));
        return;
    }
}

START_TEST(a_refused_commit_leaves_no_trace)
{
    mr_topic_id in = contract_topic("in", 2, MR_CLEANUP_KEEP);
    mr_topic_id out = contract_topic("out", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", in, 1);
    struct mr_record outputs[2] = { contract_record(out, 0, "k", 1),
                                    contract_record(out, 0, "k", 2) };
    struct mr_position positions[2] = { { in, 0, 3 }, { in, 0, 3 } };
    struct mr_batch *state = mr_batch_new();
    struct mr_commit commit = { outputs, 2, NULL, positions, 2 };
    mr_space_id space = 0;
    enum mr_code code;

    if (contract_can(CONTRACT_CAN_STATE)) {
        CONTRACT_OK(mr_store_space(contract.store, "s", &space, &contract.err));
        mr_batch_put(state, space, mr_span_str("key"), mr_span_str("value"));
        commit.state = state;
    } else if (_i == NO_SPACE) {
        mr_batch_free(state);
        return;
    }
    contract_append(in, 0, 0, 5);
    spoil(&commit, &outputs[1], &positions[1], state, (enum flaw)_i);
    code = mr_bus_commit(reader, &commit, &contract.err);
    ck_assert_msg(code == MR_E_INVALID || code == MR_E_LIMIT, "flaw %d: %s", _i,
                  mr_code_name(code));
    ck_assert_uint_eq(end_of(out, 0), 0);
    CONTRACT_OK(mr_bus_rewind(reader, &contract.err));
    ck_assert_uint_eq(contract_poll(reader, 9).count, 5);
    if (commit.state != NULL) {
        struct mr_span value;

        CONTRACT_OK(mr_store_get(contract.store, space, mr_span_str("key"),
                                 contract.arena, &value, &contract.err));
        ck_assert_ptr_null(value.data);
    }
    mr_bus_close_reader(reader);
    mr_batch_free(state);
}
END_TEST

START_TEST(state_changes_are_part_of_the_commit)
{
    mr_topic_id in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", in, 1);
    struct mr_batch *state = mr_batch_new();
    struct mr_position position = { in, 0, 1 };
    struct mr_commit commit = { NULL, 0, state, &position, 1 };
    struct mr_span value;
    mr_space_id space;

    if (!contract_can(CONTRACT_CAN_STATE)) {
        mr_batch_free(state);
        return;
    }
    contract_append(in, 0, 0, 5);
    CONTRACT_OK(mr_store_space(contract.store, "s", &space, &contract.err));
    mr_batch_put(state, space, mr_span_str("key"), mr_span_str("1"));
    mr_batch_put(state, space, mr_span_str("gone"), mr_span_str("1"));
    mr_batch_delete(state, space, mr_span_str("gone"));
    CONTRACT_OK(mr_bus_commit(reader, &commit, &contract.err));
    mr_bus_close_reader(reader);
    contract_reopen();
    CONTRACT_OK(mr_store_space(contract.store, "s", &space, &contract.err));
    CONTRACT_OK(mr_store_get(contract.store, space, mr_span_str("key"),
                             contract.arena, &value, &contract.err));
    ck_assert(mr_span_equal(value, mr_span_str("1")));
    CONTRACT_OK(mr_store_get(contract.store, space, mr_span_str("gone"),
                             contract.arena, &value, &contract.err));
    ck_assert_ptr_null(value.data);
    mr_batch_free(state);
}
END_TEST

/* One step of a worker that copies: poll, then commit, or forget.  What is
 * committed goes into *done. */
static void copy_step(struct mr_bus_reader *reader, mr_topic_id out,
                      bool forget, uint64_t *done)
{
    struct mr_batch_in batch = contract_poll(reader, 1 + (uint32_t)rand() % 20);
    struct mr_position position;
    struct mr_commit commit = { .positions = &position, .position_count = 1 };

    if (batch.count == 0)
        return;
    if (forget) {
        CONTRACT_OK(mr_bus_rewind(reader, &contract.err));
        return;
    }
    position =
        (struct mr_position){ batch.records[0].topic, 0,
                              batch.records[batch.count - 1].offset + 1 };
    for (size_t i = 0; i < batch.count; i++)
        batch.records[i].topic = out;
    commit.outputs = batch.records;
    commit.output_count = batch.count;
    CONTRACT_OK(mr_bus_commit(reader, &commit, &contract.err));
    *done = position.next;
}

START_TEST(each_input_has_its_output_once_however_often_work_begins_again)
{
    mr_topic_id in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    mr_topic_id out = contract_topic("out", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", in, 1);
    struct mr_batch_in batch;
    uint64_t done = 0;
    enum {
        COUNT = 500
    };

    srand(7);
    contract_append(in, 0, 0, COUNT);
    while (done < COUNT) {
        copy_step(reader, out, rand() % 3 == 0, &done);
        if (rand() % 10 == 0) {
            mr_bus_close_reader(reader);
            if (rand() % 10 == 0) {
                contract_reopen();
                in = contract_topic("in", 1, MR_CLEANUP_KEEP);
                out = contract_topic("out", 1, MR_CLEANUP_KEEP);
            }
            reader = contract_reader("g", in, 1);
        }
    }
    mr_bus_close_reader(reader);
    reader = contract_reader("check", out, 1);
    batch = contract_poll_all(reader, COUNT);
    ck_assert_uint_eq(contract_poll(reader, 9).count, 0);
    for (unsigned i = 0; i < COUNT; i++)
        ck_assert_uint_eq(contract_number(&batch.records[i]), i);
    mr_bus_close_reader(reader);
}
END_TEST

void contract_bus_commit_cases(Suite *suite)
{
    TCase *tcase = contract_case(suite, "commit");

    tcase_add_test(tcase, a_commit_moves_the_group_and_shows_its_outputs);
    tcase_add_test(tcase, a_reader_that_has_read_all_stands_at_the_end);
    tcase_add_test(tcase, an_empty_commit_is_fine);
    tcase_add_test(tcase, a_rewind_gives_again_what_was_not_committed);
    tcase_add_test(tcase, what_was_polled_and_not_committed_comes_again);
    tcase_add_test(tcase, a_reader_without_a_group_leaves_no_position);
    tcase_add_loop_test(tcase, a_refused_commit_leaves_no_trace, 0,
                        NO_SPACE + 1);
    tcase_add_test(tcase, state_changes_are_part_of_the_commit);
    tcase_add_test(
        tcase, each_input_has_its_output_once_however_often_work_begins_again);
}
