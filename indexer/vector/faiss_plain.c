// SPDX-License-Identifier: Apache-2.0
/*
 * faiss_plain.c - faiss_shim.h where FAISS is not built: exact search only.
 */
#include "common/base/mr_assert.h"
#include "indexer/vector/faiss_shim.h"

#define LANES 8u

float faiss_shim_inner(const float *a, const float *b, size_t dimension)
{
    float sums[LANES] = { 0 };
    float sum = 0;
    size_t i = 0;

    for (; i + LANES <= dimension; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += a[i + lane] * b[i + lane];
    for (; i < dimension; i++)
        sum += a[i] * b[i];
    for (size_t lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

bool faiss_shim_has_graphs(void)
{
    return false;
}

struct faiss_shim_graph *faiss_shim_build(const float *vectors, uint32_t units,
                                          uint32_t dimension, char *text,
                                          size_t text_room)
{
    (void)vectors;
    (void)units;
    (void)dimension;
    (void)text;
    (void)text_room;
    MR_UNREACHABLE();
}

void faiss_shim_get_links(const struct faiss_shim_graph *graph,
                          struct faiss_shim_links *out)
{
    (void)graph;
    (void)out;
    MR_UNREACHABLE();
}

struct faiss_shim_graph *faiss_shim_open(const float *vectors,
                                         uint32_t dimension,
                                         const struct faiss_shim_links *links,
                                         char *text, size_t text_room)
{
    (void)vectors;
    (void)dimension;
    (void)links;
    (void)text;
    (void)text_room;
    MR_UNREACHABLE();
}

void faiss_shim_free(struct faiss_shim_graph *graph)
{
    (void)graph;
    MR_UNREACHABLE();
}

int64_t faiss_shim_search(const struct faiss_shim_graph *graph,
                          const float *query, const uint64_t *hidden,
                          uint32_t effort, size_t room, uint32_t *units)
{
    (void)graph;
    (void)query;
    (void)hidden;
    (void)effort;
    (void)room;
    (void)units;
    MR_UNREACHABLE();
}
