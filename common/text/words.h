// SPDX-License-Identifier: Apache-2.0
/*
 * words.h - the words of a text, one after the other.
 *
 * Boundaries are those of Unicode Standard Annex #29, "Word Boundaries", with
 * the properties of libunistring; a word is a stretch between two of them
 * that holds a letter or a number (general category L or N, marks and format
 * characters aside).  So "can't", "3.14" and "foo_bar" are one word each,
 * "well-known" is two, a Han ideograph is one by itself, and so is each letter
 * of Thai: no dictionary is used.
 *
 * The text should be UTF-8; bytes that are not stand for U+FFFD, which is no
 * letter.
 *
 * Memory:  borrows the text, allocates nothing.
 * Threads: a struct mr_words by one at a time.
 * I/O:     none.  Linear in the bytes, whatever they are.
 */
#ifndef COMMON_TEXT_WORDS_H
#define COMMON_TEXT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

/* Bytes of the text: from `start` up to, not with, `end`. */
struct mr_word {
    size_t start;
    size_t end;
};

struct mr_words {
    const uint8_t *data;
    size_t size;
    size_t at; /* where the next boundary is looked for */
};

/* Stands before the first word of `text`, which is borrowed. */
static inline struct mr_words mr_words(struct mr_span text)
{
    return (struct mr_words){ .data = text.data, .size = text.size };
}

/* The next word, or false at the end. */
bool mr_words_next(struct mr_words *words, struct mr_word *out);

/* How many there are. */
size_t mr_words_count(struct mr_span text);

#endif
