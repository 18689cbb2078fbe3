// SPDX-License-Identifier: Apache-2.0
/*
 * stems.h - from a lower-case word to the term that is indexed.
 *
 * Snowball's stemmer of the language, then fold_accents(): most stemmers know
 * endings by their accents; for English and Indonesian the other way round.  In
 * French, Italian and Catalan the article before an apostrophe goes first
 * (l'eau, dell'arte).  Stemming is most of what analysis costs, so terms are
 * remembered: a table of fixed size, where a new word takes the place of the
 * one that hashed there.
 *
 * Memory:  about 600 kB, and each language's stemmer from its first use on.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef INDEXER_ANALYSIS_STEMS_H
#define INDEXER_ANALYSIS_STEMS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

#define STEMS_NONE (-1) /* no stemmer for the language */

struct stems;

struct stems *stems_new(void);
void stems_free(struct stems *stems);

/* The number of a language's stemmer, STEMS_NONE when there is none.
 * `language`: two letters, or two and "-REGION"; NULL for not known. */
int stems_of(const char *language);

/* The term of `word` by stemmer `number` into `out`, at most `room` bytes of
 * it; gives its size. */
size_t stems_term(struct stems *stems, int number, struct mr_span word,
                  uint8_t *out, size_t room);

#endif
