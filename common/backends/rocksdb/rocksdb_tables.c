// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_tables.c - topics and spaces, in memory and as entries.
 */
#include <inttypes.h>
#include <string.h>

#include "common/backends/rocksdb/rocksdb_meta.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"

#define FORMAT          1u
#define TOPIC_VALUE_MAX (4 + 1 + 8 + MR_TOPIC_NAME_MAX)
#define SPACES_MAX      (UINT32_MAX - 1)

static struct mr_span id_key(struct mr_buf *buf, char kind, uint32_t id)
{
    mr_buf_reset(buf);
    mr_buf_byte(buf, (uint8_t)kind);
    mr_buf_u32_be(buf, id);
    return mr_buf_bytes(buf);
}

static enum mr_code check_format(struct mr_rocksdb *db, struct mr_err *err)
{
    struct mr_span key = mr_span_str("f");
    rocksdb_writebatch_t *batch;
    uint64_t format = 0;
    bool found;
    enum mr_code code = rocks_meta_numbers(db, key, &format, 1, &found, err);

    if (code != MR_OK)
        return code;
    if (found && format != FORMAT)
        return mr_fail(err, MR_E_CONFIG,
                       "rocksdb: %.350s has format %" PRIu64
                       ", this millrace reads %u",
                       db->path, format, FORMAT);
    if (found)
        return MR_OK;
    batch = rocksdb_writebatch_create();
    rocks_meta_put_numbers(db, batch, key, &(uint64_t){ FORMAT }, 1);
    code = rocks_write(db, batch, err);
    rocksdb_writebatch_destroy(batch);
    return code;
}

/* A topic that nobody sees before the count has risen. */
static struct rocks_topic *add_topic(struct mr_rocksdb *db,
                                     const struct mr_topic_spec *spec,
                                     struct mr_span name)
{
    uint32_t count = atomic_load(&db->topic_count);
    struct rocks_topic *topic = mr_calloc(1, sizeof(*topic));
    char *copy = mr_calloc(1, name.size + 1);

    memcpy(copy, name.data, name.size);
    topic->id = count + 1;
    topic->spec = *spec;
    topic->spec.name = copy;
    topic->partitions = mr_calloc(spec->partitions, sizeof(*topic->partitions));
    db->topics[count] = topic;
    atomic_store(&db->topic_count, count + 1);
    return topic;
}

static enum mr_code load_topic(struct mr_rocksdb *db, void *context,
                               struct mr_span key, struct mr_span value,
                               struct mr_err *err)
{
    struct mr_reader id = mr_reader(key);
    struct mr_reader in = mr_reader(value);
    struct mr_topic_spec spec = { 0 };
    struct mr_span name;

    (void)context;
    (void)mr_read_byte(&id);
    spec.partitions = mr_read_u32(&in);
    spec.cleanup = (enum mr_cleanup)mr_read_byte(&in);
    spec.retention_ms = (int64_t)mr_read_u64(&in);
    name = mr_read_rest(&in);
    if (mr_read_u32_be(&id) != atomic_load(&db->topic_count) + 1 ||
        atomic_load(&db->topic_count) == ROCKS_TOPICS_MAX ||
        !mr_reader_done(&id) || !mr_reader_done(&in) || spec.partitions == 0 ||
        spec.partitions > MR_PARTITIONS_MAX ||
        spec.cleanup > MR_CLEANUP_EXPIRE || name.size > MR_TOPIC_NAME_MAX)
        return rocks_meta_fail(db, 't', err);
    (void)add_topic(db, &spec, name);
    return MR_OK;
}

static void add_space(struct mr_rocksdb *db, struct mr_span name)
{
    uint32_t count = atomic_load(&db->space_count);
    char *copy = mr_calloc(1, name.size + 1);

    memcpy(copy, name.data, name.size);
    db->spaces = mr_realloc_array(db->spaces, count + 1, sizeof(char *));
    db->spaces[count] = copy;
    atomic_store(&db->space_count, count + 1);
}

static enum mr_code load_space(struct mr_rocksdb *db, void *context,
                               struct mr_span key, struct mr_span value,
                               struct mr_err *err)
{
    struct mr_reader id = mr_reader(key);

    (void)context;
    (void)mr_read_byte(&id);
    if (mr_read_u32_be(&id) != atomic_load(&db->space_count) + 1 ||
        !mr_reader_done(&id) || value.size > MR_SPACE_NAME_MAX)
        return rocks_meta_fail(db, 's', err);
    add_space(db, value);
    return MR_OK;
}

static enum mr_code load_begin(struct mr_rocksdb *db, void *context,
                               struct mr_span key, struct mr_span value,
                               struct mr_err *err)
{
    struct mr_reader place = mr_reader(key);
    struct mr_reader in = mr_reader(value);
    struct rocks_partition *partition;
    mr_topic_id topic;

    (void)context;
    (void)mr_read_byte(&place);
    topic = mr_read_u32_be(&place);
    if (rocks_find_partition(db, topic, mr_read_u32_be(&place), &partition,
                             NULL) != MR_OK)
        return rocks_meta_fail(db, 'b', err);
    partition->begin = mr_read_u64(&in);
    if (!mr_reader_done(&place) || !mr_reader_done(&in))
        return rocks_meta_fail(db, 'b', err);
    return MR_OK;
}

/* The next offset is behind the last record, or where a trim ended. */
static enum mr_code find_end(struct mr_rocksdb *db,
                             rocksdb_iterator_t *iterator,
                             struct rocks_topic *topic, uint32_t number,
                             struct mr_err *err)
{
    struct rocks_partition *partition = &topic->partitions[number];
    struct rocks_log_key last = rocks_log_key(topic->id, number, UINT64_MAX);
    uint64_t offset;

    partition->end = partition->begin;
    rocksdb_iter_seek_for_prev(iterator, (const char *)last.bytes,
                               sizeof(last.bytes));
    if (rocksdb_iter_valid(iterator)) {
        struct mr_span key;

        key.data = (const uint8_t *)rocksdb_iter_key(iterator, &key.size);
        if (rocks_log_key_offset(key, topic->id, number, &offset) &&
            offset >= partition->begin)
            partition->end = offset + 1;
    }
    partition->next = partition->end;
    return rocks_check_iterator(db, iterator, err);
}

static enum mr_code find_ends(struct mr_rocksdb *db, struct mr_err *err)
{
    rocksdb_iterator_t *iterator = rocksdb_create_iterator_cf(
        db->handle, db->read_options, db->families[ROCKS_LOG]);
    enum mr_code code = MR_OK;

    for (uint32_t t = 0; t < atomic_load(&db->topic_count); t++) {
        struct rocks_topic *topic = db->topics[t];

        for (uint32_t p = 0; p < topic->spec.partitions && code == MR_OK; p++)
            code = find_end(db, iterator, topic, p, err);
    }
    rocksdb_iter_destroy(iterator);
    return code;
}

enum mr_code rocks_meta_load(struct mr_rocksdb *db, struct mr_err *err)
{
    enum mr_code code = check_format(db, err);

    if (code == MR_OK)
        code = rocks_meta_each(db, mr_span_str("t"), load_topic, NULL, err);
    if (code == MR_OK)
        code = rocks_meta_each(db, mr_span_str("s"), load_space, NULL, err);
    if (code == MR_OK)
        code = rocks_meta_each(db, mr_span_str("b"), load_begin, NULL, err);
    if (code == MR_OK)
        code = find_ends(db, err);
    return code;
}

/* --- topics and spaces, under the write lock --- */

static enum mr_code write_entry(struct mr_rocksdb *db, struct mr_span key,
                                struct mr_span value, struct mr_err *err)
{
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    enum mr_code code;

    rocks_meta_put(db, batch, key, value);
    code = rocks_write(db, batch, err);
    rocksdb_writebatch_destroy(batch);
    return code;
}

static enum mr_code write_topic(struct mr_rocksdb *db, mr_topic_id id,
                                const struct mr_topic_spec *spec,
                                struct mr_err *err)
{
    struct mr_buf key = mr_buf(ROCKS_META_KEY_MAX);
    struct mr_buf value = mr_buf(TOPIC_VALUE_MAX);
    enum mr_code code;

    mr_buf_u32(&value, spec->partitions);
    mr_buf_byte(&value, (uint8_t)spec->cleanup);
    mr_buf_u64(&value, (uint64_t)spec->retention_ms);
    mr_buf_str(&value, spec->name);
    MR_ASSERT(!value.full);
    code = write_entry(db, id_key(&key, 't', id), mr_buf_bytes(&value), err);
    mr_buf_deinit(&value);
    mr_buf_deinit(&key);
    return code;
}

static enum mr_code same_topic(struct mr_rocksdb *db, struct rocks_topic *topic,
                               const struct mr_topic_spec *spec,
                               struct mr_err *err)
{
    enum mr_code code = mr_rules_same_topic(&topic->spec, spec, err);

    if (code != MR_OK || topic->spec.retention_ms == spec->retention_ms)
        return code;
    code = write_topic(db, topic->id, spec, err);
    if (code != MR_OK)
        return code;
    pthread_mutex_lock(&db->lock);
    topic->spec.retention_ms = spec->retention_ms;
    pthread_mutex_unlock(&db->lock);
    return MR_OK;
}

enum mr_code rocks_meta_topic(struct mr_rocksdb *db,
                              const struct mr_topic_spec *spec,
                              mr_topic_id *out, struct mr_err *err)
{
    uint32_t count = atomic_load(&db->topic_count);
    enum mr_code code;

    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(db->topics[i]->spec.name, spec->name) != 0)
            continue;
        *out = db->topics[i]->id;
        return same_topic(db, db->topics[i], spec, err);
    }
    if (count == ROCKS_TOPICS_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "rocksdb: %.350s has %u topics, which is all it takes",
                       db->path, ROCKS_TOPICS_MAX);
    code = write_topic(db, count + 1, spec, err);
    if (code == MR_OK)
        *out = add_topic(db, spec, mr_span_str(spec->name))->id;
    return code;
}

enum mr_code rocks_meta_space(struct mr_rocksdb *db, const char *name,
                              mr_space_id *out, struct mr_err *err)
{
    uint32_t count = atomic_load(&db->space_count);
    struct mr_buf key = mr_buf(ROCKS_META_KEY_MAX);
    enum mr_code code;

    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(db->spaces[i], name) == 0) {
            *out = i + 1;
            return MR_OK;
        }
    }
    MR_ASSERT(count < SPACES_MAX);
    code =
        write_entry(db, id_key(&key, 's', count + 1), mr_span_str(name), err);
    mr_buf_deinit(&key);
    if (code != MR_OK)
        return code;
    add_space(db, mr_span_str(name));
    *out = count + 1;
    return MR_OK;
}
