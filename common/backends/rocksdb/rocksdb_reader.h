// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_reader.h - a reader and its places in partitions.
 *
 * Private to this folder.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_ROCKSDB_READER_H
#define COMMON_BACKENDS_ROCKSDB_ROCKSDB_READER_H

#include <stdatomic.h>

#include "common/backends/rocksdb/rocksdb_state.h"

struct rocks_place {
    struct rocks_topic *topic;
    uint32_t partition;
    uint64_t first;     /* where it was opened; never changes */
    atomic_bool stored; /* the group has a position here */
    uint64_t next;
    uint64_t committed;
    uint64_t end; /* as of the present poll */
    struct rocks_watch watch;
};

struct rocks_reader {
    struct mr_bus_reader port;
    struct mr_rocksdb *db;
    struct rocks_reader *older;
    char *group;          /* NULL for none */
    pthread_cond_t grown; /* with the state's lock, on the monotonic clock */
    struct rocks_place *places;
    size_t count;
    size_t turn;
    bool woken;   /* lock */
    bool waiting; /* lock */
    rocksdb_writebatch_t *batch;
};

MR_MUST_CHECK enum mr_code rocks_open_reader(struct mr_bus *bus,
                                             const struct mr_reader_spec *spec,
                                             struct mr_bus_reader **out,
                                             struct mr_err *err);

#endif
