// SPDX-License-Identifier: Apache-2.0
/*
 * table.h - what a shard knows of each document, in memory.
 *
 * Made anew from the records at each start, and kept in step with them: state
 * and versions, whether its vectors are there, and what filters ask for.
 *
 * Memory:  owns all it holds; about 150 bytes a document and its metadata.
 * Threads: the caller serialises (shard.c holds a read-write lock).
 * I/O:     none.
 */
#ifndef INDEXER_SHARD_TABLE_H
#define INDEXER_SHARD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"
#include "common/wire/document.h"
#include "common/wire/vectors.h"

#define TABLE_LANGUAGE_SIZE 12u
#define TABLE_LANGUAGES_MAX 64u
#define TABLE_DOC_STATES    ((size_t)MR_STATE_FAILED + 1)

struct table_doc {
    struct mr_span id;
    uint64_t hash;
    uint64_t version;
    uint64_t content_version;
    uint64_t documents_offset; /* of the newest record; UINT64_MAX: none yet */
    uint64_t vectors_offset;   /* likewise */
    uint64_t vectors_version;
    uint64_t vectors_content;
    enum mr_doc_state state;
    enum mr_doc_state vectors_state; /* 0: no record yet */
    bool long_text; /* a record of it had its text in the blob store */
    char language[TABLE_LANGUAGE_SIZE];
    struct mr_span source;
    struct mr_pair *pairs; /* metadata, sorted by key */
    size_t pair_count;
    struct mr_span *principals;
    size_t principal_count;
    void *details; /* the block that the four above lie in */
};

struct table;

struct table *table_new(void);
void table_free(struct table *table);

/* Empty again. */
void table_clear(struct table *table);

/* NULL when the document is not known. */
const struct table_doc *table_find(const struct table *table,
                                   struct mr_span id);

/* Takes over a record of `documents` at `offset`; false when a newer one is
 * known already. */
bool table_set_document(struct table *table, const struct mr_document *document,
                        uint64_t offset);

/* As above for `vectors`. */
bool table_set_vectors(struct table *table, const struct mr_vectors *vectors,
                       uint64_t offset);

/* A null record of `documents` or `vectors` at `offset`: forgets that half of
 * what is known, unless a newer record made it. The halves come and go in
 * their own order; false when a newer one is known. */
bool table_forget_document(struct table *table, struct mr_span id,
                           uint64_t offset);
bool table_forget_vectors(struct table *table, struct mr_span id,
                          uint64_t offset);

/* Live with just that content: what makes a hit count. */
static inline bool table_doc_serves(const struct table_doc *doc,
                                    uint64_t content_version)
{
    return doc != NULL && doc->documents_offset != UINT64_MAX &&
           doc->state == MR_STATE_LIVE &&
           doc->content_version == content_version;
}

/* Its vectors are those of its content. */
static inline bool table_doc_dense(const struct table_doc *doc)
{
    return table_doc_serves(doc, doc->vectors_content) &&
           doc->vectors_state == MR_STATE_LIVE;
}

static inline bool table_doc_dense_failed(const struct table_doc *doc)
{
    return doc->state == MR_STATE_LIVE &&
           doc->vectors_state == MR_STATE_FAILED &&
           doc->vectors_version >= doc->version;
}

/* Documents by state (index: enum mr_doc_state), and live ones with vectors. */
struct table_counts {
    uint64_t by_state[TABLE_DOC_STATES];
    uint64_t dense;
};

struct table_counts table_counts(const struct table *table);

/* Languages of live documents, most frequent first; names are the table's. */
size_t table_languages(const struct table *table, const char **out,
                       size_t room);

#endif
