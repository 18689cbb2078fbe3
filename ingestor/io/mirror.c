// SPDX-License-Identifier: Apache-2.0
/*
 * mirror.c - see mirror.h.
 */
#include "ingestor/io/mirror.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_mem.h"

struct mirror {
    struct mr_store port;
    const struct mr_place *place;
    struct mr_store *local;
    mirror_fenced *fenced;
    void *context;
    char spaces[MR_SPACE_NAME_MAX + 1]; /* how the mirrored ones begin */
    mr_space_id names;                  /* of those that were opened here */
    pthread_mutex_t lock;               /* all below */
    struct mr_bus_reader *reader;
    bool unsure; /* a commit failed: a rewind comes first */
    bool told;
};

static struct mirror *mirror_of(struct mr_store *port)
{
    return (struct mirror *)port;
}

/* --- the port --- */

static bool is_mirrored(const struct mirror *mirror, const char *name)
{
    return strncmp(name, mirror->spaces, strlen(mirror->spaces)) == 0;
}

/* The name is kept before the space has anything. */
static enum mr_code open_space(struct mr_store *port, const char *name,
                               mr_space_id *out, struct mr_err *err)
{
    struct mirror *mirror = mirror_of(port);
    enum mr_code code = MR_OK;

    if (is_mirrored(mirror, name)) {
        struct mr_batch *batch = mr_batch_new();

        mr_batch_put(batch, mirror->names, mr_span_str(name), mr_span("", 0));
        code = mr_store_write(mirror->local, batch, false, err);
        mr_batch_free(batch);
    }
    return code == MR_OK ? mr_store_space(mirror->local, name, out, err) : code;
}

static enum mr_code get(struct mr_store *port, mr_space_id space,
                        struct mr_span key, struct mr_arena *arena,
                        struct mr_span *out, struct mr_err *err)
{
    return mr_store_get(mirror_of(port)->local, space, key, arena, out, err);
}

static enum mr_code scan(struct mr_store *port, mr_space_id space,
                         struct mr_range range, mr_store_visit *visit,
                         void *context, struct mr_err *err)
{
    return mr_store_scan(mirror_of(port)->local, space, range, visit, context,
                         err);
}

/* Under the lock.  What is not known to have happened is asked for first. */
static enum mr_code commit(struct mirror *mirror, const struct mr_batch *batch,
                           struct mr_err *err)
{
    const struct mr_commit what = { .state = batch };
    enum mr_code code = MR_OK;

    if (mirror->unsure)
        code = mr_bus_rewind(mirror->reader, err);
    if (code != MR_OK)
        return code;
    mirror->unsure = false;
    code = mr_bus_commit(mirror->reader, &what, err);
    mirror->unsure = code != MR_OK;
    return code;
}

static enum mr_code write_batch(struct mr_store *port,
                                const struct mr_batch *batch, bool sync,
                                struct mr_err *err)
{
    struct mirror *mirror = mirror_of(port);
    struct mr_err why = { 0 };
    bool tell;
    enum mr_code code;

    (void)sync;
    if (mr_batch_count(batch) == 0)
        return MR_OK;
    (void)pthread_mutex_lock(&mirror->lock);
    code = commit(mirror, batch, &why);
    tell = code == MR_E_FENCED && !mirror->told;
    mirror->told |= tell;
    (void)pthread_mutex_unlock(&mirror->lock);
    if (tell && mirror->fenced != NULL)
        mirror->fenced(mirror->context, &why);
    return code == MR_OK ? code : mr_fail(err, code, "%s", why.text);
}

/* --- its life --- */

static enum mr_code reopen_one(void *context, struct mr_span key,
                               struct mr_span value, bool *stop,
                               struct mr_err *err)
{
    struct mirror *mirror = context;
    char name[MR_SPACE_NAME_MAX + 1];
    mr_space_id space;

    (void)value;
    (void)stop;
    if (key.size > MR_SPACE_NAME_MAX)
        return mr_fail(err, MR_E_DAMAGED, "mirror: no name of a space");
    (void)snprintf(name, sizeof(name), "%.*s", MR_SPAN_ARG(key));
    return mr_store_space(mirror->local, name, &space, err);
}

/* The spaces that are here, so that the restore can empty them. */
static enum mr_code reopen(struct mirror *mirror, struct mr_err *err)
{
    const struct mr_range all = { 0 };
    char name[MR_SPACE_NAME_MAX + 1];
    enum mr_code code;

    (void)snprintf(name, sizeof(name), "mirror.%s", mirror->place->collection);
    code = mr_store_space(mirror->local, name, &mirror->names, err);
    return code == MR_OK ? mr_store_scan(mirror->local, mirror->names, all,
                                         reopen_one, mirror, err)
                         : code;
}

/* A reader has a partition, and not that of its own changelog: this one stands
 * at the end of `control` and is never polled. */
static enum mr_code open_reader(struct mirror *mirror, struct mr_err *err)
{
    const struct mr_place *place = mirror->place;
    char topic[MR_TOPIC_NAME_MAX + 1];
    const struct mr_position position = {
        .topic = place->topics[MR_TOPIC_CONTROL],
        .next = UINT64_MAX,
    };
    const struct mr_changelog changelog = {
        .topic = topic,
        .partitions = place->partitions,
        .spaces = mirror->spaces,
    };
    const struct mr_reader_spec spec = {
        .group = topic,
        .partitions = &position,
        .count = 1,
        .changelog = &changelog,
    };

    (void)snprintf(topic, sizeof(topic), "%s.frontier", place->collection);
    return mr_bus_reader(place->bus, &spec, &mirror->reader, err);
}

enum mr_code mirror_open(const struct mr_place *place, mirror_fenced *fenced,
                         void *context, struct mirror **out, struct mr_err *err)
{
    static const struct mr_store_ops ops = {
        .space = open_space,
        .get = get,
        .scan = scan,
        .write = write_batch,
    };
    struct mirror *mirror = mr_calloc(1, sizeof(*mirror));
    enum mr_code code;

    mirror->port.ops = &ops;
    mirror->place = place;
    mirror->local = place->store;
    mirror->fenced = fenced;
    mirror->context = context;
    (void)pthread_mutex_init(&mirror->lock, NULL);
    (void)snprintf(mirror->spaces, sizeof(mirror->spaces), "ingestor.%s",
                   place->collection);
    code = reopen(mirror, err);
    if (code == MR_OK)
        code = open_reader(mirror, err);
    *out = code == MR_OK ? mirror : NULL;
    if (code != MR_OK)
        mirror_close(mirror);
    return code;
}

void mirror_close(struct mirror *mirror)
{
    if (mirror == NULL)
        return;
    mr_bus_close_reader(mirror->reader);
    (void)pthread_mutex_destroy(&mirror->lock);
    mr_free(mirror);
}

struct mr_store *mirror_store(struct mirror *mirror)
{
    return &mirror->port;
}
