// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_record.h - the keys and values of mr_rocksdb.h as bytes.
 *
 * Pure: nothing here knows RocksDB.
 *
 * Memory: writes into the caller's.  Threads: any.  I/O: none.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_ROCKSDB_RECORD_H
#define COMMON_BACKENDS_ROCKSDB_ROCKSDB_RECORD_H

#include "common/ports/bus.h"

#define ROCKS_LOG_KEY_BYTES     16u
#define ROCKS_RECORD_HEAD_BYTES 28u

struct rocks_log_key {
    uint8_t bytes[ROCKS_LOG_KEY_BYTES];
};

struct rocks_log_key rocks_log_key(mr_topic_id topic, uint32_t partition,
                                   uint64_t offset);

/* The offset in a key of this partition; false for one of another. */
bool rocks_log_key_offset(struct mr_span key, mr_topic_id topic,
                          uint32_t partition, uint64_t *offset);

/* The head of the record's value; key, trace and value follow it. */
void rocks_record_head(const struct mr_record *record,
                       uint8_t head[ROCKS_RECORD_HEAD_BYTES]);

/* All but topic, partition and offset, borrowed from `bytes`; false when they
 * break the format. */
bool rocks_record_parse(struct mr_span bytes, struct mr_record *out);

/* What rocks_record_parse() of the bytes would count for in a poll, or 0. */
size_t rocks_record_bytes(struct mr_span bytes);

void rocks_put_u32_be(uint8_t *at, uint32_t value);
void rocks_put_u64_be(uint8_t *at, uint64_t value);

#endif
