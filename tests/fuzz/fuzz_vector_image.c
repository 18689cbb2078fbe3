// SPDX-License-Identifier: Apache-2.0
// link: indexer
/*
 * fuzz_vector_image.c - no bytes of a dense image lead out of it.
 *
 * The input is tried as an image as it is, and as changes of a good one that is
 * sealed again (fuzz_image.h); what opens verified is searched both ways and
 * merged.
 */
#include <stdio.h>

#include "common/base/mr_hash.h"
#include "indexer/vector/vector.h"
#include "indexer/vector/vector_segment.h"
#include "tests/fuzz/fuzz_image.h"

#define UNITS     200u
#define DIMENSION 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mr_buf good_image(void)
{
    struct vector_builder *builder = vector_builder_new(DIMENSION);
    struct mr_buf image = mr_buf(1u << 24);

    for (uint32_t i = 0; i < UNITS; i++) {
        float vector[DIMENSION];
        uint32_t ordinal = 0;
        char id[16];

        (void)snprintf(id, sizeof(id), "d%u", i);
        for (uint32_t k = 0; k < DIMENSION; k++)
            vector[k] = (float)(mr_mix64(i * DIMENSION + k) % 1000) / 1000;
        vector_builder_add(builder, mr_span_str(id), i, i, vector, &ordinal, 1);
    }
    if (vector_builder_write(builder, 10, &image, NULL) != MR_OK)
        __builtin_trap();
    vector_builder_free(builder);
    return image;
}

static void use(struct vector_segment *segment)
{
    uint32_t dimension = vector_dimension(segment);
    float *query = mr_calloc(dimension, sizeof(*query));
    struct mr_buf merged = mr_buf(1u << 26);
    struct unit_hit hits[8];
    size_t count;

    query[0] = 1;
    for (int exact = 0; exact < 2; exact++)
        if (vector_search(segment, query, NULL, exact != 0, hits, 8, &count,
                          NULL) != MR_OK)
            __builtin_trap();
    if (segment->graph != NULL)
        (void)vector_search_graph(segment->graph, segment->vectors, dimension,
                                  query, NULL, 16, hits, 8);
    if (vector_merge(&segment, NULL, 1, 1000000, &merged, NULL) != MR_OK)
        mr_buf_reset(&merged);
    mr_buf_deinit(&merged);
    mr_free(query);
}

static void try(struct mr_span image)
{
    struct vector_segment *segment;

    if (vector_open(image, true, &segment, NULL) != MR_OK)
        return;
    use(segment);
    vector_close(segment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mr_buf good;
    uint8_t *copy = mr_memdup(data, size); /* aligned, and watched */
    struct mr_buf changed = mr_buf(1u << 26);

    if (good.data == NULL)
        good = good_image();
    try(mr_span(copy, size));
    fuzz_image(mr_buf_bytes(&good), mr_span(data, size), &changed);
    try(mr_buf_bytes(&changed));
    mr_buf_deinit(&changed);
    mr_free(copy);
    return 0;
}
