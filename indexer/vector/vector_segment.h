// SPDX-License-Identifier: Apache-2.0
/*
 * vector_segment.h - an opened segment, and the writing of one, for the files
 * of this folder.
 */
#ifndef INDEXER_VECTOR_VECTOR_SEGMENT_H
#define INDEXER_VECTOR_VECTOR_SEGMENT_H

#include "indexer/vector/faiss_shim.h"
#include "indexer/vector/vector.h"
#include "indexer/vector/vector_format.h"

struct vector_segment {
    struct vector_meta meta;
    struct entries entries;
    const uint32_t *ordinals;
    const float *vectors;
    struct faiss_shim_graph *graph; /* NULL: none, or no FAISS */
};

/* Units that lie behind each other, borrowed. */
struct vector_run {
    const float *vectors;
    const uint32_t *ordinals;
    uint32_t units;
};

/* What an image is made of; borrowed. */
struct vector_content {
    uint32_t dimension;
    uint32_t units; /* of all runs */
    const struct vector_run *runs;
    size_t run_count;
    const struct entries_builder *entries;
};

/* The image into `out`, with a graph above `exact_max` units. */
MR_MUST_CHECK enum mr_code vector_write(const struct vector_content *content,
                                        size_t exact_max, struct mr_buf *out,
                                        struct mr_err *err);

/* The `room` best of all visible units by comparing with each. */
size_t vector_search_exact(const float *vectors, uint32_t units,
                           uint32_t dimension, const float *query,
                           const uint64_t *hidden, struct unit_hit *hits,
                           size_t room);

/* As above through a graph, of which `effort` vectors are looked at closely;
 * -1 when FAISS fails. */
int64_t vector_search_graph(const struct faiss_shim_graph *graph,
                            const float *vectors, uint32_t dimension,
                            const float *query, const uint64_t *hidden,
                            uint32_t effort, struct unit_hit *hits,
                            size_t room);

/* The share of the exact 10 best that a graph finds, over queries made of its
 * own vectors. */
double vector_measure_recall(const struct faiss_shim_graph *graph,
                             const float *vectors, uint32_t units,
                             uint32_t dimension);

#endif
