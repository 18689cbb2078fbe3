// SPDX-License-Identifier: Apache-2.0
/*
 * bert_words.h - from a text to BERT's normalised words, in one pass.
 *
 * A word is what BertPreTokenizer gives: letters between spaces, punctuation
 * and ideographs, or one of the latter two.  Bytes that are not UTF-8 are not
 * there.  A special token written in the text, such as "[SEP]", is a word of
 * its own, as the reference has it; case counts.
 *
 * Memory:  a table of 64 KiB; scanning allocates nothing, and holds one word.
 * Threads: a table is constant once made.
 * I/O:     none.
 */
#ifndef EMBEDDER_WORDPIECE_BERT_WORDS_H
#define EMBEDDER_WORDPIECE_BERT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

/* Longer words are unknown to every vocabulary, by BERT's definition. */
#define BERT_WORD_CHARS_MAX 100u
#define BERT_WORD_BYTES_MAX (4u * BERT_WORD_CHARS_MAX)

enum bert_special {
    BERT_PAD,
    BERT_UNK,
    BERT_CLS,
    BERT_SEP,
    BERT_MASK,
    BERT_SPECIAL_COUNT,
    BERT_NO_SPECIAL = BERT_SPECIAL_COUNT,
};

/* "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"; static. */
const char *bert_special_text(enum bert_special special);

/* The classes of the code points below U+10000. */
struct bert_table {
    uint8_t classes[0x10000];
};

void bert_table_init(struct bert_table *table);

struct bert_word {
    const uint8_t *bytes; /* normalised; borrowed for the visit */
    size_t size;
    bool overlong;             /* more than BERT_WORD_CHARS_MAX characters;
                                  bytes are only its beginning */
    enum bert_special special; /* or BERT_NO_SPECIAL */
    size_t start;              /* of its first character in the text */
    size_t end;                /* behind its last one */
};

/* False ends the scan. */
typedef bool bert_visit(void *context, const struct bert_word *word);

void bert_words(const struct bert_table *table, struct mr_span text,
                bert_visit *visit, void *context);

#endif
