// SPDX-License-Identifier: Apache-2.0
/*
 * verify.c - the log against the records and the table; see verify.h.
 */
#include "indexer/shard/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define REPORT_BYTES_MAX 400

void verify_report(struct verify *verify, const char *rule, struct mr_span id,
                   const char *fmt, ...)
{
    char text[REPORT_BYTES_MAX];
    struct shard_finding finding = { .rule = rule, .id = id, .text = text };
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    verify->out->findings++;
    verify->found(verify->context, &finding);
}

/* What a record in the store starts with is the offset, see records.h. */
static enum mr_code check_value(struct verify *verify,
                                const struct newest_record *want,
                                struct mr_err *err)
{
    const struct records *records = &verify->shard->records;
    struct mr_span value;
    struct mr_hash128 hash;
    uint64_t offset;
    enum mr_code code = mr_store_get(records->store, records->documents,
                                     want->id, verify->arena, &value, err);

    if (code != MR_OK)
        return code;
    if ((value.data == NULL) != want->is_null) {
        verify_report(verify, "record", want->id,
                      "the log's newest at offset %" PRIu64
                      " is %s, but there is %s record",
                      want->offset, want->is_null ? "null" : "a document",
                      value.data == NULL ? "no" : "a");
        return MR_OK;
    }
    if (value.data == NULL)
        return MR_OK;
    hash = mr_hash128(records_value(value, &offset));
    if (offset != want->offset || hash.low != want->hash.low ||
        hash.high != want->hash.high)
        verify_report(verify, "record", want->id,
                      "the record is that of offset %" PRIu64
                      ", the log's newest is at %" PRIu64 "%s",
                      offset, want->offset,
                      offset == want->offset ? " with other bytes" : "");
    return MR_OK;
}

static void check_document_row(struct verify *verify,
                               const struct newest_record *want)
{
    const struct table_doc *doc = table_find(verify->shard->table, want->id);
    bool known = doc != NULL && doc->documents_offset != UINT64_MAX;

    if (known != !want->is_null)
        verify_report(verify, "table", want->id, "the document is %s",
                      known ? "known, though the log has forgotten it"
                            : "not known");
    else if (known && (doc->documents_offset != want->offset ||
                       doc->version != want->version ||
                       doc->content_version != want->content_version ||
                       doc->state != want->state))
        verify_report(
            verify, "table", want->id,
            "known as %s, version %" PRIx64 " of offset %" PRIu64
            "; the log says %s, version %" PRIx64 " of offset %" PRIu64,
            mr_state_name(doc->state), doc->version, doc->documents_offset,
            mr_state_name(want->state), want->version, want->offset);
}

static enum mr_code check_documents(struct verify *verify, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < verify->documents.count; i++) {
        mr_arena_reset(verify->arena);
        code = check_value(verify, &verify->documents.records[i], err);
        check_document_row(verify, &verify->documents.records[i]);
        verify->out->documents++;
    }
    return code;
}

static void check_vectors_row(struct verify *verify,
                              const struct newest_record *want)
{
    const struct table_doc *doc = table_find(verify->shard->table, want->id);
    bool known = doc != NULL && doc->vectors_offset != UINT64_MAX;

    if (known != !want->is_null)
        verify_report(verify, "table", want->id, "its vectors are %s",
                      known ? "known, though the log has forgotten them"
                            : "not known");
    else if (known && (doc->vectors_offset != want->offset ||
                       doc->vectors_version != want->version ||
                       doc->vectors_content != want->content_version ||
                       doc->vectors_state != want->state))
        verify_report(verify, "table", want->id,
                      "its vectors are known as of offset %" PRIu64
                      ", the log's newest are at %" PRIu64,
                      doc->vectors_offset, want->offset);
}

static enum mr_code check_vectors(struct verify *verify, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < verify->vectors.count; i++) {
        const struct newest_record *want = &verify->vectors.records[i];
        struct mr_vectors have;
        uint64_t offset;
        bool found;

        mr_arena_reset(verify->arena);
        code = records_vectors(&verify->shard->records, want->id, verify->arena,
                               &found, &offset, &have, err);
        if (code != MR_OK)
            break;
        if (found == want->is_null || (found && offset != want->offset))
            verify_report(verify, "record", want->id,
                          "the record of its vectors is %s",
                          found ? "of another offset" : "not there");
        check_vectors_row(verify, want);
        verify->out->vectors++;
    }
    return code;
}

struct stray {
    struct verify *verify;
    const struct newest *newest;
};

/* A record of which the log knows nothing. */
static enum mr_code visit_stray(void *context, struct mr_span key,
                                struct mr_span value, bool *stop,
                                struct mr_err *err)
{
    struct stray *stray = context;

    (void)value;
    (void)stop;
    (void)err;
    if (newest_find(stray->newest, key) == NULL)
        verify_report(stray->verify, "record", key,
                      "a record that the log knows nothing of");
    return MR_OK;
}

static enum mr_code check_strays(struct verify *verify, struct mr_err *err)
{
    const struct records *records = &verify->shard->records;
    struct stray documents = { verify, &verify->documents };
    struct stray vectors = { verify, &verify->vectors };
    struct mr_range all = { 0 };
    enum mr_code code = mr_store_scan(records->store, records->documents, all,
                                      visit_stray, &documents, err);

    if (code == MR_OK)
        code = mr_store_scan(records->store, records->vectors, all, visit_stray,
                             &vectors, err);
    return code;
}

enum mr_code shard_verify(struct shard *shard, shard_found *found,
                          void *context, struct shard_verified *out,
                          struct mr_err *err)
{
    struct verify verify = {
        .shard = shard,
        .found = found,
        .context = context,
        .out = out,
        .arena = mr_arena_new(),
    };
    enum mr_code code;

    *out = (struct shard_verified){ 0 };
    code = newest_read(shard, MR_TOPIC_DOCUMENTS,
                       side_next(shard->sides[SIDE_KEYWORD]), &verify.documents,
                       err);
    if (code == MR_OK)
        code = newest_read(shard, MR_TOPIC_VECTORS,
                           side_next(shard->sides[SIDE_DENSE]), &verify.vectors,
                           err);
    if (code == MR_OK)
        code = check_documents(&verify, err);
    if (code == MR_OK)
        code = check_vectors(&verify, err);
    if (code == MR_OK)
        code = check_strays(&verify, err);
    for (size_t side = 0; code == MR_OK && side < MANIFEST_SIDES; side++)
        code = verify_side(&verify, side, err);
    newest_deinit(&verify.documents);
    newest_deinit(&verify.vectors);
    mr_arena_free(verify.arena);
    return code;
}
