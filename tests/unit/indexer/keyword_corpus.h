// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_corpus.h - documents and queries drawn from a seed, and segments of
 * them, for the tests of keyword/.
 *
 * Words are drawn from a Zipf-like vocabulary, so that some terms have many
 * blocks and most have few postings.
 */
#ifndef TESTS_UNIT_INDEXER_KEYWORD_CORPUS_H
#define TESTS_UNIT_INDEXER_KEYWORD_CORPUS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "indexer/keyword/keyword.h"

#define VOCABULARY 400u
#define WORDS_MAX  60u
#define QUERY_MAX  8u

static char vocabulary[VOCABULARY][16];

static uint64_t state;

static inline uint64_t draw(uint64_t below)
{
    state += 0x9E3779B97F4A7C15u;
    return mr_mix64(state) % below;
}

static inline uint32_t draw_word(void)
{
    double x = (double)draw(1u << 20) / (1u << 20);

    return (uint32_t)(x * x * x * VOCABULARY);
}

struct unit {
    size_t count;
    uint32_t words[WORDS_MAX];
};

struct document {
    char id[24];
    uint64_t offset;
    size_t unit_count;
    struct unit units[3];
};

struct corpus {
    size_t count;
    struct document *documents;
};

static inline struct corpus draw_corpus(uint64_t seed, size_t count)
{
    struct corpus corpus = { count, NULL };

    state = seed;
    corpus.documents = mr_calloc(count, sizeof(*corpus.documents));
    for (size_t i = 0; i < count; i++) {
        struct document *document = &corpus.documents[i];

        (void)snprintf(document->id, sizeof(document->id), "doc-%u",
                       (unsigned)draw(count));
        document->offset = i * 3;
        document->unit_count = draw(4); /* none as well */
        for (size_t u = 0; u < document->unit_count; u++) {
            document->units[u].count = draw(WORDS_MAX);
            for (size_t w = 0; w < document->units[u].count; w++)
                document->units[u].words[w] = draw_word();
        }
    }
    return corpus;
}

static inline struct mr_span word(uint32_t number)
{
    return mr_span_str(vocabulary[number]);
}

static inline void add(struct keyword_builder *builder,
                       const struct document *document)
{
    struct mr_span terms[3][WORDS_MAX];
    struct keyword_unit units[3];

    for (size_t u = 0; u < document->unit_count; u++) {
        units[u].terms = terms[u];
        units[u].count = document->units[u].count;
        for (size_t w = 0; w < units[u].count; w++)
            terms[u][w] = word(document->units[u].words[w]);
    }
    keyword_builder_add(builder, mr_span_str(document->id),
                        document->offset + 7, document->offset, units,
                        document->unit_count);
}

struct segment {
    struct mr_buf image;
    struct keyword_segment *segment;
};

static inline void open(struct segment *segment)
{
    struct mr_err err = { 0 };
    enum mr_code code = keyword_open(mr_buf_bytes(&segment->image), true,
                                     &segment->segment, &err);

    ck_assert_msg(code == MR_OK, "%s", err.text);
}

static inline struct segment build(const struct corpus *corpus, size_t from,
                                   size_t end, const bool *dead)
{
    struct keyword_builder *builder = keyword_builder_new();
    struct segment segment = { .image = mr_buf(1 << 28) };

    for (size_t i = from; i < end; i++)
        if (dead == NULL || !dead[i])
            add(builder, &corpus->documents[i]);
    keyword_builder_write(builder, &segment.image);
    keyword_builder_free(builder);
    open(&segment);
    return segment;
}

static inline void drop(struct segment *segment)
{
    keyword_close(segment->segment);
    mr_buf_deinit(&segment->image);
}

static inline void setup(void)
{
    for (uint32_t i = 0; i < VOCABULARY; i++)
        (void)snprintf(vocabulary[i], sizeof(vocabulary[i]), "%.*x",
                       (int)(i % 7) + 1, (uint32_t)mr_mix64(i));
    for (uint32_t i = 0; i < VOCABULARY; i++) /* some are equal: part them */
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(vocabulary[i], vocabulary[k]) == 0)
                (void)snprintf(vocabulary[i], sizeof(vocabulary[i]), "u%u", i);
}

static inline bool is_set(const uint64_t *bits, uint32_t unit)
{
    return bits != NULL && (bits[unit / 64] >> unit % 64 & 1) != 0;
}

struct query {
    uint32_t words[QUERY_MAX];
    struct mr_span terms[QUERY_MAX];
    uint64_t frequency[QUERY_MAX];
    uint32_t weight[QUERY_MAX];
    struct keyword_scorer scorer;
};

static inline void draw_query(struct query *query,
                              const struct keyword_segment *in)
{
    struct keyword_scorer *scorer = &query->scorer;

    *scorer =
        (struct keyword_scorer){ .k1 = draw(4) == 0 ? .9 : 1.2,
                                 .b = (double)draw(5) / 4,
                                 .passages = keyword_units(in) + draw(2) * 1000,
                                 .length = keyword_length(in) + draw(2) * 20000,
                                 .terms = query->terms,
                                 .frequency = query->frequency,
                                 .weight = query->weight,
                                 .term_count = 1 + draw(QUERY_MAX) };
    for (size_t i = 0; i < scorer->term_count; i++) {
        query->words[i] = draw_word();
        query->terms[i] = word(query->words[i]);
        query->weight[i] = 1 + (uint32_t)draw(2);
        query->frequency[i] = keyword_frequency(in, NULL, query->terms[i]);
        if (draw(4) == 0)
            query->frequency[i] +=
                draw(scorer->passages + 1 - query->frequency[i]);
    }
}

static inline uint64_t *draw_bits(uint32_t units, uint64_t one_of)
{
    uint64_t *bits = mr_calloc(units / 64 + 1, sizeof(*bits));

    for (uint32_t i = 0; i < units; i++)
        if (draw(one_of) == 0)
            bits[i / 64] |= (uint64_t)1 << i % 64;
    return bits;
}

#endif
