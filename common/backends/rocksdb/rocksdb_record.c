// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_record.c - see rocksdb_record.h.
 */
#include "common/backends/rocksdb/rocksdb_record.h"

#include <endian.h>

#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"

#define HAS_KEY   1u
#define HAS_VALUE 2u
#define HAS_TRACE 4u

static_assert(MR_KEY_BYTES_MAX <= UINT16_MAX, "a u16 on disk");
static_assert(MR_RULES_TRACE_MAX <= UINT8_MAX, "a u8 on disk");

void rocks_put_u32_be(uint8_t *at, uint32_t value)
{
    value = htobe32(value);
    memcpy(at, &value, sizeof(value));
}

void rocks_put_u64_be(uint8_t *at, uint64_t value)
{
    value = htobe64(value);
    memcpy(at, &value, sizeof(value));
}

static void put_u64(uint8_t *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
}

static uint64_t get_u64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

struct rocks_log_key rocks_log_key(mr_topic_id topic, uint32_t partition,
                                   uint64_t offset)
{
    struct rocks_log_key key;

    rocks_put_u32_be(key.bytes, topic);
    rocks_put_u32_be(key.bytes + 4, partition);
    rocks_put_u64_be(key.bytes + 8, offset);
    return key;
}

bool rocks_log_key_offset(struct mr_span key, mr_topic_id topic,
                          uint32_t partition, uint64_t *offset)
{
    struct rocks_log_key want = rocks_log_key(topic, partition, 0);

    if (key.size != ROCKS_LOG_KEY_BYTES ||
        memcmp(key.data, want.bytes, ROCKS_LOG_KEY_BYTES - 8) != 0)
        return false;
    memcpy(offset, key.data + ROCKS_LOG_KEY_BYTES - 8, 8);
    *offset = be64toh(*offset);
    return true;
}

void rocks_record_head(const struct mr_record *record,
                       uint8_t head[ROCKS_RECORD_HEAD_BYTES])
{
    uint16_t key_size = htole16((uint16_t)record->key.size);

    MR_ASSERT(record->key.size <= MR_KEY_BYTES_MAX);
    MR_ASSERT(record->trace.size <= MR_RULES_TRACE_MAX);
    head[0] = (uint8_t)((record->key.data != NULL ? HAS_KEY : 0) |
                        (record->value.data != NULL ? HAS_VALUE : 0) |
                        (record->trace.data != NULL ? HAS_TRACE : 0));
    head[1] = (uint8_t)record->trace.size;
    memcpy(head + 2, &key_size, sizeof(key_size));
    put_u64(head + 4, (uint64_t)record->append_ms);
    put_u64(head + 12, record->version);
    put_u64(head + 20, (uint64_t)record->time_ms);
}

/* The next part of the value, absent when its flag is not set. */
static struct mr_span take(struct mr_span *rest, size_t size, bool has)
{
    struct mr_span part = mr_span(has ? rest->data : NULL, size);

    *rest = mr_span(rest->data + size, rest->size - size);
    return part;
}

bool rocks_record_parse(struct mr_span bytes, struct mr_record *out)
{
    struct mr_span rest;
    uint16_t key_size;
    uint8_t flags, trace_size;

    if (bytes.size < ROCKS_RECORD_HEAD_BYTES)
        return false;
    flags = bytes.data[0];
    trace_size = bytes.data[1];
    memcpy(&key_size, bytes.data + 2, sizeof(key_size));
    key_size = le16toh(key_size);
    rest = mr_span(bytes.data + ROCKS_RECORD_HEAD_BYTES,
                   bytes.size - ROCKS_RECORD_HEAD_BYTES);
    if (flags > (HAS_KEY | HAS_VALUE | HAS_TRACE) ||
        (size_t)key_size + trace_size > rest.size)
        return false;
    *out = (struct mr_record){
        .append_ms = (int64_t)get_u64(bytes.data + 4),
        .version = get_u64(bytes.data + 12),
        .time_ms = (int64_t)get_u64(bytes.data + 20),
    };
    out->key = take(&rest, key_size, flags & HAS_KEY);
    out->trace = take(&rest, trace_size, flags & HAS_TRACE);
    out->value = take(&rest, rest.size, flags & HAS_VALUE);
    return (out->key.data != NULL || key_size == 0) &&
           (out->trace.data != NULL || trace_size == 0) &&
           (out->value.data != NULL || out->value.size == 0);
}

size_t rocks_record_bytes(struct mr_span bytes)
{
    return bytes.size < ROCKS_RECORD_HEAD_BYTES
               ? 0
               : bytes.size - ROCKS_RECORD_HEAD_BYTES;
}
