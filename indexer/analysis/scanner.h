// SPDX-License-Identifier: Apache-2.0
/*
 * scanner.h - where the words of a text are.
 *
 * The word boundaries of Unicode (UAX #29) as a search wants them:
 *   letters, marks, digits, '_' within       foo_bar, x86, naïve: one word
 *   ' and U+2019 between letters              don't, l'eau: one word
 *   . and , between digits                    3.14, 1,000: one word
 *   . between single letters                  U.S., e.g.: one word, kind
 * ACRONYM . and : between longer words              end.Next, std::map: two
 * words
 *   ++ and # behind a single letter           C++, C#: one word
 * Scripts that are written without spaces (Han, kana, Hangul, Thai, Lao,
 * Khmer, Burmese) give whole runs of kind UNSPACED.
 *
 * Memory:  borrows the text.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef INDEXER_ANALYSIS_SCANNER_H
#define INDEXER_ANALYSIS_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_span.h"

enum scanner_kind {
    SCANNER_WORD,
    SCANNER_ACRONYM,
    SCANNER_UNSPACED,
};

struct scanner_word {
    size_t start; /* byte range in the text */
    size_t end;
    enum scanner_kind kind;
    bool has_digit;
    bool is_wide; /* holds more than ASCII */
};

struct scanner {
    struct mr_span text;
    size_t at;
};

static inline struct scanner scanner(struct mr_span text)
{
    return (struct scanner){ .text = text };
}

/* The next word, false at the end of the text. */
bool scanner_next(struct scanner *scanner, struct scanner_word *out);

#endif
