// SPDX-License-Identifier: Apache-2.0
/*
 * apply.c - what one record of `documents` or `vectors` changes in a shard.
 *
 * The sides follow their own topic record by record and never look at the
 * table to decide what lives, so that reading the log again from an older
 * offset gives the same segments, although the table is ahead.
 */
#include "indexer/shard/shard.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "indexer/shard/terms.h"

static enum mr_code load_text(struct shard *shard,
                              const struct mr_document *document,
                              struct mr_span *out, struct mr_err *err)
{
    *out = document->text.bytes;
    if (!document->text.in_blob)
        return MR_OK;
    return mr_blob_get(shard->spec.place->blob, document->text.hash,
                       shard->scratch, out, err);
}

static enum mr_code add_passages(struct shard *shard,
                                 const struct mr_document *document,
                                 struct mr_span text, uint64_t offset,
                                 struct mr_err *err)
{
    size_t count = document->passages.count;
    struct keyword_unit *units =
        mr_arena_calloc(shard->scratch, count, sizeof(*units));
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < count; i++)
        code = terms_of_passage(shard->analyzer, shard->language, document,
                                text, i, shard->scratch, &units[i], err);
    if (code == MR_OK)
        side_add_keyword(shard->sides[SIDE_KEYWORD], document->id,
                         document->content_version, offset, units, count);
    return code;
}

/* Whether a long text may have left passages beside the records. */
static bool has_passages(const struct shard *shard, struct mr_span id)
{
    const struct table_doc *doc = table_find(shard->table, id);

    return doc != NULL && doc->long_text;
}

/* A null on `documents`: the document was deleted long ago. */
static enum mr_code forget_document(struct shard *shard,
                                    const struct mr_record *record,
                                    struct mr_err *err)
{
    bool passages = has_passages(shard, record->key);
    bool newest;
    bool has;

    (void)pthread_rwlock_wrlock(&shard->table_lock);
    newest = table_forget_document(shard->table, record->key, record->offset);
    (void)pthread_rwlock_unlock(&shard->table_lock);
    if (newest)
        records_put_document(&shard->records, shard->batch, record->key,
                             record->offset, (struct mr_span){ 0 });
    if (newest && passages)
        records_forget_passages(&shard->records, shard->batch, record->key);
    return side_kill(shard->sides[SIDE_KEYWORD], record->key, false, 0, &has,
                     err);
}

/* Whether a record that is read again is of a document that the log forgets
 * later on, which was done already: it is not to come back until then. */
static bool is_forgotten(const struct shard *shard,
                         const struct mr_record *record)
{
    const struct table_doc *doc;

    if (record->offset >= shard->records_next)
        return false;
    doc = table_find(shard->table, record->key);
    return doc == NULL || doc->documents_offset == UINT64_MAX;
}

/* Takes the document over into table and records, unless they are ahead. */
static void set_document(struct shard *shard, const struct mr_record *record,
                         const struct mr_document *document,
                         struct mr_span text)
{
    bool passages = has_passages(shard, record->key);
    bool newest;

    if (is_forgotten(shard, record))
        return;
    (void)pthread_rwlock_wrlock(&shard->table_lock);
    newest = table_set_document(shard->table, document, record->offset);
    (void)pthread_rwlock_unlock(&shard->table_lock);
    if (!newest)
        return;
    records_put_document(&shard->records, shard->batch, record->key,
                         record->offset, record->value);
    if (passages)
        records_forget_passages(&shard->records, shard->batch, record->key);
    if (document->text.in_blob && document->state == MR_STATE_LIVE)
        records_put_passages(&shard->records, shard->batch, document, text);
}

static enum mr_code apply_document(struct shard *shard,
                                   const struct mr_record *record,
                                   struct mr_err *err)
{
    struct side *side = shard->sides[SIDE_KEYWORD];
    struct mr_document document;
    struct mr_span text = { 0 };
    enum mr_code code;
    bool live;
    bool has;

    if (record->value.data == NULL)
        return forget_document(shard, record, err);
    code = mr_document_parse(record->value, shard->scratch, &document, err);
    live = code == MR_OK && document.state == MR_STATE_LIVE;
    if (live)
        code = load_text(shard, &document, &text, err);
    if (code != MR_OK)
        return code;
    document.id = record->key;
    set_document(shard, record, &document, text);
    code =
        side_kill(side, record->key, live, document.content_version, &has, err);
    if (code == MR_OK && live && !has)
        code = add_passages(shard, &document, text, record->offset, err);
    return code;
}

/* Floats of a message that may not be aligned, into the arena. */
static enum mr_code load_floats(struct shard *shard, struct mr_vectors *vectors,
                                float **out, struct mr_err *err)
{
    size_t bytes = vectors->count * vectors->dimension * sizeof(float);
    enum mr_code code = MR_OK;

    if (vectors->floats.in_blob)
        code = mr_blob_get(shard->spec.place->blob, vectors->floats.hash,
                           shard->scratch, &vectors->floats.bytes, err);
    if (code != MR_OK)
        return code;
    if (vectors->dimension != shard->spec.dimension ||
        vectors->floats.bytes.size != bytes)
        return mr_fail(err, MR_E_DAMAGED,
                       "index: vectors of %.*s: %zu of dimension %u in %zu "
                       "bytes; the model has dimension %u",
                       MR_SPAN_ARG(vectors->id), vectors->count,
                       vectors->dimension, vectors->floats.bytes.size,
                       shard->spec.dimension);
    *out = mr_arena_alloc(shard->scratch, bytes);
    if (bytes > 0)
        memcpy(*out, vectors->floats.bytes.data, bytes);
    return MR_OK;
}

/* A null on `vectors`, which follows that on `documents`. */
static enum mr_code forget_vectors(struct shard *shard,
                                   const struct mr_record *record,
                                   struct mr_err *err)
{
    bool newest;
    bool has;

    (void)pthread_rwlock_wrlock(&shard->table_lock);
    newest = table_forget_vectors(shard->table, record->key, record->offset);
    (void)pthread_rwlock_unlock(&shard->table_lock);
    if (newest)
        records_forget_vectors(&shard->records, shard->batch, record->key);
    return side_kill(shard->sides[SIDE_DENSE], record->key, false, 0, &has,
                     err);
}

static enum mr_code apply_vectors(struct shard *shard,
                                  const struct mr_record *record,
                                  struct mr_err *err)
{
    struct side *side = shard->sides[SIDE_DENSE];
    struct mr_vectors vectors;
    float *floats = NULL;
    enum mr_code code;
    bool newest;
    bool live;
    bool has;

    if (record->value.data == NULL)
        return forget_vectors(shard, record, err);
    code = mr_vectors_parse(record->value, shard->scratch, &vectors, err);
    if (code != MR_OK)
        return code;
    vectors.id = record->key;
    (void)pthread_rwlock_wrlock(&shard->table_lock);
    newest = table_set_vectors(shard->table, &vectors, record->offset);
    (void)pthread_rwlock_unlock(&shard->table_lock);
    if (newest)
        records_put_vectors(&shard->records, shard->batch, &vectors,
                            record->offset);
    live = vectors.state == MR_STATE_LIVE;
    code =
        side_kill(side, record->key, live, vectors.content_version, &has, err);
    if (code == MR_OK && live && !has)
        code = load_floats(shard, &vectors, &floats, err);
    if (code == MR_OK && live && !has)
        side_add_dense(side, record->key, vectors.content_version,
                       record->offset, floats, vectors.passages, vectors.count);
    return code;
}

enum mr_code shard_apply(struct shard *shard, const struct mr_record *record,
                         struct mr_err *err)
{
    const struct mr_place *place = shard->spec.place;
    bool dense = record->topic == place->topics[MR_TOPIC_VECTORS];
    struct side *side = shard->sides[dense ? SIDE_DENSE : SIDE_KEYWORD];
    struct mr_err why = { 0 };
    enum mr_code code;

    MR_ASSERT(dense || record->topic == place->topics[MR_TOPIC_DOCUMENTS]);
    mr_arena_reset(shard->scratch);
    code = dense ? apply_vectors(shard, record, &why)
                 : apply_document(shard, record, &why);
    if (code == MR_OK) {
        for (size_t i = 0; i < MANIFEST_SIDES; i++)
            side_refresh(shard->sides[i], record->key);
        code = side_done(side, record->offset, &why);
    }
    if (code == MR_OK)
        return MR_OK;
    return mr_fail(err, code, "index: %s, offset %llu: %.350s",
                   dense ? "vectors" : "documents",
                   (unsigned long long)record->offset, why.text);
}
