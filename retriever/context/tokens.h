// SPDX-License-Identifier: Apache-2.0
/*
 * tokens.h - how many tokens a text is for a generator, on the safe side.
 *
 * A generator's tokenizer is its own; what is needed here is a number that the
 * true one does not exceed on prose, so that a prompt fits its window.  Three
 * ASCII letters of a word are a token, also the last one or two; a digit or
 * mark is one; a character of two bytes is one, of three bytes two, of four
 * three; a single space goes with the word after it.
 *
 * Measured, as a multiple of what tokenizers of 32,000 (Mistral v1) and 131,000
 * entries (Tekken) make of passages: English 1.5 to 1.8, French 1.3 to 1.7,
 * German 1.2 to 1.5, Polish 1.0 to 1.3, C 1.7 to 2.1.  Tables of numbers and
 * rare names can come out lower by a fifth.
 *
 * This is the only place that knows how tokens are counted: a generator's own
 * tokenizer.json, where there is one, belongs behind the same function.
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
