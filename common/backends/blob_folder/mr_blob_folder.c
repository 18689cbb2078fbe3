// SPDX-License-Identifier: Apache-2.0
/*
 * mr_blob_folder.c - see mr_blob_folder.h.
 */
#include "common/backends/blob_folder/mr_blob_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define TEMP_FOLDER      "tmp"
#define TEMP_KEPT_S      (24 * 3600)
#define TEMP_NAME_MAX    64
#define BLOB_NAME_DIGITS 32

/* "hh/" and the digits, with a zero. */
struct blob_name {
    char folder[3];
    char path[3 + BLOB_NAME_DIGITS + 1];
};

struct mr_blob_folder {
    struct mr_blob port;
    char *path;
    int fd;
};

static struct mr_blob_folder *folder_of(struct mr_blob *port)
{
    return (struct mr_blob_folder *)port;
}

static struct blob_name name_of(struct mr_hash128 hash)
{
    struct blob_name name;
    char digits[BLOB_NAME_DIGITS + 1];

    mr_hash128_hex(hash, digits);
    (void)snprintf(name.folder, sizeof(name.folder), "%.2s", digits);
    (void)snprintf(name.path, sizeof(name.path), "%.2s/%.32s", digits, digits);
    return name;
}

static enum mr_code fail_disk(struct mr_blob_folder *folder, const char *what,
                              const char *name, struct mr_err *err)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "blob: the disk of %.350s is full, make room on "
                             "it",
                             folder->path);
    return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "blob: %s %.350s/%s",
                         what, folder->path, name);
}

static bool same_hash(struct mr_hash128 a, struct mr_hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

/* Reads `size` bytes, or fewer at the end of the file; -1 on a failure. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t size)
{
    size_t at = 0;

    while (at < size) {
        ssize_t got = read(fd, bytes + at, size - at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        at += (size_t)got;
    }
    return (ssize_t)at;
}

/* The file's bytes into `arena`; whether they are right is not looked at. */
static enum mr_code read_file(struct mr_blob_folder *folder,
                              const struct blob_name *name,
                              struct mr_arena *arena, struct mr_span *out,
                              struct mr_err *err)
{
    struct stat status;
    enum mr_code code = MR_OK;
    ssize_t got;
    uint8_t *bytes;
    int fd = openat(folder->fd, name->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return mr_fail(err, MR_E_LOST, "blob: there is no %.350s/%s",
                       folder->path, name->path);
    if (fd < 0)
        return fail_disk(folder, "open", name->path, err);
    if (fstat(fd, &status) != 0) {
        code = fail_disk(folder, "stat", name->path, err);
        goto out_close;
    }
    if (status.st_size < 0 || (size_t)status.st_size > MR_BLOB_BYTES_MAX) {
        code = mr_fail(err, MR_E_DAMAGED, "blob: %.350s/%s has %lld bytes",
                       folder->path, name->path, (long long)status.st_size);
        goto out_close;
    }
    bytes = mr_arena_alloc(arena, (size_t)status.st_size);
    got = read_all(fd, bytes, (size_t)status.st_size);
    if (got < 0)
        code = fail_disk(folder, "read", name->path, err);
    else
        *out = mr_span(bytes, (size_t)got);

out_close:
    (void)close(fd);
    return code;
}

static enum mr_code blob_get(struct mr_blob *port, struct mr_hash128 hash,
                             struct mr_arena *arena, struct mr_span *out,
                             struct mr_err *err)
{
    struct mr_blob_folder *folder = folder_of(port);
    struct blob_name name = name_of(hash);
    struct mr_span bytes = { 0 };
    enum mr_code code = read_file(folder, &name, arena, &bytes, err);

    if (code != MR_OK)
        return code;
    if (!same_hash(mr_hash128(bytes), hash))
        return mr_fail(err, MR_E_DAMAGED,
                       "blob: %.350s/%s holds other bytes than its name says",
                       folder->path, name.path);
    *out = bytes;
    return MR_OK;
}

static enum mr_code sync_folder(struct mr_blob_folder *folder, const char *name,
                                struct mr_err *err)
{
    enum mr_code code = MR_OK;
    int fd = openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return fail_disk(folder, "open", name, err);
    if (fsync(fd) != 0)
        code = fail_disk(folder, "sync", name, err);
    (void)close(fd);
    return code;
}

static enum mr_code make_folder(struct mr_blob_folder *folder, const char *name,
                                struct mr_err *err)
{
    if (mkdirat(folder->fd, name, 0700) == 0)
        return sync_folder(folder, ".", err);
    if (errno == EEXIST)
        return MR_OK;
    return fail_disk(folder, "make", name, err);
}

static enum mr_code write_all(struct mr_blob_folder *folder, int fd,
                              struct mr_span bytes, const char *name,
                              struct mr_err *err)
{
    size_t at = 0;

    while (at < bytes.size) {
        ssize_t written = write(fd, bytes.data + at, bytes.size - at);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_disk(folder, "write", name, err);
        at += (size_t)written;
    }
    if (fsync(fd) != 0)
        return fail_disk(folder, "sync", name, err);
    return MR_OK;
}

/* The order write, sync, rename, sync of the folder is the whole point: a
 * name must not appear before the bytes behind it are safe. */
static enum mr_code write_file(struct mr_blob_folder *folder,
                               const struct blob_name *name,
                               struct mr_span bytes, struct mr_err *err)
{
    char temp[TEMP_NAME_MAX];
    uint64_t number;
    enum mr_code code;
    int fd;

    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return fail_disk(folder, "draw a name for", name->path, err);
    (void)snprintf(temp, sizeof(temp), TEMP_FOLDER "/%016" PRIx64, number);
    fd =
        openat(folder->fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_disk(folder, "create", temp, err);
    code = write_all(folder, fd, bytes, temp, err);
    if (close(fd) != 0 && code == MR_OK)
        code = fail_disk(folder, "close", temp, err);
    if (code == MR_OK &&
        renameat(folder->fd, temp, folder->fd, name->path) != 0)
        code = fail_disk(folder, "rename to", name->path, err);
    if (code != MR_OK) {
        (void)unlinkat(folder->fd, temp, 0);
        return code;
    }
    return sync_folder(folder, name->folder, err);
}

static bool is_there(struct mr_blob_folder *folder,
                     const struct blob_name *name, struct mr_span bytes)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_span held = { 0 };
    bool there = read_file(folder, name, arena, &held, NULL) == MR_OK &&
                 mr_span_equal(held, bytes);

    mr_arena_free(arena);
    return there;
}

static enum mr_code blob_put(struct mr_blob *port, struct mr_span bytes,
                             struct mr_hash128 *out, struct mr_err *err)
{
    struct mr_blob_folder *folder = folder_of(port);
    struct blob_name name;
    enum mr_code code;

    if (bytes.size > MR_BLOB_BYTES_MAX)
        return mr_fail(err, MR_E_LIMIT, "blob: %zu bytes, at most %zu",
                       bytes.size, MR_BLOB_BYTES_MAX);
    *out = mr_hash128(bytes);
    name = name_of(*out);
    /* Its put may not have come to the sync of the folder yet. */
    if (is_there(folder, &name, bytes))
        return sync_folder(folder, name.folder, err);
    code = make_folder(folder, name.folder, err);
    if (code != MR_OK)
        return code;
    return write_file(folder, &name, bytes, err);
}

static enum mr_code blob_remove(struct mr_blob *port, struct mr_hash128 hash,
                                struct mr_err *err)
{
    struct mr_blob_folder *folder = folder_of(port);
    struct blob_name name = name_of(hash);

    if (unlinkat(folder->fd, name.path, 0) != 0 && errno != ENOENT)
        return fail_disk(folder, "remove", name.path, err);
    return MR_OK;
}

/* What a crash left; a young file may be another process's work. */
static void remove_stale(struct mr_blob_folder *folder)
{
    int fd = openat(folder->fd, TEMP_FOLDER, O_RDONLY | O_DIRECTORY);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    time_t now = time(NULL);

    if (entries == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    while ((entry = readdir(entries)) != NULL) {
        struct stat status;

        if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_mtime < now - TEMP_KEPT_S)
            (void)unlinkat(fd, entry->d_name, 0);
    }
    (void)closedir(entries);
}

enum mr_code mr_blob_folder_open(const char *path, struct mr_blob_folder **out,
                                 struct mr_err *err)
{
    static const struct mr_blob_ops ops = {
        .put = blob_put,
        .get = blob_get,
        .remove = blob_remove,
    };
    struct mr_blob_folder *folder;
    enum mr_code code;
    int fd;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return mr_fail_errno(err, MR_E_CONFIG, errno, "blob: make %.350s",
                             path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return mr_fail_errno(err, MR_E_CONFIG, errno, "blob: open %.350s",
                             path);
    folder = mr_calloc(1, sizeof(*folder));
    folder->port.ops = &ops;
    folder->path = mr_strdup(path);
    folder->fd = fd;
    code = make_folder(folder, TEMP_FOLDER, err);
    if (code != MR_OK) {
        mr_blob_folder_close(folder);
        return code;
    }
    remove_stale(folder);
    *out = folder;
    return MR_OK;
}

void mr_blob_folder_close(struct mr_blob_folder *folder)
{
    if (folder == NULL)
        return;
    (void)close(folder->fd);
    mr_free(folder->path);
    mr_free(folder);
}

struct mr_blob *mr_blob_folder_port(struct mr_blob_folder *folder)
{
    return &folder->port;
}
