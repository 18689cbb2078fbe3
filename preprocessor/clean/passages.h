// SPDX-License-Identifier: Apache-2.0
/*
 * passages.h - cuts a text into passages: what is found, cited and fused.
 *
 * A passage is cut at headings and ends of sentences.  Sections (from a
 * heading to the next) that are short are taken together with their neighbour
 * up to the target; a longer one is cut into pieces of about equal size, the
 * end of a paragraph preferred, so that no scrap is left.  A sentence is split
 * only if it alone exceeds the maximum, at ends of lines if it has some.
 *
 * The words of a heading are part of the passage that they begin.  The path
 * ("A > B") names the sections that a passage lies in; that of a passage over
 * several sections is what their paths have in common.
 *
 * Together the passages hold all of the text but white space between them.
 *
 * Memory:  results in the arena.
 * Threads: any.  I/O: none.  Linear in the bytes.
 */
#ifndef PREPROCESSOR_CLEAN_PASSAGES_H
#define PREPROCESSOR_CLEAN_PASSAGES_H

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/wire/clean.h"
#include "preprocessor/clean/draft.h"

/* A passage is never longer than this, whatever a "word" is. */
#define CLEAN_PASSAGE_BYTES_MAX 8192u

/* A path is cut here, so that 4,096 of them fit a message. */
#define CLEAN_PATH_BYTES_MAX 120u

struct clean_passages_spec {
    struct mr_span id; /* of the document */
    struct mr_span text;
    const struct clean_heading *headings;
    size_t heading_count;
    uint32_t words_target;
    uint32_t words_max; /* at least words_target */
};

/*
 * All passages of the text; none when it is white space.  More than
 * MR_PASSAGES_MAX of them are counted, and the first MR_PASSAGES_MAX + 1 given:
 * what is too many the caller decides.  Returns the count.
 */
size_t clean_passages(const struct clean_passages_spec *spec,
                      struct mr_arena *arena, struct mr_passages *out);

/* The id of a passage: over document id, ordinal and text, each with its
 * size, so that no two of them run together. */
struct mr_hash128 clean_passage_id(struct mr_span document, uint32_t ordinal,
                                   struct mr_span text);

#endif
