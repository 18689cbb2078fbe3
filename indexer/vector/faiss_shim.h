// SPDX-License-Identifier: Apache-2.0
/*
 * faiss_shim.h - the little of FAISS that a segment uses, in C.
 *
 * FAISS has a C API, but none for searching a graph with parameters of the
 * call, nor for a graph over vectors that lie elsewhere.  faiss_shim.cc has
 * both; where FAISS is not built (the thread sanitizer cannot bear OpenMP),
 * faiss_plain.c stands in, which knows no graphs: CMakeLists.txt takes one.
 *
 * Memory:  borrows vectors and links for the life of a graph.
 * Threads: a graph may be searched by any number of threads; each call runs on
 *          the one that called.
 * I/O:     none.
 */
#ifndef INDEXER_VECTOR_FAISS_SHIM_H
#define INDEXER_VECTOR_FAISS_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The inner product, which for the same two vectors is always the same. */
float faiss_shim_inner(const float *a, const float *b, size_t dimension);

struct faiss_shim_links {
    uint32_t m;
    uint32_t units;
    int32_t entry;
    int32_t levels; /* of the entry */
    const uint8_t *unit_levels;
    const int32_t *links;
    size_t link_count;
};

struct faiss_shim_graph;

/* False where there is no FAISS: then none of what follows is called. */
bool faiss_shim_has_graphs(void);

/* Builds a graph on this thread: equal vectors, equal links.  NULL when FAISS
 * fails, with words in `text`. */
struct faiss_shim_graph *faiss_shim_build(const float *vectors, uint32_t units,
                                          uint32_t dimension, char *text,
                                          size_t text_room);

/* What is to be kept of a graph that was built; borrowed from it. */
void faiss_shim_get_links(const struct faiss_shim_graph *graph,
                          struct faiss_shim_links *out);

/* A graph from its links, whose every number was checked.  As above. */
struct faiss_shim_graph *faiss_shim_open(const float *vectors,
                                         uint32_t dimension,
                                         const struct faiss_shim_links *links,
                                         char *text, size_t text_room);

void faiss_shim_free(struct faiss_shim_graph *graph);

/* Up to `room` units whose bit in `hidden` (may be NULL) is 0, in any order;
 * `effort` is HNSW's efSearch.  Gives their number; -1 when FAISS fails. */
int64_t faiss_shim_search(const struct faiss_shim_graph *graph,
                          const float *query, const uint64_t *hidden,
                          uint32_t effort, size_t room, uint32_t *units);

#ifdef __cplusplus
}
#endif

#endif
