// SPDX-License-Identifier: Apache-2.0
/*
 * eval_score.h - how good a ranking is, by judgements.
 *
 *   nDCG@k    (Jaervelin, Kekaelaeinen 2002) with linear gains: the sum of
 *             gain / log2(rank + 1) over the first k, divided by that of the
 *             best possible ranking
 *   recall@k  the share of the relevant (gain > 0) among the first k
 *   MRR@k     1 / rank of the first relevant among the first k, else 0
 *
 * Threads: any.  I/O: none.
 */
#ifndef CLI_EVAL_SCORE_H
#define CLI_EVAL_SCORE_H

#include <stddef.h>

struct eval_scores {
    double ndcg_10;
    double recall_100;
    double mrr_10;
};

/*
 * `gains` of the ranked documents, best first, 0 for those not judged;
 * `judged` all positive gains of the query in any order, which are sorted in
 * place.
 */
struct eval_scores eval_score(const double *gains, size_t count, double *judged,
                              size_t judged_count);

#endif
