// SPDX-License-Identifier: Apache-2.0
/*
 * stop_words.h - the commonest words of some European languages, by hash.
 *
 * For the signal "stop": prose of English, German, French, Spanish, Italian,
 * Portuguese, Dutch, Polish, Swedish or Czech is to a third of such words,
 * lists and code are not.
 *
 * Memory:  one table, made at the first call.
 * Threads: any.  I/O: none.
 */
#ifndef PREPROCESSOR_CLEAN_STOP_WORDS_H
#define PREPROCESSOR_CLEAN_STOP_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* How many of the words are stop words, by clean_word_hash() of each. */
size_t clean_count_stop_words(const uint64_t *words, size_t count);

#endif
