// SPDX-License-Identifier: Apache-2.0
/*
 * sentences.h - the sentences of a text, one after the other.
 *
 * Rules, not a model.  A sentence ends
 *   - at a blank line, and before a line that begins a list item;
 *   - after "。", "！", "？", "｡" and the closing quotes that follow;
 *   - after ".", "!", "?", "…" and the closing quotes and brackets that follow,
 *     when white space comes next and what comes then does not begin with a
 *     lower-case letter.
 * A full stop does not end one after an abbreviation ("Dr.", "e.g.", "z.B."),
 * an initial ("J. Smith"), the number of a list item at the beginning of a
 * line ("1. First"), nor inside "3.14" or "example.org".  Abbreviations are
 * those of English, German, French, Spanish, Italian and Dutch that are
 * commonly followed by a name or number.
 *
 * Good enough to cut passages by: a wrong end costs a little coherence, and
 * never text.  Together the sentences hold all that is not white space.
 *
 * Memory:  borrows the text, allocates nothing.
 * Threads: a struct mr_sentences by one at a time.
 * I/O:     none.  Linear in the bytes.
 */
#ifndef COMMON_TEXT_SENTENCES_H
#define COMMON_TEXT_SENTENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

/* Bytes of the text, white space at both ends left out. */
struct mr_sentence {
    size_t start;
    size_t end;
    bool ends_paragraph; /* a blank line or the end of the text follows */
};

struct mr_sentences {
    const uint8_t *data;
    size_t size;
    size_t at;
};

static inline struct mr_sentences mr_sentences(struct mr_span text)
{
    return (struct mr_sentences){ .data = text.data, .size = text.size };
}

/* The next sentence, or false at the end. */
bool mr_sentences_next(struct mr_sentences *sentences, struct mr_sentence *out);

#endif
