// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_write.c - offsets are given, written and shown, in this order.
 */
#include <time.h>

#include "common/backends/rocksdb/rocksdb_reader.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"

enum mr_code rocks_find_topic(struct mr_rocksdb *db, mr_topic_id id,
                              struct rocks_topic **out, struct mr_err *err)
{
    if (id == 0 || id > atomic_load(&db->topic_count))
        return mr_fail(err, MR_E_INVALID, "bus: no topic has the id %u", id);
    *out = db->topics[id - 1];
    return MR_OK;
}

enum mr_code rocks_find_partition(struct mr_rocksdb *db, mr_topic_id id,
                                  uint32_t partition,
                                  struct rocks_partition **out,
                                  struct mr_err *err)
{
    struct rocks_topic *topic;
    enum mr_code code = rocks_find_topic(db, id, &topic, err);

    if (code != MR_OK)
        return code;
    if (partition >= topic->spec.partitions)
        return mr_fail(err, MR_E_INVALID,
                       "bus: topic %s has %u partitions, no number %u",
                       topic->spec.name, topic->spec.partitions, partition);
    *out = &topic->partitions[partition];
    return MR_OK;
}

int64_t rocks_now_ms(const struct mr_rocksdb *db)
{
    struct timespec now;

    if (db->clock != NULL)
        return mr_clock_wall_ms(db->clock);
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum mr_code rocks_check_record(struct mr_rocksdb *db,
                                const struct mr_record *record,
                                uint32_t *partition, struct mr_err *err)
{
    struct rocks_topic *topic;
    enum mr_code code = rocks_find_topic(db, record->topic, &topic, err);

    if (code != MR_OK)
        return code;
    return mr_rules_record(record, &topic->spec, partition, err);
}

/* Head, key, trace and value go into the batch without a copy between. */
static void put_record(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                       const struct mr_record *record)
{
    struct rocks_log_key key =
        rocks_log_key(record->topic, record->partition, record->offset);
    uint8_t head[ROCKS_RECORD_HEAD_BYTES];
    const char *keys[] = { (const char *)key.bytes };
    const size_t key_sizes[] = { sizeof(key.bytes) };
    const char *parts[] = {
        (const char *)head,
        (const char *)record->key.data,
        (const char *)record->trace.data,
        (const char *)record->value.data,
    };
    const size_t sizes[] = { sizeof(head), record->key.size, record->trace.size,
                             record->value.size };

    rocks_record_head(record, head);
    rocksdb_writebatch_putv_cf(batch, db->families[ROCKS_LOG], 1, keys,
                               key_sizes, 4, parts, sizes);
}

/* Gives the record its place; the partition joins the list `grown`. */
static void place_record(struct mr_rocksdb *db, struct mr_record *record,
                         struct rocks_partition **grown)
{
    struct rocks_topic *topic = db->topics[record->topic - 1];
    struct rocks_partition *partition;

    if (record->partition == MR_PARTITION_BY_KEY)
        record->partition =
            mr_partition_of(record->key, topic->spec.partitions);
    MR_ASSERT(record->partition < topic->spec.partitions);
    partition = &topic->partitions[record->partition];
    record->offset = partition->next++;
    if (!partition->is_grown) {
        partition->is_grown = true;
        partition->grown = *grown;
        *grown = partition;
    }
}

/* Readers see the new ends, or the offsets are free again. */
static void settle(struct mr_rocksdb *db, struct rocks_partition *grown,
                   bool written)
{
    pthread_mutex_lock(&db->lock);
    for (; grown != NULL; grown = grown->grown) {
        grown->is_grown = false;
        if (!written) {
            grown->next = grown->end;
            continue;
        }
        grown->end = grown->next;
        for (struct rocks_watch *watch = grown->watches; watch != NULL;
             watch = watch->next) {
            if (watch->reader->waiting)
                pthread_cond_signal(&watch->reader->grown);
        }
    }
    pthread_mutex_unlock(&db->lock);
}

enum mr_code rocks_write_records(struct mr_rocksdb *db,
                                 rocksdb_writebatch_t *batch,
                                 const struct mr_record *records,
                                 struct mr_record *fill, size_t count,
                                 struct mr_err *err)
{
    struct rocks_partition *grown = NULL;
    int64_t now_ms = rocks_now_ms(db);
    enum mr_code code;

    pthread_mutex_lock(&db->write_lock);
    for (size_t i = 0; i < count; i++) {
        struct mr_record record = records[i];

        place_record(db, &record, &grown);
        record.append_ms = now_ms;
        put_record(db, batch, &record);
        if (fill != NULL)
            fill[i] = record;
    }
    code = rocks_write(db, batch, err);
    settle(db, grown, code == MR_OK);
    pthread_mutex_unlock(&db->write_lock);
    return code;
}

enum mr_code rocks_write(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                         struct mr_err *err)
{
    char *words = NULL;

    rocksdb_write(db->handle, db->write_options, batch, &words);
    if (words == NULL)
        return MR_OK;
    rocks_sync_distrust(db);
    return rocks_fail(db, words, err);
}
