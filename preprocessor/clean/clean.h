// SPDX-License-Identifier: Apache-2.0
/*
 * clean.h - one document, from its body to what the pipeline needs of it.
 *
 * The pure heart of the stage: text, language, passages, signals, MinHash,
 * and whether the text is refused, with the rule and the value that was
 * measured:
 *
 *   too_large          the body has more bytes than CLEAN_BODY_BYTES_MAX, or
 *                      is a page whose tree would be (common/text/html.h)
 *   binary             NUL bytes, or a tenth of the text is no text
 *   empty              neither text nor title holds anything but white space
 *   too_short          fewer words than words_min
 *   too_many_passages  more than MR_PASSAGES_MAX
 *
 * A document with a title and no text says its title.
 *
 * Memory:  results live in the arena, or point into the source.
 * Threads: any.  I/O: none.  Linear in the body.
 */
#ifndef PREPROCESSOR_CLEAN_CLEAN_H
#define PREPROCESSOR_CLEAN_CLEAN_H

#include <stdbool.h>

#include "common/base/mr_arena.h"
#include "common/wire/clean.h"
#include "common/wire/signature.h"
#include "preprocessor/clean/extract.h"
#include "preprocessor/preprocessor.h"

struct clean_document {
    struct clean_text text;
    struct mr_span title;    /* the one given, else that of the text */
    struct mr_span language; /* never absent */
    struct mr_passages passages;
    struct mr_signals signals;
    struct mr_hash128 text_hash;
    uint16_t minhash[MR_MINHASH_ROWS];
    bool has_minhash;
    const char *reject_rule; /* static; NULL: the text is taken */
    struct mr_span reject_value;
};

/* `id` and `title` (or absent) are as the source gave them.  Of `config` the
 * place is not used. */
void clean_document(const struct clean_config *config, struct mr_span id,
                    struct mr_span title, const struct clean_source *source,
                    struct mr_arena *arena, struct clean_document *out);

/* The configuration as 16 hexadecimal digits, in the arena: what may change
 * the result changes them. */
struct mr_span clean_fingerprint(const struct clean_config *config,
                                 struct mr_arena *arena);

#endif
