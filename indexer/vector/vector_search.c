// SPDX-License-Identifier: Apache-2.0
/*
 * vector_search.c - the nearest units, by comparing with all or by the graph.
 *
 * When the graph is used.  Comparing costs by the number of visible units V of
 * N; a walk through the graph meets hidden units as well, so that it must look
 * at N / V times as many to find as many.  With effort E at V = N the graph
 * pays while V * V > GRAPH_COST * E * N, measured: one step of effort costs as
 * much as comparing with about GRAPH_COST vectors.  A walk that finds less
 * than there is, since what is visible lies far from the query, is followed by
 * a comparison with all.
 */
#include <math.h>
#include <stdlib.h>

#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "indexer/vector/vector_segment.h"

#define EFFORT      128u /* vectors that a walk keeps, at least */
#define EFFORT_HITS 2u   /* and for each wanted hit */
#define GRAPH_COST  100u

#define QUERY_COMPONENT_MAX 1e6f

#define SAMPLES      128u
#define SAMPLE_HITS  10u
#define SAMPLE_NOISE .3f /* the length of what is added to a sample */

static bool is_set(const uint64_t *bits, uint32_t unit)
{
    return bits != NULL && (bits[unit / 64] >> unit % 64 & 1) != 0;
}

static uint64_t count_visible(const uint64_t *hidden, uint32_t units)
{
    uint64_t count = units;

    for (uint32_t i = 0; hidden != NULL && i < units / 64; i++)
        count -= (uint64_t)__builtin_popcountll(hidden[i]);
    for (uint32_t i = units / 64 * 64; hidden != NULL && i < units; i++)
        count -= is_set(hidden, i);
    return count;
}

/* Where most units are visible, all are compared, since leaving some out would
 * cost more than it saves: memory is read best in a row. */
size_t vector_search_exact(const float *vectors, uint32_t units,
                           uint32_t dimension, const float *query,
                           const uint64_t *hidden, struct unit_hit *hits,
                           size_t room)
{
    bool most = count_visible(hidden, units) > units / 2;
    size_t count = 0;

    for (uint32_t unit = 0; unit < units && room > 0; unit++) {
        const float *vector = vectors + (size_t)unit * dimension;
        struct unit_hit hit = { .unit = unit };

        if (!most && is_set(hidden, unit))
            continue;
        hit.score = faiss_shim_inner(query, vector, dimension);
        if (most && is_set(hidden, unit))
            continue;
        if (count < room || hit.score > hits[0].score)
            top_hits_offer(hits, &count, room, hit);
    }
    top_hits_sort(hits, count);
    return count;
}

int64_t vector_search_graph(const struct faiss_shim_graph *graph,
                            const float *vectors, uint32_t dimension,
                            const float *query, const uint64_t *hidden,
                            uint32_t effort, struct unit_hit *hits, size_t room)
{
    uint32_t *units = mr_malloc(room * sizeof(*units));
    int64_t count =
        faiss_shim_search(graph, query, hidden, effort, room, units);

    for (int64_t i = 0; i < count; i++) {
        const float *vector = vectors + (size_t)units[i] * dimension;

        hits[i].unit = units[i];
        hits[i].score = faiss_shim_inner(query, vector, dimension);
    }
    mr_free(units);
    if (count > 0)
        top_hits_sort(hits, (size_t)count);
    return count;
}

/* The effort of a walk, 0 when comparing with all costs less. */
static uint32_t plan_walk(uint64_t units, uint64_t visible, size_t room)
{
    uint64_t effort = room * EFFORT_HITS;

    if (effort < EFFORT)
        effort = EFFORT;
    if (visible * visible <= GRAPH_COST * effort * units)
        return 0;
    return (uint32_t)(effort * units / visible);
}

static bool is_query(const float *query, uint32_t dimension)
{
    for (uint32_t i = 0; i < dimension; i++)
        if (!(fabsf(query[i]) <= QUERY_COMPONENT_MAX))
            return false;
    return true;
}

enum mr_code vector_search(const struct vector_segment *segment,
                           const float *query, const uint64_t *hidden,
                           bool exact, struct unit_hit *hits, size_t room,
                           size_t *count, struct mr_err *err)
{
    uint32_t dimension = segment->meta.dimension;
    uint32_t units = segment->meta.units;
    uint64_t visible = count_visible(hidden, units);
    uint32_t effort = 0;
    int64_t found = -1;

    *count = 0;
    if (!is_query(query, dimension))
        return mr_fail(err, MR_E_INVALID,
                       "dense search: a component of the query is no number "
                       "below %g",
                       (double)QUERY_COMPONENT_MAX);
    if (room > visible)
        room = (size_t)visible;
    if (room == 0)
        return MR_OK;
    if (segment->graph != NULL && !exact)
        effort = plan_walk(units, visible, room);
    if (effort > 0)
        found = vector_search_graph(segment->graph, segment->vectors, dimension,
                                    query, hidden, effort, hits, room);
    if (found >= 0 && (size_t)found == room)
        *count = room;
    else
        *count = vector_search_exact(segment->vectors, units, dimension, query,
                                     hidden, hits, room);
    return MR_OK;
}

/* A query between two units, so near to no one of them, and beside both: what
 * is drawn so is about as hard to find neighbours for as a query that is no
 * unit, where units alone flatter the graph. */
static void draw_sample(const float *one, const float *other,
                        uint32_t dimension, uint64_t seed, float *out)
{
    float length = 0;

    for (uint32_t i = 0; i < dimension; i++) {
        uint64_t bits = mr_mix64(seed * VECTOR_DIMENSION_MAX + i + 1);

        out[i] = (float)(int32_t)(uint32_t)bits / 2147483648.0f;
        length += out[i] * out[i];
    }
    for (uint32_t i = 0; i < dimension; i++)
        out[i] =
            one[i] + other[i] + out[i] * SAMPLE_NOISE / sqrtf(length + 1e-9f);
}

static size_t count_common(const struct unit_hit *want, size_t want_count,
                           const struct unit_hit *got, int64_t got_count)
{
    size_t common = 0;

    for (size_t i = 0; i < want_count; i++)
        for (int64_t k = 0; k < got_count; k++)
            common += want[i].unit == got[k].unit;
    return common;
}

double vector_measure_recall(const struct faiss_shim_graph *graph,
                             const float *vectors, uint32_t units,
                             uint32_t dimension)
{
    float *query = mr_malloc(dimension * sizeof(*query));
    size_t room = units < SAMPLE_HITS ? units : SAMPLE_HITS;
    size_t wanted = 0;
    size_t found = 0;

    for (uint32_t i = 0; i < SAMPLES; i++) {
        size_t one = (size_t)i * units / SAMPLES;
        size_t other = mr_mix64(i + 1) % units;
        struct unit_hit want[SAMPLE_HITS];
        struct unit_hit got[SAMPLE_HITS];
        size_t count;

        draw_sample(vectors + one * dimension, vectors + other * dimension,
                    dimension, i, query);
        count = vector_search_exact(vectors, units, dimension, query, NULL,
                                    want, room);
        found +=
            count_common(want, count, got,
                         vector_search_graph(graph, vectors, dimension, query,
                                             NULL, EFFORT, got, room));
        wanted += count;
    }
    mr_free(query);
    return wanted == 0 ? 1 : (double)found / (double)wanted;
}
