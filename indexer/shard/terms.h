// SPDX-License-Identifier: Apache-2.0
/*
 * terms.h - what a passage is found by: the terms of the document's title, of
 * the passage's headings and of its text, in this order.
 *
 * Memory:  in the arena.
 * Threads: one at a time for an analyser.
 * I/O:     none.
 */
#ifndef INDEXER_SHARD_TERMS_H
#define INDEXER_SHARD_TERMS_H

#include "common/wire/document.h"
#include "indexer/analysis/analyzer.h"
#include "indexer/keyword/keyword.h"

/* Terms of passage `nth` of a document whose whole text is `text`; `language`
 * where it does not say its own.  MR_E_DAMAGED: the passage lies outside. */
MR_MUST_CHECK enum mr_code terms_of_passage(
    struct analyzer *analyzer, const char *language,
    const struct mr_document *document, struct mr_span text, size_t nth,
    struct mr_arena *arena, struct keyword_unit *out, struct mr_err *err);

#endif
