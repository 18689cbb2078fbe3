// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_score.h - the formula, in one place, so that every way to a score
 * rounds alike.
 *
 *   base = k1 * (1 - b)      slope = k1 * b / average
 *   weight = weight in the query * log(1 + (N - n + .5) / (n + .5))
 *   part = weight * tf / (tf + (base + slope * length))
 * from left to right in double, without fused operations (see CMakeLists.txt).
 * A part never falls with tf and never rises with length, but for rounding.
 */
#ifndef INDEXER_KEYWORD_KEYWORD_SCORE_H
#define INDEXER_KEYWORD_KEYWORD_SCORE_H

#include <math.h>

#include "indexer/keyword/keyword.h"

struct keyword_norm {
    double base;
    double slope;
};

static inline struct keyword_norm keyword_norm(
    const struct keyword_scorer *scorer)
{
    double average = 1;

    if (scorer->passages > 0 && scorer->length > 0)
        average = (double)scorer->length / (double)scorer->passages;
    return (struct keyword_norm){ .base = scorer->k1 * (1 - scorer->b),
                                  .slope = scorer->k1 * scorer->b / average };
}

/* Statistics may be a second old: a term in more passages than there are
 * counts as one that is in all. */
static inline double keyword_weight(const struct keyword_scorer *scorer,
                                    size_t term)
{
    double all = (double)scorer->passages;
    double with = (double)scorer->frequency[term];

    if (with > all)
        with = all;
    return scorer->weight[term] * log(1 + (all - with + .5) / (with + .5));
}

static inline double keyword_part(struct keyword_norm norm, double weight,
                                  uint32_t tf, uint32_t length)
{
    return weight * tf / (tf + (norm.base + norm.slope * length));
}

#endif
