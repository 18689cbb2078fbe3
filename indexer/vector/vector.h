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
 *
 * Memory:  segments borrow their image.
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

struct vector_builder;

struct vector_builder *vector_builder_new(uint32_t dimension);
void vector_builder_free(struct vector_builder *builder);
/* Copies `count` vectors and their passages' ordinals. */
void vector_builder_add(struct vector_builder *builder, struct mr_span id,
                        uint64_t content_version, uint64_t offset,
                        const float *vectors, const uint32_t *ordinals,
                        size_t count);
size_t vector_builder_units(const struct vector_builder *builder);
/* The image of all that was added; more than `exact_max` units get a graph.
 * The builder is empty after it. */
MR_MUST_CHECK enum mr_code vector_builder_write(struct vector_builder *builder,
                                                size_t exact_max,
                                                struct mr_buf *out,
                                                struct mr_err *err);

struct vector_segment;

/* MR_E_DAMAGED.  Freed by vector_close(). */
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

MR_MUST_CHECK enum mr_code vector_merge(struct vector_segment *const *segments,
                                        const uint64_t *const *dead,
                                        size_t count, size_t exact_max,
                                        struct mr_buf *out, struct mr_err *err);

struct vector_hit {
    uint32_t unit;
    float score;
};

/* The best `room` units whose bit in `hidden` (NULL: none is) is 0, best
 * first, ties to the lower unit. `exact` passes the graph by; so does a
 * filter that leaves few. */
MR_MUST_CHECK enum mr_code vector_search(const struct vector_segment *segment,
                                         const float *query,
                                         const uint64_t *hidden, bool exact,
                                         struct vector_hit *hits, size_t room,
                                         size_t *count, struct mr_err *err);

#endif
