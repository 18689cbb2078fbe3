// SPDX-License-Identifier: Apache-2.0
/*
 * watch.c - see watch.h.
 */
#include "ingestor/files/io/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mr_mem.h"

#define MASK                                                                \
    (IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct watch {
    int fd;
    char *root;
    char *only;
    char **folders; /* by watch descriptor, NULL for none; "" is the root */
    size_t room;
    char *paths[WATCH_PATHS_MAX]; /* changed */
    size_t count;
    bool everything;
    int64_t first_ms; /* of the oldest change */
    int64_t last_ms;
};

enum mr_code watch_open(const char *root, const char *only, struct watch **out,
                        struct mr_err *err)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    struct watch *watch;

    if (fd < 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                             "the folder cannot be watched");
    watch = mr_calloc(1, sizeof(*watch));
    watch->fd = fd;
    watch->root = mr_strdup(root);
    watch->only = only == NULL ? NULL : mr_strdup(only);
    *out = watch;
    return MR_OK;
}

void watch_close(struct watch *watch)
{
    char *path;

    if (watch == NULL)
        return;
    while ((path = watch_take(watch)) != NULL)
        mr_free(path);
    for (size_t i = 0; i < watch->room; i++)
        mr_free(watch->folders[i]);
    mr_free(watch->folders);
    mr_free(watch->only);
    mr_free(watch->root);
    (void)close(watch->fd);
    mr_free(watch);
}

int watch_fd(const struct watch *watch)
{
    return watch->fd;
}

enum mr_code watch_add(struct watch *watch, const char *path,
                       struct mr_err *err)
{
    char full[PATH_MAX];
    size_t at;
    int wd;

    (void)snprintf(full, sizeof(full), "%s/%s", watch->root, path);
    wd = inotify_add_watch(watch->fd, full, MASK);
    if (wd < 0 && errno == ENOSPC)
        return mr_fail(err, MR_E_LIMIT,
                       "no more folders can be watched; raise "
                       "fs.inotify.max_user_watches, or rely on every_ms");
    if (wd < 0)
        return MR_OK; /* gone meanwhile, or closed to us: the walk tells */
    at = (size_t)wd;
    if (at >= watch->room) {
        size_t room = at + 64;

        watch->folders =
            mr_realloc_array(watch->folders, room, sizeof(*watch->folders));
        memset(watch->folders + watch->room, 0,
               (room - watch->room) * sizeof(*watch->folders));
        watch->room = room;
    }
    /* A folder that was moved keeps its descriptor and gets its new path. */
    mr_free(watch->folders[at]);
    watch->folders[at] = mr_strdup(path);
    return MR_OK;
}

static void note_time(struct watch *watch, int64_t now_ms)
{
    if (watch->count == 0 && !watch->everything)
        watch->first_ms = now_ms;
    watch->last_ms = now_ms;
}

static void note_everything(struct watch *watch, int64_t now_ms)
{
    note_time(watch, now_ms);
    watch->everything = true;
}

static void note_path(struct watch *watch, const char *folder, const char *name,
                      int64_t now_ms)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof(path), "%s%s%s", folder,
                        folder[0] == '\0' ? "" : "/", name);

    if (name[0] == '.' || size >= PATH_MAX ||
        (watch->only != NULL && strcmp(path, watch->only) != 0))
        return;
    note_time(watch, now_ms);
    for (size_t i = watch->count; i > 0; i--) {
        if (strcmp(watch->paths[i - 1], path) == 0)
            return;
    }
    if (watch->count == WATCH_PATHS_MAX)
        watch->everything = true;
    else
        watch->paths[watch->count++] = mr_strdup(path);
}

/* Paths of folders below one that was moved away mean nothing any more. */
static void forget_below(struct watch *watch, const char *folder,
                         const char *name)
{
    char path[PATH_MAX];
    size_t size;

    (void)snprintf(path, sizeof(path), "%s%s%s", folder,
                   folder[0] == '\0' ? "" : "/", name);
    size = strlen(path);
    for (size_t i = 0; i < watch->room; i++) {
        const char *at = watch->folders[i];

        if (at == NULL || strncmp(at, path, size) != 0 ||
            (at[size] != '\0' && at[size] != '/'))
            continue;
        (void)inotify_rm_watch(watch->fd, (int)i);
        mr_free(watch->folders[i]);
        watch->folders[i] = NULL;
    }
}

/* Whether a new name is a link of either kind: those are never closed. */
static bool is_link(const struct watch *watch, const char *folder,
                    const char *name)
{
    char path[PATH_MAX];
    struct stat about;
    int size =
        snprintf(path, sizeof(path), "%s/%s/%s", watch->root, folder, name);

    return size < PATH_MAX && lstat(path, &about) == 0 &&
           (S_ISLNK(about.st_mode) ||
            (S_ISREG(about.st_mode) && about.st_nlink > 1));
}

static void on_event(struct watch *watch, const struct inotify_event *event,
                     int64_t now_ms)
{
    const char *folder = event->wd >= 0 && (size_t)event->wd < watch->room
                             ? watch->folders[event->wd]
                             : NULL;

    if ((event->mask & IN_Q_OVERFLOW) != 0)
        note_everything(watch, now_ms);
    if (folder == NULL)
        return;
    if ((event->mask & IN_IGNORED) != 0) {
        mr_free(watch->folders[event->wd]);
        watch->folders[event->wd] = NULL;
        return;
    }
    if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        if (folder[0] == '\0')
            note_everything(watch, now_ms);
        return; /* its parent tells of others */
    }
    if (event->len == 0)
        return;
    if ((event->mask & IN_ISDIR) != 0 && (event->mask & IN_MOVED_FROM) != 0)
        forget_below(watch, folder, event->name);
    if ((event->mask & IN_CREATE) != 0 && (event->mask & IN_ISDIR) == 0 &&
        !is_link(watch, folder, event->name))
        return; /* told when it is closed */
    note_path(watch, folder, event->name, now_ms);
}

void watch_read(struct watch *watch, int64_t now_ms)
{
    union {
        char bytes[16384];
        struct inotify_event aligned;
    } events;

    for (;;) {
        ssize_t size = read(watch->fd, events.bytes, sizeof(events.bytes));

        if (size <= 0)
            return;
        for (ssize_t at = 0; at < size;) {
            struct inotify_event event;
            union {
                const char *bytes;
                const struct inotify_event *event;
            } where = { .bytes = events.bytes + at };

            memcpy(&event, where.bytes, sizeof(event));
            on_event(watch, where.event, now_ms);
            at += (ssize_t)(sizeof(event) + event.len);
        }
    }
}

int watch_due_ms(const struct watch *watch, int64_t now_ms)
{
    int64_t quiet = watch->last_ms + WATCH_QUIET_MS - now_ms;
    int64_t late = watch->first_ms + WATCH_WAIT_MS - now_ms;
    int64_t left = quiet < late ? quiet : late;

    if (watch->count == 0 && !watch->everything)
        return -1;
    return left < 0 ? 0 : (int)left;
}

char *watch_take(struct watch *watch)
{
    return watch->count == 0 ? NULL : watch->paths[--watch->count];
}

bool watch_take_everything(struct watch *watch)
{
    bool everything = watch->everything;

    watch->everything = false;
    return everything;
}
