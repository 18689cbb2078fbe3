// SPDX-License-Identifier: Apache-2.0
/*
 * shingles.h - a text as the hashes of its words and 3-word shingles.
 *
 * A shingle is three words in a row, lower-cased one code point at a time;
 * what stands between them does not count.  Its hash is a fixed mix of the
 * hashes of its words (XXH3 of their lower-cased UTF-8), 64 bits.
 *
 * Memory:  8 bytes a word in the arena.
 * Threads: any.  I/O: none.  Linear in the bytes.
 */
#ifndef PREPROCESSOR_CLEAN_SHINGLES_H
#define PREPROCESSOR_CLEAN_SHINGLES_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"

#define CLEAN_SHINGLE_WORDS 3u

/* The hash of one word, which is lower-cased for it. */
uint64_t clean_word_hash(struct mr_span word);

/* The hash of each word of the text, in order; gives how many, at most
 * `words_max`: what comes after is left out. */
size_t clean_word_hashes(struct mr_span text, size_t words_max,
                         struct mr_arena *arena, uint64_t **out);

/* Makes shingles of `count` words, in place: the first count - 2 members are
 * theirs then.  Gives how many; none of fewer than three words. */
size_t clean_shingle(uint64_t *words, size_t count);

#endif
