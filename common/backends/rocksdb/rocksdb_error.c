// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_error.c - what RocksDB's words mean to us.
 *
 * The C API gives a status as text, "<kind>: <message>"; the kinds are those of
 * Status::ToString().
 */
#include <inttypes.h>
#include <string.h>

#include "common/backends/rocksdb/rocksdb_state.h"

static bool starts(const char *words, const char *with)
{
    return strncmp(words, with, strlen(with)) == 0;
}

static bool is_locked(const char *words)
{
    return strstr(words, "lock hold by current process") != NULL ||
           strstr(words, "While lock file") != NULL;
}

static bool is_damage(const char *words)
{
    return starts(words, "Corruption") || starts(words, "Not implemented") ||
           strstr(words, "No such file or directory") != NULL;
}

/* The words with file names only: "/a/b/000013.sst" is " 000013.sst". */
static const char *without(char *words, const char *path)
{
    size_t size = strlen(path);
    char *at = words;

    while (size > 0 && (at = strstr(at, path)) != NULL) {
        if (at[size] != '/') {
            at += size;
            continue;
        }
        *at = ' ';
        memmove(at + 1, at + size + 1, strlen(at + size + 1) + 1);
    }
    return words;
}

enum mr_code rocks_fail_at(const char *path, char *words, struct mr_err *err)
{
    enum mr_code code = MR_E_UNAVAILABLE;

    if (is_locked(words))
        code = mr_fail(err, MR_E_BUSY,
                       "rocksdb: another process has the folder %.350s", path);
    else if (is_damage(words))
        code = mr_fail(err, MR_E_DAMAGED,
                       "rocksdb: the folder %.350s is damaged: %.350s", path,
                       without(words, path));
    else if (strstr(words, "Column famil") != NULL)
        code = mr_fail(err, MR_E_CONFIG,
                       "rocksdb: %.350s is of a newer millrace: %.350s", path,
                       words);
    else if (strstr(words, "No space left") != NULL)
        code = mr_fail(err, MR_E_UNAVAILABLE,
                       "rocksdb: the disk of %.350s is full, make room on it "
                       "(%.350s)",
                       path, words);
    else
        code = mr_fail(err, MR_E_UNAVAILABLE, "rocksdb: %.350s: %.350s", path,
                       words);
    rocksdb_free(words);
    return code;
}

enum mr_code rocks_fail(const struct mr_rocksdb *db, char *words,
                        struct mr_err *err)
{
    return rocks_fail_at(db->path, words, err);
}

enum mr_code rocks_fail_record(const struct mr_rocksdb *db,
                               const struct rocks_topic *topic,
                               uint32_t partition, uint64_t offset,
                               struct mr_err *err)
{
    return mr_fail(
        err, MR_E_DAMAGED,
        "rocksdb: %.350s: the record at topic %s partition %u offset "
        "%" PRIu64 " breaks its format",
        db->path, topic->spec.name, partition, offset);
}

enum mr_code rocks_check_iterator(const struct mr_rocksdb *db,
                                  rocksdb_iterator_t *iterator,
                                  struct mr_err *err)
{
    char *words = NULL;

    rocksdb_iter_get_error(iterator, &words);
    return words == NULL ? MR_OK : rocks_fail(db, words, err);
}
