// SPDX-License-Identifier: Apache-2.0
/*
 * bert_chars.h - what BERT's uncased tokenizer does with one code point.
 *
 * The rules are those of BertNormalizer and BertPreTokenizer in Hugging Face's
 * tokenizers, as the published models use them, in this order: controls go,
 * white space becomes a space, CJK ideographs stand alone, canonical
 * decomposition, nonspacing marks go, lower case, punctuation stands alone.
 * The reference takes categories from Unicode 8: marks, punctuation and
 * formats that are newer are letters to it, and so to us.
 *
 * Not done is the canonical ordering of what is left: a mark with a combining
 * class that the rules keep is in no vocabulary (wordpiece.h refuses one that
 * has it), so its word is unknown in any order.
 *
 * Threads: any.  I/O: none.
 */
#ifndef EMBEDDER_WORDPIECE_BERT_CHARS_H
#define EMBEDDER_WORDPIECE_BERT_CHARS_H

#include <stddef.h>
#include <stdint.h>

#include "common/text/unicode.h"

enum bert_class {
    BERT_PLAIN, /* part of a word as it is */
    BERT_FOLD,  /* part of a word as bert_fold() has it */
    BERT_DROP,  /* not there */
    BERT_SPACE,
    BERT_PUNCT, /* a word of its own as it is */
    BERT_ALONE, /* a word of its own as bert_fold() has it */
};

enum bert_class bert_class_of(uint32_t code_point);

/*
 * Decomposed, without nonspacing marks, in lower case: 0 to 4 code points.
 * For BERT_FOLD, each may still be punctuation: see its own class.
 */
size_t bert_fold(uint32_t code_point, uint32_t out[MR_UNICODE_DECOMPOSED_MAX]);

#endif
