// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_sync.c - concurrent syncs share one.
 *
 * Whoever finds no sync under way leads one for all who wait by then; who
 * comes later waits for the next.  The write-ahead log is synced without
 * holding up its writers.
 */
#include "common/backends/rocksdb/rocksdb_state.h"

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
    uint64_t last;
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
    rocks_mark_set(db, last);
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
