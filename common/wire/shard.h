// SPDX-License-Identifier: Apache-2.0
/*
 * shard.h - what a retriever asks of a shard elsewhere, and its reply.
 *
 * The bodies of POST /v1/shards/{partition}/{verb}; on no topic.  One struct
 * serves all verbs: which of its fields count, indexer/peer.h says.  Documents
 * lie in it as encoded messages of their own.
 *
 * Limits: a request has at most MR_SHARD_REQUEST_BYTES_MAX, a reply
 * MR_SHARD_REPLY_BYTES_MAX: a whole text, or a page of passages.
 */
#ifndef COMMON_WIRE_SHARD_H
#define COMMON_WIRE_SHARD_H

#include "common/wire/clean.h"
#include "common/wire/types.h"

#define MR_SHARD_REQUEST_BYTES_MAX (4u * 1024u * 1024u)
#define MR_SHARD_REPLY_BYTES_MAX   (64u * 1024u * 1024u)
#define MR_SHARD_TERMS_MAX         256u
#define MR_SHARD_TERM_BYTES_MAX    8192u
#define MR_SHARD_CONDITIONS_MAX    64u
#define MR_SHARD_VALUES_MAX        16384u
#define MR_SHARD_PRINCIPALS_MAX    1024u
#define MR_SHARD_PLACES_MAX        256u
#define MR_SHARD_HITS_MAX          1000u /* of one side */
#define MR_SHARD_LANGUAGES_MAX     16u

enum mr_shard_verb {
    MR_SHARD_INFO = 1,
    MR_SHARD_STATS = 2,
    MR_SHARD_SEARCH = 3,
    MR_SHARD_LOAD = 4,
    MR_SHARD_GET = 5,
    MR_SHARD_TEXT = 6,
    MR_SHARD_WAIT = 7,
};

struct mr_shard_term {
    struct mr_span term;
    uint32_t weight;
    uint32_t word;
    uint64_t frequency;
};

#define MR_SHARD_OPS 7u /* operators are numbers below it */

struct mr_shard_condition {
    struct mr_span key;
    uint32_t op;
    struct mr_pairs values; /* without keys, in any order */
};

struct mr_shard_place {
    struct mr_span document;
    uint64_t content_version;
    uint32_t passage;
};

struct mr_shard_request {
    enum mr_shard_verb verb;
    uint32_t left_ms; /* for all of it; 0: it is too late */
    struct mr_shard_term *terms;
    size_t term_count;
    uint64_t passages;
    uint64_t length;
    uint32_t top_k;
    uint32_t per_document;
    bool exact;
    bool explain;
    bool keyword;          /* that side is asked for */
    struct mr_span vector; /* floats, little-endian; absent: no dense side */
    struct mr_shard_condition *conditions;
    size_t condition_count;
    bool has_principals;
    struct mr_span *principals;
    size_t principal_count;
    struct mr_shard_place *places;
    size_t place_count;
    struct mr_span id;
    uint64_t version;
    bool dense;
    uint32_t wait_ms;
};

struct mr_shard_hit {
    struct mr_shard_place place;
    double score;
    struct mr_span parts; /* doubles, little-endian; or absent */
};

struct mr_shard_counts {
    uint64_t live;
    uint64_t rejected;
    uint64_t duplicate;
    uint64_t deleted;
    uint64_t failed;
    uint64_t passages;
    uint64_t passages_dense;
    uint64_t documents_dense;
    uint64_t keyword_segments;
    uint64_t dense_segments;
    uint64_t keyword_lag;
    uint64_t dense_lag;
    uint64_t bytes;
    double recall;
};

struct mr_shard_passage {
    struct mr_span document; /* encoded; absent: it was replaced, as all is */
    struct mr_passage passage;
    struct mr_span text;
};

struct mr_shard_reply {
    enum mr_shard_verb verb;
    uint64_t version;
    struct mr_span *languages;
    size_t language_count;
    struct mr_shard_counts counts;
    uint64_t passages;
    uint64_t length;
    uint64_t *frequency;
    size_t frequency_count;
    struct mr_shard_hit *keyword;
    size_t keyword_count;
    struct mr_shard_hit *dense;
    size_t dense_count;
    struct mr_span keyword_error; /* absent: that side did not fail */
    struct mr_span dense_error;
    struct mr_shard_passage *loaded;
    size_t loaded_count;
    struct mr_span document; /* encoded; absent: never seen */
    bool has_dense;
    bool dense_failed;
    struct mr_span failed_error;
    uint64_t documents_offset;
    uint64_t passage_count;
    bool has_text;
    struct mr_span text;
    bool done;
};

MR_MUST_CHECK enum mr_code mr_shard_request_encode(
    const struct mr_shard_request *request, struct mr_arena *arena,
    struct mr_span *out, struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_shard_request_parse(struct mr_span bytes,
                                                  struct mr_arena *arena,
                                                  struct mr_shard_request *out,
                                                  struct mr_err *err);

MR_MUST_CHECK enum mr_code mr_shard_reply_encode(
    const struct mr_shard_reply *reply, struct mr_arena *arena,
    struct mr_span *out, struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_shard_reply_parse(struct mr_span bytes,
                                                struct mr_arena *arena,
                                                struct mr_shard_reply *out,
                                                struct mr_err *err);

#endif
