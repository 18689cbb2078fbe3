// SPDX-License-Identifier: Apache-2.0
/*
 * mr_rocksdb.h - bus and store on one RocksDB handle.
 *
 * Log, positions and state share a write-ahead log, so that a commit is one
 * WriteBatch: whole or absent after kill -9 at once, and after a power cut
 * once it is synced.  A store alone is the same with the bus left unused.
 *
 *   column family  key                                value
 *   log            topic:u32be partition:u32be        record, see below
 *                  offset:u64be
 *   state          space:u32be key                    the value
 *   default        "f"                                format:u64, now 1
 *                  "t" topic:u32be                    partitions:u32 cleanup:u8
 *                                                     retention_ms:i64 name
 *                  "s" space:u32be                    name
 *                  "p" group 0 topic:u32be            next:u64
 *                  partition:u32be
 *                  "b" topic:u32be partition:u32be    begin:u64
 *                  "c" topic:u32be partition:u32be    cleaned:u64 kept:u64
 *                  "x"                                empty: a write to see
 *                                                     whether one can be
 *
 *   record := flags:u8 trace_size:u8 key_size:u16 append_ms:i64 version:u64
 *             time_ms:i64 key trace value
 *   flags  := 1 has key, 2 has value, 4 has trace
 *
 * Numbers are little-endian but where they say "be".  The file "synced" beside
 * RocksDB's own holds the number of the last write that a sync has covered;
 * an open that finds fewer writes is MR_E_DAMAGED.
 *
 * Syncs: append(), sync() and write(sync) are; concurrent callers share one.
 * commit(), write(!sync), new topics and spaces are not: a power cut loses a
 * suffix of them, never one from the middle.  A record may be read before the
 * sync of its append has ended; what is made from it lies behind it.
 *
 * Readers: a second reader of a group on a partition is MR_E_BUSY.  A reader
 * without a group keeps committed positions for its rewinds only.
 *
 * Errors: MR_E_UNAVAILABLE on a full disk, until there is room for a write
 * buffer again, which is looked at every few seconds; MR_E_DAMAGED names the
 * file, or the record's place.
 *
 * Memory:  cache_bytes and three times write_buffer_bytes at most, and the
 *          indexes of at most 512 open files.
 * Threads: any number on the ports; close after all readers are closed.
 * I/O:     the folder, which one process has at a time.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_MR_ROCKSDB_H
#define COMMON_BACKENDS_ROCKSDB_MR_ROCKSDB_H

#include "common/ports/bus.h"
#include "common/ports/clock.h"
#include "common/ports/store.h"

struct mr_rocksdb;

struct mr_rocksdb_spec {
    const char *path;          /* made when it is new; its parent is there */
    size_t cache_bytes;        /* of blocks read; 0: 64 MiB */
    size_t write_buffer_bytes; /* before a flush to a file; 0: 64 MiB */
    struct mr_clock *clock;    /* for stamps, borrowed; NULL: real time */
};

/*
 * MR_E_BUSY: another process has the folder.  MR_E_DAMAGED: a file is missing
 * or breaks its format.  MR_E_CONFIG: the folder cannot be used, or a newer
 * millrace wrote it.  MR_E_UNAVAILABLE: the disk is full.
 */
MR_MUST_CHECK enum mr_code mr_rocksdb_open(const struct mr_rocksdb_spec *spec,
                                           struct mr_rocksdb **out,
                                           struct mr_err *err);

/* Syncs and closes; NULL does nothing. */
void mr_rocksdb_close(struct mr_rocksdb *db);

/* Borrowed until mr_rocksdb_close(). */
struct mr_bus *mr_rocksdb_bus(struct mr_rocksdb *db);
struct mr_store *mr_rocksdb_store(struct mr_rocksdb *db);

/* Removes the records of a partition before `begin`, which must not be past
 * its end: what still stands there is MR_E_LOST.  Synced. */
MR_MUST_CHECK enum mr_code mr_rocksdb_trim(struct mr_rocksdb *db,
                                           mr_topic_id topic,
                                           uint32_t partition, uint64_t begin,
                                           struct mr_err *err);

struct mr_rocksdb_cleaned {
    uint64_t removed; /* records */
};

/*
 * Does what the topic's cleanup asks for: for MR_CLEANUP_COMPACT, removes each
 * record that a later one of its key replaced; for MR_CLEANUP_EXPIRE, the
 * records older than retention_ms by the clock; for MR_CLEANUP_KEEP nothing.
 * Never removes what lies at or past the position of the slowest group, nor
 * past where an open reader began whose group has none yet; so a group that is
 * gone must be forgotten.  Partitions of which less than
 * `dirty_percent` was written since they were last cleaned are left alone (0:
 * none are).  Takes as long as reading the topic; other calls go on.  `out`
 * may be NULL.  To be called again and again, by one thread.
 */
MR_MUST_CHECK enum mr_code mr_rocksdb_clean(struct mr_rocksdb *db,
                                            mr_topic_id topic,
                                            unsigned dirty_percent,
                                            struct mr_rocksdb_cleaned *out,
                                            struct mr_err *err);

/* mr_rocksdb_clean() for every topic there is. */
MR_MUST_CHECK enum mr_code mr_rocksdb_clean_all(struct mr_rocksdb *db,
                                                unsigned dirty_percent,
                                                struct mr_rocksdb_cleaned *out,
                                                struct mr_err *err);

/*
 * A copy of all that was written before the call, as a folder that opens like
 * this one; it is made by the call, and its parent is there.  Files are linked
 * where the disk can, so it costs no room until this one has others.
 */
MR_MUST_CHECK enum mr_code mr_rocksdb_copy(struct mr_rocksdb *db,
                                           const char *path,
                                           struct mr_err *err);

/* Removes a group's positions.  MR_E_BUSY: a reader of it is open. */
MR_MUST_CHECK enum mr_code mr_rocksdb_forget_group(struct mr_rocksdb *db,
                                                   const char *group,
                                                   struct mr_err *err);

#endif
