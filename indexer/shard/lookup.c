// SPDX-License-Identifier: Apache-2.0
/*
 * lookup.c - what a shard says of one document, and waiting for it.
 */
#include <errno.h>
#include <time.h>

#include "indexer/shard/shard.h"

enum mr_code shard_get(struct shard *shard, struct mr_span id,
                       struct mr_arena *arena, struct shard_record *out,
                       struct mr_err *err)
{
    const struct table_doc *doc;
    enum mr_code code;

    *out = (struct shard_record){ 0 };
    code = records_document(&shard->records, id, arena, &out->found,
                            &out->document, err);
    if (code != MR_OK || !out->found)
        return code;
    out->document.text.bytes = (struct mr_span){ 0 };
    out->passage_count = out->document.passages.count;
    (void)pthread_rwlock_rdlock(&shard->table_lock);
    doc = table_find(shard->table, id);
    if (doc != NULL) {
        out->dense = table_doc_dense(doc);
        out->dense_failed = table_doc_dense_failed(doc);
        out->documents_offset = doc->documents_offset;
    }
    (void)pthread_rwlock_unlock(&shard->table_lock);
    if (out->dense_failed)
        code =
            records_error(&shard->records, id, arena, &out->dense_error, err);
    return code;
}

/* The text of a document that was read. */
static enum mr_code text_of(struct shard *shard,
                            const struct mr_document *document,
                            struct mr_arena *arena, struct mr_span *out,
                            struct mr_err *err)
{
    *out = document->text.bytes;
    if (!document->text.in_blob)
        return MR_OK;
    return mr_blob_get(shard->spec.place->blob, document->text.hash, arena, out,
                       err);
}

enum mr_code shard_text(struct shard *shard, struct mr_span id,
                        struct mr_arena *arena, struct mr_span *out,
                        struct mr_err *err)
{
    struct mr_document document;
    bool found;
    enum mr_code code =
        records_document(&shard->records, id, arena, &found, &document, err);

    *out = (struct mr_span){ 0 };
    if (code != MR_OK || !found)
        return code;
    return text_of(shard, &document, arena, out, err);
}

/* The text of one of its passages: from beside the records where the whole is
 * in the blob store, else out of the whole. */
static enum mr_code passage_of(struct shard *shard,
                               const struct mr_document *document,
                               uint32_t number, struct mr_arena *arena,
                               struct mr_span *out, struct mr_err *err)
{
    const struct mr_passage *passage = &document->passages.items[number];
    struct mr_span text;
    enum mr_code code = MR_OK;

    *out = (struct mr_span){ 0 };
    if (document->text.in_blob)
        code =
            records_passage(&shard->records, document->id,
                            document->content_version, number, arena, out, err);
    if (code != MR_OK || out->data != NULL)
        return code;
    code = text_of(shard, document, arena, &text, err);
    if (code != MR_OK)
        return code;
    if (passage->end > text.size || passage->start > passage->end)
        return mr_fail(err, MR_E_DAMAGED,
                       "index: passage %u of %.*s lies outside its text",
                       number, MR_SPAN_ARG(document->id));
    *out = mr_span(text.data + passage->start, passage->end - passage->start);
    return MR_OK;
}

enum mr_code shard_load_hit(struct shard *shard, const struct shard_hit *hit,
                            struct mr_arena *arena, struct shard_passage *out,
                            struct mr_err *err)
{
    bool found;
    enum mr_code code;

    *out = (struct shard_passage){ 0 };
    code = records_document(&shard->records, hit->document, arena, &found,
                            &out->document, err);
    out->document.id = hit->document;
    if (code != MR_OK || !found || out->document.state != MR_STATE_LIVE ||
        out->document.content_version != hit->content_version ||
        hit->passage >= out->document.passages.count)
        return code;
    code =
        passage_of(shard, &out->document, hit->passage, arena, &out->text, err);
    if (code != MR_OK)
        return code;
    out->found = true;
    out->passage = out->document.passages.items[hit->passage];
    out->document.text.bytes = (struct mr_span){ 0 };
    return MR_OK;
}

enum mr_code shard_scan(struct shard *shard, shard_visit *visit, void *context,
                        struct mr_err *err)
{
    return records_scan(&shard->records, visit, context, err);
}

/* Whether the fate of `version` can be seen; see shard_wait(). */
static bool is_known(struct shard *shard, struct mr_span id, uint64_t version,
                     bool dense)
{
    const struct table_doc *doc;
    bool known;

    (void)pthread_rwlock_rdlock(&shard->table_lock);
    doc = table_find(shard->table, id);
    known =
        doc != NULL && doc->documents_offset != UINT64_MAX &&
        doc->version >= version &&
        doc->documents_offset < atomic_load(&shard->published[SIDE_KEYWORD]);
    if (known && dense && doc->state == MR_STATE_LIVE)
        known =
            (table_doc_dense(doc) || table_doc_dense_failed(doc)) &&
            doc->vectors_offset < atomic_load(&shard->published[SIDE_DENSE]);
    (void)pthread_rwlock_unlock(&shard->table_lock);
    return known;
}

enum mr_code shard_wait(struct shard *shard, struct mr_span id,
                        uint64_t version, bool dense, int wait_ms, bool *done,
                        struct mr_err *err)
{
    struct timespec end;
    int error = 0;

    (void)err;
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += wait_ms / 1000;
    end.tv_nsec += (long)(wait_ms % 1000) * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    (void)pthread_mutex_lock(&shard->wait_lock);
    *done = is_known(shard, id, version, dense);
    while (!*done && error != ETIMEDOUT && !atomic_load(&shard->ending)) {
        error =
            pthread_cond_timedwait(&shard->applied, &shard->wait_lock, &end);
        *done = is_known(shard, id, version, dense);
    }
    (void)pthread_mutex_unlock(&shard->wait_lock);
    return MR_OK;
}
