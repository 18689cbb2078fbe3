// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_sync.c - concurrent syncs share one, and remember how far they came.
 *
 * Whoever finds no sync under way leads one for all who wait by then; who
 * comes later waits for the next.  The write-ahead log is synced without
 * holding up its writers.
 *
 * RocksDB ends its recovery silently at the first record of the write-ahead
 * log that it cannot read: right after a power cut, but also where a damaged
 * file holds what was acknowledged.  So the number of the last synced write is
 * put into a file after each sync, without syncing that: it may lag behind,
 * and is never ahead of what is safe.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/backends/rocksdb/rocksdb_state.h"
#include "common/base/mr_assert.h"

#define MARK_NAME "/synced"

static char *mark_path(const struct mr_rocksdb *db, struct mr_arena *arena)
{
    return mr_arena_printf(arena, "%s" MARK_NAME, db->path);
}

static enum mr_code check_mark(struct mr_rocksdb *db, struct mr_err *err)
{
    uint64_t found = rocksdb_get_latest_sequence_number(db->handle);
    uint64_t mark = 0;

    if (pread(db->sync.mark_fd, &mark, sizeof(mark), 0) < 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "rocksdb: read %.100s" MARK_NAME, db->path);
    if (le64toh(mark) <= found)
        return MR_OK;
    return mr_fail(err, MR_E_DAMAGED,
                   "rocksdb: a .log file in %.60s is damaged: its writes end "
                   "at %" PRIu64 ", but up to %" PRIu64
                   " were safe; restore it, or remove %.60s" MARK_NAME
                   " to go on without them",
                   db->path, found, le64toh(mark), db->path);
}

enum mr_code rocks_sync_open(struct mr_rocksdb *db, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    const char *path = mark_path(db, arena);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum mr_code code = MR_OK;

    if (fd < 0)
        code = mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "rocksdb: open %.200s", path);
    mr_arena_free(arena);
    if (code != MR_OK)
        return code;
    db->sync.mark_fd = fd;
    return check_mark(db, err);
}

void rocks_sync_close(struct mr_rocksdb *db)
{
    if (db->sync.mark_fd >= 0)
        (void)close(db->sync.mark_fd);
    db->sync.mark_fd = -1;
}

void rocks_sync_distrust(struct mr_rocksdb *db)
{
    atomic_store(&db->sync.distrust, true);
}

/* After a failed sync the kernel may have dropped what was not written, and
 * a second sync would not know.  RocksDB takes no write before it has put
 * all into new files; so a write tells whether it has.  Nor may the file of a
 * failed write be synced: RocksDB, when built with its assertions, aborts. */
static enum mr_code probe(struct mr_rocksdb *db, struct mr_err *err)
{
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    enum mr_code code;

    rocksdb_writebatch_put_cf(batch, db->families[ROCKS_META], "x", 1, "", 0);
    code = rocks_write(db, batch, err);
    rocksdb_writebatch_destroy(batch);
    return code;
}

static enum mr_code sync_log(struct mr_rocksdb *db, struct mr_err *err)
{
    uint64_t last, mark;
    char *words = NULL;

    /* Taken down first: a write that fails meanwhile puts it up again. */
    if (atomic_exchange(&db->sync.distrust, false)) {
        enum mr_code code = probe(db, err);

        if (code != MR_OK)
            return code;
    }
    last = rocksdb_get_latest_sequence_number(db->handle);
    rocksdb_flush_wal(db->handle, 1, &words);
    if (words != NULL) {
        rocks_sync_distrust(db);
        return rocks_fail(db, words, err);
    }
    mark = htole64(last);
    /* A mark that cannot be written lags behind, which is allowed. */
    if (pwrite(db->sync.mark_fd, &mark, sizeof(mark), 0) < 0)
        return MR_OK;
    return MR_OK;
}

/* For all who have a ticket by now; called and left with the lock held. */
static void lead(struct mr_rocksdb *db)
{
    struct rocks_sync *sync = &db->sync;
    uint64_t target = sync->wanted;
    struct mr_err err;
    enum mr_code code;

    sync->running = true;
    pthread_mutex_unlock(&sync->lock);
    code = sync_log(db, &err);
    pthread_mutex_lock(&sync->lock);
    sync->running = false;
    if (code == MR_OK) {
        sync->synced = target;
    } else {
        sync->failed = target;
        sync->err = err;
    }
    pthread_cond_broadcast(&sync->done);
}

enum mr_code rocks_sync(struct mr_rocksdb *db, struct mr_err *err)
{
    struct rocks_sync *sync = &db->sync;
    enum mr_code code = MR_OK;
    uint64_t ticket;

    pthread_mutex_lock(&sync->lock);
    ticket = ++sync->wanted;
    while (sync->synced < ticket && sync->failed < ticket) {
        if (sync->running)
            pthread_cond_wait(&sync->done, &sync->lock);
        else
            lead(db);
    }
    if (sync->failed >= ticket)
        code = mr_fail(err, sync->err.code, "%s", sync->err.text);
    pthread_mutex_unlock(&sync->lock);
    return code;
}
