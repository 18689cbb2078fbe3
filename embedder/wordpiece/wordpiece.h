// SPDX-License-Identifier: Apache-2.0
/*
 * wordpiece.h - BERT's uncased tokenizer: from a text to the model's ids.
 *
 * Equal to Hugging Face's fast BertTokenizer with lower case and stripped
 * accents: the words of bert_words.h, each cut greedily into the longest
 * pieces of the vocabulary, those behind the first with "##" before them; a
 * word that cannot be cut so, or of more than 100 characters, is [UNK].
 *
 * A vocabulary is text with a piece a line; its number is the line's, from 0.
 *
 * Memory:  owned by the caller of wordpiece_parse(); about 1.2 MB.
 * Threads: constant once made; any number may use it.
 * I/O:     none.
 */
#ifndef EMBEDDER_WORDPIECE_WORDPIECE_H
#define EMBEDDER_WORDPIECE_WORDPIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "embedder/wordpiece/bert_words.h"

/* BERT's has 30,522; more than this is no vocabulary. */
#define WORDPIECE_VOCAB_MAX ((size_t)1 << 20)

/* A word of as many characters has at most as many pieces. */
#define WORDPIECE_WORD_IDS_MAX BERT_WORD_CHARS_MAX

/* [CLS] and [SEP]. */
#define WORDPIECE_FRAME 2u

struct wordpiece;

/*
 * MR_E_CORRUPT: not UTF-8, an empty line or one twice, no line for a special
 * token, or a piece with a combining mark that the rules would have ordered
 * (see bert_chars.h).  MR_E_LIMIT: more than WORDPIECE_VOCAB_MAX lines.
 */
MR_MUST_CHECK enum mr_code wordpiece_parse(struct mr_span vocabulary,
                                           struct wordpiece **out,
                                           struct mr_err *err);

/* NULL does nothing. */
void wordpiece_free(struct wordpiece *wordpiece);

/* Number of lines: ids are below it. */
size_t wordpiece_size(const struct wordpiece *wordpiece);

/*
 * [CLS], the ids of the text, [SEP] into `ids`, which has room for `ids_max`
 * (at least WORDPIECE_FRAME); what would be more is cut before [SEP].  Gives
 * the number of ids.
 */
size_t wordpiece_encode(const struct wordpiece *wordpiece, struct mr_span text,
                        int32_t *ids, size_t ids_max);

/* One word and where it stands in the text; borrowed for the visit. */
struct wordpiece_word {
    const int32_t *ids;
    size_t count; /* at least 1 */
    size_t start;
    size_t end;
};

/* False ends the walk. */
typedef bool wordpiece_visit(void *context, const struct wordpiece_word *word);

/* Every word of the text in order, without [CLS] and [SEP] around them. */
void wordpiece_words(const struct wordpiece *wordpiece, struct mr_span text,
                     wordpiece_visit *visit, void *context);

/*
 * Cuts the text between words into parts of at most `ids_max` ids, [CLS] and
 * [SEP] included, each as long as can be but for a preference of spaces over
 * other borders.  The parts side by side are the text, and their ids side by
 * side its ids.  At least one part.  A word of more ids than a part may have
 * is a part of its own that wordpiece_encode() cuts; that takes an `ids_max`
 * below WORDPIECE_WORD_IDS_MAX + WORDPIECE_FRAME.
 */
void wordpiece_split(const struct wordpiece *wordpiece, struct mr_span text,
                     size_t ids_max, struct mr_arena *arena,
                     struct mr_span **parts, uint32_t **tokens, size_t *count);

#endif
