// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_commit.c - outputs, changelog and offsets in one transaction.
 */
#include <inttypes.h>
#include <string.h>

#include "common/backends/kafka/kafka_error.h"
#include "common/backends/kafka/kafka_reader.h"
#include "common/backends/kafka/kafka_record.h"
#include "common/backends/rules/mr_rules.h"

/* Reports come for all, and matter for the changelog: the others' failures
 * are the transaction's. */
void kafka_take_output(rd_kafka_t *producer, const rd_kafka_message_t *message,
                       void *opaque)
{
    struct kafka_changelog *changelog = message->_private;
    uint64_t past = (uint64_t)message->offset + 1;

    (void)producer;
    (void)opaque;
    if (changelog != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
        past > changelog->produced)
        changelog->produced = past;
}

static enum mr_code check_position(struct kafka_reader *reader,
                                   const struct mr_position *position,
                                   struct mr_err *err)
{
    struct kafka_place *place = kafka_place_of(reader, position);
    uint64_t begin, end = 0;
    enum mr_code code;

    if (place == NULL)
        return mr_fail(err, MR_E_INVALID,
                       "bus: a commit for partition %u, which the reader "
                       "does not read",
                       position->partition);
    if (position->next <= place->seen)
        return MR_OK;
    code = kafka_bounds(reader->kafka, place->topic, place->partition, &begin,
                        &end, err);
    if (code == MR_OK && position->next > end)
        code = mr_fail(err, MR_E_INVALID,
                       "bus: a commit of offset %" PRIu64
                       " in partition %u, which ends at %" PRIu64,
                       position->next, position->partition, end);
    return code;
}

static enum mr_code check_outputs(struct kafka_reader *reader,
                                  const struct mr_commit *commit,
                                  struct mr_err *err)
{
    enum mr_code code = MR_OK;

    if (reader->group == NULL && commit->output_count > 0)
        return mr_fail(err, MR_E_INVALID,
                       "bus: outputs of a reader without a group");
    for (size_t i = 0; i < commit->output_count && code == MR_OK; i++) {
        const struct mr_record *output = &commit->outputs[i];
        struct kafka_topic *topic;
        uint32_t partition;

        code = kafka_find(reader->kafka, output->topic, 0, &topic, err);
        if (code == MR_OK)
            code = mr_rules_record(output, &topic->spec, &partition, err);
    }
    return code;
}

static enum mr_code check(struct kafka_reader *reader,
                          const struct mr_commit *commit, struct mr_err *err)
{
    enum mr_code code = check_outputs(reader, commit, err);

    for (size_t i = 0; i < commit->position_count && code == MR_OK; i++)
        code = check_position(reader, &commit->positions[i], err);
    if (code != MR_OK || commit->state == NULL)
        return code;
    if (!reader->changelogged)
        return mr_fail(err, MR_E_INVALID,
                       "bus: state of a reader without a changelog");
    return kafka_changelog_check(&reader->changelog, commit->state, err);
}

static enum mr_code produce(struct kafka_reader *reader,
                            const struct mr_commit *commit, struct mr_err *err)
{
    int64_t now_ms = mr_clock_wall_ms(reader->kafka->clock);
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < commit->output_count && code == MR_OK; i++) {
        const struct mr_record *output = &commit->outputs[i];
        struct kafka_topic *topic;
        uint32_t partition = 0;

        code = kafka_find(reader->kafka, output->topic, 0, &topic, err);
        if (code == MR_OK)
            code = mr_rules_record(output, &topic->spec, &partition, err);
        if (code == MR_OK)
            code = kafka_produce(reader->producer, topic, partition, output,
                                 now_ms, NULL, err);
    }
    if (code == MR_OK && commit->state != NULL)
        code = kafka_changelog_produce(&reader->changelog, reader->producer,
                                       commit->state, err);
    return code;
}

static enum mr_code send_positions(struct kafka_reader *reader,
                                   const struct mr_commit *commit,
                                   struct mr_err *err)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_error_t *error;

    if (commit->position_count == 0)
        return MR_OK;
    list = rd_kafka_topic_partition_list_new((int)commit->position_count);
    for (size_t i = 0; i < commit->position_count; i++) {
        const struct mr_position *position = &commit->positions[i];
        struct kafka_place *place = kafka_place_of(reader, position);
        rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(
            list, place->topic->full, (int32_t)place->partition);

        at->offset = (int64_t)position->next;
        at->metadata = place->note;
        at->metadata_size = strlen(place->note);
        if (place->epoch >= 0)
            rd_kafka_topic_partition_set_leader_epoch(at, place->epoch);
    }
    error = rd_kafka_send_offsets_to_transaction(
        reader->producer, list, reader->membership, KAFKA_COMMIT_MS);
    /* The metadata is the place's, not the list's. */
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].metadata = NULL;
    rd_kafka_topic_partition_list_destroy(list);
    return error == NULL ? MR_OK : kafka_fail_error(err, error, reader->group);
}

/* The client says when to ask again; its time is counted by us. */
static enum mr_code finish(struct kafka_reader *reader, struct mr_err *err)
{
    int64_t until_us =
        mr_clock_mono_us(reader->kafka->clock) + KAFKA_COMMIT_MS * 1000;

    for (;;) {
        int left_ms = kafka_left_ms(reader->kafka, until_us);
        rd_kafka_error_t *error =
            rd_kafka_commit_transaction(reader->producer, left_ms);

        if (error == NULL)
            return MR_OK;
        if (left_ms == 0 || !rd_kafka_error_is_retriable(error))
            return kafka_fail_error(err, error, reader->group);
        rd_kafka_error_destroy(error);
    }
}

/* Whether it is known that nothing of the transaction will be seen. */
static bool abort_it(struct kafka_reader *reader)
{
    rd_kafka_error_t *error =
        rd_kafka_abort_transaction(reader->producer, KAFKA_ABORT_MS);

    if (error == NULL)
        return true;
    rd_kafka_error_destroy(error);
    return false;
}

enum mr_code kafka_transact(struct kafka_reader *reader,
                            const struct mr_commit *commit, struct mr_err *err)
{
    rd_kafka_error_t *error = rd_kafka_begin_transaction(reader->producer);
    enum mr_code code = MR_OK;

    if (error != NULL) {
        reader->unsure = true;
        return kafka_fail_error(err, error, reader->group);
    }
    code = produce(reader, commit, err);
    if (code == MR_OK)
        code = send_positions(reader, commit, err);
    if (code == MR_OK)
        code = finish(reader, err);
    if (code != MR_OK)
        reader->unsure = code == MR_E_FENCED || !abort_it(reader);
    return code;
}

static enum mr_code transact(struct kafka_reader *reader,
                             const struct mr_commit *commit, struct mr_err *err)
{
    int64_t began_us = mr_clock_mono_us(reader->kafka->clock);
    struct mr_err why = { 0 };
    enum mr_code code = kafka_transact(reader, commit, &why);

    if (code == MR_OK && commit->state != NULL) {
        code = kafka_changelog_apply(&reader->changelog, commit->state, &why);
        reader->unsure = code != MR_OK;
    }
    if (code == MR_E_FENCED)
        code = kafka_judge_fence(
            reader, mr_clock_mono_us(reader->kafka->clock) - began_us, &why);
    return code == MR_OK ? code : mr_fail(err, code, "%s", why.text);
}

static void advance(struct kafka_reader *reader, const struct mr_commit *commit)
{
    for (size_t i = 0; i < commit->position_count; i++) {
        struct kafka_place *place =
            kafka_place_of(reader, &commit->positions[i]);

        place->committed = commit->positions[i].next;
        place->committed_epoch = place->epoch;
        place->stored = true;
    }
}

enum mr_code kafka_commit(struct mr_bus_reader *port,
                          const struct mr_commit *commit, struct mr_err *err)
{
    struct kafka_reader *reader = (struct kafka_reader *)port;
    bool empty = commit->output_count == 0 && commit->position_count == 0 &&
                 commit->state == NULL;
    enum mr_code code;

    if (reader->fenced.code != MR_OK)
        return mr_fail(err, MR_E_FENCED, "%s", reader->fenced.text);
    code = check(reader, commit, err);
    if (code != MR_OK)
        return code;
    if (reader->unsure)
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "kafka: %.200s: a commit before the rewind that follows "
                       "one that failed",
                       reader->group);
    if (reader->group != NULL && !empty)
        code = transact(reader, commit, err);
    if (code == MR_OK)
        advance(reader, commit);
    return code;
}
