// SPDX-License-Identifier: Apache-2.0
/*
 * faiss_shim.cc - see faiss_shim.h.  No exception leaves this file.
 */
#include "indexer/vector/faiss_shim.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/utils/distances.h>
#include <omp.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

namespace
{

/* Of 100,000 vectors (tests/bench/bench_vector.c), built in the same time, 32
 * links found .995 of the nearest at an effort of 128, where 16 found .971; an
 * effort of 128 to build with 16 links took twice the time, for .986. */
constexpr int links_each = 32;
constexpr int build_effort = 64;

/* Flat vectors that lie elsewhere: nothing is copied. */
struct borrowed_vectors : faiss::IndexFlatIP {
    borrowed_vectors(const float *vectors, size_t units, size_t dimension)
        : faiss::IndexFlatIP(static_cast<faiss::idx_t>(dimension))
    {
        codes = faiss::MaybeOwnedVector<uint8_t>::create_view(
            const_cast<float *>(vectors), units * dimension * sizeof(float),
            nullptr);
    }

    /* They are there already; the graph calls this before it links them. */
    void add(faiss::idx_t count, const float *) override
    {
        ntotal += count;
    }
};

/* FAISS takes the threads that OpenMP has by default for the calling one. */
class one_thread
{
  public:
    one_thread() : before(omp_get_max_threads())
    {
        omp_set_num_threads(1);
    }
    ~one_thread()
    {
        omp_set_num_threads(before);
    }
    one_thread(const one_thread &) = delete;
    one_thread &operator=(const one_thread &) = delete;

  private:
    int before;
};

struct visible : faiss::IDSelector {
    explicit visible(const uint64_t *bits) : hidden(bits)
    {
    }

    bool is_member(faiss::idx_t id) const override
    {
        size_t unit = static_cast<size_t>(id);

        return (hidden[unit / 64] >> unit % 64 & 1) == 0;
    }

    const uint64_t *hidden;
};

} // namespace

struct faiss_shim_graph {
    faiss_shim_graph(const float *vectors, size_t units, size_t dimension,
                     int m)
        : storage(vectors, units, dimension), index(&storage, m)
    {
    }

    borrowed_vectors storage;
    faiss::IndexHNSW index;
    std::vector<uint8_t> levels;
};

float faiss_shim_inner(const float *a, const float *b, size_t dimension)
{
    return faiss::fvec_inner_product(a, b, dimension);
}

bool faiss_shim_has_graphs(void)
{
    return true;
}

struct faiss_shim_graph *faiss_shim_build(const float *vectors, uint32_t units,
                                          uint32_t dimension, char *text,
                                          size_t text_room)
try {
    one_thread only;
    auto graph = std::make_unique<faiss_shim_graph>(vectors, units, dimension,
                                                    links_each);

    graph->index.hnsw.efConstruction = build_effort;
    graph->index.add(units, vectors);
    for (int level : graph->index.hnsw.levels)
        graph->levels.push_back(static_cast<uint8_t>(level));
    return graph.release();
} catch (const std::exception &failure) {
    std::snprintf(text, text_room, "%s", failure.what());
    return nullptr;
}

void faiss_shim_get_links(const struct faiss_shim_graph *graph,
                          struct faiss_shim_links *out)
{
    const faiss::HNSW &hnsw = graph->index.hnsw;

    out->m = links_each;
    out->units = static_cast<uint32_t>(graph->index.ntotal);
    out->entry = hnsw.entry_point;
    out->levels = hnsw.max_level + 1;
    out->unit_levels = graph->levels.data();
    out->links = hnsw.neighbors.data();
    out->link_count = hnsw.neighbors.size();
}

struct faiss_shim_graph *faiss_shim_open(const float *vectors,
                                         uint32_t dimension,
                                         const struct faiss_shim_links *links,
                                         char *text, size_t text_room)
try {
    auto graph = std::make_unique<faiss_shim_graph>(
        vectors, links->units, dimension, static_cast<int>(links->m));
    faiss::HNSW &hnsw = graph->index.hnsw;
    size_t at = 0;

    graph->storage.ntotal = graph->index.ntotal = links->units;
    hnsw.entry_point = links->entry;
    hnsw.max_level = links->levels - 1;
    hnsw.levels.reserve(links->units);
    hnsw.offsets.clear();
    hnsw.offsets.reserve(links->units + size_t{ 1 });
    hnsw.offsets.push_back(0);
    for (size_t i = 0; i < links->units; i++) {
        int levels = links->unit_levels[i];

        hnsw.levels.push_back(levels);
        at += static_cast<size_t>(hnsw.cum_nb_neighbors(levels));
        hnsw.offsets.push_back(at);
    }
    hnsw.neighbors = faiss::MaybeOwnedVector<int32_t>::create_view(
        const_cast<int32_t *>(links->links), links->link_count, nullptr);
    return graph.release();
} catch (const std::exception &failure) {
    std::snprintf(text, text_room, "%s", failure.what());
    return nullptr;
}

void faiss_shim_free(struct faiss_shim_graph *graph)
{
    delete graph;
}

int64_t faiss_shim_search(const struct faiss_shim_graph *graph,
                          const float *query, const uint64_t *hidden,
                          uint32_t effort, size_t room, uint32_t *units)
try {
    one_thread only;
    std::vector<float> scores(room);
    std::vector<faiss::idx_t> ids(room);
    faiss::SearchParametersHNSW parameters;
    visible selector(hidden);
    int64_t count = 0;

    parameters.efSearch = static_cast<int>(effort);
    if (hidden != nullptr)
        parameters.sel = &selector;
    graph->index.search(1, query, static_cast<faiss::idx_t>(room),
                        scores.data(), ids.data(), &parameters);
    for (faiss::idx_t id : ids)
        if (id >= 0)
            units[count++] = static_cast<uint32_t>(id);
    return count;
} catch (const std::exception &) {
    return -1;
}
