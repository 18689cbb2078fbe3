// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_poll.c - see rocksdb_poll.h.
 *
 * One iterator serves all partitions; what was written lately comes from the
 * memtable.  Key, trace and value of a record are copied as one block.
 */
#include "common/backends/rocksdb/rocksdb_poll.h"

#include <inttypes.h>

#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"

#define FIRST_ROOM 64u

struct filling {
    struct rocks_reader *reader;
    rocksdb_iterator_t *iterator;
    struct mr_arena *arena;
    struct mr_batch_in *out;
    size_t room;
    size_t records_max;
    size_t bytes_left;
    bool full;
};

static struct mr_record *next_record(struct filling *fill)
{
    struct mr_batch_in *out = fill->out;

    if (out->count == fill->room) {
        struct mr_record *old = out->records;

        fill->room = fill->room == 0 ? FIRST_ROOM : 2 * fill->room;
        out->records =
            mr_arena_alloc(fill->arena, fill->room * sizeof(*out->records));
        if (out->count > 0)
            memcpy(out->records, old, out->count * sizeof(*out->records));
    }
    return &out->records[out->count++];
}

/*
 * The next record there is has offset `found`, not the one looked for: a
 * compaction took those between, or a trim since the poll began, or they are
 * missing.
 */
static enum mr_code cross_gap(struct rocks_reader *reader,
                              struct rocks_place *place, uint64_t found,
                              struct mr_err *err)
{
    struct rocks_partition *held = &place->topic->partitions[place->partition];
    uint64_t begin, end;

    pthread_mutex_lock(&reader->db->lock);
    begin = held->begin;
    end = held->end;
    pthread_mutex_unlock(&reader->db->lock);
    if (place->next < begin)
        return mr_rules_lost(&place->topic->spec, place->partition, place->next,
                             begin, end, err);
    if (place->topic->spec.cleanup != MR_CLEANUP_COMPACT)
        return mr_fail(err, MR_E_DAMAGED,
                       "rocksdb: %.350s: topic %s partition %u lacks offsets "
                       "%" PRIu64 " to %" PRIu64,
                       reader->db->path, place->topic->spec.name,
                       place->partition, place->next, found - 1);
    place->next = found;
    return MR_OK;
}

static enum mr_code take(struct filling *fill, struct rocks_place *place,
                         uint64_t offset, struct mr_err *err)
{
    struct mr_record *record;
    struct mr_span bytes;
    size_t counted;

    bytes.data =
        (const uint8_t *)rocksdb_iter_value(fill->iterator, &bytes.size);
    counted = rocks_record_bytes(bytes);
    if (fill->out->count > 0 && counted > fill->bytes_left) {
        fill->full = true;
        return MR_OK;
    }
    record = next_record(fill);
    if (!rocks_record_parse(mr_arena_copy(fill->arena, bytes), record)) {
        fill->out->count--;
        return rocks_fail_record(fill->reader->db, place->topic,
                                 place->partition, offset, err);
    }
    record->topic = place->topic->id;
    record->partition = place->partition;
    record->offset = offset;
    fill->bytes_left -= counted < fill->bytes_left ? counted : fill->bytes_left;
    fill->full = fill->out->count >= fill->records_max;
    place->next = offset + 1;
    return MR_OK;
}

/* The offset that the iterator stands at, or the end of what was to be read. */
static uint64_t found_offset(const struct filling *fill,
                             const struct rocks_place *place)
{
    uint64_t offset;
    struct mr_span key;

    if (!rocksdb_iter_valid(fill->iterator))
        return place->end;
    key.data = (const uint8_t *)rocksdb_iter_key(fill->iterator, &key.size);
    if (!rocks_log_key_offset(key, place->topic->id, place->partition, &offset))
        return place->end;
    return offset < place->end ? offset : place->end;
}

static enum mr_code take_from(struct filling *fill, struct rocks_place *place,
                              struct mr_err *err)
{
    struct rocks_log_key key =
        rocks_log_key(place->topic->id, place->partition, place->next);
    enum mr_code code = MR_OK;

    rocksdb_iter_seek(fill->iterator, (const char *)key.bytes,
                      sizeof(key.bytes));
    while (code == MR_OK && !fill->full && place->next < place->end) {
        uint64_t offset = found_offset(fill, place);

        if (!rocksdb_iter_valid(fill->iterator))
            code = rocks_check_iterator(fill->reader->db, fill->iterator, err);
        if (code == MR_OK && offset != place->next)
            code = cross_gap(fill->reader, place, offset, err);
        if (code != MR_OK || offset == place->end)
            break;
        code = take(fill, place, offset, err);
        if (!fill->full)
            rocksdb_iter_next(fill->iterator);
    }
    return code;
}

/* A poll that fails gives nothing: the next one begins where it began. */
static void give_back(struct filling *fill, size_t first)
{
    struct rocks_reader *reader = fill->reader;

    for (size_t i = fill->out->count; i > 0; i--) {
        const struct mr_record *record = &fill->out->records[i - 1];
        size_t nth = 0;

        while (reader->places[nth].topic->id != record->topic ||
               reader->places[nth].partition != record->partition)
            nth++;
        reader->places[nth].next = record->offset;
    }
    *fill->out = (struct mr_batch_in){ 0 };
    reader->turn = first;
}

enum mr_code rocks_read_batch(struct rocks_reader *reader,
                              const struct mr_poll_limits *limits,
                              struct mr_arena *arena, struct mr_batch_in *out,
                              struct mr_err *err)
{
    struct filling fill = {
        .reader = reader,
        .iterator = rocksdb_create_iterator_cf(reader->db->handle,
                                               reader->db->read_options,
                                               reader->db->families[ROCKS_LOG]),
        .arena = arena,
        .out = out,
        .records_max = limits->records_max > 0 ? limits->records_max : 1,
        .bytes_left = limits->bytes_max,
    };
    size_t first = reader->turn;
    enum mr_code code = MR_OK;

    /* It counts every comparison of two keys, for nobody; by thread. */
    rocksdb_set_perf_level(rocksdb_disable);
    for (size_t i = 0; i < reader->count && code == MR_OK && !fill.full; i++) {
        size_t nth = (first + i) % reader->count;

        if (reader->places[nth].next == reader->places[nth].end)
            continue;
        code = take_from(&fill, &reader->places[nth], err);
        reader->turn = (nth + 1) % reader->count;
    }
    rocksdb_iter_destroy(fill.iterator);
    if (code != MR_OK)
        give_back(&fill, first);
    return code;
}
