// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_store.c - spaces as prefixes of one column family.
 */
#include "common/backends/rocksdb/rocksdb_meta.h"
#include "common/backends/rocksdb/rocksdb_state.h"
#include "common/backends/rules/mr_rules.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define SPACE_BYTES 4u
#define SHORT_KEY   252u

/* A key with its space before it, on the stack where it fits. */
struct space_key {
    uint8_t *bytes;
    size_t size;
    uint8_t room[SPACE_BYTES + SHORT_KEY];
};

static void key_init(struct space_key *key, mr_space_id space,
                     struct mr_span rest)
{
    key->size = SPACE_BYTES + rest.size;
    key->bytes =
        key->size <= sizeof(key->room) ? key->room : mr_malloc(key->size);
    rocks_put_u32_be(key->bytes, space);
    if (rest.size > 0)
        memcpy(key->bytes + SPACE_BYTES, rest.data, rest.size);
}

/* The end of a range; an absent one is the beginning of the next space. */
static void key_init_end(struct space_key *key, mr_space_id space,
                         struct mr_span to)
{
    if (to.data == NULL)
        key_init(key, space + 1, to);
    else
        key_init(key, space, to);
}

static void key_deinit(struct space_key *key)
{
    if (key->bytes != key->room)
        mr_free(key->bytes);
}

static struct mr_rocksdb *db_of(struct mr_store *store)
{
    return ((struct rocks_store *)store)->db;
}

static enum mr_code check_space(struct mr_rocksdb *db, mr_space_id space,
                                struct mr_err *err)
{
    if (space == 0 || space > atomic_load(&db->space_count))
        return mr_fail(err, MR_E_INVALID, "store: no space has the id %u",
                       space);
    return MR_OK;
}

static enum mr_code store_space(struct mr_store *store, const char *name,
                                mr_space_id *out, struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(store);
    enum mr_code code = mr_rules_space(name, err);

    if (code != MR_OK)
        return code;
    pthread_mutex_lock(&db->write_lock);
    code = rocks_meta_space(db, name, out, err);
    pthread_mutex_unlock(&db->write_lock);
    return code;
}

static enum mr_code store_get(struct mr_store *store, mr_space_id space,
                              struct mr_span name, struct mr_arena *arena,
                              struct mr_span *out, struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(store);
    rocksdb_pinnableslice_t *pinned;
    struct mr_span value = { 0 };
    struct space_key key;
    char *words = NULL;
    enum mr_code code = check_space(db, space, err);

    if (code != MR_OK)
        return code;
    key_init(&key, space, name);
    pinned = rocksdb_get_pinned_cf(db->handle, db->read_options,
                                   db->families[ROCKS_STATE],
                                   (const char *)key.bytes, key.size, &words);
    key_deinit(&key);
    if (words != NULL)
        return rocks_fail(db, words, err);
    if (pinned != NULL) {
        value.data =
            (const uint8_t *)rocksdb_pinnableslice_value(pinned, &value.size);
        value = mr_arena_copy(arena, value);
        rocksdb_pinnableslice_destroy(pinned);
    }
    *out = value;
    return MR_OK;
}

static enum mr_code visit_all(struct mr_rocksdb *db,
                              rocksdb_iterator_t *iterator,
                              mr_store_visit *visit, void *context,
                              struct mr_err *err)
{
    bool stop = false;

    while (!stop && rocksdb_iter_valid(iterator)) {
        struct mr_span key, value;
        enum mr_code code;

        key.data = (const uint8_t *)rocksdb_iter_key(iterator, &key.size);
        value.data = (const uint8_t *)rocksdb_iter_value(iterator, &value.size);
        MR_ASSERT(key.size >= SPACE_BYTES);
        code = visit(context,
                     mr_span(key.data + SPACE_BYTES, key.size - SPACE_BYTES),
                     value, &stop, err);
        if (code != MR_OK)
            return code;
        rocksdb_iter_next(iterator);
    }
    return stop ? MR_OK : rocks_check_iterator(db, iterator, err);
}

/* An iterator sees the store as it was when it was made. */
static enum mr_code store_scan(struct mr_store *store, mr_space_id space,
                               struct mr_range range, mr_store_visit *visit,
                               void *context, struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(store);
    struct space_key from, to;
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *iterator;
    enum mr_code code = check_space(db, space, err);

    if (code != MR_OK)
        return code;
    key_init(&from, space, range.from);
    key_init_end(&to, space, range.to);
    options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_iterate_upper_bound(options, (const char *)to.bytes,
                                                to.size);
    iterator = rocksdb_create_iterator_cf(db->handle, options,
                                          db->families[ROCKS_STATE]);
    rocksdb_iter_seek(iterator, (const char *)from.bytes, from.size);
    code = visit_all(db, iterator, visit, context, err);
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(options);
    key_deinit(&to);
    key_deinit(&from);
    return code;
}

/* A range whose end lies before its begin is empty here, and a failure to
 * RocksDB. */
static void add_delete_range(rocksdb_writebatch_t *out,
                             rocksdb_column_family_handle_t *family,
                             const struct mr_batch_op *op)
{
    struct space_key from, to;

    if (op->value.data != NULL && mr_span_compare(op->key, op->value) >= 0)
        return;
    key_init(&from, op->space, op->key);
    key_init_end(&to, op->space, op->value);
    rocksdb_writebatch_delete_range_cf(out, family, (const char *)from.bytes,
                                       from.size, (const char *)to.bytes,
                                       to.size);
    key_deinit(&to);
    key_deinit(&from);
}

static void add_op(rocksdb_writebatch_t *out,
                   rocksdb_column_family_handle_t *family,
                   const struct mr_batch_op *op)
{
    struct space_key key;

    if (op->kind == MR_BATCH_DELETE_RANGE) {
        add_delete_range(out, family, op);
        return;
    }
    key_init(&key, op->space, op->key);
    if (op->kind == MR_BATCH_PUT)
        rocksdb_writebatch_put_cf(out, family, (const char *)key.bytes,
                                  key.size, (const char *)op->value.data,
                                  op->value.size);
    else
        rocksdb_writebatch_delete_cf(out, family, (const char *)key.bytes,
                                     key.size);
    key_deinit(&key);
}

enum mr_code rocks_add_state(struct mr_rocksdb *db, rocksdb_writebatch_t *out,
                             const struct mr_batch *batch, struct mr_err *err)
{
    for (size_t i = 0; i < mr_batch_count(batch); i++) {
        const struct mr_batch_op *op = mr_batch_at(batch, i);
        enum mr_code code = check_space(db, op->space, err);

        if (code != MR_OK)
            return code;
        add_op(out, db->families[ROCKS_STATE], op);
    }
    return MR_OK;
}

static enum mr_code store_write(struct mr_store *store,
                                const struct mr_batch *batch, bool sync,
                                struct mr_err *err)
{
    struct mr_rocksdb *db = db_of(store);
    rocksdb_writebatch_t *out = rocksdb_writebatch_create();
    enum mr_code code = rocks_add_state(db, out, batch, err);

    if (code == MR_OK && mr_batch_count(batch) > 0)
        code = rocks_write(db, out, err);
    rocksdb_writebatch_destroy(out);
    if (code != MR_OK || !sync)
        return code;
    return rocks_sync(db, err);
}

const struct mr_store_ops rocks_store_ops = {
    .space = store_space,
    .get = store_get,
    .scan = store_scan,
    .write = store_write,
};
