// SPDX-License-Identifier: Apache-2.0
// link: indexer
/*
 * fuzz_keyword_image.c - no bytes of a keyword image lead out of it.
 *
 * The input is tried as an image as it is, and as changes of a good one that is
 * sealed again (fuzz_image.h); what opens is searched, listed and merged, with
 * and without verification.
 */
#include <stdio.h>

#include "common/base/mr_hash.h"
#include "indexer/keyword/keyword.h"
#include "tests/fuzz/fuzz_image.h"

#define UNITS 300u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two terms with blocks and some with few postings. */
static struct mr_buf good_image(void)
{
    struct keyword_builder *builder = keyword_builder_new();
    struct mr_buf image = mr_buf(1u << 24);

    for (uint32_t i = 0; i < UNITS; i++) {
        char words[4][8];
        struct mr_span terms[4];
        struct keyword_unit unit = { terms, 2 + i % 3 };
        char id[16];

        (void)snprintf(id, sizeof(id), "d%u", i);
        for (uint32_t k = 0; k < 4; k++) {
            (void)snprintf(words[k], sizeof(words[k]), "t%u",
                           k < 2 ? k : (uint32_t)(mr_mix64(i * 4 + k) % 40));
            terms[k] = mr_span_str(words[k]);
        }
        keyword_builder_add(builder, mr_span_str(id), i, i, &unit, 1);
    }
    keyword_builder_write(builder, &image);
    keyword_builder_free(builder);
    return image;
}

static void use(struct keyword_segment *segment)
{
    struct mr_span terms[] = { mr_span_str("t0"), mr_span_str("t1"),
                               mr_span_str("t7") };
    uint64_t frequency[] = { 100, 300, 5 };
    uint32_t weight[] = { 1, 1, 2 };
    struct keyword_scorer scorer = { .k1 = 1.2,
                                     .b = .75,
                                     .passages = 1000,
                                     .length = 9000,
                                     .terms = terms,
                                     .frequency = frequency,
                                     .weight = weight,
                                     .term_count = 3 };
    uint32_t *list =
        mr_calloc(keyword_unit_terms_max(segment) + 1, sizeof(*list));
    struct mr_buf merged = mr_buf(1u << 26);
    struct unit_hit hits[8];
    double parts[3];
    size_t count = keyword_search(segment, NULL, NULL, &scorer, hits, 8);

    for (size_t i = 0; i < count; i++)
        keyword_explain(segment, hits[i].unit, &scorer, parts);
    for (uint32_t i = 0; i < keyword_units(segment); i += 7)
        (void)keyword_forward(segment, i, list);
    if (keyword_merge(&segment, NULL, 1, &merged, NULL) != MR_OK)
        mr_buf_reset(&merged);
    mr_buf_deinit(&merged);
    mr_free(list);
}

static void try(struct mr_span image, bool verify)
{
    struct keyword_segment *segment;

    if (keyword_open(image, verify, &segment, NULL) != MR_OK)
        return;
    use(segment);
    keyword_close(segment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mr_buf good;
    uint8_t *copy = mr_memdup(data, size); /* aligned, and watched */
    struct mr_buf changed = mr_buf(1u << 26);

    if (good.data == NULL)
        good = good_image();
    try(mr_span(copy, size), true);
    try(mr_span(copy, size), false);
    fuzz_image(mr_buf_bytes(&good), mr_span(data, size), &changed);
    try(mr_buf_bytes(&changed), true);
    try(mr_buf_bytes(&changed), false);
    mr_buf_deinit(&changed);
    mr_free(copy);
    return 0;
}
