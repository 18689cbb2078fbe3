// SPDX-License-Identifier: Apache-2.0
/*
 * sections.h - the sections of a text, and the paths of their headings.
 *
 * Memory:  results in the arena.
 * Threads: any.  I/O: none.  Linear in headings and bytes.
 */
#ifndef PREPROCESSOR_CLEAN_SECTIONS_H
#define PREPROCESSOR_CLEAN_SECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "preprocessor/clean/draft.h"

#define CLEAN_LEVELS 6u

/* The headings above a place, from the highest: their numbers. */
struct clean_path {
    uint32_t nodes[CLEAN_LEVELS];
    unsigned depth;
};

struct clean_section {
    size_t start;
    size_t end;
    size_t words; /* the heading's included */
    bool bare;    /* nothing but headings */
    struct clean_path path;
};

/* One section a heading, before them what stands before the first one (if it
 * is not blank), short neighbours joined up to `words_target`. */
size_t clean_sections(struct mr_span text, const struct clean_heading *headings,
                      size_t heading_count, uint32_t words_target,
                      struct mr_arena *arena, struct clean_section **out);

/* "A > B", white space collapsed, at most `bytes_max` bytes; absent for an
 * empty path. */
struct mr_span clean_path_text(const struct clean_path *path,
                               struct mr_span text,
                               const struct clean_heading *headings,
                               size_t bytes_max, struct mr_arena *arena);

#endif
