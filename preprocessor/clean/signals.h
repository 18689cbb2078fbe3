// SPDX-License-Identifier: Apache-2.0
/*
 * signals.h - what can be measured of a text without a model.
 *
 * They travel in the signature, so that policies can be changed and judged
 * again without the text; its size allows about ten.
 *
 *   words      number of words (common/text/words.h)
 *   chars      number of code points
 *   word_len   mean code points a word
 *   letters    share of code points that are letters or marks
 *   digits     share of code points that are numbers
 *   punct      share of code points that are punctuation or symbols
 *   upper      share of upper case among letters that have case
 *   stop       share of words that are stop words of some European language
 *   run        the longest run of one code point that is no white space
 *   dup_lines  share of lines that are repeats of an earlier one
 *   dup_ngrams share of 3-word shingles that are repeats of an earlier one
 *   hidden     bytes of text that a page hides from its readers; only HTML
 *   linked     share of bytes that are link texts; only if there are some
 *
 * Sources of ideas: J. Rae et al., Scaling Language Models (Gopher), 2021,
 * A1.1; C. Raffel et al., T5 (C4), 2020.
 *
 * Memory:  tables in proportion to lines and shingles, of which a sample by
 *          hash of at most CLEAN_SAMPLE_MAX is looked at.
 * Threads: any.  I/O: none.  Linear in the bytes.
 */
#ifndef PREPROCESSOR_CLEAN_SIGNALS_H
#define PREPROCESSOR_CLEAN_SIGNALS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/wire/types.h"

#define CLEAN_SIGNALS_MAX 13u
#define CLEAN_SAMPLE_MAX  65536u

struct clean_signals_in {
    struct mr_span text;
    size_t word_count;
    size_t stop_count; /* stop words among them */
    const uint64_t *shingles;
    size_t shingle_count;
    size_t hidden;
    size_t linked;
};

/* The hash of each line of the text that is not blank is used, and nothing
 * else of it twice.  Names are static; items live in the arena. */
void clean_signals(const struct clean_signals_in *in, struct mr_arena *arena,
                   struct mr_signals *out);

/* The value of a signal, or `fallback` when it is not there. */
double clean_signal(const struct mr_signals *signals, const char *name,
                    double fallback);

#endif
