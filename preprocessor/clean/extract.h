// SPDX-License-Identifier: Apache-2.0
/*
 * extract.h - from a body as it came to normalised text.
 *
 * By content type: HTML and Markdown are read as such, everything else is
 * taken for plain text.  Whatever comes, there is a result: what is wrong
 * with it is counted, and reject.h decides.
 *
 * The text is UTF-8 in NFC with "\n" and "\t" as its only control characters.
 * Plain text is changed in nothing else.
 *
 * Memory:  results live in the arena, or point into the body.
 * Threads: any.  I/O: none.
 * Limits:  bodies of CLEAN_BODY_BYTES_MAX; time is linear in the body.
 */
#ifndef PREPROCESSOR_CLEAN_EXTRACT_H
#define PREPROCESSOR_CLEAN_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/text/nfc.h"
#include "preprocessor/clean/draft.h"

/* Larger ones are rejected unread. A parsed page takes some ten times its
 * size, which is then still less than a small machine has. */
#define CLEAN_BODY_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* A map with more runs is made coarser, so that it is a small part of the
 * message it travels in. */
#define CLEAN_MAP_RUNS_MAX 8192u

struct clean_source {
    struct mr_span body;
    struct mr_span content_type; /* parameters after ";" are looked at */
    struct mr_span charset;      /* as told by the transport, or absent */
    struct mr_span url;          /* or absent */
};

struct clean_text {
    struct mr_span text;
    struct clean_heading *headings; /* by their place in `text` */
    size_t heading_count;
    struct mr_span title;      /* one line, NFC; absent when there is none */
    struct mr_span source_map; /* common/text/source_map.h; absent: identity */
    struct mr_span language;   /* as the document names it, or absent */
    struct mr_span canonical;  /* as in draft.h; so are the following */
    struct mr_span refresh;
    bool noindex;
    bool cut;
    size_t hidden;
    size_t linked;
    struct mr_nfc_counts counts;
    size_t nuls;    /* of the body in UTF-8, all formats */
    size_t nuls_of; /* its bytes */
};

/* The body must not be larger than CLEAN_BODY_BYTES_MAX. */
void clean_extract(const struct clean_source *source, struct mr_arena *arena,
                   struct clean_text *out);

/* Whether the UTF-8 holds nothing but white space, as Unicode has it. */
bool clean_is_white(struct mr_span text);

/* A text in normal form, on one line, cut to MR_TITLE_BYTES_MAX; absent when
 * it is absent or white space. */
struct mr_span clean_one_line(struct mr_span text, struct mr_arena *arena);

#endif
