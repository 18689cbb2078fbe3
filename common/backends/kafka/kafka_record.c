// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_record.c - see kafka_record.h.
 */
#include "common/backends/kafka/kafka_record.h"

#include "common/backends/kafka/kafka_error.h"
#include "common/backends/rules/mr_rules.h"

#define VERSION_HEADER "version"
#define TIME_HEADER    "time"
#define TRACE_HEADER   "traceparent"
#define SCHEMA_HEADER  "schema"

#define NUMBER_BYTES 8u

static void add_number(rd_kafka_headers_t *headers, const char *name,
                       uint64_t number)
{
    uint8_t bytes[NUMBER_BYTES];

    if (number == 0)
        return;
    for (size_t i = 0; i < NUMBER_BYTES; i++)
        bytes[i] = (uint8_t)(number >> (8 * (NUMBER_BYTES - 1 - i)));
    (void)rd_kafka_header_add(headers, name, -1, bytes, sizeof(bytes));
}

static rd_kafka_headers_t *headers_of(const struct kafka_topic *topic,
                                      const struct mr_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);

    add_number(headers, VERSION_HEADER, record->version);
    add_number(headers, TIME_HEADER, (uint64_t)record->time_ms);
    if (record->trace.data != NULL)
        (void)rd_kafka_header_add(headers, TRACE_HEADER, -1, record->trace.data,
                                  (ssize_t)record->trace.size);
    if (topic->spec.schema != NULL)
        (void)rd_kafka_header_add(headers, SCHEMA_HEADER, -1,
                                  topic->spec.schema, -1);
    return headers;
}

/* The client takes what it does not change without const. */
static void set_mem(rd_kafka_vu_t *vu, rd_kafka_vtype_t type,
                    struct mr_span span)
{
    vu->vtype = type;
    vu->u.mem.ptr = (void *)(uintptr_t)span.data;
    vu->u.mem.size = span.size;
}

enum mr_code kafka_produce(rd_kafka_t *producer,
                           const struct kafka_topic *topic, uint32_t partition,
                           const struct mr_record *record, int64_t append_ms,
                           void *report, struct mr_err *err)
{
    rd_kafka_headers_t *headers = headers_of(topic, record);
    rd_kafka_vu_t parts[8] = {
        { .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic->full },
        { .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = (int32_t)partition },
        { .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
          .u.i = RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK },
        { .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = append_ms },
        { .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers },
        { .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = report },
    };
    rd_kafka_error_t *error;

    set_mem(&parts[6], RD_KAFKA_VTYPE_KEY, record->key);
    set_mem(&parts[7], RD_KAFKA_VTYPE_VALUE, record->value);
    error = rd_kafka_produceva(producer, parts, 8);
    if (error == NULL)
        return MR_OK;
    rd_kafka_headers_destroy(headers);
    return kafka_fail_error(err, error, topic->full);
}

static uint64_t find_number(const rd_kafka_headers_t *headers, const char *name)
{
    const void *bytes;
    size_t size;
    uint64_t number = 0;

    if (rd_kafka_header_get_last(headers, name, &bytes, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        size != NUMBER_BYTES)
        return 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | ((const uint8_t *)bytes)[i];
    return number;
}

static void copy_headers(const rd_kafka_headers_t *headers,
                         struct mr_arena *arena, struct mr_record *out)
{
    size_t count = rd_kafka_header_cnt(headers);
    struct mr_record_header *copies;

    if (count > MR_RECORD_HEADERS_MAX)
        count = MR_RECORD_HEADERS_MAX;
    copies = mr_arena_calloc(arena, count, sizeof(*copies));
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const void *bytes;
        size_t size;

        if (rd_kafka_header_get_all(headers, i, &name, &bytes, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        copies[out->header_count++] = (struct mr_record_header){
            .name = mr_arena_str(arena, mr_span_str(name)),
            .value = mr_arena_copy(arena, mr_span(bytes, size)),
        };
    }
    out->headers = copies;
}

static void read_headers(const rd_kafka_message_t *message,
                         const struct kafka_topic *topic,
                         struct mr_arena *arena, struct mr_record *out)
{
    rd_kafka_headers_t *headers;
    const void *bytes;
    size_t size;

    if (rd_kafka_message_headers(message, &headers) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    if (topic->foreign) {
        copy_headers(headers, arena, out);
    } else {
        out->version = find_number(headers, VERSION_HEADER);
        out->time_ms = (int64_t)find_number(headers, TIME_HEADER);
    }
    if (rd_kafka_header_get_last(headers, TRACE_HEADER, &bytes, &size) ==
            RD_KAFKA_RESP_ERR_NO_ERROR &&
        bytes != NULL && size <= MR_RULES_TRACE_MAX)
        out->trace = mr_arena_copy(arena, mr_span(bytes, size));
}

void kafka_record(const rd_kafka_message_t *message,
                  const struct kafka_topic *topic, struct mr_arena *arena,
                  struct mr_record *out)
{
    int64_t stamp = rd_kafka_message_timestamp(message, NULL);

    *out = (struct mr_record){
        .topic = topic->id,
        .partition = (uint32_t)message->partition,
        .offset = (uint64_t)message->offset,
        .append_ms = stamp < 0 ? 0 : stamp, /* others may have none */
        .key = mr_arena_copy(arena, mr_span(message->key, message->key_len)),
        .value = mr_arena_copy(arena, mr_span(message->payload, message->len)),
    };
    read_headers(message, topic, arena, out);
}
