// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_mark.c - see rocksdb_mark.h.
 */
#include "common/backends/rocksdb/rocksdb_mark.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/backends/rocksdb/rocksdb_state.h"

#define MARK_NAME "/synced"
#define MARK_LAST 8u /* bytes of a mark without a manifest */
#define MARK_ALL  24u

/* Reads what there is of a file: at most `size` bytes, 0 if none. */
static size_t read_file(const char *folder, const char *name, void *out,
                        size_t size)
{
    struct mr_arena *arena = mr_arena_new();
    int fd = open(mr_arena_printf(arena, "%s%s", folder, name),
                  O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : pread(fd, out, size, 0);

    if (fd >= 0)
        (void)close(fd);
    mr_arena_free(arena);
    return got < 0 ? 0 : (size_t)got;
}

static void decode(const uint64_t words[3], size_t size, struct rocks_mark *out)
{
    if (size >= MARK_LAST)
        out->last = le64toh(words[0]);
    if (size == MARK_ALL) {
        out->manifest = le64toh(words[1]);
        out->bytes = le64toh(words[2]);
    }
}

/* The number of the manifest that is in use; 0 when CURRENT does not say. */
static uint64_t current_manifest(const char *path)
{
    char text[64] = "";
    uint64_t number = 0;

    (void)read_file(path, "/CURRENT", text, sizeof(text) - 1);
    if (strncmp(text, "MANIFEST-", 9) == 0)
        number = strtoull(text + 9, NULL, 10);
    return number;
}

static int open_manifest(const char *path, uint64_t number)
{
    struct mr_arena *arena = mr_arena_new();
    int fd =
        open(mr_arena_printf(arena, "%s/MANIFEST-%06" PRIu64, path, number),
             O_RDWR | O_CLOEXEC);

    mr_arena_free(arena);
    return fd;
}

enum mr_code rocks_mark_check_manifest(const char *path, struct mr_err *err)
{
    uint64_t words[3];
    struct rocks_mark mark = { 0 };
    struct stat status = { 0 };
    int fd;

    decode(words, read_file(path, MARK_NAME, words, sizeof(words)), &mark);
    if (mark.manifest == 0 || mark.manifest != current_manifest(path))
        return MR_OK;
    fd = open_manifest(path, mark.manifest);
    if (fd < 0)
        return MR_OK; /* RocksDB has words for that */
    (void)fstat(fd, &status);
    (void)close(fd);
    if ((uint64_t)status.st_size >= mark.bytes)
        return MR_OK;
    return mr_fail(err, MR_E_DAMAGED,
                   "rocksdb: the folder %.350s is damaged: MANIFEST-%06" PRIu64
                   " has %lld bytes, and had %" PRIu64,
                   path, mark.manifest, (long long)status.st_size, mark.bytes);
}

/* What the manifest has by now is safe, or made so. */
static void note_manifest(struct rocks_mark *mark)
{
    struct stat status;

    if (mark->manifest_fd < 0 || fstat(mark->manifest_fd, &status) != 0 ||
        (uint64_t)status.st_size <= mark->bytes ||
        fdatasync(mark->manifest_fd) != 0)
        return;
    mark->bytes = (uint64_t)status.st_size;
}

void rocks_mark_set(struct mr_rocksdb *db, uint64_t last)
{
    struct rocks_mark *mark = &db->mark;
    uint64_t words[3];

    note_manifest(mark);
    mark->last = last;
    words[0] = htole64(mark->last);
    words[1] = htole64(mark->manifest);
    words[2] = htole64(mark->bytes);
    /* A mark that cannot be written lags behind, which is allowed. */
    if (pwrite(mark->fd, words, sizeof(words), 0) < 0)
        return;
}

static enum mr_code check_last(const struct mr_rocksdb *db, struct mr_err *err)
{
    uint64_t found = rocksdb_get_latest_sequence_number(db->handle);

    if (db->mark.last <= found)
        return MR_OK;
    return mr_fail(err, MR_E_DAMAGED,
                   "rocksdb: a .log file in %.350s is damaged: its writes end "
                   "at %" PRIu64 ", but up to %" PRIu64
                   " were safe; it opens without them once %.350s" MARK_NAME
                   " is removed",
                   db->path, found, db->mark.last, db->path);
}

enum mr_code rocks_mark_open(struct mr_rocksdb *db, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    const char *path = mr_arena_printf(arena, "%s" MARK_NAME, db->path);
    struct rocks_mark *mark = &db->mark;
    uint64_t words[3];
    ssize_t got = -1;
    enum mr_code code = MR_OK;

    mark->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (mark->fd >= 0)
        got = pread(mark->fd, words, sizeof(words), 0);
    if (got < 0)
        code = mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "rocksdb: open %.350s", path);
    mr_arena_free(arena);
    if (code != MR_OK)
        return code;
    decode(words, (size_t)got, mark);
    code = check_last(db, err);
    if (code != MR_OK)
        return code;
    /* Each open writes a manifest of its own. */
    mark->manifest = current_manifest(db->path);
    mark->bytes = 0;
    mark->manifest_fd = open_manifest(db->path, mark->manifest);
    return MR_OK;
}

void rocks_mark_close(struct mr_rocksdb *db)
{
    struct rocks_mark *mark = &db->mark;

    if (mark->fd >= 0)
        (void)close(mark->fd);
    if (mark->manifest_fd >= 0)
        (void)close(mark->manifest_fd);
    mark->fd = -1;
    mark->manifest_fd = -1;
}
