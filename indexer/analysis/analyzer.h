// SPDX-License-Identifier: Apache-2.0
/*
 * analyzer.h - from text to terms, the same for documents and queries.
 *
 * Words by Unicode's rules (scanner.h), lower-cased, stemmed by Snowball where
 * it knows the language, then without accents (fold.h); numbers and code names
 * stay whole, CJK runs give their characters' bigrams, and a lone character
 * itself.  Words longer than ANALYZER_TERM_BYTES_MAX are cut there.  Stop words
 * (stops.h) are left out of a text that has other words too.
 *
 * Memory:  terms lie in the arena.
 * Threads: an analyzer serves one thread at a time.
 * I/O:     none.
 */
#ifndef INDEXER_ANALYSIS_ANALYZER_H
#define INDEXER_ANALYSIS_ANALYZER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"

#define ANALYZER_TERM_BYTES_MAX 64u

struct analyzer;

struct analyzer_term {
    struct mr_span term;
    uint32_t start; /* byte range in the text */
    uint32_t end;
};

struct analyzer *analyzer_new(void);
void analyzer_free(struct analyzer *analyzer);

/* The terms of `text` in their order.  `language`: a two-letter code; NULL or
 * unknown to Snowball: no stemming. */
void analyzer_run(struct analyzer *analyzer, struct mr_span text,
                  const char *language, struct mr_arena *arena,
                  struct analyzer_term **out, size_t *count);

/* Names rules and versions of all of it: kept in the manifest. */
const char *analyzer_fingerprint(void);

#endif
