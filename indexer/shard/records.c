// SPDX-License-Identifier: Apache-2.0
/*
 * records.c - see records.h.
 */
#include "indexer/shard/records.h"

#include "common/base/mr_buf.h"
#include "common/base/mr_reader.h"

static const char applied_key[] = "applied";

enum mr_code records_init(struct records *records, struct mr_store *store,
                          struct mr_err *err)
{
    enum mr_code code;

    records->store = store;
    code = mr_store_space(store, "documents", &records->documents, err);
    if (code == MR_OK)
        code = mr_store_space(store, "vectors", &records->vectors, err);
    if (code == MR_OK)
        code = mr_store_space(store, "passages", &records->passages, err);
    if (code == MR_OK)
        code = mr_store_space(store, "meta", &records->meta, err);
    return code;
}

void records_put_document(const struct records *records, struct mr_batch *batch,
                          struct mr_span id, uint64_t offset,
                          struct mr_span value)
{
    struct mr_buf buf = mr_buf(value.size + 8);

    if (value.data == NULL) {
        mr_batch_delete(batch, records->documents, id);
        return;
    }
    mr_buf_u64(&buf, offset);
    mr_buf_span(&buf, value);
    mr_batch_put(batch, records->documents, id, mr_buf_bytes(&buf));
    mr_buf_deinit(&buf);
}

void records_put_vectors(const struct records *records, struct mr_batch *batch,
                         const struct mr_vectors *vectors, uint64_t offset)
{
    struct mr_buf buf = mr_buf(64 + MR_ERROR_BYTES_MAX);

    mr_buf_u64(&buf, offset);
    mr_buf_u64(&buf, vectors->version);
    mr_buf_u64(&buf, vectors->content_version);
    mr_buf_byte(&buf, (uint8_t)vectors->state);
    if (vectors->state == MR_STATE_FAILED)
        mr_buf_span(&buf, vectors->error);
    mr_batch_put(batch, records->vectors, vectors->id, mr_buf_bytes(&buf));
    mr_buf_deinit(&buf);
}

#define PASSAGE_KEY_MAX (2 + MR_ID_BYTES_MAX + 4 + 1)

/* The key of a passage without its number: before those of all of them. */
static struct mr_buf passage_key(struct mr_span id)
{
    struct mr_buf key = mr_buf(PASSAGE_KEY_MAX);

    mr_buf_byte(&key, (uint8_t)(id.size >> 8));
    mr_buf_byte(&key, (uint8_t)id.size);
    mr_buf_span(&key, id);
    return key;
}

void records_put_passages(const struct records *records, struct mr_batch *batch,
                          const struct mr_document *document,
                          struct mr_span text)
{
    struct mr_buf key = passage_key(document->id);
    struct mr_buf value = mr_buf(text.size + 8);
    size_t size = key.size;

    for (size_t i = 0; i < document->passages.count; i++) {
        const struct mr_passage *passage = &document->passages.items[i];

        if (passage->end > text.size || passage->start > passage->end)
            continue; /* terms_of_passage() refuses it */
        key.size = size;
        mr_buf_u32_be(&key, (uint32_t)i);
        mr_buf_reset(&value);
        mr_buf_u64(&value, document->content_version);
        mr_buf_append(&value, text.data + passage->start,
                      passage->end - passage->start);
        mr_batch_put(batch, records->passages, mr_buf_bytes(&key),
                     mr_buf_bytes(&value));
    }
    mr_buf_deinit(&value);
    mr_buf_deinit(&key);
}

void records_forget_passages(const struct records *records,
                             struct mr_batch *batch, struct mr_span id)
{
    struct mr_buf first = passage_key(id);
    struct mr_buf last = passage_key(id);

    mr_buf_u32_be(&last, UINT32_MAX);
    mr_batch_delete_range(batch, records->passages, mr_buf_bytes(&first),
                          mr_buf_bytes(&last));
    mr_buf_deinit(&first);
    mr_buf_deinit(&last);
}

enum mr_code records_passage(const struct records *records, struct mr_span id,
                             uint64_t content_version, uint32_t number,
                             struct mr_arena *arena, struct mr_span *out,
                             struct mr_err *err)
{
    struct mr_buf key = passage_key(id);
    struct mr_span value = { 0 };
    struct mr_reader in;
    enum mr_code code;

    *out = (struct mr_span){ 0 };
    mr_buf_u32_be(&key, number);
    code = mr_store_get(records->store, records->passages, mr_buf_bytes(&key),
                        arena, &value, err);
    mr_buf_deinit(&key);
    if (code != MR_OK || value.data == NULL)
        return code;
    in = mr_reader(value);
    if (mr_read_u64(&in) == content_version && !in.overrun)
        *out = mr_read_rest(&in);
    return MR_OK;
}

void records_put_applied(const struct records *records, struct mr_batch *batch,
                         uint64_t next)
{
    struct mr_buf buf = mr_buf(8);

    mr_buf_u64(&buf, next);
    mr_batch_put(batch, records->meta, mr_span_str(applied_key),
                 mr_buf_bytes(&buf));
    mr_buf_deinit(&buf);
}

enum mr_code records_applied(const struct records *records, uint64_t *next,
                             struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct mr_span value;
    struct mr_reader in;
    enum mr_code code =
        mr_store_get(records->store, records->meta, mr_span_str(applied_key),
                     arena, &value, err);

    *next = 0;
    if (code == MR_OK && value.data != NULL) {
        in = mr_reader(value);
        *next = mr_read_u64(&in);
        if (!mr_reader_done(&in))
            code = mr_fail(err, MR_E_DAMAGED,
                           "records: what was applied: %zu bytes", value.size);
    }
    mr_arena_free(arena);
    return code;
}

struct mr_span records_value(struct mr_span pair, uint64_t *offset)
{
    struct mr_reader in = mr_reader(pair);

    *offset = mr_read_u64(&in);
    if (in.overrun) {
        *offset = UINT64_MAX;
        return (struct mr_span){ 0 };
    }
    return mr_read_rest(&in);
}

void records_forget_vectors(const struct records *records,
                            struct mr_batch *batch, struct mr_span id)
{
    mr_batch_delete(batch, records->vectors, id);
}

static enum mr_code parse_document(struct mr_span value, struct mr_arena *arena,
                                   uint64_t *offset, struct mr_document *out,
                                   struct mr_err *err)
{
    struct mr_span bytes = records_value(value, offset);
    struct mr_err why = { .text = "too short" };

    if (bytes.data == NULL ||
        mr_document_parse(bytes, arena, out, &why) != MR_OK)
        return mr_fail(err, MR_E_DAMAGED, "records: a document: %.350s",
                       why.text);
    return MR_OK;
}

static enum mr_code parse_vectors(struct mr_span value, uint64_t *offset,
                                  struct mr_vectors *out, struct mr_err *err)
{
    struct mr_reader in = mr_reader(value);

    *out = (struct mr_vectors){ 0 };
    *offset = mr_read_u64(&in);
    out->version = mr_read_u64(&in);
    out->content_version = mr_read_u64(&in);
    out->state = (enum mr_doc_state)mr_read_byte(&in);
    out->error = mr_read_rest(&in);
    if (in.overrun || out->state < MR_STATE_LIVE ||
        out->state > MR_STATE_FAILED)
        return mr_fail(err, MR_E_DAMAGED,
                       "records: vectors of a document: %zu bytes, state %d",
                       value.size, (int)out->state);
    return MR_OK;
}

enum mr_code records_document(const struct records *records, struct mr_span id,
                              struct mr_arena *arena, bool *found,
                              struct mr_document *out, struct mr_err *err)
{
    struct mr_span value;
    uint64_t offset;
    enum mr_code code = mr_store_get(records->store, records->documents, id,
                                     arena, &value, err);

    *found = code == MR_OK && value.data != NULL;
    if (!*found)
        return code;
    return parse_document(value, arena, &offset, out, err);
}

enum mr_code records_vectors(const struct records *records, struct mr_span id,
                             struct mr_arena *arena, bool *found,
                             uint64_t *offset, struct mr_vectors *out,
                             struct mr_err *err)
{
    struct mr_span value;
    enum mr_code code =
        mr_store_get(records->store, records->vectors, id, arena, &value, err);

    *found = code == MR_OK && value.data != NULL;
    if (!*found)
        return code;
    return parse_vectors(value, offset, out, err);
}

enum mr_code records_error(const struct records *records, struct mr_span id,
                           struct mr_arena *arena, struct mr_span *out,
                           struct mr_err *err)
{
    struct mr_vectors vectors;
    uint64_t offset;
    bool found;
    enum mr_code code =
        records_vectors(records, id, arena, &found, &offset, &vectors, err);

    *out = (struct mr_span){ 0 };
    if (code == MR_OK && found && vectors.state == MR_STATE_FAILED)
        *out = vectors.error;
    return code;
}

struct filling {
    struct table *table;
    struct mr_arena *arena;
    uint64_t documents_end;
    uint64_t vectors_end;
    bool ahead;
};

static enum mr_code visit_document(void *context, struct mr_span key,
                                   struct mr_span value, bool *stop,
                                   struct mr_err *err)
{
    struct filling *filling = context;
    struct mr_document document;
    uint64_t offset;
    enum mr_code code;

    (void)stop;
    mr_arena_reset(filling->arena);
    code = parse_document(value, filling->arena, &offset, &document, err);
    if (code != MR_OK)
        return code;
    document.id = key;
    filling->ahead = filling->ahead || offset >= filling->documents_end;
    (void)table_set_document(filling->table, &document, offset);
    return MR_OK;
}

static enum mr_code visit_vectors(void *context, struct mr_span key,
                                  struct mr_span value, bool *stop,
                                  struct mr_err *err)
{
    struct filling *filling = context;
    struct mr_vectors vectors;
    uint64_t offset;
    enum mr_code code = parse_vectors(value, &offset, &vectors, err);

    (void)stop;
    if (code != MR_OK)
        return code;
    vectors.id = key;
    filling->ahead = filling->ahead || offset >= filling->vectors_end;
    (void)table_set_vectors(filling->table, &vectors, offset);
    return MR_OK;
}

enum mr_code records_fill(const struct records *records, struct table *table,
                          uint64_t documents_end, uint64_t vectors_end,
                          bool *ahead, struct mr_err *err)
{
    struct filling filling = { .table = table,
                               .arena = mr_arena_new(),
                               .documents_end = documents_end,
                               .vectors_end = vectors_end };
    struct mr_range all = { 0 };
    enum mr_code code = mr_store_scan(records->store, records->documents, all,
                                      visit_document, &filling, err);

    if (code == MR_OK)
        code = mr_store_scan(records->store, records->vectors, all,
                             visit_vectors, &filling, err);
    mr_arena_free(filling.arena);
    *ahead = filling.ahead;
    return code;
}

/* Ids are at most MR_KEY_BYTES_MAX bytes and UTF-8, so none is past this. */
static const uint8_t last_key[] = { 0xFF };

enum mr_code records_clear(const struct records *records, struct mr_err *err)
{
    struct mr_batch *batch = mr_batch_new();
    enum mr_code code;

    mr_batch_delete_range(batch, records->documents, mr_span("", 0),
                          mr_span(last_key, sizeof(last_key)));
    mr_batch_delete_range(batch, records->vectors, mr_span("", 0),
                          mr_span(last_key, sizeof(last_key)));
    mr_batch_delete_range(batch, records->passages, mr_span("", 0),
                          mr_span(last_key, sizeof(last_key)));
    mr_batch_delete(batch, records->meta, mr_span_str(applied_key));
    code = mr_store_write(records->store, batch, true, err);
    mr_batch_free(batch);
    return code;
}

struct visiting {
    shard_visit *visit;
    void *context;
    struct mr_arena *arena;
};

static enum mr_code visit_parsed(void *context, struct mr_span key,
                                 struct mr_span value, bool *stop,
                                 struct mr_err *err)
{
    struct visiting *visiting = context;
    struct mr_document document;
    uint64_t offset;
    enum mr_code code;

    (void)stop;
    mr_arena_reset(visiting->arena);
    code = parse_document(value, visiting->arena, &offset, &document, err);
    if (code != MR_OK)
        return code;
    document.id = key;
    return visiting->visit(visiting->context, &document, err);
}

enum mr_code records_scan(const struct records *records, shard_visit *visit,
                          void *context, struct mr_err *err)
{
    struct visiting visiting = { visit, context, mr_arena_new() };
    struct mr_range all = { 0 };
    enum mr_code code = mr_store_scan(records->store, records->documents, all,
                                      visit_parsed, &visiting, err);

    mr_arena_free(visiting.arena);
    return code;
}
