// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_lookup.c - see kafka_lookup.h.
 *
 * What is kept are copies, in a table with one place for each hash: a newcomer
 * takes the place of who was there.  A message of the client would hold all
 * that was fetched with it, and its handle could not be ended.
 */
#include "common/backends/kafka/kafka_lookup.h"

#include <string.h>

#include "common/backends/kafka/kafka_error.h"
#include "common/backends/kafka/kafka_record.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"

#define SLOTS       16384u
#define AHEAD_MAX   1000u /* records taken along with the one asked for */
#define AHEAD_WAITS 0

struct kafka_lookup {
    struct mr_kafka *kafka;
    pthread_mutex_t lock;           /* the table */
    struct mr_record *slots[SLOTS]; /* one block each, or NULL */
    size_t bytes;
    size_t hand; /* who is asked to go when there are too many bytes */
    pthread_mutex_t asking; /* the consumer; before lock */
    rd_kafka_t *consumer;
};

struct kafka_lookup *kafka_lookup_new(struct mr_kafka *kafka)
{
    struct kafka_lookup *lookup = mr_calloc(1, sizeof(*lookup));

    lookup->kafka = kafka;
    (void)pthread_mutex_init(&lookup->lock, NULL);
    (void)pthread_mutex_init(&lookup->asking, NULL);
    return lookup;
}

static size_t bytes_of(const struct mr_record *record)
{
    return sizeof(*record) + record->key.size + record->value.size +
           record->trace.size;
}

static void drop_slot(struct kafka_lookup *lookup, struct mr_record **slot)
{
    if (*slot == NULL)
        return;
    lookup->bytes -= bytes_of(*slot);
    mr_free(*slot);
    *slot = NULL;
}

void kafka_lookup_free(struct kafka_lookup *lookup)
{
    if (lookup == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        drop_slot(lookup, &lookup->slots[i]);
    kafka_drop(lookup->consumer);
    (void)pthread_mutex_destroy(&lookup->asking);
    (void)pthread_mutex_destroy(&lookup->lock);
    mr_free(lookup);
}

static struct mr_record **slot_of(struct kafka_lookup *lookup,
                                  mr_topic_id topic, uint32_t partition,
                                  uint64_t offset)
{
    uint64_t place = mr_mix64((uint64_t)topic << 32 | partition) + offset;

    return &lookup->slots[place % SLOTS];
}

/* The span at *room, which moves on; an absent one stays absent. */
static struct mr_span pack(uint8_t **room, struct mr_span span)
{
    struct mr_span packed = mr_span(*room, span.size);

    if (span.data == NULL)
        return span;
    if (span.size > 0)
        memcpy(*room, span.data, span.size);
    *room += span.size;
    return packed;
}

static struct mr_record *copy_of(const struct mr_record *record)
{
    struct mr_record *copy = mr_malloc(bytes_of(record));
    uint8_t *room = (uint8_t *)(copy + 1);

    *copy = *record;
    copy->key = pack(&room, record->key);
    copy->value = pack(&room, record->value);
    copy->trace = pack(&room, record->trace);
    copy->headers = NULL;
    copy->header_count = 0;
    return copy;
}

void kafka_lookup_keep(struct kafka_lookup *lookup,
                       const struct mr_record *record)
{
    struct mr_record **slot =
        slot_of(lookup, record->topic, record->partition, record->offset);

    (void)pthread_mutex_lock(&lookup->lock);
    drop_slot(lookup, slot);
    *slot = copy_of(record);
    lookup->bytes += bytes_of(*slot);
    for (size_t i = 0; i < SLOTS && lookup->bytes > KAFKA_LOOKUP_BYTES; i++) {
        struct mr_record **other = &lookup->slots[lookup->hand++ % SLOTS];

        if (other != slot)
            drop_slot(lookup, other);
    }
    (void)pthread_mutex_unlock(&lookup->lock);
}

static bool find_kept(struct kafka_lookup *lookup,
                      const struct kafka_topic *topic, uint32_t partition,
                      uint64_t offset, struct mr_arena *arena,
                      struct mr_record *out)
{
    const struct mr_record *kept;
    bool found;

    (void)pthread_mutex_lock(&lookup->lock);
    kept = *slot_of(lookup, topic->id, partition, offset);
    found = kept != NULL && kept->topic == topic->id &&
            kept->partition == partition && kept->offset == offset;
    if (found) {
        *out = *kept;
        out->key = mr_arena_copy(arena, kept->key);
        out->value = mr_arena_copy(arena, kept->value);
        out->trace = mr_arena_copy(arena, kept->trace);
    }
    (void)pthread_mutex_unlock(&lookup->lock);
    return found;
}

static enum mr_code stand_at(struct kafka_lookup *lookup,
                             const struct kafka_topic *topic,
                             uint32_t partition, uint64_t offset,
                             struct mr_err *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t failure;

    rd_kafka_topic_partition_list_add(list, topic->full, (int32_t)partition)
        ->offset = (int64_t)offset;
    failure = rd_kafka_assign(lookup->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(err, failure, topic->full, NULL);
    return MR_OK;
}

static bool is_of(const rd_kafka_message_t *message,
                  const struct kafka_topic *topic, uint32_t partition)
{
    return message->rkt != NULL && message->partition == (int32_t)partition &&
           strcmp(rd_kafka_topic_name(message->rkt), topic->full) == 0;
}

/* The first record at or past `offset`, into *first; NULL at the end. */
static enum mr_code first_from(struct kafka_lookup *lookup,
                               const struct kafka_topic *topic,
                               uint32_t partition, rd_kafka_message_t **first,
                               struct mr_err *err)
{
    struct mr_kafka *kafka = lookup->kafka;
    int64_t until_us = mr_clock_mono_us(kafka->clock) + KAFKA_WAIT_MS * 1000;
    int left_ms;

    *first = NULL;
    while ((left_ms = kafka_left_ms(kafka, until_us)) > 0) {
        rd_kafka_message_t *message =
            rd_kafka_consumer_poll(lookup->consumer, left_ms);
        rd_kafka_resp_err_t failure;
        bool ours;

        if (message == NULL)
            continue;
        failure = message->err;
        ours = is_of(message, topic, partition);
        if (ours && failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
            *first = message;
            return MR_OK;
        }
        rd_kafka_message_destroy(message);
        if (ours && (failure == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
                     kafka_code(failure) == MR_E_LOST))
            return MR_OK;
    }
    return kafka_fail(err, RD_KAFKA_RESP_ERR__TIMED_OUT, topic->full, NULL);
}

/* What came along with the first. */
static void keep_more(struct kafka_lookup *lookup,
                      const struct kafka_topic *topic, uint32_t partition)
{
    struct mr_arena *arena = mr_arena_new();

    for (size_t i = 0; i < AHEAD_MAX; i++) {
        rd_kafka_message_t *message =
            rd_kafka_consumer_poll(lookup->consumer, AHEAD_WAITS);
        struct mr_record record;

        if (message == NULL)
            break;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
            is_of(message, topic, partition)) {
            kafka_record(message, topic, arena, &record);
            kafka_lookup_keep(lookup, &record);
        }
        rd_kafka_message_destroy(message);
        mr_arena_reset(arena);
    }
    mr_arena_free(arena);
}

static enum mr_code ask(struct kafka_lookup *lookup,
                        const struct kafka_topic *topic, uint32_t partition,
                        uint64_t offset, struct mr_arena *arena,
                        struct mr_record *out, struct mr_err *err)
{
    rd_kafka_message_t *first;
    enum mr_code code = MR_OK;

    if (lookup->consumer == NULL)
        code = kafka_handle(lookup->kafka, KAFKA_CONSUMER, "millrace-lookup",
                            &lookup->consumer, err);
    if (code == MR_OK && rd_kafka_poll_set_consumer(lookup->consumer) !=
                             RD_KAFKA_RESP_ERR_NO_ERROR)
        code = mr_fail(err, MR_E_UNAVAILABLE, "kafka: no queue to poll");
    if (code == MR_OK)
        code = stand_at(lookup, topic, partition, offset, err);
    if (code == MR_OK)
        code = first_from(lookup, topic, partition, &first, err);
    if (code != MR_OK)
        return code;
    if (first == NULL || first->offset != (int64_t)offset) {
        if (first != NULL)
            rd_kafka_message_destroy(first);
        (void)rd_kafka_assign(lookup->consumer, NULL);
        return kafka_lost(lookup->kafka, topic, partition, offset, err);
    }
    kafka_record(first, topic, arena, out);
    rd_kafka_message_destroy(first);
    kafka_lookup_keep(lookup, out);
    keep_more(lookup, topic, partition);
    /* Nothing is read while nobody asks. */
    (void)rd_kafka_assign(lookup->consumer, NULL);
    return MR_OK;
}

enum mr_code kafka_lookup_get(struct kafka_lookup *lookup,
                              struct kafka_topic *topic, uint32_t partition,
                              uint64_t offset, struct mr_arena *arena,
                              struct mr_record *out, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    atomic_store_explicit(&topic->fetched, true, memory_order_relaxed);
    if (find_kept(lookup, topic, partition, offset, arena, out))
        return MR_OK;
    (void)pthread_mutex_lock(&lookup->asking);
    /* Whoever asked before may have brought it along. */
    if (!find_kept(lookup, topic, partition, offset, arena, out))
        code = ask(lookup, topic, partition, offset, arena, out, err);
    (void)pthread_mutex_unlock(&lookup->asking);
    return code;
}
