// SPDX-License-Identifier: Apache-2.0
// link: indexer
/*
 * bench_vector.c - recall and speed of dense search, exact and by the graph.
 *
 * Vectors of 384 components that lie near 32 dimensions, as embeddings of texts
 * do: 32 random coordinates, spread by a fixed random matrix, with a tenth of
 * noise, to length 1.  Queries are drawn alike.  Times are of the processor:
 * one thread does it all, and a busy machine does not disturb them much.
 *
 *   bench_vector [VECTORS]      default 100000
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "indexer/vector/vector.h"

#define DIMENSION 384u
#define INTRINSIC 32u
#define QUERIES   200u
#define TOP       10u

static float spread[INTRINSIC][DIMENSION];
static uint64_t state = 1;

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Near enough to a normal distribution: the sum of four uniform ones. */
static float draw(void)
{
    uint64_t bits = mr_mix64(state += 0x9E3779B97F4A7C15u);
    float sum = 0;

    for (int i = 0; i < 4; i++)
        sum += (float)(bits >> 16 * i & 0xFFFF) / 65536.0f - .5f;
    return sum;
}

static void draw_vector(float *out)
{
    float length = 0;

    for (uint32_t i = 0; i < DIMENSION; i++)
        out[i] = .1f * draw() * sqrtf(INTRINSIC);
    for (uint32_t k = 0; k < INTRINSIC; k++) {
        float coordinate = draw();

        for (uint32_t i = 0; i < DIMENSION; i++)
            out[i] += coordinate * spread[k][i];
    }
    for (uint32_t i = 0; i < DIMENSION; i++)
        length += out[i] * out[i];
    for (uint32_t i = 0; i < DIMENSION; i++)
        out[i] /= sqrtf(length);
}

static struct vector_segment *build(size_t count, size_t exact_max,
                                    struct mr_buf *image)
{
    struct vector_builder *builder = vector_builder_new(DIMENSION);
    struct vector_segment *segment;
    struct mr_err err = { 0 };
    uint32_t ordinal = 0;
    double start;

    state = 1;
    for (uint32_t k = 0; k < INTRINSIC; k++)
        for (uint32_t i = 0; i < DIMENSION; i++)
            spread[k][i] = draw();
    for (size_t i = 0; i < count; i++) {
        float vector[DIMENSION];
        char id[32];

        draw_vector(vector);
        (void)snprintf(id, sizeof(id), "document-%zu", i);
        vector_builder_add(builder, mr_span_str(id), i, i, vector, &ordinal, 1);
    }
    start = now();
    if (vector_builder_write(builder, exact_max, image, &err) != MR_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    printf("image: %.1f s, %.1f MB", now() - start, (double)image->size / 1e6);
    start = now();
    if (vector_open(mr_buf_bytes(image), false, &segment, &err) != MR_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    printf(", opened in %.1f ms, recall by its own samples %.3f\n",
           (now() - start) * 1e3, vector_recall(segment));
    vector_builder_free(builder);
    return segment;
}

/* A share of `shown` in 1000 units is visible. */
static uint64_t *draw_hidden(uint32_t units, uint64_t shown)
{
    uint64_t *bits = mr_calloc(units / 64 + 1, sizeof(*bits));

    for (uint32_t i = 0; i < units; i++)
        if (mr_mix64(i + 5) % 1000 >= shown)
            bits[i / 64] |= (uint64_t)1 << i % 64;
    return bits;
}

static void search(const struct vector_segment *segment, size_t room,
                   uint64_t shown)
{
    uint64_t *hidden =
        shown < 1000 ? draw_hidden(vector_units(segment), shown) : NULL;
    struct unit_hit *want = mr_calloc(room, sizeof(*want));
    struct unit_hit *got = mr_calloc(room, sizeof(*got));
    double exact = 0;
    double graph = 0;
    size_t found = 0;
    size_t wanted = 0;

    for (uint32_t i = 0; i < QUERIES; i++) {
        float query[DIMENSION];
        double start;
        size_t count;
        size_t got_count;

        draw_vector(query);
        start = now();
        if (vector_search(segment, query, hidden, true, want, room, &count,
                          NULL) != MR_OK)
            exit(1);
        exact += now() - start;
        start = now();
        if (vector_search(segment, query, hidden, false, got, room, &got_count,
                          NULL) != MR_OK)
            exit(1);
        graph += now() - start;
        for (size_t k = 0; k < count; k++)
            for (size_t n = 0; n < got_count; n++)
                found += want[k].unit == got[n].unit;
        wanted += count;
    }
    printf("top %4zu, %5.1f %% visible: exact %.3f ms (%.0f QPS), else %.3f ms "
           "(%.0f QPS) at recall %.4f\n",
           room, (double)shown / 10, exact * 1e3 / QUERIES, QUERIES / exact,
           graph * 1e3 / QUERIES, QUERIES / graph,
           (double)found / (double)wanted);
    mr_free(hidden);
    mr_free(want);
    mr_free(got);
}

int main(int count, char **arguments)
{
    size_t vectors = count > 1 ? strtoul(arguments[1], NULL, 10) : 100000;
    struct mr_buf image = mr_buf((size_t)1 << 34);
    struct vector_segment *segment = build(vectors, 1000, &image);

    search(segment, TOP, 1000);
    search(segment, 100, 1000);
    search(segment, TOP, 700);
    search(segment, TOP, 400);
    search(segment, TOP, 100);
    search(segment, TOP, 10);
    vector_close(segment);
    mr_buf_deinit(&image);
    return 0;
}
