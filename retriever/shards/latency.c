// SPDX-License-Identifier: Apache-2.0
/*
 * latency.c - see latency.h.
 */
#include "retriever/shards/latency.h"

#include <stdlib.h>
#include <string.h>

#define HEDGES_A_CALL  .05
#define SAMPLES_A_LOOK 16u /* between two looks at the samples */
#define SAMPLES_MIN    16u /* before, nothing is known */
#define PATIENCE       10

struct latency latency_new(void)
{
    return (struct latency){ .hedges = LATENCY_BURST };
}

void latency_call(struct latency *latency)
{
    latency->hedges += HEDGES_A_CALL;
    if (latency->hedges > LATENCY_BURST)
        latency->hedges = LATENCY_BURST;
}

static int compare(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;

    return (*left > *right) - (*left < *right);
}

static void look(struct latency *latency)
{
    int64_t sorted[LATENCY_SAMPLES];

    memcpy(sorted, latency->samples_us, sizeof(sorted));
    qsort(sorted, latency->count, sizeof(*sorted), compare);
    latency->p95_us = sorted[latency->count * 95 / 100];
}

void latency_took(struct latency *latency, int64_t us)
{
    latency->samples_us[latency->next] = us;
    latency->next = (latency->next + 1) % LATENCY_SAMPLES;
    if (latency->count < LATENCY_SAMPLES)
        latency->count++;
    if (latency->count >= SAMPLES_MIN && latency->next % SAMPLES_A_LOOK == 0)
        look(latency);
}

static int64_t within(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : value > max ? max : value;
}

int64_t latency_hedge_us(const struct latency *latency)
{
    if (latency->p95_us == 0)
        return LATENCY_HEDGE_US_MAX;
    return within(latency->p95_us, LATENCY_HEDGE_US_MIN, LATENCY_HEDGE_US_MAX);
}

int64_t latency_patience_us(const struct latency *latency)
{
    return within(latency->p95_us * PATIENCE, LATENCY_PATIENCE_US_MIN,
                  LATENCY_PATIENCE_US_MAX);
}

bool latency_may_hedge(struct latency *latency)
{
    if (latency->hedges < 1)
        return false;
    latency->hedges -= 1;
    return true;
}
