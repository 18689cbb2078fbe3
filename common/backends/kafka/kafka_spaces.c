// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_spaces.c - see kafka_spaces.h.
 */
#include "common/backends/kafka/kafka_spaces.h"

#include <pthread.h>
#include <string.h>

#include "common/base/mr_mem.h"

struct named {
    mr_space_id id;
    char *name;
};

struct kafka_spaces {
    struct mr_store port;
    struct mr_store *local;
    pthread_mutex_t lock;
    struct named *named; /* lock; the names stay where they are */
    size_t count;
};

static struct kafka_spaces *spaces_of(struct mr_store *store)
{
    return (struct kafka_spaces *)store;
}

static void note(struct kafka_spaces *spaces, mr_space_id id, const char *name)
{
    size_t nth = 0;

    (void)pthread_mutex_lock(&spaces->lock);
    while (nth < spaces->count && spaces->named[nth].id != id)
        nth++;
    if (nth == spaces->count) {
        spaces->named =
            mr_realloc_array(spaces->named, nth + 1, sizeof(*spaces->named));
        spaces->named[nth] = (struct named){ id, mr_strdup(name) };
        spaces->count++;
    }
    (void)pthread_mutex_unlock(&spaces->lock);
}

static enum mr_code open_space(struct mr_store *store, const char *name,
                               mr_space_id *out, struct mr_err *err)
{
    struct kafka_spaces *spaces = spaces_of(store);
    enum mr_code code = mr_store_space(spaces->local, name, out, err);

    if (code == MR_OK)
        note(spaces, *out, name);
    return code;
}

static enum mr_code get(struct mr_store *store, mr_space_id space,
                        struct mr_span key, struct mr_arena *arena,
                        struct mr_span *out, struct mr_err *err)
{
    return mr_store_get(spaces_of(store)->local, space, key, arena, out, err);
}

static enum mr_code scan(struct mr_store *store, mr_space_id space,
                         struct mr_range range, mr_store_visit *visit,
                         void *context, struct mr_err *err)
{
    return mr_store_scan(spaces_of(store)->local, space, range, visit, context,
                         err);
}

static enum mr_code write(struct mr_store *store, const struct mr_batch *batch,
                          bool sync, struct mr_err *err)
{
    return mr_store_write(spaces_of(store)->local, batch, sync, err);
}

struct kafka_spaces *kafka_spaces_new(struct mr_store *local)
{
    static const struct mr_store_ops ops = {
        .space = open_space,
        .get = get,
        .scan = scan,
        .write = write,
    };
    struct kafka_spaces *spaces = mr_calloc(1, sizeof(*spaces));

    spaces->port.ops = &ops;
    spaces->local = local;
    (void)pthread_mutex_init(&spaces->lock, NULL);
    return spaces;
}

void kafka_spaces_free(struct kafka_spaces *spaces)
{
    if (spaces == NULL)
        return;
    for (size_t i = 0; i < spaces->count; i++)
        mr_free(spaces->named[i].name);
    mr_free(spaces->named);
    (void)pthread_mutex_destroy(&spaces->lock);
    mr_free(spaces);
}

struct mr_store *kafka_spaces_port(struct kafka_spaces *spaces)
{
    return &spaces->port;
}

const char *kafka_spaces_name(struct kafka_spaces *spaces, mr_space_id id)
{
    const char *name = NULL;

    (void)pthread_mutex_lock(&spaces->lock);
    for (size_t i = 0; i < spaces->count && name == NULL; i++) {
        if (spaces->named[i].id == id)
            name = spaces->named[i].name;
    }
    (void)pthread_mutex_unlock(&spaces->lock);
    return name;
}

void kafka_spaces_wipe(struct kafka_spaces *spaces, const char *prefix,
                       struct mr_batch *batch)
{
    const struct mr_span all = { 0 };

    (void)pthread_mutex_lock(&spaces->lock);
    for (size_t i = 0; i < spaces->count; i++) {
        if (strncmp(spaces->named[i].name, prefix, strlen(prefix)) == 0)
            mr_batch_delete_range(batch, spaces->named[i].id, all, all);
    }
    (void)pthread_mutex_unlock(&spaces->lock);
}
