// SPDX-License-Identifier: Apache-2.0
/*
 * folder.c - see folder.h.
 */
#include "ingestor/files/io/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mr_mem.h"

struct walk {
    const struct folder *folder;
    const struct folder_visitor *visitor;
    struct mr_err *err;
};

enum mr_code folder_open(const char *path, struct folder *out,
                         struct mr_err *err)
{
    struct stat about;
    char *real = realpath(path, NULL);
    char *slash;

    if (real == NULL || stat(real, &about) != 0) {
        free(real);
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "%.350s", path);
    }
    *out = (struct folder){ .base = mr_strdup(real) };
    free(real);
    if (!S_ISDIR(about.st_mode)) {
        slash = strrchr(out->base, '/');
        out->only = mr_strdup(slash + 1);
        slash += slash == out->base; /* a file in "/" */
        *slash = '\0';
    }
    out->base_size = strlen(out->base);
    return MR_OK;
}

void folder_close(struct folder *folder)
{
    mr_free(folder->base);
    mr_free(folder->only);
    *folder = (struct folder){ 0 };
}

/* The whole path; false when it is too long. */
static bool whole(const struct folder *folder, const char *path,
                  char out[PATH_MAX])
{
    int size = snprintf(out, PATH_MAX, "%s%s%s", folder->base,
                        path[0] == '\0' ? "" : "/", path);

    return size > 0 && size < PATH_MAX;
}

/* Resolves a link; false when it leads out of the folder or nowhere. */
static bool resolve(const struct folder *folder, const char *path,
                    char out[PATH_MAX])
{
    char link[PATH_MAX];
    bool at_root = strcmp(folder->base, "/") == 0;

    if (!whole(folder, path, link) || realpath(link, out) == NULL)
        return false;
    return at_root || (strncmp(out, folder->base, folder->base_size) == 0 &&
                       out[folder->base_size] == '/');
}

enum mr_code folder_look(const struct folder *folder, const char *path,
                         enum folder_found *found, struct stat *about,
                         struct mr_err *err)
{
    char full[PATH_MAX];

    *found = FOLDER_LEFT_OUT;
    if (!whole(folder, path, full))
        return MR_OK;
    if (lstat(full, about) != 0) {
        *found = FOLDER_ABSENT;
        if (errno == ENOENT || errno == ENOTDIR)
            return MR_OK;
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "it cannot be looked at");
    }
    if (S_ISLNK(about->st_mode)) {
        char real[PATH_MAX];

        if (!resolve(folder, path, real) || lstat(real, about) != 0 ||
            !S_ISREG(about->st_mode))
            return MR_OK;
    }
    if (S_ISREG(about->st_mode))
        *found = FOLDER_FILE;
    else if (S_ISDIR(about->st_mode))
        *found = FOLDER_FOLDER;
    return MR_OK;
}

enum mr_code folder_read(const struct folder *folder, const char *path, int *fd,
                         struct mr_err *err)
{
    char full[PATH_MAX];
    char real[PATH_MAX];
    struct stat about;

    if (!whole(folder, path, full))
        return mr_fail(err, MR_E_INVALID, "its path is too long");
    if (lstat(full, &about) == 0 && S_ISLNK(about.st_mode)) {
        if (!resolve(folder, path, real))
            return mr_fail(err, MR_E_INVALID,
                           "it is a link that leads out of the folder");
        memcpy(full, real, sizeof(full));
    }
    /* A link that came between is not followed, a pipe not waited for. */
    *fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "it cannot be read");
    return MR_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of a folder, sorted, freed by the caller; false with errno. */
static bool list(const char *full, char ***names, size_t *count)
{
    DIR *dir = opendir(full);
    const struct dirent *entry;
    size_t room = 0;

    *names = NULL;
    *count = 0;
    if (dir == NULL)
        return false;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (*count == room) {
            room = room == 0 ? 64 : room * 2;
            *names = mr_realloc_array(*names, room, sizeof(**names));
        }
        (*names)[(*count)++] = mr_strdup(entry->d_name);
    }
    (void)closedir(dir);
    if (*count > 1)
        qsort(*names, *count, sizeof(**names), by_name);
    return true;
}

static enum mr_code visit(const struct walk *walk, const char *path,
                          unsigned depth);

static enum mr_code visit_folder(const struct walk *walk, const char *path,
                                 unsigned depth)
{
    const struct folder_visitor *visitor = walk->visitor;
    enum mr_code code = MR_OK;
    char full[PATH_MAX];
    char **names;
    size_t count;

    if (depth > FOLDER_DEPTH_MAX || !whole(walk->folder, path, full)) {
        visitor->left_out(visitor->context, path,
                          "it lies too deep in folders");
        return MR_OK;
    }
    code = visitor->folder(visitor->context, path, walk->err);
    if (code != MR_OK)
        return code;
    if (!list(full, &names, &count)) {
        visitor->left_out(visitor->context, path, strerror(errno));
        return MR_OK;
    }
    for (size_t i = 0; i < count; i++) {
        char below[PATH_MAX];
        int size = snprintf(below, sizeof(below), "%s%s%s", path,
                            path[0] == '\0' ? "" : "/", names[i]);

        if (code == MR_OK && size < PATH_MAX)
            code = visit(walk, below, depth + 1);
        mr_free(names[i]);
    }
    mr_free(names);
    return code;
}

static enum mr_code visit(const struct walk *walk, const char *path,
                          unsigned depth)
{
    const struct folder_visitor *visitor = walk->visitor;
    struct mr_err why = { 0 };
    enum folder_found found;
    struct stat about;

    if (folder_look(walk->folder, path, &found, &about, &why) != MR_OK) {
        visitor->left_out(visitor->context, path, why.text);
        return MR_OK;
    }
    switch (found) {
    case FOLDER_FILE:
        return visitor->file(visitor->context, path, &about, walk->err);
    case FOLDER_FOLDER:
        return visit_folder(walk, path, depth);
    case FOLDER_LEFT_OUT:
        visitor->left_out(visitor->context, path, NULL);
        return MR_OK;
    case FOLDER_ABSENT:
        break;
    }
    return MR_OK;
}

enum mr_code folder_walk(const struct folder *folder, const char *path,
                         const struct folder_visitor *visitor,
                         struct mr_err *err)
{
    const struct walk walk = { folder, visitor, err };

    if (path[0] == '\0' && folder->only != NULL) {
        enum mr_code code = visitor->folder(visitor->context, "", err);

        return code == MR_OK ? visit(&walk, folder->only, 0) : code;
    }
    return visit(&walk, path, 0);
}
