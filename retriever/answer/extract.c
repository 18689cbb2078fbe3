// SPDX-License-Identifier: Apache-2.0
/*
 * extract.c - see extract.h.
 */
#include "retriever/answer/extract.h"

#include <math.h>
#include <stdlib.h>

#include "common/text/sentences.h"

/* Further sentences must carry this share of what the best one carries. */
#define NEAR_BEST      .6
#define SENTENCES_SEEN ((size_t)256)

/* What a word of the question weighs; the best of its terms. */
static double *weights_of(const struct index_query *query,
                          const struct index_stats *stats,
                          struct mr_arena *arena, double *sum)
{
    double *weights =
        mr_arena_calloc(arena, index_query_words(query), sizeof(*weights));
    double passages = (double)stats->passages;

    *sum = 0;
    for (size_t i = 0; i < index_query_terms(query); i++) {
        double frequency = (double)stats->frequency[i];
        double idf = log(1 + (passages - frequency + .5) / (frequency + .5));
        size_t word = index_query_word(query, i);

        if (idf > weights[word])
            weights[word] = idf;
    }
    for (size_t i = 0; i < index_query_words(query); i++)
        *sum += weights[i];
    return weights;
}

/* The share of the question's weight in one sentence. */
static double share_of(const struct index_query *query, const double *weights,
                       double sum, struct mr_span text, const char *language,
                       struct mr_arena *arena)
{
    bool *present =
        mr_arena_calloc(arena, index_query_terms(query), sizeof(*present));
    bool *counted =
        mr_arena_calloc(arena, index_query_words(query), sizeof(*counted));
    double share = 0;

    (void)index_query_match(query, text, language, present);
    for (size_t i = 0; i < index_query_terms(query); i++) {
        size_t word = index_query_word(query, i);

        if (!present[i] || counted[word])
            continue;
        counted[word] = true;
        share += weights[word];
    }
    return sum > 0 ? share / sum : 0;
}

static int compare_shares(const void *a, const void *b)
{
    const struct extract_sentence *left = a;
    const struct extract_sentence *right = b;

    if (left->share != right->share)
        return left->share < right->share ? 1 : -1;
    if (left->passage != right->passage)
        return left->passage < right->passage ? -1 : 1;
    return left->start < right->start ? -1 : 1;
}

static int compare_places(const void *a, const void *b)
{
    const struct extract_sentence *left = a;
    const struct extract_sentence *right = b;

    if (left->passage != right->passage)
        return left->passage < right->passage ? -1 : 1;
    return left->start < right->start ? -1 : 1;
}

size_t extract_answer(const struct index_query *query,
                      const struct index_stats *stats,
                      const struct extract_passage *passages, size_t count,
                      struct mr_arena *arena,
                      struct extract_sentence out[EXTRACT_SENTENCES_MAX])
{
    struct extract_sentence *all = mr_arena_calloc(
        arena, EXTRACT_PASSAGES_MAX * SENTENCES_SEEN, sizeof(*all));
    size_t seen = 0;
    size_t taken = 0;
    double sum;
    const double *weights = weights_of(query, stats, arena, &sum);

    for (size_t i = 0; i < count && i < EXTRACT_PASSAGES_MAX; i++) {
        struct mr_sentence *sentences;
        size_t there = mr_sentences(passages[i].text, arena, &sentences);

        for (size_t k = 0; k < there && k < SENTENCES_SEEN; k++) {
            struct mr_span text =
                mr_span(passages[i].text.data + sentences[k].start,
                        sentences[k].end - sentences[k].start);

            all[seen++] = (struct extract_sentence){
                .passage = (uint32_t)i,
                .start = sentences[k].start,
                .end = sentences[k].end,
                .share = share_of(query, weights, sum, text,
                                  passages[i].language, arena) /
                         (1 + .1 * (double)i),
            };
        }
    }
    qsort(all, seen, sizeof(*all), compare_shares);
    while (taken < seen && taken < EXTRACT_SENTENCES_MAX &&
           all[taken].share >= EXTRACT_SHARE_MIN &&
           all[taken].share >= NEAR_BEST * all[0].share) {
        out[taken] = all[taken];
        taken++;
    }
    qsort(out, taken, sizeof(*out), compare_places);
    return taken;
}
