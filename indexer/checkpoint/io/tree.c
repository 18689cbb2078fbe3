// SPDX-License-Identifier: Apache-2.0
/*
 * tree.c - see tree.h.
 */
#include "indexer/checkpoint/io/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mr_mem.h"

#define OPEN_FOLDERS 16
#define NAMES_FIRST  ((size_t)64)

static enum mr_code fail(const char *what, const char *path, struct mr_err *err)
{
    return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                         "checkpoint: cannot %s %.700s", what, path);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool tree_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool empty = true;

    if (folder == NULL)
        return errno == ENOENT;
    while (empty && (entry = readdir(folder)) != NULL)
        empty = is_dots(entry->d_name);
    (void)closedir(folder);
    return empty;
}

static int remove_one(const char *path, const struct stat *info, int kind,
                      struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

void tree_remove(const char *path)
{
    (void)nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

enum mr_code tree_make(const char *path, struct mr_err *err)
{
    tree_remove(path);
    if (mkdir(path, 0755) != 0)
        return fail("make", path, err);
    return MR_OK;
}

struct listing {
    struct mr_arena *arena;
    char **names;
    size_t count;
    size_t room;
};

static void add(struct listing *listing, char *name)
{
    if (listing->count == listing->room) {
        listing->room = listing->room == 0 ? NAMES_FIRST : 2 * listing->room;
        listing->names = mr_realloc_array(listing->names, listing->room,
                                          sizeof(*listing->names));
    }
    listing->names[listing->count++] = name;
}

/* `prefix`: "" of the folder itself, "b/" of one in it, where it ends. */
static enum mr_code list(const char *path, const char *prefix,
                         struct listing *listing, struct mr_err *err)
{
    DIR *folder = opendir(path);
    enum mr_code code = MR_OK;
    const struct dirent *entry;

    if (folder == NULL)
        return fail("list", path, err);
    while (code == MR_OK && (entry = readdir(folder)) != NULL) {
        struct stat info;

        if (is_dots(entry->d_name))
            continue;
        if (fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) !=
            0)
            code = fail("look into", path, err);
        else if (S_ISREG(info.st_mode))
            add(listing,
                mr_arena_printf(listing->arena, "%s%s", prefix, entry->d_name));
        else if (S_ISDIR(info.st_mode) && prefix[0] == '\0')
            code = list(
                mr_arena_printf(listing->arena, "%s/%s", path, entry->d_name),
                mr_arena_printf(listing->arena, "%s/", entry->d_name), listing,
                err);
    }
    (void)closedir(folder);
    return code;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum mr_code tree_list(const char *path, struct mr_arena *arena, char ***names,
                       size_t *count, struct mr_err *err)
{
    struct listing listing = { .arena = arena };
    enum mr_code code = list(path, "", &listing, err);

    *count = listing.count;
    *names = mr_arena_calloc(arena, listing.count, sizeof(**names));
    if (listing.count > 0) {
        qsort(listing.names, listing.count, sizeof(*listing.names), compare);
        memcpy(*names, listing.names, listing.count * sizeof(**names));
    }
    mr_free(listing.names);
    return code;
}

enum mr_code tree_sync(const char *path, struct mr_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum mr_code code = MR_OK;

    if (fd < 0)
        return fail("open", path, err);
    if (fsync(fd) != 0)
        code = fail("sync", path, err);
    (void)close(fd);
    return code;
}

enum mr_code tree_rename(const char *from, const char *to, struct mr_err *err)
{
    char *path = mr_strdup(to);
    enum mr_code code = MR_OK;

    if (rename(from, to) != 0)
        code = fail("rename to", to, err);
    if (code == MR_OK)
        code = tree_sync(dirname(path), err);
    mr_free(path);
    return code;
}
