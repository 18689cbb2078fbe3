// SPDX-License-Identifier: Apache-2.0
/*
 * sim_random.h - the one source of chance in a simulation (splitmix64).
 *
 * Memory:  plain value.  Threads: one at a time.  I/O: none.
 */
#ifndef TESTS_SIM_SIM_RANDOM_H
#define TESTS_SIM_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_hash.h"

struct sim_random {
    uint64_t state;
};

static inline uint64_t sim_next(struct sim_random *random)
{
    random->state += 0x9E3779B97F4A7C15u;
    return mr_mix64(random->state);
}

/* 0 to bound - 1; 0 for a bound of 0. */
static inline uint32_t sim_below(struct sim_random *random, uint32_t bound)
{
    return bound == 0 ? 0 : (uint32_t)(sim_next(random) % bound);
}

/* True once in `bound` times; never for 0. */
static inline bool sim_once_in(struct sim_random *random, uint32_t bound)
{
    return bound > 0 && sim_below(random, bound) == 0;
}

#endif
