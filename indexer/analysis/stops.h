// SPDX-License-Identifier: Apache-2.0
/*
 * stops.h - words that say nothing about a text.
 *
 * Only for languages where leaving them out was measured: English, with the
 * list that Lucene has used from its beginning.  On CACM it raises nDCG@10 from
 * .502 to .516 and leaves Cranfield and XQuAD as they are; most of the gain
 * comes from lengths that count what is said.  Elsewhere idf weighs them.
 *
 * Threads: any.  I/O: none.
 */
#ifndef INDEXER_ANALYSIS_STOPS_H
#define INDEXER_ANALYSIS_STOPS_H

#include <stdbool.h>

#include "common/base/mr_span.h"

/* `word` in lower case, `language` as for stems_of(). */
bool stops_has(const char *language, struct mr_span word);

#endif
