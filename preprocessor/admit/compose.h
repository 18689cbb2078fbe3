// SPDX-License-Identifier: Apache-2.0
/*
 * compose.h - a document from its text and its verdict.
 *
 *               live   rejected, duplicate   deleted, failed
 *   text        yes    -                     -
 *   metadata    yes    yes                   -
 *   title, URL  yes    yes                   when the text is known
 *
 * Access goes with the title: a tombstone is shown to those who could see the
 * document.
 *
 * Memory:  the document borrows from text and record; arrays lie in the arena.
 * Threads: any.
 * I/O:     none.
 */
#ifndef PREPROCESSOR_ADMIT_COMPOSE_H
#define PREPROCESSOR_ADMIT_COMPOSE_H

#include "common/wire/document.h"
#include "preprocessor/admit/record.h"

/*
 * The document that the record's verdict and `text` make.  `text` is the one
 * that the verdict is about, or NULL when it is not known; then the verdict's
 * state must be deleted or failed.
 */
struct mr_document compose_document(const struct admit_record *record,
                                    const struct mr_clean *text,
                                    struct mr_arena *arena);

#endif
