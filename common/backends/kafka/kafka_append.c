// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_append.c - records of writers that are no workers.
 *
 * One idempotent producer serves all; its reports come back on the thread of
 * the bus and are counted off at the call that waits.
 */
#include "common/backends/kafka/kafka_error.h"
#include "common/backends/kafka/kafka_reader.h"
#include "common/backends/kafka/kafka_record.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_mem.h"

struct call {
    pthread_mutex_t lock;
    pthread_cond_t done;
    size_t waiting;    /* lock: for reports */
    struct mr_err err; /* lock: the first failure */
};

/* What a report is for. */
struct slot {
    struct call *call;
    struct mr_record *record;
    const struct kafka_topic *topic;
    uint32_t partition;
};

void kafka_take_append(rd_kafka_t *producer, const rd_kafka_message_t *message,
                       void *opaque)
{
    struct mr_kafka *kafka = opaque;
    struct slot *slot = message->_private;
    struct call *call = slot->call;

    (void)producer;
    kafka_note_answer(kafka, kafka_code(message->err) != MR_E_TIMEOUT);
    (void)pthread_mutex_lock(&call->lock);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        slot->record->partition = (uint32_t)message->partition;
        slot->record->offset = (uint64_t)message->offset;
        slot->record->append_ms = rd_kafka_message_timestamp(message, NULL);
    } else if (call->err.code == MR_OK) {
        (void)kafka_fail(&call->err, message->err, slot->topic->full, NULL);
    }
    if (--call->waiting == 0)
        (void)pthread_cond_signal(&call->done);
    (void)pthread_mutex_unlock(&call->lock);
}

static enum mr_code check(struct mr_kafka *kafka, struct mr_record *records,
                          size_t count, struct slot *slots, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < count && code == MR_OK; i++) {
        struct kafka_topic *topic;

        code = kafka_find(kafka, records[i].topic, 0, &topic, err);
        if (code == MR_OK)
            code = mr_rules_record(&records[i], &topic->spec,
                                   &slots[i].partition, err);
        slots[i].record = &records[i];
        if (code == MR_OK)
            slots[i].topic = topic;
    }
    return code;
}

static void produce_all(struct mr_kafka *kafka, struct call *call,
                        struct slot *slots, size_t count)
{
    int64_t now_ms = mr_clock_wall_ms(kafka->clock);
    struct mr_err err;
    size_t handed = 0;
    enum mr_code code = MR_OK;

    while (handed < count && code == MR_OK) {
        struct slot *slot = &slots[handed];

        slot->call = call;
        code = kafka_produce(kafka->producer, slot->topic, slot->partition,
                             slot->record, now_ms, slot, &err);
        handed += code == MR_OK;
    }
    (void)pthread_mutex_lock(&call->lock);
    if (code != MR_OK)
        call->err = err;
    call->waiting -= count - handed;
    while (call->waiting > 0)
        (void)pthread_cond_wait(&call->done, &call->lock);
    (void)pthread_mutex_unlock(&call->lock);
}

enum mr_code kafka_append(struct mr_bus *bus, struct mr_record *records,
                          size_t count, struct mr_err *err)
{
    struct mr_kafka *kafka = ((struct kafka_bus *)bus)->kafka;
    struct slot *slots;
    struct call call = { .waiting = count };
    enum mr_code code;

    if (count == 0)
        return MR_OK;
    slots = mr_calloc(count, sizeof(*slots));
    code = check(kafka, records, count, slots, err);
    if (code == MR_OK) {
        (void)pthread_mutex_init(&call.lock, NULL);
        (void)pthread_cond_init(&call.done, NULL);
        produce_all(kafka, &call, slots, count);
        (void)pthread_cond_destroy(&call.done);
        (void)pthread_mutex_destroy(&call.lock);
        code = call.err.code;
        if (code != MR_OK)
            (void)mr_fail(err, code, "%s", call.err.text);
    }
    mr_free(slots);
    return code;
}
