// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_clean.c - trims, expiry and compaction of the log.
 *
 * Compaction goes through the part of a partition that was written since the
 * last time and notes the newest offset of each key; then it goes through the
 * partition from its begin and removes every record whose key was noted with
 * a later offset.  So it needs memory for the new keys only, and if they are
 * too many it takes them in several passes.  Only what lies before the position
 * of the slowest group is looked at or removed.  A crash between is harmless:
 * every removal is right by itself.
 */
#include <string.h>

#include "common/backends/rocksdb/rocksdb_keys.h"
#include "common/backends/rocksdb/rocksdb_meta.h"
#include "common/backends/rocksdb/rocksdb_reader.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

/* Removals of one write. */
#define REMOVALS_MAX 1000

/* A partition under work. */
struct cleaning {
    struct mr_rocksdb *db;
    struct rocks_topic *topic;
    uint32_t partition;
    uint64_t begin;
    uint64_t limit; /* not a record at or past this one is touched */
    struct rocks_keys *keys;
    rocksdb_writebatch_t *batch;
    uint64_t seen; /* records from `begin` to the end of the pass */
    uint64_t removed;
};

/* Called for each record from `from` to `to`. */
typedef enum mr_code visit_record(struct cleaning *work,
                                  const struct mr_record *record, bool *stop,
                                  struct mr_err *err);

static enum mr_code visit_at(struct cleaning *work,
                             rocksdb_iterator_t *iterator, uint64_t to,
                             visit_record *visit, bool *stop,
                             struct mr_err *err)
{
    struct mr_record record;
    struct mr_span key, bytes;
    uint64_t offset;

    key.data = (const uint8_t *)rocksdb_iter_key(iterator, &key.size);
    if (!rocks_log_key_offset(key, work->topic->id, work->partition, &offset) ||
        offset >= to) {
        *stop = true;
        return MR_OK;
    }
    bytes.data = (const uint8_t *)rocksdb_iter_value(iterator, &bytes.size);
    if (!rocks_record_parse(bytes, &record))
        return rocks_fail_record(work->db, work->topic, work->partition, offset,
                                 err);
    record.offset = offset;
    return visit(work, &record, stop, err);
}

static enum mr_code each_record(struct cleaning *work, uint64_t from,
                                uint64_t to, visit_record *visit,
                                struct mr_err *err)
{
    struct rocks_log_key first =
        rocks_log_key(work->topic->id, work->partition, from);
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    rocksdb_iterator_t *iterator;
    enum mr_code code = MR_OK;
    bool stop = false;

    rocksdb_readoptions_set_fill_cache(options, 0);
    iterator = rocksdb_create_iterator_cf(work->db->handle, options,
                                          work->db->families[ROCKS_LOG]);
    rocksdb_iter_seek(iterator, (const char *)first.bytes, sizeof(first.bytes));
    while (code == MR_OK && !stop && rocksdb_iter_valid(iterator)) {
        code = visit_at(work, iterator, to, visit, &stop, err);
        rocksdb_iter_next(iterator);
    }
    if (code == MR_OK && !stop)
        code = rocks_check_iterator(work->db, iterator, err);
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(options);
    return code;
}

/* --- trim --- */

static void set_begin(struct mr_rocksdb *db, struct rocks_partition *partition,
                      uint64_t begin)
{
    pthread_mutex_lock(&db->lock);
    partition->begin = begin;
    pthread_mutex_unlock(&db->lock);
}

/* Whole files go at once; they must not before the new begin is safe. */
static enum mr_code drop_files(struct mr_rocksdb *db,
                               const struct rocks_log_key *from,
                               const struct rocks_log_key *to,
                               struct mr_err *err)
{
    char *words = NULL;
    enum mr_code code = rocks_sync(db, err);

    if (code != MR_OK)
        return code;
    rocksdb_delete_file_in_range_cf(
        db->handle, db->families[ROCKS_LOG], (const char *)from->bytes,
        sizeof(from->bytes), (const char *)to->bytes, sizeof(to->bytes),
        &words);
    return words == NULL ? MR_OK : rocks_fail(db, words, err);
}

/* Readers are told first, so that none takes the gap for a hole. */
static enum mr_code trim(struct mr_rocksdb *db, struct rocks_topic *topic,
                         uint32_t number, uint64_t begin, struct mr_err *err)
{
    struct rocks_partition *partition = &topic->partitions[number];
    uint64_t old = partition->begin;
    struct rocks_log_key from = rocks_log_key(topic->id, number, old);
    struct rocks_log_key to = rocks_log_key(topic->id, number, begin);
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    enum mr_code code;

    set_begin(db, partition, begin);
    rocks_meta_put_begin(db, batch, topic->id, number, begin);
    rocksdb_writebatch_delete_range_cf(
        batch, db->families[ROCKS_LOG], (const char *)from.bytes,
        sizeof(from.bytes), (const char *)to.bytes, sizeof(to.bytes));
    code = rocks_write(db, batch, err);
    rocksdb_writebatch_destroy(batch);
    if (code != MR_OK) {
        set_begin(db, partition, old);
        return code;
    }
    return drop_files(db, &from, &to, err);
}

enum mr_code mr_rocksdb_trim(struct mr_rocksdb *db, mr_topic_id topic,
                             uint32_t number, uint64_t begin,
                             struct mr_err *err)
{
    struct rocks_partition *partition;
    enum mr_code code =
        rocks_find_partition(db, topic, number, &partition, err);

    if (code != MR_OK)
        return code;
    pthread_mutex_lock(&db->write_lock);
    if (begin > partition->next)
        code = mr_fail(err, MR_E_INVALID,
                       "rocksdb: a trim past the end of partition %u", number);
    else if (begin > partition->begin)
        code = trim(db, db->topics[topic - 1], number, begin, err);
    pthread_mutex_unlock(&db->write_lock);
    return code;
}

/* --- expiry --- */

static enum mr_code count_old(struct cleaning *work,
                              const struct mr_record *record, bool *stop,
                              struct mr_err *err)
{
    (void)err;
    if (record->append_ms >=
        rocks_now_ms(work->db) - work->topic->spec.retention_ms)
        *stop = true;
    else
        work->removed = record->offset + 1 - work->begin;
    return MR_OK;
}

static enum mr_code expire(struct cleaning *work, struct mr_err *err)
{
    enum mr_code code =
        each_record(work, work->begin, work->limit, count_old, err);

    if (code != MR_OK || work->removed == 0)
        return code;
    return mr_rocksdb_trim(work->db, work->topic->id, work->partition,
                           work->begin + work->removed, err);
}

/* --- compaction --- */

static enum mr_code note_key(struct cleaning *work,
                             const struct mr_record *record, bool *stop,
                             struct mr_err *err)
{
    (void)err;
    *stop = !rocks_keys_note(work->keys, record->key, record->offset);
    return MR_OK;
}

static enum mr_code write_removals(struct cleaning *work, struct mr_err *err)
{
    enum mr_code code;

    work->removed += (uint64_t)rocksdb_writebatch_count(work->batch);
    code = rocks_write(work->db, work->batch, err);
    rocksdb_writebatch_clear(work->batch);
    return code;
}

static enum mr_code remove_old(struct cleaning *work,
                               const struct mr_record *record, bool *stop,
                               struct mr_err *err)
{
    struct rocks_log_key key;

    (void)stop;
    work->seen++;
    if (rocks_keys_newest(work->keys, record->key) <= record->offset)
        return MR_OK;
    key = rocks_log_key(work->topic->id, work->partition, record->offset);
    rocksdb_writebatch_delete_cf(work->batch, work->db->families[ROCKS_LOG],
                                 (const char *)key.bytes, sizeof(key.bytes));
    if (rocksdb_writebatch_count(work->batch) < REMOVALS_MAX)
        return MR_OK;
    return write_removals(work, err);
}

/* Cleans as far as the keys fit; the mark tells how far that is. */
static enum mr_code compact_pass(struct cleaning *work,
                                 struct rocks_clean_mark *mark,
                                 struct mr_err *err)
{
    uint64_t removed_before = work->removed;
    uint64_t to;
    enum mr_code code;

    rocks_keys_reset(work->keys);
    work->seen = 0;
    code = each_record(work, mark->cleaned, work->limit, note_key, err);
    if (code != MR_OK)
        return code;
    to = rocks_keys_refused(work->keys);
    to = to < work->limit ? to : work->limit;
    code = each_record(work, work->begin, to, remove_old, err);
    if (code == MR_OK)
        code = write_removals(work, err);
    if (code != MR_OK)
        return code;
    mark->cleaned = to;
    mark->kept = work->seen - (work->removed - removed_before);
    rocks_meta_put_clean_mark(work->db, work->batch, work->topic->id,
                              work->partition, mark);
    code = rocks_write(work->db, work->batch, err);
    rocksdb_writebatch_clear(work->batch);
    return code;
}

/* Gives the room of what was removed back to the disk. */
static void give_back(struct cleaning *work)
{
    struct rocks_log_key from =
        rocks_log_key(work->topic->id, work->partition, work->begin);
    struct rocks_log_key to =
        rocks_log_key(work->topic->id, work->partition, work->limit);

    rocksdb_compact_range_cf(work->db->handle, work->db->families[ROCKS_LOG],
                             (const char *)from.bytes, sizeof(from.bytes),
                             (const char *)to.bytes, sizeof(to.bytes));
}

static enum mr_code compact(struct cleaning *work, unsigned dirty_percent,
                            struct mr_err *err)
{
    struct rocks_clean_mark mark;
    uint64_t dirty;
    enum mr_code code = rocks_meta_clean_mark(work->db, work->topic->id,
                                              work->partition, &mark, err);

    if (code != MR_OK)
        return code;
    mark.cleaned = mark.cleaned > work->begin ? mark.cleaned : work->begin;
    if (mark.cleaned >= work->limit)
        return MR_OK;
    dirty = work->limit - mark.cleaned;
    if (dirty * 100 < (dirty + mark.kept) * dirty_percent)
        return MR_OK;
    work->keys = rocks_keys_new(work->db->clean_keys_max);
    work->batch = rocksdb_writebatch_create();
    while (code == MR_OK && mark.cleaned < work->limit)
        code = compact_pass(work, &mark, err);
    rocksdb_writebatch_destroy(work->batch);
    rocks_keys_free(work->keys);
    if (code == MR_OK && work->removed > 0)
        give_back(work);
    return code;
}

/* Where open readers began whose group has no position here yet. */
static uint64_t slowest_reader(const struct mr_rocksdb *db,
                               const struct rocks_topic *topic,
                               uint32_t partition)
{
    uint64_t slowest = UINT64_MAX;

    for (const struct rocks_reader *reader = db->readers; reader != NULL;
         reader = reader->older) {
        for (size_t i = 0; reader->group != NULL && i < reader->count; i++) {
            const struct rocks_place *place = &reader->places[i];

            if (place->topic == topic && place->partition == partition &&
                !atomic_load(&place->stored) && place->first < slowest)
                slowest = place->first;
        }
    }
    return slowest;
}

static enum mr_code clean_partition(struct cleaning *work,
                                    unsigned dirty_percent, struct mr_err *err)
{
    struct mr_rocksdb *db = work->db;
    struct rocks_partition *held = &work->topic->partitions[work->partition];
    uint64_t slowest;
    enum mr_code code;

    /* Readers first: one that commits meanwhile is then counted twice. */
    pthread_mutex_lock(&db->lock);
    work->begin = held->begin;
    work->limit = held->end;
    slowest = slowest_reader(db, work->topic, work->partition);
    pthread_mutex_unlock(&db->lock);
    work->limit = slowest < work->limit ? slowest : work->limit;
    code =
        rocks_meta_slowest(db, work->topic->id, work->partition, &slowest, err);
    if (code != MR_OK)
        return code;
    work->limit = slowest < work->limit ? slowest : work->limit;
    if (work->limit <= work->begin)
        return MR_OK;
    switch (work->topic->spec.cleanup) {
    case MR_CLEANUP_KEEP:
        return MR_OK;
    case MR_CLEANUP_COMPACT:
        return compact(work, dirty_percent, err);
    case MR_CLEANUP_EXPIRE:
        return expire(work, err);
    }
    MR_UNREACHABLE();
}

enum mr_code mr_rocksdb_clean(struct mr_rocksdb *db, mr_topic_id id,
                              unsigned dirty_percent,
                              struct mr_rocksdb_cleaned *out,
                              struct mr_err *err)
{
    struct mr_rocksdb_cleaned cleaned = { 0 };
    struct rocks_topic *topic;
    enum mr_code code = rocks_find_topic(db, id, &topic, err);

    if (code != MR_OK)
        return code;
    for (uint32_t p = 0; p < topic->spec.partitions && code == MR_OK; p++) {
        struct cleaning work = { .db = db, .topic = topic, .partition = p };

        code = clean_partition(&work, dirty_percent, err);
        cleaned.removed += work.removed;
    }
    if (out != NULL)
        *out = cleaned;
    return code;
}

enum mr_code mr_rocksdb_clean_all(struct mr_rocksdb *db, unsigned dirty_percent,
                                  struct mr_rocksdb_cleaned *out,
                                  struct mr_err *err)
{
    struct mr_rocksdb_cleaned all = { 0 };
    uint32_t count = atomic_load(&db->topic_count);
    enum mr_code code = MR_OK;

    for (mr_topic_id id = 1; id <= count && code == MR_OK; id++) {
        struct mr_rocksdb_cleaned cleaned = { 0 };

        code = mr_rocksdb_clean(db, id, dirty_percent, &cleaned, err);
        all.removed += cleaned.removed;
    }
    if (out != NULL)
        *out = all;
    return code;
}

enum mr_code mr_rocksdb_forget_group(struct mr_rocksdb *db, const char *group,
                                     struct mr_err *err)
{
    bool open = false;

    pthread_mutex_lock(&db->lock);
    for (struct rocks_reader *reader = db->readers; reader != NULL;
         reader = reader->older)
        open = open ||
               (reader->group != NULL && strcmp(reader->group, group) == 0);
    pthread_mutex_unlock(&db->lock);
    if (open)
        return mr_fail(err, MR_E_BUSY,
                       "rocksdb: a reader of group %.350s is open", group);
    return rocks_meta_forget(db, group, err);
}
