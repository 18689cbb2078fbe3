// SPDX-License-Identifier: Apache-2.0
/*
 * tokens.h - how many tokens a text is for a generator, on the safe side.
 *
 * A generator's tokenizer is its own; what is needed here is a number that the
 * true one does not exceed on prose, so that a prompt fits its window.  A run
 * of ASCII letters counts one for its first five and one for each further
 * four, a digit and a mark one each, a character of two bytes one, of three
 * bytes two, of four three; a single space goes with the word after it.  On
 * English prose that is some 1.3 times what tokenizers of 30,000 to 150,000
 * entries make of it.
 *
 * The number of two texts one after the other is at most the sum of both.
 *
 * Threads: any.  I/O: none.  Linear in the bytes.
 */
#ifndef RETRIEVER_CONTEXT_TOKENS_H
#define RETRIEVER_CONTEXT_TOKENS_H

#include <stddef.h>

#include "common/base/mr_span.h"

size_t context_tokens(struct mr_span text);

#endif
