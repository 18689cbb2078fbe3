// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_copy.c - a copy of the folder while others write.
 */
#include "common/backends/rocksdb/rocksdb_state.h"

enum mr_code mr_rocksdb_copy(struct mr_rocksdb *db, const char *path,
                             struct mr_err *err)
{
    char *words = NULL;
    rocksdb_checkpoint_t *copy =
        rocksdb_checkpoint_object_create(db->handle, &words);

    if (words == NULL) {
        /* 0: what is in memory goes into tables, so that no log is copied. */
        rocksdb_checkpoint_create(copy, path, 0, &words);
        rocksdb_checkpoint_object_destroy(copy);
    }
    return words == NULL ? MR_OK : rocks_fail(db, words, err);
}
