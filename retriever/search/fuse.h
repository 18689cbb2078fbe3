// SPDX-License-Identifier: Apache-2.0
/*
 * fuse.h - one ranking from the keyword ranking and the dense one.
 *
 * A normalised sum (Fox, Shaw 1994: CombSUM).  In each ranking a score becomes
 *   part = (score - floor) / (best - floor), not below 0,
 * where the floor is the score at rank FUSE_FLOOR_RANK, or 0 in a shorter one:
 * it doesn't depend on how many hits were asked for.  Then
 *   own(passage)       = w * keyword part + (1 - w) * dense part
 *   whole(document)    = w * its best keyword part + (1 - w) * its best dense
 *   score(passage)     = whole(document) * own(passage) / best own of document
 * so that a document whose words stand in one passage and whose meaning stands
 * in another is not split in two, and its lesser passages come later.  Scores
 * lie in 0..1; 1 means first in both.  Ties: the better dense rank, then
 * document id and passage.
 *
 * Memory:  fused hits point into the given ones; they lie in the arena.
 * Threads: any.  I/O: none.
 */
#ifndef RETRIEVER_SEARCH_FUSE_H
#define RETRIEVER_SEARCH_FUSE_H

#include "common/base/mr_arena.h"
#include "indexer/indexer.h"

#define FUSE_FLOOR_RANK 100u

struct fused_hit {
    const struct shard_hit *hit; /* of whichever ranking has it */
    double score;
    uint32_t keyword_rank; /* from 1; 0: not there */
    uint32_t dense_rank;
    double keyword_score;
    double dense_score;
    double keyword_part; /* in 0..1, of a fused ranking only */
    double dense_part;
    const double *parts; /* of the keyword hit, or NULL */
};

/* Order of hits within one ranking: score down, then document and passage. */
int fuse_compare_hits(const void *a, const void *b);

/* All of both rankings, best first.  `keyword_weight`: w, in 0..1. */
void fuse_scores(const struct shard_hit *keyword, size_t keyword_count,
                 const struct shard_hit *dense, size_t dense_count,
                 double keyword_weight, struct mr_arena *arena,
                 struct fused_hit **out, size_t *count);

/* One ranking alone: scores stay, but a cosine below 0 is 0. */
void fuse_single(const struct shard_hit *hits, size_t count, bool dense,
                 struct mr_arena *arena, struct fused_hit **out);

/* Drops what is beyond `per_document` of one document (0: nothing), then cuts
 * at `top_k`; gives what is left. */
size_t fuse_limit(struct fused_hit *hits, size_t count, uint32_t per_document,
                  size_t top_k);

#endif
