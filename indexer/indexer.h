// SPDX-License-Identifier: Apache-2.0
/*
 * indexer.h - a shard: partition p of `documents` and of `vectors.<model>`,
 * made searchable.  The first public header of the indexer (also:
 * peer.h, serve.h, checkpoint.h).
 * size: all that a retriever sees of a shard.
 *
 * A shard follows its two partitions by itself and keeps their offsets in its
 * own manifest.  Readers take a snapshot, which stays as it is while they hold
 * it, and never wait for the writer.
 *
 * The way of a query over several shards:
 *   index_query_new()         once: words to terms
 *   shard_acquire()           on each shard
 *   shard_add_stats()         on each: N, lengths, document frequencies
 *   shard_search_keyword() / shard_search_dense()    on each: its best hits
 *   shard_load_hit()          for those that are shown
 *   shard_release()
 *
 * Memory:  hits and what is loaded live in the caller's arena.
 * Threads: a shard has one writer thread; all functions on snapshots may be
 *          called by any number of threads.
 * I/O:     the shard's folder: segments (mapped), manifest, records (a store).
 */
#ifndef INDEXER_INDEXER_H
#define INDEXER_INDEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_status.h"
#include "common/runtime/place.h"
#include "common/runtime/telemetry.h"
#include "common/wire/document.h"

#define INDEX_TOP_K_MAX       1000u
#define INDEX_QUERY_TERMS_MAX 256u

struct index_config {
    uint32_t seal_passages;      /* of a new segment; default 4096 */
    uint32_t merge_fan_in;       /* neighbours of one level; default 4 */
    uint32_t exact_passages_max; /* above: HNSW; default 50000 */
    double k1;                   /* BM25; default 1.5 */
    double b;                    /* default .75 */
    uint32_t build_threads;      /* merges in parallel; default 1 */
};

struct index_config index_config_default(void);

struct shard_spec {
    const struct mr_place *place; /* borrowed */
    uint32_t partition;
    const char *folder;       /* exists; copied */
    struct mr_store *records; /* the shard's own; borrowed */
    uint32_t dimension;       /* of the model */
    const char *language;     /* of documents that do not say: "en" */
    struct index_config config;
    uint32_t batch_records;         /* read in one step at most; 0: 256 */
    struct mr_telemetry *telemetry; /* borrowed; NULL for none */
    /* Called on the writer's thread when it ends by a FATAL error. */
    void (*ended)(void *context, const struct mr_err *err);
    void *ended_context;
};

struct shard;
struct shard_snapshot;
struct index_query;

/*
 * Opens the folder, checks manifest, fingerprints and checksums, and maps the
 * segments; what is newer is read from the log by the writer.
 * MR_E_CONFIG:  made by another model, analyser or partition count (the
 *               message names both, and what to do).
 * MR_E_DAMAGED: a file breaks its format (the message names it; deleting the
 *               folder rebuilds it from the log).
 */
MR_MUST_CHECK enum mr_code shard_open(const struct shard_spec *spec,
                                      struct shard **out, struct mr_err *err);

/* Starts the writer's thread; or step by step for the simulation: one batch
 * of either topic. */
MR_MUST_CHECK enum mr_code shard_start(struct shard *shard, struct mr_err *err);
MR_MUST_CHECK enum mr_code shard_step(struct shard *shard, int wait_ms,
                                      bool *worked, struct mr_err *err);
void shard_stop(struct shard *shard);
void shard_close(struct shard *shard);

/* What the shard's files hold: all records before these offsets. */
struct shard_sealed {
    uint64_t documents_next;
    uint64_t vectors_next;
};

void shard_sealed(struct shard *shard, struct shard_sealed *out);

/*
 * Links the files of the newest manifest, and it, into the folder `to`, which
 * is on the same disk; the writer may go on meanwhile.  With the records as of
 * any moment after the call they are a folder that shard_open() opens.  *any
 * false: nothing was ever sealed.
 */
MR_MUST_CHECK enum mr_code shard_link(struct shard *shard, const char *to,
                                      struct shard_sealed *out, bool *any,
                                      struct mr_err *err);

struct shard_status {
    uint64_t live; /* documents, by state */
    uint64_t rejected;
    uint64_t duplicate;
    uint64_t deleted;
    uint64_t failed;
    uint64_t passages;        /* live, searchable by words */
    uint64_t passages_dense;  /* live, searchable by meaning */
    uint64_t documents_dense; /* live documents with their vectors */
    uint64_t keyword_segments;
    uint64_t dense_segments;
    uint64_t keyword_lag; /* records of `documents` not yet read */
    uint64_t dense_lag;   /* records of `vectors` not yet read */
    uint64_t bytes;       /* of sealed segments */
    double recall;        /* of HNSW on its own samples; 1 when all is exact */
};

void shard_status(struct shard *shard, struct shard_status *out);

/* What is known of a document. */
struct shard_record {
    bool found;
    struct mr_document document; /* without text */
    bool dense;                  /* its vectors are searchable */
    bool dense_failed;           /* its embedding failed for good */
    struct mr_span dense_error;
    uint64_t documents_offset; /* of the record that made it so */
    size_t passage_count;
};

/* MR_OK with found false for an id never seen. */
MR_MUST_CHECK enum mr_code shard_get(struct shard *shard, struct mr_span id,
                                     struct mr_arena *arena,
                                     struct shard_record *out,
                                     struct mr_err *err);

/* The whole normalised text of a live document; absent if it has none. */
MR_MUST_CHECK enum mr_code shard_text(struct shard *shard, struct mr_span id,
                                      struct mr_arena *arena,
                                      struct mr_span *out, struct mr_err *err);

/*
 * Waits until the shard knows the fate of `version` of `id` (a version of it
 * or a newer one has arrived), and with `dense` also that of its vectors, or
 * until `wait_ms` have gone: *done says which.
 */
MR_MUST_CHECK enum mr_code shard_wait(struct shard *shard, struct mr_span id,
                                      uint64_t version, bool dense, int wait_ms,
                                      bool *done, struct mr_err *err);

/* Never NULL.  Released by shard_release(). */
struct shard_snapshot *shard_acquire(struct shard *shard);
void shard_release(struct shard_snapshot *snapshot);

/* Rises with each change that a search can see. */
uint64_t shard_snapshot_version(const struct shard_snapshot *snapshot);

/* A condition on a document's metadata; several are all to hold. */
enum index_op {
    INDEX_OP_IN, /* one of the values; with one value: equal */
    INDEX_OP_NOT_IN,
    INDEX_OP_GT,
    INDEX_OP_GTE,
    INDEX_OP_LT,
    INDEX_OP_LTE,
    INDEX_OP_EXISTS,
};

struct index_condition {
    struct mr_span key; /* of metadata, or "$source", "$language", "$id" */
    enum index_op op;
    const struct mr_pair *values; /* keys unused */
    size_t value_count;
};

struct index_filter {
    const struct index_condition *conditions;
    size_t count;
    /* Whose documents may be seen.  NULL: all; else those without access
     * list and those that name one of these. */
    const struct mr_span *principals;
    size_t principal_count;
};

/* Statistics of a query's terms over a collection: the sum of its shards. */
struct index_stats {
    uint64_t passages;
    uint64_t length; /* terms in all passages */
    uint64_t frequency[INDEX_QUERY_TERMS_MAX];
};

/* The terms of a query, stemmed for each of `languages` (two-letter codes);
 * at most INDEX_QUERY_TERMS_MAX, further words are left out. */
struct index_query *index_query_new(struct mr_span text,
                                    const char *const *languages,
                                    size_t language_count);
void index_query_free(struct index_query *query);
size_t index_query_terms(const struct index_query *query);
struct mr_span index_query_term(const struct index_query *query, size_t nth);

/* Byte ranges of `text` whose words are terms of the query, rising, at most
 * `room` of them: what a page highlights.  Gives their number. */
size_t index_query_highlight(const struct index_query *query,
                             struct mr_span text, const char *language,
                             uint32_t (*ranges)[2], size_t room);

/* Which terms of the query stand in `text`: sets present[nth] for each and
 * gives how many there are. `present` has room for index_query_terms(). */
size_t index_query_match(const struct index_query *query, struct mr_span text,
                         const char *language, bool *present);

/* Terms of different languages for one word of the query share its number,
 * from 0; and how many words there are. */
size_t index_query_word(const struct index_query *query, size_t nth);
size_t index_query_words(const struct index_query *query);

/* A word as it stands in the query. */
struct mr_span index_query_word_text(const struct index_query *query,
                                     size_t word);

struct shard_hit {
    struct mr_span document;
    uint64_t content_version;
    uint32_t passage; /* ordinal in the document */
    double score;     /* BM25, or the cosine */
    /* With explain, keyword: the share of each query term; else NULL. */
    double *parts;
};

struct shard_search {
    size_t top_k;
    uint32_t per_document; /* hits of one document at most; 0: no limit */
    bool exact;            /* no approximation */
    bool explain;
    const struct index_filter *filter; /* NULL for none */
};

/* Languages of live documents in the snapshot, most frequent first. */
size_t shard_languages(const struct shard_snapshot *snapshot, const char **out,
                       size_t room);

void shard_add_stats(struct shard_snapshot *snapshot,
                     const struct index_query *query,
                     struct index_stats *stats);

/* Best first, ties by document id and passage.  *hits in `arena`. */
MR_MUST_CHECK enum mr_code shard_search_keyword(
    struct shard_snapshot *snapshot, const struct index_query *query,
    const struct index_stats *stats, const struct shard_search *search,
    struct mr_arena *arena, struct shard_hit **hits, size_t *count,
    struct mr_err *err);

/* As above; `vector` of the model's dimension and length 1. */
MR_MUST_CHECK enum mr_code shard_search_dense(
    struct shard_snapshot *snapshot, const float *vector,
    const struct shard_search *search, struct mr_arena *arena,
    struct shard_hit **hits, size_t *count, struct mr_err *err);

struct shard_passage {
    bool found;                  /* false: replaced since the search */
    struct mr_document document; /* without text */
    struct mr_passage passage;
    struct mr_span text; /* of the passage */
};

MR_MUST_CHECK enum mr_code shard_load_hit(struct shard *shard,
                                          const struct shard_hit *hit,
                                          struct mr_arena *arena,
                                          struct shard_passage *out,
                                          struct mr_err *err);

/* Called for each document; what it is given is borrowed for the call. */
typedef enum mr_code shard_visit(void *context,
                                 const struct mr_document *document,
                                 struct mr_err *err);

/* Visits every document that is known, in order of ids, with its text unless
 * that is in the blob store.  A code other than MR_OK ends it. */
MR_MUST_CHECK enum mr_code shard_scan(struct shard *shard, shard_visit *visit,
                                      void *context, struct mr_err *err);

/* One fact that does not agree with another; borrowed for the call. */
struct shard_finding {
    const char *rule;  /* such as "record", "vectors", "keyword", "dense" */
    struct mr_span id; /* of the document; absent: of the shard */
    const char *text;
};

typedef void shard_found(void *context, const struct shard_finding *finding);

/* What shard_verify() looked at. */
struct shard_verified {
    uint64_t documents;       /* whose newest record was compared */
    uint64_t vectors;         /* likewise */
    uint64_t keyword_entries; /* texts in segments, dead ones too */
    uint64_t dense_entries;
    uint64_t findings;
};

/*
 * Proves that the two topics, the shard's records, its table and its segments
 * agree: that each document's record is the newest of the log, that just the
 * texts and vectors that are live are alive in segments, each once, and that
 * their postings and floats are those of the log.  Checksums are checked by
 * shard_open().
 * The shard has read its topics to their ends (shard_step() says that nothing
 * was left), and nobody steps it meanwhile.  Reads all of it, and needs about
 * 100 bytes of memory for each record on the topics.
 */
MR_MUST_CHECK enum mr_code shard_verify(struct shard *shard, shard_found *found,
                                        void *context,
                                        struct shard_verified *out,
                                        struct mr_err *err);

/* One hash over what has become of the documents of several shards: ids,
 * versions, states, whose duplicates, and the ids of the passages, which are
 * hashes of their texts.  Equal logs give equal digests, however they were
 * worked off. */
struct index_digest;

struct index_digest *index_digest_new(void);
void index_digest_free(struct index_digest *digest); /* NULL does nothing */
MR_MUST_CHECK enum mr_code index_digest_add(struct index_digest *digest,
                                            struct shard *shard,
                                            struct mr_err *err);
struct mr_hash128 index_digest_hash(struct index_digest *digest,
                                    size_t *documents);

#endif
