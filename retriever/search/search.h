// SPDX-License-Identifier: Apache-2.0
/*
 * search.h - one query over all shards: embed, ask, merge, fuse, load.
 *
 * Statistics of the query's words are summed over the shards first, so that
 * scores do not depend on how many there are.  A shard that is away is left out
 * of all of it, and named in the result.  Each ranking fetches
 * SEARCH_FETCH_MIN hits or SEARCH_FETCH_FACTOR times those wanted, whichever
 * is more, before they are fused and cut.
 *
 * Memory:  results lie in the request's arena.
 * Threads: any.
 * I/O:     that of the shards' records and of the model.
 */
#ifndef RETRIEVER_SEARCH_SEARCH_H
#define RETRIEVER_SEARCH_SEARCH_H

#include "common/ports/model.h"
#include "retriever/request/search_request.h"
#include "retriever/search/fuse.h"

#define SEARCH_FETCH_MIN      100u
#define SEARCH_FETCH_FACTOR   4u
#define SEARCH_HIGHLIGHTS_MAX 64u
/* How long shards elsewhere have for all of a query. */
#define SEARCH_WITHIN_MS 5000

struct search_place {
    struct index_peer *const *peers; /* one a partition */
    size_t peer_count;
    struct mr_model *model;
    double keyword_weight;
};

struct search_hit {
    struct fused_hit fused;
    struct shard_passage passage; /* found is true */
    uint32_t (*highlights)[2];    /* into passage.text */
    size_t highlight_count;
};

struct search_result {
    struct search_hit *hits; /* best first */
    size_t count;
    struct index_query *query; /* freed by search_free() */
    struct index_stats stats;
    double recall; /* the least of the shards' own; 1 when exact */
    bool partial;  /* a shard or the embedding failed; see `problem` */
    struct mr_err problem;
    uint32_t *missing; /* partitions whose shards are away, rising */
    size_t missing_count;
    uint64_t index_version; /* the sum over shards that answered */
};

/*
 * MR_E_UNAVAILABLE and others: nothing could be searched.  When one side of a
 * hybrid search fails, the other answers and the result is partial; so it is
 * when shards are away, as long as one answers.
 */
MR_MUST_CHECK enum mr_code search_run(const struct search_place *place,
                                      const struct search_request *request,
                                      struct mr_arena *arena,
                                      struct search_result *out,
                                      struct mr_err *err);

void search_free(struct search_result *result);

#endif
