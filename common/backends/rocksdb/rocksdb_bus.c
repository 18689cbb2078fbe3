// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_bus.c - the port bus but for its readers.
 */
#include "common/backends/rocksdb/rocksdb_meta.h"
#include "common/backends/rocksdb/rocksdb_reader.h"
#include "common/backends/rules/mr_rules.h"

static struct mr_rocksdb *db_of(struct mr_bus *bus)
{
    return ((struct rocks_bus *)bus)->db;
}

static enum mr_code bus_topic(struct mr_bus *bus,
                              const struct mr_topic_spec *spec,
                              mr_topic_id *out, struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(bus);
    enum mr_code code = mr_rules_topic(spec, err);

    if (code != MR_OK)
        return code;
    pthread_mutex_lock(&db->write_lock);
    code = rocks_meta_topic(db, spec, out, err);
    pthread_mutex_unlock(&db->write_lock);
    return code;
}

static enum mr_code bus_append(struct mr_bus *bus, struct mr_record *records,
                               size_t count, struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(bus);
    rocksdb_writebatch_t *batch;
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < count && code == MR_OK; i++) {
        uint32_t partition;

        code = rocks_check_record(db, &records[i], &partition, err);
    }
    if (code != MR_OK)
        return code;
    batch = rocksdb_writebatch_create();
    code = rocks_write_records(db, batch, records, records, count, err);
    rocksdb_writebatch_destroy(batch);
    if (code != MR_OK)
        return code;
    return rocks_sync(db, err);
}

static bool is_held(struct mr_rocksdb *db,
                    const struct rocks_partition *partition, uint64_t offset,
                    uint64_t *begin, uint64_t *end)
{
    pthread_mutex_lock(&db->lock);
    *begin = partition->begin;
    *end = partition->end;
    pthread_mutex_unlock(&db->lock);
    return offset >= *begin && offset < *end;
}

/* The bytes of a record into `arena`; absent when they are not there. */
static enum mr_code read_bytes(struct mr_rocksdb *db,
                               const struct rocks_log_key *key,
                               struct mr_arena *arena, struct mr_span *out,
                               struct mr_err *err)
{
    char *words = NULL;
    rocksdb_pinnableslice_t *pinned = rocksdb_get_pinned_cf(
        db->handle, db->read_options, db->families[ROCKS_LOG],
        (const char *)key->bytes, sizeof(key->bytes), &words);
    struct mr_span bytes = { 0 };

    if (words != NULL)
        return rocks_fail(db, words, err);
    if (pinned != NULL) {
        bytes.data =
            (const uint8_t *)rocksdb_pinnableslice_value(pinned, &bytes.size);
        bytes = mr_arena_copy(arena, bytes);
        rocksdb_pinnableslice_destroy(pinned);
    }
    *out = bytes;
    return MR_OK;
}

static enum mr_code bus_fetch(struct mr_bus *bus, mr_topic_id id,
                              uint32_t number, uint64_t offset,
                              struct mr_arena *arena, struct mr_record *out,
                              struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(bus);
    struct rocks_log_key key = rocks_log_key(id, number, offset);
    struct rocks_partition *partition;
    struct mr_span bytes = { 0 };
    uint64_t begin, end;
    enum mr_code code = rocks_find_partition(db, id, number, &partition, err);

    if (code != MR_OK)
        return code;
    if (is_held(db, partition, offset, &begin, &end))
        code = read_bytes(db, &key, arena, &bytes, err);
    if (code != MR_OK)
        return code;
    if (bytes.data == NULL)
        return mr_rules_lost(&db->topics[id - 1]->spec, number, offset, begin,
                             end, err);
    if (!rocks_record_parse(bytes, out))
        return rocks_fail_record(db, db->topics[id - 1], number, offset, err);
    out->topic = id;
    out->partition = number;
    out->offset = offset;
    return MR_OK;
}

static enum mr_code bus_bounds(struct mr_bus *bus, mr_topic_id topic,
                               uint32_t number, uint64_t *begin, uint64_t *end,
                               struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(bus);
    struct rocks_partition *partition;
    enum mr_code code =
        rocks_find_partition(db, topic, number, &partition, err);

    if (code == MR_OK)
        (void)is_held(db, partition, 0, begin, end);
    return code;
}

/* The first record at `offset` or later: its place and time.  *found false:
 * there is none below `end`. */
static enum mr_code look_at(struct mr_rocksdb *db, rocksdb_iterator_t *iterator,
                            const struct rocks_topic *topic,
                            const struct mr_position *at, uint64_t end,
                            struct mr_record *out, bool *found,
                            struct mr_err *err)
{
    struct rocks_log_key from =
        rocks_log_key(at->topic, at->partition, at->next);
    struct mr_span key, value;
    uint64_t offset;
    char *words = NULL;

    *found = false;
    rocksdb_iter_seek(iterator, (const char *)from.bytes, sizeof(from.bytes));
    rocksdb_iter_get_error(iterator, &words);
    if (words != NULL)
        return rocks_fail(db, words, err);
    if (!rocksdb_iter_valid(iterator))
        return MR_OK;
    key.data = (const uint8_t *)rocksdb_iter_key(iterator, &key.size);
    if (!rocks_log_key_offset(key, at->topic, at->partition, &offset) ||
        offset >= end)
        return MR_OK;
    value.data = (const uint8_t *)rocksdb_iter_value(iterator, &value.size);
    if (!rocks_record_parse(value, out))
        return rocks_fail_record(db, topic, at->partition, offset, err);
    out->offset = offset;
    *found = true;
    return MR_OK;
}

/* By halves: [low, high) may hold the first record of the time or later, and
 * what is at `high` or above is of it or there is none. */
static enum mr_code search_time(struct mr_rocksdb *db,
                                const struct mr_position *from, uint64_t end,
                                int64_t time_ms, uint64_t *out,
                                struct mr_err *err)
{
    rocksdb_iterator_t *iterator = rocksdb_create_iterator_cf(
        db->handle, db->read_options, db->families[ROCKS_LOG]);
    uint64_t low = from->next;
    uint64_t high = end;
    enum mr_code code = MR_OK;

    while (code == MR_OK && low < high) {
        struct mr_position middle = *from;
        struct mr_record record = { 0 };
        uint64_t offset;
        bool found;

        middle.next = low + (high - low) / 2;
        code = look_at(db, iterator, db->topics[from->topic - 1], &middle, high,
                       &record, &found, err);
        offset = record.offset;
        if (!found || record.append_ms >= time_ms)
            high = middle.next;
        else
            low = offset + 1;
    }
    rocksdb_iter_destroy(iterator);
    *out = low;
    return code;
}

static enum mr_code bus_find_time(struct mr_bus *bus, mr_topic_id topic,
                                  uint32_t number, int64_t time_ms,
                                  uint64_t *out, struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(bus);
    struct mr_position from = { .topic = topic, .partition = number };
    uint64_t end;
    enum mr_code code = bus_bounds(bus, topic, number, &from.next, &end, err);

    if (code == MR_OK)
        code = search_time(db, &from, end, time_ms, out, err);
    return code;
}

static enum mr_code bus_sync(struct mr_bus *bus, struct mr_err *err)
{
    return rocks_sync(db_of(bus), err);
}

const struct mr_bus_ops rocks_bus_ops = {
    .topic = bus_topic,
    .append = bus_append,
    .fetch = bus_fetch,
    .bounds = bus_bounds,
    .find_time = bus_find_time,
    .sync = bus_sync,
    .reader = rocks_open_reader,
};
