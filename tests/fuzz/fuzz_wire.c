// SPDX-License-Identifier: Apache-2.0
// link: common_wire
/*
 * fuzz_wire.c - no bytes crash a parser of common/wire, and what a parser
 * takes can be encoded, and parsed again to the same bytes.
 *
 * The first byte chooses the message, the rest are its bytes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "tests/unit/common_wire/samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed);

static struct mr_arena *arena;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    arena = mr_arena_new();
    return 0;
}

/* A good message of kind `nth` in place of what libFuzzer had. */
static size_t seed_input(uint8_t *data, size_t max_size, unsigned nth)
{
    union any any = { 0 };
    struct mr_span bytes;

    samples[nth].fill(&any);
    if (samples[nth].encode(&any, arena, &bytes, NULL) != MR_OK ||
        bytes.size >= max_size)
        return 0;
    data[0] = (uint8_t)nth;
    memcpy(data + 1, bytes.data, bytes.size);
    mr_arena_reset(arena);
    return 1 + bytes.size;
}

/* One time in 64 begins from a sample, so that no corpus is needed. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed)
{
    if (seed % 64 == 0) {
        size_t sample = seed_input(data, max_size, seed / 64 % SAMPLE_COUNT);

        size = sample > 0 ? sample : size;
    }
    return LLVMFuzzerMutate(data, size, max_size);
}

/* True when the bytes were taken; `again` is what they are encoded to. */
static bool reencode(const struct sample *sample, struct mr_span bytes,
                     struct mr_span *again)
{
    union any any;
    struct mr_err err;
    enum mr_code code = sample->parse(bytes, arena, &any, &err);

    if (code != MR_OK) {
        MR_ASSERT(code == MR_E_CORRUPT || code == MR_E_LIMIT ||
                  code == MR_E_CONFIG);
        return false;
    }
    code = sample->encode(&any, arena, again, &err);
    MR_ASSERT(code == MR_OK || code == MR_E_LIMIT);
    return code == MR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sample *sample;
    struct mr_span first;
    struct mr_span second;

    if (size == 0)
        return 0;
    sample = &samples[data[0] % SAMPLE_COUNT];
    if (reencode(sample, mr_span(data + 1, size - 1), &first)) {
        MR_ASSERT(reencode(sample, first, &second));
        MR_ASSERT(mr_span_equal(first, second));
    }
    mr_arena_reset(arena);
    return 0;
}
