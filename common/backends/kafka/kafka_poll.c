// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_poll.c - the next records, partitions taking turns.
 *
 * The client reads ahead into a queue for each partition and writes to the
 * reader's wake_fd whenever an empty one has got something.  A poll that waits
 * gives what lies there first; one that does not wait asks the cluster where
 * the partitions end, and gives all that was committed before it was called.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "common/backends/kafka/kafka_error.h"
#include "common/backends/kafka/kafka_lookup.h"
#include "common/backends/kafka/kafka_reader.h"
#include "common/backends/kafka/kafka_record.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"

#define ROOM_MIN 16u

/* One poll under way. */
struct polling {
    struct kafka_reader *reader;
    struct mr_arena *arena;
    uint32_t records_left;
    size_t bytes_left;
    size_t count;
    bool full;
};

static bool is_loss(rd_kafka_resp_err_t failure)
{
    return failure == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
           failure == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE ||
           failure == RD_KAFKA_RESP_ERR__LOG_TRUNCATION;
}

/* What comes in place of a record: the end, a trouble that passes, or one
 * that does not, which every poll tells until the rewind. */
static enum mr_code take_news(struct kafka_reader *reader,
                              struct kafka_place *place,
                              const rd_kafka_message_t *message,
                              struct mr_err *err)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if ((uint64_t)message->offset > place->seen)
            place->seen = (uint64_t)message->offset;
        return MR_OK;
    }
    if (is_loss(message->err))
        (void)kafka_lost(reader->kafka, place->topic, place->partition,
                         place->next, &reader->broken);
    else if (kafka_code(message->err) != MR_E_UNAVAILABLE &&
             kafka_code(message->err) != MR_E_TIMEOUT)
        (void)kafka_fail(&reader->broken, message->err, place->topic->full,
                         rd_kafka_message_errstr(message));
    if (reader->broken.code == MR_OK)
        return MR_OK;
    return mr_fail(err, reader->broken.code, "%s", reader->broken.text);
}

static void add(struct polling *polling, struct kafka_place *place,
                const struct mr_record *record)
{
    size_t room = place->taken_room;

    if (place->taken_count == room) {
        struct mr_record *old = place->taken;

        place->taken_room = room == 0 ? ROOM_MIN : 2 * room;
        place->taken = mr_arena_alloc(
            polling->arena, place->taken_room * sizeof(*place->taken));
        for (size_t i = 0; i < room; i++)
            place->taken[i] = old[i];
    }
    place->taken[place->taken_count++] = *record;
}

/* Gives the message out, or holds it back for the next poll. */
static void take_record(struct polling *polling, struct kafka_place *place,
                        rd_kafka_message_t *message)
{
    struct kafka_reader *reader = polling->reader;
    size_t bytes = message->key_len + message->len;
    struct mr_record record;

    if (polling->count > 0 && bytes > polling->bytes_left) {
        place->held = message;
        polling->full = true;
        return;
    }
    kafka_record(message, place->topic, polling->arena, &record);
    add(polling, place, &record);
    place->next = record.offset + 1;
    place->epoch = rd_kafka_message_leader_epoch(message);
    if (place->next > place->seen)
        place->seen = place->next;
    bytes = mr_rules_record_bytes(&record);
    polling->bytes_left -=
        bytes < polling->bytes_left ? bytes : polling->bytes_left;
    polling->count++;
    polling->full = --polling->records_left == 0 || polling->bytes_left == 0;
    if (atomic_load_explicit(&place->topic->fetched, memory_order_relaxed))
        kafka_lookup_keep(reader->kafka->lookup, &record);
    rd_kafka_message_destroy(message);
}

static enum mr_code take_place(struct polling *polling,
                               struct kafka_place *place, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    while (code == MR_OK && !polling->full) {
        rd_kafka_message_t *message = place->held;

        place->held = NULL;
        if (message == NULL)
            message = rd_kafka_consume_queue(place->queue, 0);
        if (message == NULL)
            return MR_OK;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            take_record(polling, place, message);
            continue;
        }
        code = take_news(polling->reader, place, message, err);
        rd_kafka_message_destroy(message);
    }
    return code;
}

/* What lies in the queues, from the place whose turn it is. */
static enum mr_code take_all(struct polling *polling, struct mr_err *err)
{
    struct kafka_reader *reader = polling->reader;
    size_t first = reader->turn;
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < reader->count && code == MR_OK && !polling->full;
         i++) {
        size_t nth = (first + i) % reader->count;
        size_t before = polling->count;

        code = take_place(polling, &reader->places[nth], err);
        if (polling->count > before)
            reader->turn = (nth + 1) % reader->count;
    }
    return code;
}

/* Waits for the client or a wake; what they wrote is read off. */
static void wait_for_news(struct kafka_reader *reader, int wait_ms)
{
    struct pollfd wake = { .fd = reader->wake_fd, .events = POLLIN };
    rd_kafka_message_t *message;
    uint64_t times;

    if (poll(&wake, 1, wait_ms) > 0 &&
        read(reader->wake_fd, &times, sizeof(times)) < 0)
        MR_ASSERT(errno == EAGAIN || errno == EINTR);
    /* Callbacks, and troubles that are nobody's partition. */
    message = rd_kafka_consumer_poll(reader->consumer, 0);
    if (message == NULL)
        return;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        (void)mr_fail(&reader->broken, MR_E_UNAVAILABLE,
                      "kafka: the client has begun partition %d anew",
                      message->partition);
    rd_kafka_message_destroy(message);
}

static bool has_something(const struct kafka_place *place)
{
    return place->held != NULL || rd_kafka_queue_length(place->queue) > 0;
}

/* The ends of those places that nothing is at hand of. */
static enum mr_code ask_ends(struct kafka_reader *reader, uint64_t *ends,
                             struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < reader->count && code == MR_OK; i++) {
        struct kafka_place *place = &reader->places[i];
        uint64_t begin = 0;

        code = kafka_bounds(reader->kafka, place->topic, place->partition,
                            &begin, &ends[i], err);
        if (code == MR_OK && (place->next < begin || place->next > ends[i]))
            code = mr_rules_lost(&place->topic->spec, place->partition,
                                 place->next, begin, ends[i], err);
    }
    return code;
}

/* Whether each place has something, or was read to its end; *done: all were. */
static bool is_settled(const struct kafka_reader *reader, const uint64_t *ends,
                       bool *done)
{
    bool settled = true;

    *done = true;
    for (size_t i = 0; i < reader->count; i++) {
        const struct kafka_place *place = &reader->places[i];
        bool waits = has_something(place);
        bool ended = !waits && place->seen >= ends[i];

        settled = settled && (waits || ended);
        *done = *done && ended;
    }
    return settled;
}

/* All that is committed now, as far as there is room. */
static enum mr_code take_to_ends(struct polling *polling, struct mr_err *err)
{
    struct kafka_reader *reader = polling->reader;
    struct mr_kafka *kafka = reader->kafka;
    int64_t until_us = mr_clock_mono_us(kafka->clock) + KAFKA_WAIT_MS * 1000;
    uint64_t *ends =
        mr_arena_calloc(polling->arena, reader->count, sizeof(*ends));
    enum mr_code code = ask_ends(reader, ends, err);
    bool done = false;

    while (code == MR_OK && !done && !polling->full) {
        int left_ms = kafka_left_ms(kafka, until_us);

        if (is_settled(reader, ends, &done))
            code = take_all(polling, err);
        else if (left_ms > 0)
            wait_for_news(reader, left_ms);
        else
            code = mr_fail(err, MR_E_TIMEOUT,
                           "kafka: the brokers have not given within %d s what "
                           "lies before the end of topic %.200s",
                           KAFKA_WAIT_MS / 1000, reader->places[0].topic->full);
    }
    return code;
}

static enum mr_code take_when_there(struct polling *polling, int wait_ms,
                                    struct mr_err *err)
{
    struct kafka_reader *reader = polling->reader;
    struct mr_kafka *kafka = reader->kafka;
    int64_t until_us = mr_clock_mono_us(kafka->clock) + INT64_C(1000) * wait_ms;
    enum mr_code code = take_all(polling, err);

    while (code == MR_OK && polling->count == 0 &&
           !atomic_exchange(&reader->woken, false)) {
        int left_ms = kafka_left_ms(kafka, until_us);

        if (left_ms == 0)
            return MR_OK;
        wait_for_news(reader, left_ms);
        code = take_all(polling, err);
    }
    return code;
}

static void gather(struct kafka_reader *reader, struct mr_arena *arena,
                   size_t count, struct mr_batch_in *out)
{
    size_t at = 0;

    out->records = mr_arena_alloc(arena, count * sizeof(*out->records));
    out->count = count;
    for (size_t i = 0; i < reader->count; i++) {
        const struct kafka_place *place = &reader->places[i];

        for (size_t r = 0; r < place->taken_count; r++)
            out->records[at++] = place->taken[r];
    }
}

enum mr_code kafka_poll(struct mr_bus_reader *port,
                        const struct mr_poll_limits *limits,
                        struct mr_arena *arena, struct mr_batch_in *out,
                        struct mr_err *err)
{
    struct kafka_reader *reader = (struct kafka_reader *)port;
    struct polling polling = {
        .reader = reader,
        .arena = arena,
        .records_left = limits->records_max,
        .bytes_left = limits->bytes_max,
    };
    enum mr_code code;

    *out = (struct mr_batch_in){ 0 };
    if (reader->fenced.code != MR_OK)
        return mr_fail(err, MR_E_FENCED, "%s", reader->fenced.text);
    if (reader->broken.code != MR_OK)
        return mr_fail(err, reader->broken.code, "%s", reader->broken.text);
    for (size_t i = 0; i < reader->count; i++) {
        reader->places[i].taken_count = 0;
        reader->places[i].taken_room = 0;
    }
    code = limits->wait_ms > 0 ? take_when_there(&polling, limits->wait_ms, err)
                               : take_to_ends(&polling, err);
    /* What was taken is given; a failure comes again with the next call. */
    if (code == MR_OK || polling.count > 0)
        gather(reader, arena, polling.count, out);
    return polling.count > 0 ? MR_OK : code;
}
