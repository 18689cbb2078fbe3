// SPDX-License-Identifier: Apache-2.0
/*
 * minhash.c - see minhash.h.
 *
 * Rows are worked eight at a time as vectors of the compiler.  On x86 the code
 * is there twice, for AVX2 and for what every machine has, with equal results;
 * for a text of 250 words AVX2 takes a quarter of the time.
 */
#include "preprocessor/clean/minhash.h"

#include <stdbool.h>

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
static inline __attribute__((always_inline)) void run_pass(
    const uint64_t *shingles, size_t count, const lanes *seeds, lanes *minima)
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

/* The minima of all groups. */
static inline __attribute__((always_inline)) void run_passes(
    const uint64_t *shingles, size_t count, const lanes *seeds, lanes *minima)
{
    for (size_t g = 0; g < GROUPS; g += GROUPS_A_PASS)
        run_pass(shingles, count, seeds + g, minima + g);
}

static void run(const uint64_t *shingles, size_t count, const lanes *seeds,
                lanes *minima)
{
    run_passes(shingles, count, seeds, minima);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void run_avx2(const uint64_t *shingles,
                                                     size_t count,
                                                     const lanes *seeds,
                                                     lanes *minima)
{
    run_passes(shingles, count, seeds, minima);
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}
#else
#define run_avx2 run

static bool has_avx2(void)
{
    return false;
}
#endif

typedef void pass_all(const uint64_t *shingles, size_t count,
                      const lanes *seeds, lanes *minima);

static void minhash(const uint64_t *shingles, size_t count, pass_all *passes,
                    uint16_t out[MR_MINHASH_ROWS])
{
    lanes seeds[GROUPS], minima[GROUPS];

    MR_ASSERT(count > 0);
    make_seeds(seeds);
    passes(shingles, count, seeds, minima);
    /* Minima of many are small numbers: their bits are spread again. */
    for (size_t i = 0; i < MR_MINHASH_ROWS; i++)
        out[i] = (uint16_t)(minima[i / LANES][i % LANES] * 0x9E3779B1u >> 16);
}

void clean_minhash(const uint64_t *shingles, size_t count,
                   uint16_t out[MR_MINHASH_ROWS])
{
    minhash(shingles, count, has_avx2() ? run_avx2 : run, out);
}

void clean_minhash_anywhere(const uint64_t *shingles, size_t count,
                            uint16_t out[MR_MINHASH_ROWS])
{
    minhash(shingles, count, run, out);
}
