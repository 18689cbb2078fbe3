// SPDX-License-Identifier: Apache-2.0
/*
 * source_map.h - where the bytes of a text come from.
 *
 * Every step that makes one text of another (decoding, extracting, composing)
 * writes down runs: so many bytes of the new text come from so many bytes of
 * the old, either copied one by one or replaced as a whole.  Runs follow each
 * other in the new text without gap; in the old one they may leave bytes out
 * and, in broken HTML, go backwards.  Maps of two steps compose, so that a
 * place in normalised text leads to bytes of the body as it was fetched.
 *
 * Encoded: a byte 1 (the format), then for each run two or three varints:
 *   text size * 2 + (1 when replaced)
 *   zigzag(begin in the source - end of the run before)
 *   source size, when replaced
 * A map that copies everything is not written at all: absent is identity.
 *
 * Memory:  one array that doubles; freed by mr_source_map_deinit().
 * Threads: one at a time; encoded maps any.
 * I/O:     none.
 */
#ifndef COMMON_TEXT_SOURCE_MAP_H
#define COMMON_TEXT_SOURCE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

struct mr_source_run {
    size_t text; /* where it begins in the new text */
    size_t text_size;
    size_t source;
    size_t source_size; /* equal to text_size when copied */
    bool copied;
};

struct mr_source_map {
    struct mr_source_run *runs;
    size_t count;
    size_t room;
    size_t text_size; /* the sum of the runs */
};

/* Bytes of a text. */
struct mr_source_range {
    size_t start;
    size_t end;
};

/* A zeroed map is an empty one. */
void mr_source_map_deinit(struct mr_source_map *map);

/* The next `size` bytes of the text are those at `source`. */
void mr_source_map_copied(struct mr_source_map *map, size_t source,
                          size_t size);

/* The next `text_size` bytes stand for `source_size` bytes at `source`. */
void mr_source_map_replaced(struct mr_source_map *map, size_t text_size,
                            size_t source, size_t source_size);

/* Every byte is the byte of the same place, and none is left out. */
bool mr_source_map_is_identity(const struct mr_source_map *map,
                               size_t source_size);

/* out (emptied first) = `inner` after `outer`: outer's source is the text of
 * inner.  Linear in the runs unless outer goes backwards. */
void mr_source_map_compose(const struct mr_source_map *outer,
                           const struct mr_source_map *inner,
                           struct mr_source_map *out);

/* Joins neighbours (which are replaced as a whole then) until there are at
 * most `runs_max`, at least 1: the map says less, and nothing wrong. */
void mr_source_map_coarsen(struct mr_source_map *map, size_t runs_max);

/*
 * The smallest range of source bytes that holds all that text bytes `start`
 * up to `end` come from; of an empty range, its place.  Bytes past the end of
 * the text are as if at its end.
 */
struct mr_source_range mr_source_map_lookup(const struct mr_source_map *map,
                                            size_t start, size_t end);

/* Into the arena; absent when the map is the identity over `source_size`. */
struct mr_span mr_source_map_encode(const struct mr_source_map *map,
                                    size_t source_size, struct mr_arena *arena);

/* What was encoded, to be freed by mr_source_map_deinit().  MR_E_CORRUPT: it
 * is none.  An absent span is refused too: the caller knows the identity. */
MR_MUST_CHECK enum mr_code mr_source_map_parse(struct mr_span bytes,
                                               struct mr_source_map *out,
                                               struct mr_err *err);

#endif
