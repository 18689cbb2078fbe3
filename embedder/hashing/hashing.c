// SPDX-License-Identifier: Apache-2.0
/*
 * hashing.c - see hashing.h.
 */
#include "embedder/hashing/hashing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"

#define FRAME 2u /* tokens that every text has beside its words */

/* Longer words are told apart by their beginning. */
#define WORD_BYTES_MAX 256u

struct hashing {
    struct mr_model model; /* first: this is what the port sees */
    uint64_t seed;
    char fingerprint[2 + 16 + 1];
};

static struct hashing *hashing_of(struct mr_model *model)
{
    return (struct hashing *)model;
}

static bool is_word_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte >= 0x80u;
}

/* The next word at or behind *at, and *at behind it; absent at the end. */
static struct mr_span next_word(struct mr_span text, size_t *at)
{
    size_t start;

    while (*at < text.size && !is_word_byte(text.data[*at]))
        (*at)++;
    if (*at == text.size)
        return mr_span(NULL, 0);
    start = *at;
    while (*at < text.size && is_word_byte(text.data[*at]))
        (*at)++;
    return mr_span(text.data + start, *at - start);
}

static uint64_t word_hash(const struct hashing *hashing, struct mr_span word)
{
    uint8_t small[WORD_BYTES_MAX];
    size_t size = word.size < WORD_BYTES_MAX ? word.size : WORD_BYTES_MAX;

    for (size_t i = 0; i < size; i++) {
        uint8_t byte = word.data[i];

        small[i] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20u) : byte;
    }
    return mr_hash64(mr_span(small, size), hashing->seed);
}

static void add_word(const struct hashing *hashing, uint64_t hash,
                     int32_t *sums)
{
    for (uint32_t i = 0; i < hashing->model.dimension; i++) {
        if (i % 64 == 0)
            hash = mr_mix64(hash + 1);
        sums[i] += (hash >> (i % 64) & 1u) != 0 ? 1 : -1;
    }
}

static void embed_one(const struct hashing *hashing, struct mr_span text,
                      float *out)
{
    int32_t sums[HASHING_DIMENSION_MAX] = { 0 };
    uint32_t room = hashing->model.tokens_max - FRAME;
    struct mr_span word;
    double squares = 0;
    size_t at = 0;

    for (uint32_t i = 0; i < room; i++) {
        word = next_word(text, &at);
        if (word.data == NULL)
            break;
        add_word(hashing, word_hash(hashing, word), sums);
    }
    for (uint32_t i = 0; i < hashing->model.dimension; i++)
        squares += (double)sums[i] * sums[i];
    if (squares == 0) { /* no word, or words that cancel each other */
        add_word(hashing, hashing->seed, sums);
        squares = hashing->model.dimension;
    }
    for (uint32_t i = 0; i < hashing->model.dimension; i++)
        out[i] = (float)(sums[i] / sqrt(squares));
}

static enum mr_code embed(struct mr_model *model, enum mr_model_lane lane,
                          const struct mr_span *texts, size_t count, float *out,
                          struct mr_err *err)
{
    (void)lane;
    (void)err;
    for (size_t i = 0; i < count; i++)
        embed_one(hashing_of(model), texts[i], out + i * model->dimension);
    return MR_OK;
}

static size_t count_words(struct mr_span text)
{
    size_t count = 0;
    size_t at = 0;

    while (next_word(text, &at).data != NULL)
        count++;
    return count;
}

static enum mr_code split(struct mr_model *model, struct mr_span text,
                          struct mr_arena *arena, struct mr_span **parts,
                          uint32_t **tokens, size_t *count, struct mr_err *err)
{
    size_t room = model->tokens_max - FRAME;
    size_t words = count_words(text);
    size_t at = 0;

    (void)err;
    *count = words == 0 ? 1 : (words + room - 1) / room;
    *parts = mr_arena_calloc(arena, *count, sizeof(**parts));
    *tokens = mr_arena_calloc(arena, *count, sizeof(**tokens));
    for (size_t i = 0; i < *count; i++) {
        size_t some = words - i * room < room ? words - i * room : room;
        size_t start = at;

        for (size_t k = 0; k < some; k++)
            (void)next_word(text, &at);
        if (i + 1 == *count)
            at = text.size;
        (*parts)[i] =
            *count == 1 ? text : mr_span(text.data + start, at - start);
        (*tokens)[i] = (uint32_t)(some + FRAME);
    }
    return MR_OK;
}

static const struct mr_model_ops ops = {
    .split = split,
    .embed = embed,
};

struct mr_model *hashing_new(const struct hashing_spec *spec)
{
    struct hashing *hashing = mr_calloc(1, sizeof(*hashing));
    uint64_t numbers[] = { spec->dimension, spec->tokens_max, spec->seed };

    MR_ASSERT(spec->dimension >= 1 && spec->dimension <= HASHING_DIMENSION_MAX);
    MR_ASSERT(spec->tokens_max > FRAME);
    hashing->seed = spec->seed;
    (void)snprintf(hashing->fingerprint, sizeof(hashing->fingerprint),
                   "h1%016lx", mr_hash64(mr_span(numbers, sizeof(numbers)), 0));
    hashing->model = (struct mr_model){
        .ops = &ops,
        .name = "hashing",
        .fingerprint = hashing->fingerprint,
        .dimension = spec->dimension,
        .tokens_max = spec->tokens_max,
    };
    return &hashing->model;
}

void hashing_free(struct mr_model *model)
{
    if (model == NULL)
        return;
    MR_ASSERT(hashing_is(model));
    mr_free(hashing_of(model));
}

bool hashing_is(const struct mr_model *model)
{
    return model->ops == &ops;
}
