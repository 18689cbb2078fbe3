// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_reader.c - a reader's life, its waits and commits.
 */
#include "common/backends/rocksdb/rocksdb_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/backends/rocksdb/rocksdb_meta.h"
#include "common/backends/rocksdb/rocksdb_poll.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

static struct rocks_reader *reader_of(struct mr_bus_reader *port)
{
    return (struct rocks_reader *)port;
}

static struct rocks_partition *partition_of(const struct rocks_place *place)
{
    return &place->topic->partitions[place->partition];
}

static struct timespec deadline_in(int wait_ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

/* Takes over the ends; whether something waits to be read is in *waits. */
static enum mr_code look(struct rocks_reader *reader, bool *waits,
                         struct mr_err *err)
{
    *waits = false;
    for (size_t i = 0; i < reader->count; i++) {
        struct rocks_place *place = &reader->places[i];
        struct rocks_partition *held = partition_of(place);

        if (place->next < held->begin || place->next > held->end)
            return mr_rules_lost(&place->topic->spec, place->partition,
                                 place->next, held->begin, held->end, err);
        place->end = held->end;
        *waits = *waits || place->next < place->end;
    }
    return MR_OK;
}

/* Until records wait, the time is over or somebody wakes the reader. */
static enum mr_code wait_for_records(struct rocks_reader *reader, int wait_ms,
                                     bool *waits, struct mr_err *err)
{
    struct mr_rocksdb *db = reader->db;
    struct timespec deadline = deadline_in(wait_ms > 0 ? wait_ms : 0);
    enum mr_code code;
    int waited = 0;

    pthread_mutex_lock(&db->lock);
    while ((code = look(reader, waits, err)) == MR_OK && !*waits &&
           wait_ms > 0 && waited != ETIMEDOUT && !reader->woken) {
        reader->waiting = true;
        waited = pthread_cond_timedwait(&reader->grown, &db->lock, &deadline);
        reader->waiting = false;
    }
    if (code == MR_OK && !*waits && wait_ms > 0)
        reader->woken = false;
    pthread_mutex_unlock(&db->lock);
    return code;
}

static enum mr_code reader_poll(struct mr_bus_reader *port,
                                const struct mr_poll_limits *limits,
                                struct mr_arena *arena, struct mr_batch_in *out,
                                struct mr_err *err)
{
    struct rocks_reader *reader = reader_of(port);
    bool waits;
    enum mr_code code;

    *out = (struct mr_batch_in){ 0 };
    code = wait_for_records(reader, limits->wait_ms, &waits, err);
    if (code != MR_OK || !waits)
        return code;
    return rocks_read_batch(reader, limits, arena, out, err);
}

static struct rocks_place *place_of(struct rocks_reader *reader,
                                    const struct mr_position *position)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (reader->places[i].topic->id == position->topic &&
            reader->places[i].partition == position->partition)
            return &reader->places[i];
    }
    return NULL;
}

static enum mr_code check_position(struct rocks_reader *reader,
                                   const struct mr_position *position,
                                   struct mr_err *err)
{
    struct rocks_place *place = place_of(reader, position);
    uint64_t end;

    if (place == NULL)
        return mr_fail(err, MR_E_INVALID,
                       "bus: a commit for partition %u, which the reader "
                       "does not read",
                       position->partition);
    pthread_mutex_lock(&reader->db->lock);
    end = partition_of(place)->end;
    pthread_mutex_unlock(&reader->db->lock);
    if (position->next > end)
        return mr_fail(err, MR_E_INVALID,
                       "bus: a commit of offset %" PRIu64
                       " in partition %u, which ends at %" PRIu64,
                       position->next, position->partition, end);
    return MR_OK;
}

static enum mr_code check_commit(struct rocks_reader *reader,
                                 const struct mr_commit *commit,
                                 struct mr_err *err)
{
    enum mr_code code = MR_OK;
    uint32_t partition;

    for (size_t i = 0; i < commit->output_count && code == MR_OK; i++)
        code = rocks_check_record(reader->db, &commit->outputs[i], &partition,
                                  err);
    for (size_t i = 0; i < commit->position_count && code == MR_OK; i++)
        code = check_position(reader, &commit->positions[i], err);
    return code;
}

static enum mr_code write_commit(struct rocks_reader *reader,
                                 const struct mr_commit *commit,
                                 struct mr_err *err)
{
    struct mr_rocksdb *db = reader->db;
    enum mr_code code = MR_OK;

    rocksdb_writebatch_clear(reader->batch);
    if (commit->state != NULL)
        code = rocks_add_state(db, reader->batch, commit->state, err);
    if (code != MR_OK)
        return code;
    for (size_t i = 0; i < commit->position_count && reader->group != NULL; i++)
        rocks_meta_put_position(db, reader->batch, reader->group,
                                &commit->positions[i]);
    if (rocksdb_writebatch_count(reader->batch) == 0 &&
        commit->output_count == 0)
        return MR_OK;
    return rocks_write_records(db, reader->batch, commit->outputs, NULL,
                               commit->output_count, err);
}

static enum mr_code reader_commit(struct mr_bus_reader *port,
                                  const struct mr_commit *commit,
                                  struct mr_err *err)
{
    struct rocks_reader *reader = reader_of(port);
    enum mr_code code = check_commit(reader, commit, err);

    if (code == MR_OK)
        code = write_commit(reader, commit, err);
    if (code != MR_OK)
        return code;
    for (size_t i = 0; i < commit->position_count; i++) {
        struct rocks_place *place = place_of(reader, &commit->positions[i]);

        place->committed = commit->positions[i].next;
        atomic_store(&place->stored, true);
    }
    return MR_OK;
}

static enum mr_code reader_rewind(struct mr_bus_reader *port,
                                  struct mr_err *err)
{
    struct rocks_reader *reader = reader_of(port);

    (void)err;
    for (size_t i = 0; i < reader->count; i++)
        reader->places[i].next = reader->places[i].committed;
    return MR_OK;
}

static void reader_position(struct mr_bus_reader *port, struct mr_position *at)
{
    at->next = place_of(reader_of(port), at)->next;
}

static void reader_wake(struct mr_bus_reader *port)
{
    struct rocks_reader *reader = reader_of(port);

    pthread_mutex_lock(&reader->db->lock);
    reader->woken = true;
    pthread_cond_signal(&reader->grown);
    pthread_mutex_unlock(&reader->db->lock);
}

static void free_reader(struct rocks_reader *reader)
{
    rocksdb_writebatch_destroy(reader->batch);
    pthread_cond_destroy(&reader->grown);
    mr_free(reader->group);
    mr_free(reader->places);
    mr_free(reader);
}

static void unwatch(struct rocks_place *place)
{
    struct rocks_watch **link = &partition_of(place)->watches;

    while (*link != &place->watch)
        link = &(*link)->next;
    *link = place->watch.next;
}

static void reader_close(struct mr_bus_reader *port)
{
    struct rocks_reader *reader = reader_of(port);
    struct rocks_reader **link = &reader->db->readers;

    pthread_mutex_lock(&reader->db->lock);
    while (*link != reader)
        link = &(*link)->older;
    *link = reader->older;
    for (size_t i = 0; i < reader->count; i++)
        unwatch(&reader->places[i]);
    pthread_mutex_unlock(&reader->db->lock);
    free_reader(reader);
}

static bool shares_partition(const struct rocks_reader *a,
                             const struct rocks_reader *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            if (partition_of(&a->places[i]) == partition_of(&b->places[j]))
                return true;
        }
    }
    return false;
}

/* Among the open readers, unless one of its group has a partition. */
static enum mr_code join(struct rocks_reader *reader, struct mr_err *err)
{
    struct mr_rocksdb *db = reader->db;
    struct rocks_reader *other = db->readers;

    while (other != NULL && reader->group != NULL &&
           (other->group == NULL || strcmp(other->group, reader->group) != 0 ||
            !shares_partition(other, reader)))
        other = other->older;
    if (other != NULL && reader->group != NULL)
        return mr_fail(err, MR_E_BUSY,
                       "bus: another reader of group %s has one of the "
                       "partitions; close it first",
                       reader->group);
    reader->older = db->readers;
    db->readers = reader;
    for (size_t i = 0; i < reader->count; i++) {
        struct rocks_place *place = &reader->places[i];

        place->watch.reader = reader;
        place->watch.next = partition_of(place)->watches;
        partition_of(place)->watches = &place->watch;
    }
    return MR_OK;
}

static enum mr_code find_place(struct rocks_reader *reader,
                               const struct mr_position *wanted,
                               struct rocks_place *place, struct mr_err *err)
{
    struct mr_rocksdb *db = reader->db;
    struct rocks_partition *held;
    uint64_t next = UINT64_MAX;
    enum mr_code code =
        rocks_find_partition(db, wanted->topic, wanted->partition, &held, err);

    if (code != MR_OK)
        return code;
    place->topic = db->topics[wanted->topic - 1];
    place->partition = wanted->partition;
    if (reader->group != NULL)
        code = rocks_meta_position(db, reader->group, wanted->topic,
                                   wanted->partition, &next, err);
    atomic_init(&place->stored, next != UINT64_MAX);
    if (next == UINT64_MAX)
        next = wanted->next;
    if (next == UINT64_MAX) {
        pthread_mutex_lock(&db->lock);
        next = held->end;
        pthread_mutex_unlock(&db->lock);
    }
    place->first = next;
    place->next = next;
    place->committed = next;
    return code;
}

static struct rocks_reader *new_reader(struct mr_rocksdb *db,
                                       const struct mr_reader_spec *spec)
{
    static const struct mr_bus_reader_ops ops = {
        .poll = reader_poll,
        .commit = reader_commit,
        .rewind = reader_rewind,
        .position = reader_position,
        .wake = reader_wake,
        .close = reader_close,
    };
    struct rocks_reader *reader = mr_calloc(1, sizeof(*reader));
    pthread_condattr_t attributes;

    reader->port.ops = &ops;
    reader->db = db;
    reader->group = spec->group == NULL ? NULL : mr_strdup(spec->group);
    reader->places = mr_calloc(spec->count, sizeof(*reader->places));
    reader->count = spec->count;
    reader->batch = rocksdb_writebatch_create();
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&reader->grown, &attributes);
    pthread_condattr_destroy(&attributes);
    return reader;
}

enum mr_code rocks_open_reader(struct mr_bus *bus,
                               const struct mr_reader_spec *spec,
                               struct mr_bus_reader **out, struct mr_err *err)
{
    struct mr_rocksdb *db = ((struct rocks_bus *)bus)->db;
    struct rocks_reader *reader;
    enum mr_code code = mr_rules_reader(spec, err);

    if (code != MR_OK)
        return code;
    reader = new_reader(db, spec);
    for (size_t i = 0; i < spec->count && code == MR_OK; i++)
        code =
            find_place(reader, &spec->partitions[i], &reader->places[i], err);
    if (code == MR_OK) {
        pthread_mutex_lock(&db->lock);
        code = join(reader, err);
        pthread_mutex_unlock(&db->lock);
    }
    if (code != MR_OK) {
        free_reader(reader);
        return code;
    }
    *out = &reader->port;
    return MR_OK;
}
