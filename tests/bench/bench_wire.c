// SPDX-License-Identifier: Apache-2.0
// link: common_wire
/*
 * bench_wire.c - what it takes to encode and parse one message.
 *
 * A document of 1.5 kB of text in three passages, as most are, a signature,
 * and vectors of the three passages; the best of 5 rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mr_assert.h"
#include "tests/unit/common_wire/samples.h"

#define ROUNDS     5
#define MESSAGES   100000
#define TEXT_BYTES 1500u
#define PASSAGES   3u
#define DIMENSION  384u

static char letters[TEXT_BYTES];
static uint8_t floats[PASSAGES * DIMENSION * sizeof(float)];

static double now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void fill_document(union any *any)
{
    static struct mr_passage passages[PASSAGES];

    any->document = sample_document(MR_STATE_LIVE);
    for (unsigned i = 0; i < TEXT_BYTES; i++)
        letters[i] = i % 6 == 5 ? ' ' : 'a';
    for (unsigned i = 0; i < PASSAGES; i++)
        passages[i] = (struct mr_passage){ .id = sample_hash(i),
                                           .start = i * 500,
                                           .end = i * 500 + 500,
                                           .headings = text("Mill > Race") };
    any->document.text.bytes = mr_span(letters, TEXT_BYTES);
    any->document.passages =
        (struct mr_passages){ .items = passages, .count = PASSAGES };
}

static void fill_vectors_384(union any *any)
{
    any->vectors = sample_vectors();
    any->vectors.dimension = DIMENSION;
    any->vectors.floats.bytes = mr_span(floats, sizeof(floats));
}

/* Nanoseconds of one encode (`parse` false) or parse of the message. */
static double measure(const struct sample *sample, const union any *any,
                      struct mr_span bytes, bool parse)
{
    struct mr_arena *arena = mr_arena_new();
    double best = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        double took;

        for (int i = 0; i < MESSAGES; i++) {
            union any back;
            struct mr_span out;
            enum mr_code code = parse ? sample->parse(bytes, arena, &back, NULL)
                                      : sample->encode(any, arena, &out, NULL);

            MR_ASSERT(code == MR_OK);
            mr_arena_reset(arena);
        }
        took = (now_ns() - start) / MESSAGES;
        if (round == 0 || took < best)
            best = took;
    }
    mr_arena_free(arena);
    return best;
}

static void report(const struct sample *sample)
{
    struct mr_arena *arena = mr_arena_new();
    union any any = { 0 };
    struct mr_span bytes = { 0 };

    sample->fill(&any);
    MR_ASSERT(sample->encode(&any, arena, &bytes, NULL) == MR_OK);
    printf("%-14s %5zu bytes   encode %6.0f ns   parse %6.0f ns\n",
           sample->name, bytes.size, measure(sample, &any, bytes, false),
           measure(sample, &any, bytes, true));
    mr_arena_free(arena);
}

int main(void)
{
    static const struct sample measured[] = {
        { "document", fill_document, encode_document, parse_document },
        { "signature", fill_signature_put, encode_signature, parse_signature },
        { "vectors 3x384", fill_vectors_384, encode_vectors, parse_vectors },
    };

    for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++)
        report(&measured[i]);
    return EXIT_SUCCESS;
}
