// SPDX-License-Identifier: Apache-2.0
/*
 * records.h - the documents of a shard, as they came on its topics.
 *
 * Space "documents": id -> offset:u64, then the record's value as it was.
 * Space "vectors":   id -> offset:u64 version:u64 content:u64 state:u8, then
 *                    the error when the embedding failed.
 * Space "passages": size of the id:u16 id number:u32, all big-endian, ->
 *                    content:u64 text.  Of documents whose text is in the blob
 *                    store: so that a query needs nothing from there.
 * Space "meta":      "applied" -> offset:u64, the first record of `documents`
 *                    that is not in these spaces yet; written with them.
 * Writing the same record twice changes nothing.
 *
 * Memory:  what is read lies in the arena.
 * Threads: any.
 * I/O:     the shard's own store.
 */
#ifndef INDEXER_SHARD_RECORDS_H
#define INDEXER_SHARD_RECORDS_H

#include "common/base/mr_arena.h"
#include "common/base/mr_batch.h"
#include "common/ports/store.h"
#include "common/wire/document.h"
#include "common/wire/vectors.h"
#include "indexer/indexer.h"
#include "indexer/shard/table.h"

struct records {
    struct mr_store *store;
    mr_space_id documents;
    mr_space_id vectors;
    mr_space_id passages;
    mr_space_id meta;
};

MR_MUST_CHECK enum mr_code records_init(struct records *records,
                                        struct mr_store *store,
                                        struct mr_err *err);

/* An absent value removes the document. */
void records_put_document(const struct records *records, struct mr_batch *batch,
                          struct mr_span id, uint64_t offset,
                          struct mr_span value);
void records_put_vectors(const struct records *records, struct mr_batch *batch,
                         const struct mr_vectors *vectors, uint64_t offset);

/* The passages of a document's text that is in the blob store. */
void records_put_passages(const struct records *records, struct mr_batch *batch,
                          const struct mr_document *document,
                          struct mr_span text);
void records_forget_passages(const struct records *records,
                             struct mr_batch *batch, struct mr_span id);

/* A passage's text; absent when it is not here, or of other content. */
MR_MUST_CHECK enum mr_code records_passage(
    const struct records *records, struct mr_span id, uint64_t content_version,
    uint32_t number, struct mr_arena *arena, struct mr_span *out,
    struct mr_err *err);

void records_put_applied(const struct records *records, struct mr_batch *batch,
                         uint64_t next);
MR_MUST_CHECK enum mr_code records_applied(const struct records *records,
                                           uint64_t *next, struct mr_err *err);

/* The record's value in a pair of the space "documents", and its offset; an
 * absent span and UINT64_MAX when it is none. */
struct mr_span records_value(struct mr_span pair, uint64_t *offset);

void records_forget_vectors(const struct records *records,
                            struct mr_batch *batch, struct mr_span id);

/* *found false: there is none.  Borrowed texts lie in the arena. */
MR_MUST_CHECK enum mr_code records_document(const struct records *records,
                                            struct mr_span id,
                                            struct mr_arena *arena, bool *found,
                                            struct mr_document *out,
                                            struct mr_err *err);

/* As they were put: without floats. */
MR_MUST_CHECK enum mr_code records_vectors(
    const struct records *records, struct mr_span id, struct mr_arena *arena,
    bool *found, uint64_t *offset, struct mr_vectors *out, struct mr_err *err);

/* Why the embedding failed, or an absent span. */
MR_MUST_CHECK enum mr_code records_error(const struct records *records,
                                         struct mr_span id,
                                         struct mr_arena *arena,
                                         struct mr_span *out,
                                         struct mr_err *err);

/* Fills an empty table with all of it.  *ahead: a record lies at or past the
 * ends of its topic, so the log has lost what was read from it. */
MR_MUST_CHECK enum mr_code records_fill(const struct records *records,
                                        struct table *table,
                                        uint64_t documents_end,
                                        uint64_t vectors_end, bool *ahead,
                                        struct mr_err *err);

/* Every document, in order of ids. */
MR_MUST_CHECK enum mr_code records_scan(const struct records *records,
                                        shard_visit *visit, void *context,
                                        struct mr_err *err);

/* Removes all of it, synced. */
MR_MUST_CHECK enum mr_code records_clear(const struct records *records,
                                         struct mr_err *err);

#endif
