// SPDX-License-Identifier: Apache-2.0
/*
 * extract.c - see extract.h.
 */
#include "retriever/answer/extract.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text/sentences.h"

/* Further sentences must carry this share of what the best one carries. */
#define NEAR_BEST .75
/* A longer one is more than a sentence: a list, or code. */
#define SENTENCE_BYTES ((size_t)300)
#define RANK_WEIGHT    .1
#define SENTENCES_SEEN ((size_t)256)

/* Words that make a question and say nothing of what it is about. */
static const char *const asking[] = {
    "what",   "who",    "whom",   "whose",  "which", "when",    "where",
    "why",    "how",    "do",     "does",   "did",   "can",     "could",
    "should", "would",  "tell",   "me",     "was",   "wer",     "wen",
    "wem",    "wessen", "wann",   "wo",     "warum", "wieso",   "wie",
    "quel",   "quelle", "qui",    "que",    "quand", "comment", "pourquoi",
    "quien",  "cual",   "donde",  "cuando", "como",  "che",     "chi",
    "quando", "dove",   "perche",
};

static bool only_asks(struct mr_span word)
{
    for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++) {
        if (word.size == strlen(asking[i]) &&
            strncasecmp((const char *)word.data, asking[i], word.size) == 0)
            return true;
    }
    return false;
}

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
    for (size_t i = 0; i < index_query_words(query); i++) {
        if (only_asks(index_query_word_text(query, i)))
            weights[i] = 0;
        *sum += weights[i];
    }
    return weights;
}

/* What scoring a sentence needs to know of the question. */
struct scorer {
    const struct index_query *query;
    const double *weights; /* of its words */
    double sum;
    struct mr_arena *arena;
};

/* The share of the question's weight in one sentence. */
static double share_of(const struct scorer *scorer, struct mr_span text,
                       const char *language)
{
    const struct index_query *query = scorer->query;
    bool *present = mr_arena_calloc(scorer->arena, index_query_terms(query),
                                    sizeof(*present));
    bool *counted = mr_arena_calloc(scorer->arena, index_query_words(query),
                                    sizeof(*counted));
    double share = 0;

    (void)index_query_match(query, text, language, present);
    for (size_t i = 0; i < index_query_terms(query); i++) {
        size_t word = index_query_word(query, i);

        if (!present[i] || counted[word])
            continue;
        counted[word] = true;
        share += scorer->weights[word];
    }
    return scorer->sum > 0 ? share / scorer->sum : 0;
}

/* The sentences of passage `nth` with their scores; gives how many. */
static size_t score_passage(const struct scorer *scorer,
                            const struct extract_passage *passage, size_t nth,
                            struct extract_sentence *out)
{
    struct mr_sentences sentences = mr_sentences(passage->text);
    struct mr_sentence sentence;
    size_t count = 0;

    while (count < SENTENCES_SEEN && mr_sentences_next(&sentences, &sentence)) {
        struct mr_span text = mr_span(passage->text.data + sentence.start,
                                      sentence.end - sentence.start);
        double share = share_of(scorer, text, passage->language);

        if (text.size > SENTENCE_BYTES)
            share *= (double)SENTENCE_BYTES / (double)text.size;

        out[count++] = (struct extract_sentence){
            .passage = (uint32_t)nth,
            .start = (uint32_t)sentence.start,
            .end = (uint32_t)sentence.end,
            .share = share / (1 + RANK_WEIGHT * (double)nth),
        };
    }
    return count;
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
    struct scorer scorer = { .query = query, .arena = arena };

    scorer.weights = weights_of(query, stats, arena, &scorer.sum);
    for (size_t i = 0; i < count && i < EXTRACT_PASSAGES_MAX; i++)
        seen += score_passage(&scorer, &passages[i], i, all + seen);
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
