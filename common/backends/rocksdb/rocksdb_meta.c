// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_meta.c - see rocksdb_meta.h.
 */
#include "common/backends/rocksdb/rocksdb_meta.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_reader.h"

#define NUMBERS_MAX 2u
#define PLACE_BYTES 8u /* topic and partition at the end of a key */

static rocksdb_column_family_handle_t *family(const struct mr_rocksdb *db)
{
    return db->families[ROCKS_META];
}

/* A kind and up to two numbers. */
static struct mr_span key_of(struct mr_buf *buf, char kind, mr_topic_id topic,
                             uint32_t partition)
{
    mr_buf_reset(buf);
    mr_buf_byte(buf, (uint8_t)kind);
    mr_buf_u32_be(buf, topic);
    mr_buf_u32_be(buf, partition);
    return mr_buf_bytes(buf);
}

static void position_prefix(struct mr_buf *buf, const char *group)
{
    mr_buf_reset(buf);
    mr_buf_byte(buf, 'p');
    mr_buf_append(buf, group, strlen(group) + 1);
}

static struct mr_span position_key(struct mr_buf *buf, const char *group,
                                   mr_topic_id topic, uint32_t partition)
{
    position_prefix(buf, group);
    mr_buf_u32_be(buf, topic);
    mr_buf_u32_be(buf, partition);
    MR_ASSERT(!buf->full);
    return mr_buf_bytes(buf);
}

void rocks_meta_put(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                    struct mr_span key, struct mr_span value)
{
    rocksdb_writebatch_put_cf(batch, family(db), (const char *)key.data,
                              key.size, (const char *)value.data, value.size);
}

void rocks_meta_put_numbers(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                            struct mr_span key, const uint64_t *numbers,
                            size_t count)
{
    struct mr_buf value = mr_buf(NUMBERS_MAX * 8);

    for (size_t i = 0; i < count; i++)
        mr_buf_u64(&value, numbers[i]);
    rocks_meta_put(db, batch, key, mr_buf_bytes(&value));
    mr_buf_deinit(&value);
}

enum mr_code rocks_meta_fail(const struct mr_rocksdb *db, char kind,
                             struct mr_err *err)
{
    return mr_fail(err, MR_E_DAMAGED,
                   "rocksdb: %.350s: an entry of kind '%c' breaks its format",
                   db->path, kind);
}

enum mr_code rocks_meta_numbers(struct mr_rocksdb *db, struct mr_span key,
                                uint64_t *numbers, size_t count, bool *found,
                                struct mr_err *err)
{
    char *words = NULL;
    size_t size = 0;
    char *value =
        rocksdb_get_cf(db->handle, db->read_options, family(db),
                       (const char *)key.data, key.size, &size, &words);
    struct mr_reader in = mr_reader(mr_span(value, size));

    *found = value != NULL;
    if (words != NULL)
        return rocks_fail(db, words, err);
    if (value == NULL)
        return MR_OK;
    for (size_t i = 0; i < count; i++)
        numbers[i] = mr_read_u64(&in);
    rocksdb_free(value);
    if (!mr_reader_done(&in))
        return rocks_meta_fail(db, (char)key.data[0], err);
    return MR_OK;
}

enum mr_code rocks_meta_each(struct mr_rocksdb *db, struct mr_span prefix,
                             rocks_meta_visit *visit, void *context,
                             struct mr_err *err)
{
    rocksdb_iterator_t *iterator =
        rocksdb_create_iterator_cf(db->handle, db->read_options, family(db));
    enum mr_code code = MR_OK;

    rocksdb_iter_seek(iterator, (const char *)prefix.data, prefix.size);
    while (code == MR_OK && rocksdb_iter_valid(iterator)) {
        struct mr_span key, value;

        key.data = (const uint8_t *)rocksdb_iter_key(iterator, &key.size);
        value.data = (const uint8_t *)rocksdb_iter_value(iterator, &value.size);
        if (!mr_span_starts(key, prefix))
            break;
        code = visit(db, context, key, value, err);
        rocksdb_iter_next(iterator);
    }
    if (code == MR_OK)
        code = rocks_check_iterator(db, iterator, err);
    rocksdb_iter_destroy(iterator);
    return code;
}

/* --- positions, bounds and marks --- */

enum mr_code rocks_meta_position(struct mr_rocksdb *db, const char *group,
                                 mr_topic_id topic, uint32_t partition,
                                 uint64_t *next, struct mr_err *err)
{
    struct mr_buf key = mr_buf(ROCKS_META_KEY_MAX);
    bool found;
    enum mr_code code = rocks_meta_numbers(
        db, position_key(&key, group, topic, partition), next, 1, &found, err);

    if (!found)
        *next = UINT64_MAX;
    mr_buf_deinit(&key);
    return code;
}

void rocks_meta_put_position(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                             const char *group,
                             const struct mr_position *position)
{
    struct mr_buf key = mr_buf(ROCKS_META_KEY_MAX);

    rocks_meta_put_numbers(
        db, batch,
        position_key(&key, group, position->topic, position->partition),
        &position->next, 1);
    mr_buf_deinit(&key);
}

void rocks_meta_put_begin(struct mr_rocksdb *db, rocksdb_writebatch_t *batch,
                          mr_topic_id topic, uint32_t partition, uint64_t begin)
{
    struct mr_buf key = mr_buf(ROCKS_META_KEY_MAX);

    rocks_meta_put_numbers(db, batch, key_of(&key, 'b', topic, partition),
                           &begin, 1);
    mr_buf_deinit(&key);
}

enum mr_code rocks_meta_clean_mark(struct mr_rocksdb *db, mr_topic_id topic,
                                   uint32_t partition,
                                   struct rocks_clean_mark *out,
                                   struct mr_err *err)
{
    struct mr_buf key = mr_buf(ROCKS_META_KEY_MAX);
    uint64_t numbers[2] = { 0, 0 };
    bool found;
    enum mr_code code = rocks_meta_numbers(
        db, key_of(&key, 'c', topic, partition), numbers, 2, &found, err);

    *out = (struct rocks_clean_mark){ numbers[0], numbers[1] };
    mr_buf_deinit(&key);
    return code;
}

void rocks_meta_put_clean_mark(struct mr_rocksdb *db,
                               rocksdb_writebatch_t *batch, mr_topic_id topic,
                               uint32_t partition,
                               const struct rocks_clean_mark *mark)
{
    struct mr_buf key = mr_buf(ROCKS_META_KEY_MAX);
    uint64_t numbers[2] = { mark->cleaned, mark->kept };

    rocks_meta_put_numbers(db, batch, key_of(&key, 'c', topic, partition),
                           numbers, 2);
    mr_buf_deinit(&key);
}

struct slowest {
    mr_topic_id topic;
    uint32_t partition;
    uint64_t next;
};

static enum mr_code look_at_position(struct mr_rocksdb *db, void *context,
                                     struct mr_span key, struct mr_span value,
                                     struct mr_err *err)
{
    struct slowest *slowest = context;
    struct mr_reader in = mr_reader(value);
    struct mr_reader place;
    uint64_t next = mr_read_u64(&in);

    if (key.size < PLACE_BYTES || !mr_reader_done(&in))
        return rocks_meta_fail(db, 'p', err);
    place = mr_reader(mr_span(key.data + key.size - PLACE_BYTES, PLACE_BYTES));
    if (mr_read_u32_be(&place) == slowest->topic &&
        mr_read_u32_be(&place) == slowest->partition && next < slowest->next)
        slowest->next = next;
    return MR_OK;
}

enum mr_code rocks_meta_slowest(struct mr_rocksdb *db, mr_topic_id topic,
                                uint32_t partition, uint64_t *next,
                                struct mr_err *err)
{
    struct slowest slowest = { topic, partition, UINT64_MAX };
    enum mr_code code =
        rocks_meta_each(db, mr_span_str("p"), look_at_position, &slowest, err);

    *next = slowest.next;
    return code;
}

enum mr_code rocks_meta_forget(struct mr_rocksdb *db, const char *group,
                               struct mr_err *err)
{
    struct mr_buf from = mr_buf(ROCKS_META_KEY_MAX);
    struct mr_buf to = mr_buf(ROCKS_META_KEY_MAX);
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    enum mr_code code;

    position_prefix(&from, group);
    position_prefix(&to, group);
    to.data[to.size - 1] = 1; /* the zero that ends the name */
    rocksdb_writebatch_delete_range_cf(batch, family(db),
                                       (const char *)from.data, from.size,
                                       (const char *)to.data, to.size);
    code = rocks_write(db, batch, err);
    rocksdb_writebatch_destroy(batch);
    mr_buf_deinit(&to);
    mr_buf_deinit(&from);
    return code;
}
