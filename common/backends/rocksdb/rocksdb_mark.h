// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_mark.h - how much of the files was safe once, in the file "synced".
 *
 *   synced := last:u64 manifest:u64 bytes:u64    little endian
 *
 * RocksDB ends its recovery silently at the first record that it cannot read,
 * of the write-ahead log and of its list of files, the manifest: right after a
 * power cut, but also where a damaged file holds what was acknowledged.  What
 * a cut manifest does not name it even deletes.  So the number of the last
 * synced write, and the number and synced size of the manifest, are put into
 * a file of our own, without syncing that: it may lag behind, and is never
 * ahead of what is safe.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_ROCKSDB_MARK_H
#define COMMON_BACKENDS_ROCKSDB_ROCKSDB_MARK_H

#include <stdint.h>

#include "common/base/mr_status.h"

struct mr_rocksdb;

struct rocks_mark {
    int fd;          /* the file "synced" */
    int manifest_fd; /* -1: it is not watched */
    uint64_t last;
    uint64_t manifest; /* its number; 0: none is known */
    uint64_t bytes;    /* of it that are safe */
};

/* Before RocksDB opens a folder: MR_E_DAMAGED, with the file's name, when the
 * manifest is shorter than it was. */
MR_MUST_CHECK enum mr_code rocks_mark_check_manifest(const char *path,
                                                     struct mr_err *err);

/* After it has: MR_E_DAMAGED when writes are missing that were safe. */
MR_MUST_CHECK enum mr_code rocks_mark_open(struct mr_rocksdb *db,
                                           struct mr_err *err);
void rocks_mark_close(struct mr_rocksdb *db);

/* All writes up to `last` are synced. */
void rocks_mark_set(struct mr_rocksdb *db, uint64_t last);

#endif
