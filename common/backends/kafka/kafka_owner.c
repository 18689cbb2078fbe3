// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_owner.c - one owner of a group's partitions: positions, take-over.
 *
 * Owners of the same partitions share a transactional id, and who begins last
 * fences the others.  That alone would let a process that was cut off for a
 * while, and has its transactions anew, fence the one that replaced it.  So
 * each has a number above its predecessor's, written beside the offsets in the
 * same transactions: whoever finds a greater one has been replaced and ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/kafka/kafka_error.h"
#include "common/backends/kafka/kafka_reader.h"

/* Between two questions to a broker that is not ready yet. */
#define SETTLE_MS 100

/* A new owner has its number written within this time. */
#define CLAIM_MS 2000

/* So often at most a start is fenced by the one that it replaces. */
#define STARTS 5

/* --- positions --- */

rd_kafka_topic_partition_list_t *kafka_list_places(
    const struct kafka_reader *reader)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)reader->count);

    for (size_t i = 0; i < reader->count; i++) {
        const struct kafka_place *place = &reader->places[i];
        rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(
            list, place->topic->full, (int32_t)place->partition);

        at->offset = (int64_t)place->committed;
        if (place->committed_epoch >= 0)
            rd_kafka_topic_partition_set_leader_epoch(at,
                                                      place->committed_epoch);
    }
    return list;
}

static enum mr_code take_position(struct kafka_place *place,
                                  const rd_kafka_topic_partition_t *at,
                                  struct mr_err *err)
{
    if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, at->err, place->topic->full, NULL);
    if (at->offset < 0)
        return MR_OK;
    place->stored = true;
    if (at->metadata_size >= KAFKA_TOPIC_ID &&
        memcmp(at->metadata, place->topic->uuid, KAFKA_TOPIC_ID) != 0)
        return mr_fail(err, MR_E_LOST,
                       "kafka: topic %.200s was deleted and made again: what "
                       "lay before and after offset %lld of partition %u is "
                       "lost",
                       place->topic->full, (long long)at->offset,
                       place->partition);
    place->committed = (uint64_t)at->offset;
    place->committed_epoch = rd_kafka_topic_partition_get_leader_epoch(at);
    return MR_OK;
}

/* A broker that has just started, or taken over, finds its groups soon. */
static bool is_settling(rd_kafka_resp_err_t failure)
{
    return failure == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
           failure == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           failure == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
}

static rd_kafka_resp_err_t ask_committed(struct kafka_reader *reader,
                                         rd_kafka_topic_partition_list_t *list)
{
    struct mr_clock *clock = reader->kafka->clock;
    int64_t end_us = mr_clock_mono_us(clock) + KAFKA_WAIT_MS * 1000;
    rd_kafka_resp_err_t failure;

    for (;;) {
        failure = rd_kafka_committed(reader->consumer, list, KAFKA_WAIT_MS);
        if (!is_settling(failure) || mr_clock_mono_us(clock) >= end_us)
            return failure;
        mr_clock_sleep_ms(clock, SETTLE_MS);
    }
}

/* The number in a note, 0 for none: others, and builds before, wrote none. */
static uint64_t noted_owner(const rd_kafka_topic_partition_t *at)
{
    char note[KAFKA_NOTE_SIZE];

    if (at->offset < 0 || at->metadata_size <= KAFKA_TOPIC_ID + 1 ||
        at->metadata_size >= sizeof(note))
        return 0;
    memcpy(note, at->metadata, at->metadata_size);
    note[at->metadata_size] = '\0';
    return strtoull(note + KAFKA_TOPIC_ID, NULL, 10);
}

/* What the group has committed; where it has not, a place keeps its own.  With
 * `take` false only the owner is asked for.  *newest: its number. */
static enum mr_code ask_positions(struct kafka_reader *reader, bool take,
                                  uint64_t *newest, struct mr_err *err)
{
    rd_kafka_topic_partition_list_t *list = kafka_list_places(reader);
    rd_kafka_resp_err_t failure = ask_committed(reader, list);
    enum mr_code code = MR_OK;

    *newest = 0;
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        code = kafka_fail(err, failure, reader->group, NULL);
    for (size_t i = 0; i < reader->count && code == MR_OK; i++) {
        uint64_t owner = noted_owner(&list->elems[i]);

        if (owner > *newest)
            *newest = owner;
        if (take)
            code = take_position(&reader->places[i], &list->elems[i], err);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

/* Places that are to begin at the end begin where it is now. */
static enum mr_code find_ends(struct kafka_reader *reader, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < reader->count && code == MR_OK; i++) {
        struct kafka_place *place = &reader->places[i];
        uint64_t begin;

        if (place->committed == UINT64_MAX)
            code = kafka_bounds(reader->kafka, place->topic, place->partition,
                                &begin, &place->committed, err);
    }
    return code;
}

/* --- the one owner --- */

/* The client asks for the coordinator at once, and if no connection is up yet
 * again after half a second: so one is waited for. */
static void await_connection(rd_kafka_t *producer)
{
    const struct rd_kafka_metadata *metadata;

    if (rd_kafka_metadata(producer, 0, NULL, &metadata, KAFKA_WAIT_MS) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(metadata);
}

static enum mr_code begin_transactions(struct kafka_reader *reader,
                                       struct mr_err *err)
{
    rd_kafka_error_t *error;
    enum mr_code code;

    kafka_drop(reader->producer);
    reader->producer = NULL;
    code = kafka_handle(reader->kafka, KAFKA_COMMITTER, reader->transactions,
                        &reader->producer, err);
    if (code != MR_OK)
        return code;
    await_connection(reader->producer);
    do
        error = rd_kafka_init_transactions(reader->producer, KAFKA_INIT_MS);
    while (error != NULL && rd_kafka_error_is_retriable(error) &&
           rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__TIMED_OUT &&
           (rd_kafka_error_destroy(error), true));
    return error == NULL ? MR_OK
                         : kafka_fail_error(err, error, reader->transactions);
}

/* For good: every later call fails so. */
static enum mr_code end(struct kafka_reader *reader, struct mr_err *err)
{
    (void)mr_fail(&reader->fenced, MR_E_FENCED,
                  "kafka: %.200s: another process has taken over",
                  reader->transactions);
    return mr_fail(err, MR_E_FENCED, "%s", reader->fenced.text);
}

static enum mr_code still_owner(struct kafka_reader *reader, struct mr_err *err)
{
    uint64_t newest;
    enum mr_code code = ask_positions(reader, false, &newest, err);

    return code == MR_OK && newest > reader->owner ? end(reader, err) : code;
}

/* By the clock too: whoever moves a group's offsets drops the notes. */
static void take_number(struct kafka_reader *reader, uint64_t newest)
{
    uint64_t now_ms = (uint64_t)mr_clock_wall_ms(reader->kafka->clock);

    reader->owner = newest + 1 > now_ms ? newest + 1 : now_ms;
    for (size_t i = 0; i < reader->count; i++) {
        struct kafka_place *place = &reader->places[i];

        (void)snprintf(place->note, sizeof(place->note), "%s %" PRIu64,
                       place->topic->uuid, reader->owner);
    }
}

/* The number beside each offset; where there is none yet, it comes with the
 * first. */
static enum mr_code write_number(struct kafka_reader *reader,
                                 struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_position *positions =
        mr_arena_calloc(arena, reader->count, sizeof(*positions));
    struct mr_commit commit = { .positions = positions };
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < reader->count; i++) {
        struct kafka_place *place = &reader->places[i];

        place->epoch = place->committed_epoch;
        if (place->stored)
            positions[commit.position_count++] = (struct mr_position){
                .topic = place->topic->id,
                .partition = place->partition,
                .next = place->committed,
            };
    }
    if (commit.position_count > 0)
        code = kafka_transact(reader, &commit, err);
    mr_arena_free(arena);
    return code;
}

static enum mr_code claim(struct kafka_reader *reader, uint64_t newest,
                          struct mr_err *err)
{
    if (reader->owner == 0)
        take_number(reader, newest);
    else if (newest > reader->owner)
        return end(reader, err);
    if (newest == reader->owner)
        return MR_OK;
    return write_number(reader, err);
}

static enum mr_code take_over_once(struct kafka_reader *reader,
                                   struct mr_err *err)
{
    uint64_t newest = 0;
    enum mr_code code = MR_OK;

    if (reader->group != NULL && reader->owner > 0)
        code = still_owner(reader, err);
    if (code == MR_OK && reader->group != NULL)
        code = begin_transactions(reader, err);
    if (code == MR_OK && reader->changelogged)
        code =
            kafka_changelog_restore(&reader->changelog, reader->consumer, err);
    if (code == MR_OK && reader->group != NULL)
        code = ask_positions(reader, true, &newest, err);
    if (code == MR_OK)
        code = find_ends(reader, err);
    if (code == MR_OK && reader->group != NULL)
        code = claim(reader, newest, err);
    return code;
}

enum mr_code kafka_take_over(struct kafka_reader *reader, struct mr_err *err)
{
    unsigned starts = 0;
    enum mr_code code;

    reader->unsure = true;
    do
        code = take_over_once(reader, err);
    while (code == MR_E_FENCED && reader->fenced.code == MR_OK &&
           ++starts < STARTS);
    reader->unsure = code != MR_OK;
    return code;
}

/*
 * A broker that waited too long for the end of a transaction aborts it, which
 * looks like being fenced and is none; so does a former owner that began anew
 * before it knew.
 */
enum mr_code kafka_judge_fence(struct kafka_reader *reader, int64_t took_us,
                               struct mr_err *err)
{
    struct mr_clock *clock = reader->kafka->clock;
    int64_t until_us = mr_clock_mono_us(clock) + CLAIM_MS * 1000;
    bool is_noted = false;
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < reader->count; i++)
        is_noted = is_noted || reader->places[i].stored;
    if (!is_noted && took_us < INT64_C(1000) * KAFKA_TXN_MS)
        return end(reader, err);
    while (code == MR_OK && is_noted && mr_clock_mono_us(clock) < until_us) {
        code = still_owner(reader, err);
        if (code == MR_OK)
            mr_clock_sleep_ms(clock, SETTLE_MS);
    }
    if (code != MR_OK)
        return code;
    return mr_fail(err, MR_E_TIMEOUT,
                   "kafka: %.200s: a broker has ended a transaction after "
                   "%.1f s, and nobody has taken over",
                   reader->group, (double)took_us / 1e6);
}
