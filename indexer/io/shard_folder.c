// SPDX-License-Identifier: Apache-2.0
/*
 * shard_folder.c - see shard_folder.h.
 */
#include "indexer/io/shard_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define WRITE_BYTES_MAX ((size_t)1 << 30)

struct shard_folder {
    char *path;
    int fd;
};

static enum mr_code fail(const struct shard_folder *folder, const char *name,
                         const char *what, struct mr_err *err)
{
    return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "index: %s %s/%s", what,
                         folder->path, name);
}

enum mr_code shard_folder_open(const char *path, struct shard_folder **out,
                               struct mr_err *err)
{
    struct shard_folder *folder = mr_calloc(1, sizeof(*folder));
    enum mr_code code = MR_OK;

    *out = NULL;
    folder->path = mr_strdup(path);
    folder->fd = -1;
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        code = fail(folder, "", "cannot make", err);
    if (code == MR_OK) {
        folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder->fd < 0)
            code = fail(folder, "", "cannot open", err);
    }
    if (code != MR_OK) {
        shard_folder_close(folder);
        return code;
    }
    *out = folder;
    return MR_OK;
}

void shard_folder_close(struct shard_folder *folder)
{
    if (folder == NULL)
        return;
    if (folder->fd >= 0)
        (void)close(folder->fd);
    mr_free(folder->path);
    mr_free(folder);
}

const char *shard_folder_path(const struct shard_folder *folder)
{
    return folder->path;
}

static bool write_all(int fd, struct mr_span bytes)
{
    while (bytes.size > 0) {
        size_t piece =
            bytes.size < WRITE_BYTES_MAX ? bytes.size : WRITE_BYTES_MAX;
        ssize_t written = write(fd, bytes.data, piece);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes.data += written;
        bytes.size -= (size_t)written;
    }
    return true;
}

enum mr_code shard_folder_write(struct shard_folder *folder, const char *name,
                                struct mr_span bytes, struct mr_err *err)
{
    char temp[SHARD_FOLDER_NAME_MAX + 8];
    enum mr_code code = MR_OK;
    int fd;

    MR_ASSERT(strlen(name) < SHARD_FOLDER_NAME_MAX);
    (void)snprintf(temp, sizeof(temp), "%s.tmp", name);
    fd = openat(folder->fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                0644);
    if (fd < 0)
        return fail(folder, temp, "cannot make", err);
    if (!write_all(fd, bytes) || fsync(fd) != 0) {
        code = fail(folder, temp, "cannot write", err);
        goto out_unlink;
    }
    if (renameat(folder->fd, temp, folder->fd, name) != 0) {
        code = fail(folder, name, "cannot rename", err);
        goto out_unlink;
    }
    if (fsync(folder->fd) != 0)
        code = fail(folder, name, "cannot sync the folder of", err);
    goto out_close; /* the temporary name is gone */

out_unlink:
    (void)unlinkat(folder->fd, temp, 0);
out_close:
    (void)close(fd);
    return code;
}

enum mr_code shard_folder_map(struct shard_folder *folder, const char *name,
                              struct mr_span *out, struct mr_err *err)
{
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
    enum mr_code code = MR_OK;
    struct stat info;
    void *bytes;

    *out = (struct mr_span){ 0 };
    if (fd < 0 && errno == ENOENT)
        return MR_OK;
    if (fd < 0)
        return fail(folder, name, "cannot open", err);
    if (fstat(fd, &info) != 0) {
        code = fail(folder, name, "cannot look at", err);
    } else if (info.st_size == 0) {
        *out = mr_span("", 0);
    } else {
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (bytes == MAP_FAILED)
            code = fail(folder, name, "cannot map", err);
        else
            *out = mr_span(bytes, (size_t)info.st_size);
    }
    (void)close(fd);
    return code;
}

void shard_folder_unmap(struct mr_span bytes)
{
    union {
        const void *from;
        void *to;
    } at = { .from = bytes.data };

    if (bytes.size > 0)
        (void)munmap(at.to, bytes.size);
}

enum mr_code shard_folder_link(struct shard_folder *folder, const char *name,
                               const char *to, struct mr_err *err)
{
    enum mr_code code = MR_OK;
    int fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "index: cannot open %s", to);
    if (linkat(folder->fd, name, fd, name, 0) != 0 && errno != EEXIST)
        code = fail(folder, name, "cannot link", err);
    (void)close(fd);
    return code;
}

void shard_folder_remove(struct shard_folder *folder, const char *name)
{
    (void)unlinkat(folder->fd, name, 0);
}

enum mr_code shard_folder_remove_synced(struct shard_folder *folder,
                                        const char *name, struct mr_err *err)
{
    shard_folder_remove(folder, name);
    if (fsync(folder->fd) != 0)
        return fail(folder, name, "cannot sync the folder of", err);
    return MR_OK;
}

enum mr_code shard_folder_sweep(struct shard_folder *folder,
                                bool (*keep)(void *context, const char *name),
                                void *context, struct mr_err *err)
{
    DIR *dir = opendir(folder->path);
    const struct dirent *entry;

    if (dir == NULL)
        return fail(folder, "", "cannot list", err);
    while ((entry = readdir(dir)) != NULL) {
        struct stat info;

        if (fstatat(folder->fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) ==
                0 &&
            S_ISREG(info.st_mode) && !keep(context, entry->d_name))
            shard_folder_remove(folder, entry->d_name);
    }
    (void)closedir(dir);
    return MR_OK;
}
