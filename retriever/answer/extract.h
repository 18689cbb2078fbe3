// SPDX-License-Identifier: Apache-2.0
/*
 * extract.h - an answer out of the passages themselves: their sentences that
 * speak of the question.
 *
 * A sentence scores the share of the question's weight that its words carry: a
 * word weighs its inverse document frequency, so that "the" weighs next to
 * nothing, and words that only ask ("what", "wie") weigh nothing at all.  The
 * score is weighed down with the rank of its passage, and with its length when
 * it is longer than sentences are.  The best
 * sentence and at most two more that come near it are taken, in the order in
 * which they stand.  When no sentence carries EXTRACT_SHARE_MIN of the
 * question, there is no answer.
 *
 * Memory:  what is taken lies in the arena and points into the passages.
 * Threads: any.  I/O: none.
 */
#ifndef RETRIEVER_ANSWER_EXTRACT_H
#define RETRIEVER_ANSWER_EXTRACT_H

#include "common/base/mr_arena.h"
#include "indexer/indexer.h"

#define EXTRACT_SENTENCES_MAX 3u
#define EXTRACT_SHARE_MIN     .34
/* Passages beyond the first few are context, not answers. */
#define EXTRACT_PASSAGES_MAX 5u

struct extract_passage {
    struct mr_span text;
    const char *language; /* or NULL */
};

struct extract_sentence {
    uint32_t passage; /* position in the given passages */
    uint32_t start;   /* byte range in its text */
    uint32_t end;
    double share;
};

/* Gives the number of sentences, 0 when nothing was found. */
size_t extract_answer(const struct index_query *query,
                      const struct index_stats *stats,
                      const struct extract_passage *passages, size_t count,
                      struct mr_arena *arena,
                      struct extract_sentence out[EXTRACT_SENTENCES_MAX]);

#endif
