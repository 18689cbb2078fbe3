// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_state.h - what the files of this folder share.
 *
 * Private to this folder.  Two locks, taken in this order:
 *
 *   write_lock  one writer at a time gives offsets, writes and publishes, so
 *               that offsets are visible in order and without gaps; also
 *               guards what makes and names topics and spaces
 *   lock        the table of topics, begins, ends and readers; held shortly
 *
 * A topic, once there, never moves and never goes before the close.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_ROCKSDB_STATE_H
#define COMMON_BACKENDS_ROCKSDB_ROCKSDB_STATE_H

#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>

#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/backends/rocksdb/rocksdb_mark.h"
#include "common/backends/rocksdb/rocksdb_record.h"

/* Far above what generations and models make of two dozen topics. */
#define ROCKS_TOPICS_MAX 4096u

enum rocks_family {
    ROCKS_META,
    ROCKS_LOG,
    ROCKS_STATE,
    ROCKS_FAMILIES
};

struct rocks_reader;

/* One reader's wish to hear of a partition. */
struct rocks_watch {
    struct rocks_watch *next;
    struct rocks_reader *reader;
};

struct rocks_partition {
    uint64_t begin; /* lock */
    uint64_t end;   /* lock: the first offset that is not visible */
    uint64_t next;  /* write_lock: the offset given next */
    struct rocks_watch *watches;   /* lock */
    struct rocks_partition *grown; /* write_lock: the next that the present
                                      write appends to */
    bool is_grown;
};

struct rocks_topic {
    mr_topic_id id;
    struct mr_topic_spec spec; /* its name is ours; retention_ms: lock */
    struct rocks_partition *partitions;
};

/* Callers of a sync that share it; see rocksdb_sync.c. */
struct rocks_sync {
    pthread_mutex_t lock;
    pthread_cond_t done;
    uint64_t wanted; /* tickets given */
    uint64_t synced; /* all tickets up to this one are safe */
    uint64_t failed; /* all tickets up to this one that are not safe failed */
    bool running;
    struct mr_err err;    /* of the last that failed */
    atomic_bool distrust; /* a write or a sync has failed */
};

struct rocks_bus {
    struct mr_bus port;
    struct mr_rocksdb *db;
};

struct rocks_store {
    struct mr_store port;
    struct mr_rocksdb *db;
};

struct mr_rocksdb {
    struct rocks_bus bus;
    struct rocks_store store;
    char *path;
    struct mr_clock *clock;
    rocksdb_t *handle;
    rocksdb_column_family_handle_t *families[ROCKS_FAMILIES];
    rocksdb_readoptions_t *read_options;
    rocksdb_writeoptions_t *write_options;
    pthread_mutex_t write_lock;
    pthread_mutex_t lock;
    struct rocks_topic *topics[ROCKS_TOPICS_MAX];
    atomic_uint topic_count;
    char **spaces; /* write_lock; the id is the place + 1 */
    atomic_uint space_count;
    struct rocks_reader *readers; /* lock; newest first */
    struct rocks_sync sync;
    struct rocks_mark mark; /* of who leads a sync */
    size_t clean_keys_max;  /* of one pass of a compaction */
};

/* --- rocksdb_error.c --- */

/* The failure that RocksDB's words mean; frees them. */
enum mr_code rocks_fail(const struct mr_rocksdb *db, char *words,
                        struct mr_err *err);
enum mr_code rocks_fail_at(const char *path, char *words, struct mr_err *err);

/* MR_E_DAMAGED with the record's place. */
enum mr_code rocks_fail_record(const struct mr_rocksdb *db,
                               const struct rocks_topic *topic,
                               uint32_t partition, uint64_t offset,
                               struct mr_err *err);

/* MR_OK, or what ended the iterator. */
MR_MUST_CHECK enum mr_code rocks_check_iterator(const struct mr_rocksdb *db,
                                                rocksdb_iterator_t *iterator,
                                                struct mr_err *err);

/* --- rocksdb_write.c --- */

MR_MUST_CHECK enum mr_code rocks_find_topic(struct mr_rocksdb *db,
                                            mr_topic_id id,
                                            struct rocks_topic **out,
                                            struct mr_err *err);
MR_MUST_CHECK enum mr_code rocks_find_partition(struct mr_rocksdb *db,
                                                mr_topic_id id,
                                                uint32_t partition,
                                                struct rocks_partition **out,
                                                struct mr_err *err);

int64_t rocks_now_ms(const struct mr_rocksdb *db);

/* Checks a record and finds its partition. */
MR_MUST_CHECK enum mr_code rocks_check_record(struct mr_rocksdb *db,
                                              const struct mr_record *record,
                                              uint32_t *partition,
                                              struct mr_err *err);

/*
 * Writes `batch` and the records, which rocks_check_record() has passed, in
 * one step and makes them visible; not synced.  `fill`, which may be NULL or
 * `records`, gets them with partition, offset and append_ms.
 */
MR_MUST_CHECK enum mr_code rocks_write_records(struct mr_rocksdb *db,
                                               rocksdb_writebatch_t *batch,
                                               const struct mr_record *records,
                                               struct mr_record *fill,
                                               size_t count,
                                               struct mr_err *err);

/* Writes a batch without records; not synced. */
MR_MUST_CHECK enum mr_code rocks_write(struct mr_rocksdb *db,
                                       rocksdb_writebatch_t *batch,
                                       struct mr_err *err);

/* --- rocksdb_sync.c --- */

/* A write has failed: the next sync makes sure that writes succeed again. */
void rocks_sync_distrust(struct mr_rocksdb *db);

/* All that was written before the call survives a power cut. */
MR_MUST_CHECK enum mr_code rocks_sync(struct mr_rocksdb *db,
                                      struct mr_err *err);

/* --- rocksdb_store.c --- */

MR_MUST_CHECK enum mr_code rocks_add_state(struct mr_rocksdb *db,
                                           rocksdb_writebatch_t *out,
                                           const struct mr_batch *batch,
                                           struct mr_err *err);

extern const struct mr_bus_ops rocks_bus_ops;
extern const struct mr_store_ops rocks_store_ops;

#endif
