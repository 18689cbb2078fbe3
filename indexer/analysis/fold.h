// SPDX-License-Identifier: Apache-2.0
/*
 * fold.h - case and accents taken from a word.
 *
 * Accents go where readers take them for decoration or may not be able to type
 * them: from Latin and Greek letters, and from the Russian ё.  Marks of other
 * scripts are letters of their own (й, が, Indic vowels) and stay.
 *
 * Memory:  writes into the caller's room, cut at a code point's end.
 * Threads: any.
 * I/O:     none.
 */
#ifndef INDEXER_ANALYSIS_FOLD_H
#define INDEXER_ANALYSIS_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_span.h"

/* Lower case; full-width letters to plain ones, U+2019 to ', format characters
 * left out.  `turkish`: I is the capital of ı.  Gives the size. */
size_t fold_case(struct mr_span word, bool turkish, uint8_t *out, size_t room);

/* A lower-case word without its accents.  Gives the size. */
size_t fold_accents(struct mr_span word, uint8_t *out, size_t room);

#endif
