// SPDX-License-Identifier: Apache-2.0
/*
 * eval_score.c - see eval_score.h.
 */
#include "cli/eval_score.h"

#include <math.h>
#include <stdlib.h>

static int falling(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;

    return (*left < *right) - (*left > *right);
}

static double dcg(const double *gains, size_t count, size_t k)
{
    double sum = 0;

    for (size_t i = 0; i < count && i < k; i++)
        sum += gains[i] / log2((double)i + 2);
    return sum;
}

struct eval_scores eval_score(const double *gains, size_t count, double *judged,
                              size_t judged_count)
{
    struct eval_scores scores = { 0 };
    size_t found = 0;
    double best;

    if (judged_count == 0)
        return scores;
    qsort(judged, judged_count, sizeof(*judged), falling);
    best = dcg(judged, judged_count, 10);
    scores.ndcg_10 = best > 0 ? dcg(gains, count, 10) / best : 0;
    for (size_t i = 0; i < count && i < 100; i++) {
        if (gains[i] <= 0)
            continue;
        found++;
        if (i < 10 && scores.mrr_10 == 0)
            scores.mrr_10 = 1 / ((double)i + 1);
    }
    scores.recall_100 = (double)found / (double)judged_count;
    return scores;
}
