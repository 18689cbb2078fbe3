// SPDX-License-Identifier: Apache-2.0
/*
 * key_store.c - see key_store.h.
 */
#include "common/http/key_store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define NEW_FILE MR_KEY_FILE ".new"

struct mr_key_store {
    char *folder;
    char *path;
    pthread_mutex_t lock;
    struct mr_keys keys; /* lock, as all below */
    struct stat seen;    /* of the file that they are of */
    bool there;          /* there was one */
    bool known;          /* it was looked at before */
    struct mr_err err;   /* why it is damaged */
};

static enum mr_code damaged(const char *folder, const char *why,
                            struct mr_err *err)
{
    return mr_fail(err, MR_E_DAMAGED,
                   "%.350s/" MR_KEY_FILE ": %.350s; nobody is let in by a key "
                   "until it is restored, or deleted and the keys made anew",
                   folder, why);
}

static enum mr_code read_whole(int fd, struct mr_buf *out)
{
    ssize_t got = 1;

    while (got > 0 && !out->full) {
        uint8_t bytes[16384];

        got = read(fd, bytes, sizeof(bytes));
        if (got > 0)
            mr_buf_append(out, bytes, (size_t)got);
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    return got < 0 ? MR_E_UNAVAILABLE : MR_OK;
}

static enum mr_code read_open(const char *folder, int fd, struct mr_keys *keys,
                              struct mr_err *err)
{
    struct mr_buf text = mr_buf(MR_KEYS_BYTES_MAX);
    struct mr_err why = { 0 };
    struct stat info;
    enum mr_code code = MR_OK;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return damaged(folder, "it is no file", err);
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return damaged(folder,
                       "others than its owner may write it: `chmod 600` it, "
                       "and look at the keys in it",
                       err);
    if (read_whole(fd, &text) != MR_OK)
        code = damaged(folder, strerror(errno), err);
    else if (text.full)
        code = damaged(folder, "it is too long", err);
    else if (mr_keys_parse(mr_buf_bytes(&text), keys, &why) != MR_OK)
        code = damaged(folder, why.text, err);
    mr_buf_deinit(&text);
    return code;
}

enum mr_code mr_key_file_read(const char *folder, struct mr_keys *keys,
                              struct mr_err *err)
{
    char path[4200];
    enum mr_code code;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/" MR_KEY_FILE, folder);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? MR_OK : damaged(folder, strerror(errno), err);
    code = read_open(folder, fd, keys, err);
    (void)close(fd);
    return code;
}

static bool write_whole(int fd, struct mr_span text)
{
    while (text.size > 0) {
        ssize_t written = write(fd, text.data, text.size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text = mr_span(text.data + written, text.size - (size_t)written);
    }
    return fsync(fd) == 0;
}

/* Root makes it for the folder's owner, whose server is to read it. */
static bool give_away(int folder, int fd)
{
    struct stat info;

    if (geteuid() != 0)
        return true;
    return fstat(folder, &info) == 0 &&
           fchown(fd, info.st_uid, info.st_gid) == 0;
}

static enum mr_code replace(int folder, const char *name,
                            const struct mr_keys *keys, struct mr_err *err)
{
    struct mr_buf text = mr_buf(MR_KEYS_BYTES_MAX);
    int fd =
        openat(folder, NEW_FILE,
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && fchmod(fd, 0600) == 0 && give_away(folder, fd);

    mr_keys_encode(keys, &text);
    MR_ASSERT(!text.full);
    good = good && write_whole(fd, mr_buf_bytes(&text)) &&
           renameat(folder, NEW_FILE, folder, MR_KEY_FILE) == 0 &&
           fsync(folder) == 0;
    if (!good)
        (void)mr_fail_errno(err, MR_E_UNAVAILABLE, errno,
                            "cannot write %.350s/" MR_KEY_FILE, name);
    if (fd >= 0)
        (void)close(fd);
    mr_buf_deinit(&text);
    return good ? MR_OK : MR_E_UNAVAILABLE;
}

/* A change under the lock: `add`, or the key named `remove` goes. */
static enum mr_code change(const char *folder, const struct mr_key *add,
                           const char *remove, struct mr_err *err)
{
    struct mr_keys keys;
    enum mr_code code;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "data: %.350s",
                             folder);
    mr_keys_init(&keys);
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
        continue;
    code = mr_key_file_read(folder, &keys, err);
    if (code == MR_OK && add != NULL)
        code = mr_keys_add(&keys, add, err);
    else if (code == MR_OK && !mr_keys_remove(&keys, remove))
        code = mr_fail(err, MR_E_INVALID,
                       "there is no key \"%s\" in %.350s; `millrace key list` "
                       "shows those that are there",
                       remove, folder);
    if (code == MR_OK)
        code = replace(fd, folder, &keys, err);
    mr_keys_deinit(&keys);
    (void)close(fd);
    return code;
}

enum mr_code mr_key_file_add(const char *folder, const struct mr_key *key,
                             struct mr_err *err)
{
    return change(folder, key, NULL, err);
}

enum mr_code mr_key_file_remove(const char *folder, const char *name,
                                struct mr_err *err)
{
    return change(folder, NULL, name, err);
}

struct mr_key_store *mr_key_store_open(const char *folder)
{
    struct mr_key_store *store = mr_calloc(1, sizeof(*store));
    struct mr_buf path = mr_buf(8192);

    mr_buf_printf(&path, "%s/" MR_KEY_FILE, folder);
    store->path = mr_strdup(mr_buf_text(&path));
    mr_buf_deinit(&path);
    store->folder = mr_strdup(folder);
    mr_keys_init(&store->keys);
    (void)pthread_mutex_init(&store->lock, NULL);
    return store;
}

void mr_key_store_close(struct mr_key_store *store)
{
    if (store == NULL)
        return;
    (void)pthread_mutex_destroy(&store->lock);
    mr_keys_deinit(&store->keys);
    mr_free(store->folder);
    mr_free(store->path);
    mr_free(store);
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mode == b->st_mode &&
           same_time(a->st_mtim, b->st_mtim) &&
           same_time(a->st_ctim, b->st_ctim);
}

/* Reads the file when it is another than before; with the lock held. */
static bool refresh(struct mr_key_store *store)
{
    struct stat now = { 0 };
    bool there = stat(store->path, &now) == 0 || errno != ENOENT;

    if (store->known && there == store->there && same_file(&now, &store->seen))
        return false;
    store->known = true;
    store->there = there;
    store->seen = now;
    store->err = (struct mr_err){ 0 };
    mr_keys_deinit(&store->keys);
    mr_keys_init(&store->keys);
    if (mr_key_file_read(store->folder, &store->keys, &store->err) != MR_OK)
        MR_ASSERT(store->keys.count == 0);
    return true;
}

enum mr_code mr_key_store_judge(struct mr_key_store *store,
                                const struct mr_key_ask *ask,
                                struct mr_key_answer *answer,
                                struct mr_err *err)
{
    const struct mr_key *key;
    enum mr_code code;

    *answer = (struct mr_key_answer){ 0 };
    (void)pthread_mutex_lock(&store->lock);
    answer->changed = refresh(store);
    answer->count = store->keys.count;
    code = store->err.code;
    if (code != MR_OK)
        *err = store->err;
    else
        answer->verdict = mr_keys_judge(&store->keys, ask->secret, ask->needed,
                                        ask->collection, ask->now_ms, &key);
    if (code == MR_OK && key != NULL) {
        (void)snprintf(answer->name, sizeof(answer->name), "%s", key->name);
        answer->scope = key->scope;
        answer->expires_ms = key->expires_ms;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return code;
}
