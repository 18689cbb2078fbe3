// SPDX-License-Identifier: Apache-2.0
/*
 * fuse.h - one ranking from the keyword ranking and the dense one.
 *
 * Reciprocal rank fusion (Cormack, Clarke, Buettcher 2009): a passage scores
 * 1 / (k + rank) in each ranking that has it, ranks from 1.  The sum is
 * divided by 2 / (k + 1), so that a score lies in 0..1 and 1 means first in
 * both.  Ties: the better dense rank, then document id and passage.
 *
 * Memory:  fused hits point into the given ones; they lie in the arena.
 * Threads: any.  I/O: none.
 */
#ifndef RETRIEVER_SEARCH_FUSE_H
#define RETRIEVER_SEARCH_FUSE_H

#include "common/base/mr_arena.h"
#include "indexer/indexer.h"

struct fused_hit {
    const struct shard_hit *hit; /* of whichever ranking has it */
    double score;
    uint32_t keyword_rank; /* from 1; 0: not there */
    uint32_t dense_rank;
    double keyword_score;
    double dense_score;
    const double *parts; /* of the keyword hit, or NULL */
};

/* Order of hits within one ranking: score down, then document and passage. */
int fuse_compare_hits(const void *a, const void *b);

/* All of both rankings, best first. */
void fuse_ranks(const struct shard_hit *keyword, size_t keyword_count,
                const struct shard_hit *dense, size_t dense_count, double rrf_k,
                struct mr_arena *arena, struct fused_hit **out, size_t *count);

/* One ranking alone: scores stay, but a cosine below 0 is 0. */
void fuse_single(const struct shard_hit *hits, size_t count, bool dense,
                 struct mr_arena *arena, struct fused_hit **out);

/* Drops what is beyond `per_document` of one document (0: nothing), then cuts
 * at `top_k`; gives what is left. */
size_t fuse_limit(struct fused_hit *hits, size_t count, uint32_t per_document,
                  size_t top_k);

#endif
