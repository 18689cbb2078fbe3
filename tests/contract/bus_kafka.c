// SPDX-License-Identifier: Apache-2.0
/*
 * bus_kafka.c - the suite of the bus, on a real broker, and what only Kafka
 * has.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/backends/kafka/kafka_state.h"
#include "tests/contract/kafka_backend.h"

#define ID_SIZE 22u

/* Every second id has a character in which the alphabets of base64 differ. */
START_TEST(a_topics_id_can_be_in_the_name_of_a_file)
{
    for (int i = 0; i < 12; i++) {
        char name[16];
        const char *id;

        (void)snprintf(name, sizeof(name), "t%d", i);
        id = mr_kafka_topic_uuid(contract_kafka_of(contract.self),
                                 contract_topic(name, 1, MR_CLEANUP_KEEP));
        ck_assert_uint_eq(strlen(id), ID_SIZE);
        ck_assert_uint_eq(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz0123456789_-"),
                          ID_SIZE);
    }
}
END_TEST

/* The same names on the cluster, with a local store of its own: as on another
 * machine. */
static void *open_elsewhere(void)
{
    char folder[200];
    const char *name = strrchr(contract.folder, '/') + 1;

    (void)snprintf(folder, sizeof(folder), "%s/elsewhere", contract.folder);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    (void)snprintf(folder, sizeof(folder), "%s/elsewhere/%s", contract.folder,
                   name);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    return contract.backend->open(folder);
}

/* What contract_reader() opens, and the topics and spaces, there. */
static struct mr_bus_reader *reader_elsewhere(void *other, mr_topic_id *topic,
                                              mr_space_id *space)
{
    struct mr_bus *bus = contract.bus;
    struct mr_bus_reader *reader;

    contract.bus = contract.backend->bus(other);
    *topic = contract_topic("in", 1, MR_CLEANUP_KEEP);
    CONTRACT_OK(mr_store_space(contract.backend->store(other), "s", space,
                               &contract.err));
    reader = contract_reader("g", *topic, 1);
    contract.bus = bus;
    return reader;
}

START_TEST(a_newer_owner_fences_the_older)
{
    mr_topic_id in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *old = contract_reader("g", in, 1);
    struct mr_position position = { in, 0, 1 };
    struct mr_commit commit = { .positions = &position, .position_count = 1 };
    struct mr_poll_limits limits = { 9, 9999, 0 };
    void *other = open_elsewhere();
    struct mr_bus_reader *new;
    struct mr_batch_in batch;
    mr_topic_id topic;
    mr_space_id space;

    contract_append(in, 0, 0, 3);
    new = reader_elsewhere(other, &topic, &space);
    CONTRACT_FAILS(MR_E_FENCED, mr_bus_commit(old, &commit, &contract.err));
    CONTRACT_FAILS(MR_E_FENCED, mr_bus_poll(old, &limits, contract.arena,
                                            &batch, &contract.err));
    CONTRACT_FAILS(MR_E_FENCED, mr_bus_rewind(old, &contract.err));
    ck_assert_uint_eq(contract_poll(new, 9).count, 3);
    contract_commit_at(new, topic, 0, 3);
    mr_bus_close_reader(new);
    mr_bus_close_reader(old);
    contract.backend->close(other);
}
END_TEST

static enum mr_code commit_at(struct mr_bus_reader *reader, mr_topic_id topic,
                              uint64_t next)
{
    struct mr_position position = { topic, 0, next };
    struct mr_commit commit = { .positions = &position, .position_count = 1 };

    return mr_bus_commit(reader, &commit, &contract.err);
}

/* Two owners of one partition, the older with an offset in the group. */
static void *fence(struct mr_bus_reader **old, mr_topic_id *in)
{
    void *other = open_elsewhere();

    *in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    contract_append(*in, 0, 0, 3);
    *old = contract_reader("g", *in, 1);
    CONTRACT_OK(commit_at(*old, *in, 1));
    return other;
}

/* As if the older had been cut off with a transaction under way: it must not
 * begin anew and fence the one that replaced it. */
START_TEST(an_owner_that_was_replaced_does_not_begin_anew)
{
    struct mr_kafka *kafka = contract_kafka_of(contract.self);
    struct mr_bus_reader *old;
    struct mr_bus_reader *new;
    mr_topic_id in, topic;
    mr_space_id space;
    void *other = fence(&old, &in);

    new = reader_elsewhere(other, &topic, &space);
    /* Nothing tells the older now by whom it was refused. */
    CONTRACT_OK(mr_kafka_forget_group(kafka, "g", &contract.err));
    CONTRACT_FAILS(MR_E_TIMEOUT, commit_at(old, in, 2));
    CONTRACT_OK(commit_at(new, topic, 2));
    CONTRACT_FAILS(MR_E_FENCED, mr_bus_rewind(old, &contract.err));
    CONTRACT_FAILS(MR_E_FENCED, commit_at(old, in, 2));
    CONTRACT_OK(commit_at(new, topic, 3));
    mr_bus_close_reader(new);
    mr_bus_close_reader(old);
    contract.backend->close(other);
}
END_TEST

/* A broker that ends a transaction, or one that was fenced itself, looks like
 * a newer owner. */
START_TEST(an_owner_that_nobody_replaced_goes_on)
{
    struct mr_kafka *kafka = contract_kafka_of(contract.self);
    struct mr_bus_reader *old;
    struct mr_bus_reader *new;
    mr_topic_id in, topic;
    mr_space_id space;
    void *other = fence(&old, &in);

    new = reader_elsewhere(other, &topic, &space);
    mr_bus_close_reader(new);
    CONTRACT_OK(mr_kafka_forget_group(kafka, "g", &contract.err));
    CONTRACT_FAILS(MR_E_TIMEOUT, commit_at(old, in, 2));
    CONTRACT_OK(mr_bus_rewind(old, &contract.err));
    CONTRACT_OK(commit_at(old, in, 3));
    mr_bus_close_reader(old);
    contract.backend->close(other);
}
END_TEST

/* The number of a new owner is written before it has committed anything. */
START_TEST(a_new_owner_that_has_done_nothing_yet_is_known)
{
    struct mr_bus_reader *old;
    struct mr_bus_reader *new;
    mr_topic_id in, topic;
    mr_space_id space;
    void *other = fence(&old, &in);

    new = reader_elsewhere(other, &topic, &space);
    CONTRACT_FAILS(MR_E_FENCED, commit_at(old, in, 2));
    CONTRACT_FAILS(MR_E_FENCED, mr_bus_rewind(old, &contract.err));
    ck_assert_uint_eq(contract_poll(new, 9).count, 2);
    mr_bus_close_reader(new);
    mr_bus_close_reader(old);
    contract.backend->close(other);
}
END_TEST

static void commit_state(struct mr_bus_reader *reader, struct mr_batch *state)
{
    struct mr_commit commit = { .state = state };

    CONTRACT_OK(mr_bus_commit(reader, &commit, &contract.err));
    mr_batch_reset(state);
}

static void check_value(void *self, mr_space_id space, const char *key,
                        const char *want)
{
    struct mr_span value;

    CONTRACT_OK(mr_store_get(contract.backend->store(self), space,
                             mr_span_str(key), contract.arena, &value,
                             &contract.err));
    if (want == NULL)
        ck_assert_msg(value.data == NULL, "%s is there", key);
    else
        ck_assert_msg(mr_span_equal(value, mr_span_str(want)), "%s", key);
}

static void put(struct mr_batch *state, mr_space_id space, const char *key,
                const char *value)
{
    mr_batch_put(state, space, mr_span_str(key), mr_span_str(value));
}

START_TEST(state_is_there_on_another_machine_and_back_on_the_first)
{
    mr_topic_id in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", in, 1);
    struct mr_batch *state = mr_batch_new();
    mr_space_id here, there;
    mr_topic_id topic;
    void *other;

    CONTRACT_OK(mr_store_space(contract.store, "s", &here, &contract.err));
    put(state, here, "a", "1");
    put(state, here, "b", "1");
    put(state, here, "c", "1");
    put(state, here, "d", "1");
    commit_state(reader, state);
    mr_batch_delete(state, here, mr_span_str("a"));
    put(state, here, "bb", "within the range");
    mr_batch_delete_range(state, here, mr_span_str("b"), mr_span_str("d"));
    put(state, here, "e", "2");
    commit_state(reader, state);
    mr_bus_close_reader(reader);

    other = open_elsewhere();
    reader = reader_elsewhere(other, &topic, &there);
    check_value(other, there, "a", NULL);
    check_value(other, there, "b", NULL);
    check_value(other, there, "bb", NULL);
    check_value(other, there, "c", NULL);
    check_value(other, there, "d", "1");
    check_value(other, there, "e", "2");
    put(state, there, "e", "3");
    mr_batch_delete(state, there, mr_span_str("d"));
    commit_state(reader, state);
    mr_bus_close_reader(reader);
    contract.backend->close(other);

    reader = contract_reader("g", in, 1);
    check_value(contract.self, here, "d", NULL);
    check_value(contract.self, here, "e", "3");
    mr_bus_close_reader(reader);
    mr_batch_free(state);
}
END_TEST

START_TEST(what_a_failed_commit_held_is_not_there)
{
    static uint8_t large[MR_VALUE_BYTES_MAX + MR_VALUE_BYTES_MAX];
    mr_topic_id in = contract_topic("in", 1, MR_CLEANUP_KEEP);
    mr_topic_id out = contract_topic("out", 1, MR_CLEANUP_KEEP);
    struct mr_bus_reader *reader = contract_reader("g", in, 1);
    struct mr_bus_reader *after = contract_reader("after", out, 1);
    struct mr_record output = contract_record(out, 0, "k", 1);
    struct mr_batch *state = mr_batch_new();
    struct mr_commit commit = { .outputs = &output,
                                .output_count = 1,
                                .state = state };
    mr_space_id space;

    CONTRACT_OK(mr_store_space(contract.store, "s", &space, &contract.err));
    put(state, space, "key", "value");
    mr_batch_put(state, space, mr_span_str("large"),
                 mr_span(large, sizeof(large)));
    CONTRACT_FAILS(MR_E_LIMIT, mr_bus_commit(reader, &commit, &contract.err));
    CONTRACT_OK(mr_bus_rewind(reader, &contract.err));
    check_value(contract.self, space, "key", NULL);
    mr_batch_reset(state);
    put(state, space, "key", "second");
    CONTRACT_OK(mr_bus_commit(reader, &commit, &contract.err));
    check_value(contract.self, space, "key", "second");
    (void)contract_poll_all(after, 1);
    mr_bus_close_reader(after);
    mr_bus_close_reader(reader);
    mr_batch_free(state);
}
END_TEST

START_TEST(a_client_that_takes_no_appends_any_more_says_so)
{
    struct mr_kafka *kafka = contract_kafka_of(contract.self);

    CONTRACT_OK(mr_kafka_check(kafka, &contract.err));
    (void)rd_kafka_test_fatal_error(
        kafka->producer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
        "what was acknowledged is not there");
    CONTRACT_FAILS(MR_E_LOST, mr_kafka_check(kafka, &contract.err));
}
END_TEST

int main(void)
{
    Suite *suite = contract_bus_suite();
    TCase *tcase = contract_case(suite, "kafka");

    tcase_add_test(tcase, a_topics_id_can_be_in_the_name_of_a_file);
    tcase_add_test(tcase, a_newer_owner_fences_the_older);
    tcase_add_test(tcase, an_owner_that_was_replaced_does_not_begin_anew);
    tcase_add_test(tcase, an_owner_that_nobody_replaced_goes_on);
    tcase_add_test(tcase, a_new_owner_that_has_done_nothing_yet_is_known);
    tcase_add_test(tcase,
                   state_is_there_on_another_machine_and_back_on_the_first);
    tcase_add_test(tcase, what_a_failed_commit_held_is_not_there);
    tcase_add_test(tcase, a_client_that_takes_no_appends_any_more_says_so);
    return contract_kafka_run(suite);
}
