// SPDX-License-Identifier: Apache-2.0
/*
 * vector.h - dense segments: built, merged, and searched by inner product.
 *
 * A unit is one vector: a passage, or a part of a long one.  An image
 * (segment/image.h) of kind IMAGE_DENSE has
 *   entries    segment/entries.h
 *   ordinals   u32 of each unit: the passage that it belongs to
 *   vectors    dimension floats of each unit, length 1
 *   hnsw       above the threshold: a FAISS HNSW graph over them, built by one
 *              thread, so that equal vectors in equal order give equal bytes
 * exact bytes: vector_format.h.
 *
 * Memory:  segments borrow their image, which begins at a multiple of 8; a
 *          graph takes 12 bytes a unit besides.
 * Threads: a segment is immutable: any number of readers.
 * I/O:     none.
 */
#ifndef INDEXER_VECTOR_VECTOR_H
#define INDEXER_VECTOR_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "indexer/segment/entries.h"
#include "indexer/segment/top_hits.h"

struct vector_builder;

struct vector_builder *vector_builder_new(uint32_t dimension);
void vector_builder_free(struct vector_builder *builder);
/* Copies `count` vectors and their passages' ordinals; components that no
 * vector of length 1 has (above 2, or no number) as 0.  A document without
 * vectors leaves no entry. */
void vector_builder_add(struct vector_builder *builder, struct mr_span id,
                        uint64_t content_version, uint64_t offset,
                        const float *vectors, const uint32_t *ordinals,
                        size_t count);
size_t vector_builder_units(const struct vector_builder *builder);
/* The image of all that was added, into `out`, which is empty; more than
 * `exact_max` units get a graph.  The builder is empty after it, also when it
 * fails.  MR_E_LIMIT: more than an image holds. */
MR_MUST_CHECK enum mr_code vector_builder_write(struct vector_builder *builder,
                                                size_t exact_max,
                                                struct mr_buf *out,
                                                struct mr_err *err);

struct vector_segment;

/* Opens an image.  All tables and links are checked; with `verify` the
 * checksums and all components too, which reads it all; without it these are
 * believed.  MR_E_DAMAGED.  Freed by vector_close(). */
MR_MUST_CHECK enum mr_code vector_open(struct mr_span image, bool verify,
                                       struct vector_segment **out,
                                       struct mr_err *err);
void vector_close(struct vector_segment *segment);

const struct entries *vector_entries(const struct vector_segment *segment);
uint32_t vector_units(const struct vector_segment *segment);
uint32_t vector_dimension(const struct vector_segment *segment);
uint32_t vector_ordinal(const struct vector_segment *segment, uint32_t unit);
const float *vector_at(const struct vector_segment *segment, uint32_t unit);
/* Measured against exact search when the graph was built; 1 without one. */
double vector_recall(const struct vector_segment *segment);

/* An image of what is live in `count` (1 or more) neighbouring segments, in
 * their order, into `out`, which is empty; equal for equal live content.  The
 * units of an entry live or die together; `dead` may be NULL, and so may each
 * of its members.  A graph is built anew. */
MR_MUST_CHECK enum mr_code vector_merge(struct vector_segment *const *segments,
                                        const uint64_t *const *dead,
                                        size_t count, size_t exact_max,
                                        struct mr_buf *out, struct mr_err *err);

/* The best `room` units whose bit in `hidden` (NULL: none is) is 0, best
 * first, ties to the lower unit; as many as there are up to `room`.  `exact`
 * passes the graph by; so does a filter that leaves few (vector_search.c says
 * how few).  Scores are the same either way.  MR_E_INVALID: a component of the
 * query is no finite number. */
MR_MUST_CHECK enum mr_code vector_search(const struct vector_segment *segment,
                                         const float *query,
                                         const uint64_t *hidden, bool exact,
                                         struct unit_hit *hits, size_t room,
                                         size_t *count, struct mr_err *err);

#endif
