// SPDX-License-Identifier: Apache-2.0
/*
 * latency.h - how long the calls to a partition took lately, when a further
 * replica is asked because of it, and how often that may happen.
 *
 * A call that is silent for longer than 95 % of the last LATENCY_SAMPLES took
 * is hedged (Dean, Barroso 2013: The Tail at Scale), after 5 ms at the least
 * and 200 ms at the most; in all, 5 % of the calls and LATENCY_BURST more, so
 * that a slow cluster is not asked twice as much.
 *
 * Memory: a plain value.  Threads: one at a time.  I/O: none.
 */
#ifndef RETRIEVER_SHARDS_LATENCY_H
#define RETRIEVER_SHARDS_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATENCY_SAMPLES      128u
#define LATENCY_BURST        10u
#define LATENCY_HEDGE_US_MIN 5000
#define LATENCY_HEDGE_US_MAX 200000
/* A replica that is silent for ten times the 95 %, within these, is taken for
 * one that hangs. */
#define LATENCY_PATIENCE_US_MIN 300000
#define LATENCY_PATIENCE_US_MAX 1000000

struct latency {
    int64_t samples_us[LATENCY_SAMPLES];
    size_t count; /* of samples; the oldest is replaced */
    size_t next;
    int64_t p95_us; /* as of the last look; 0: unknown */
    double hedges;  /* that may be made now */
};

struct latency latency_new(void);

/* A call began; one took that long. */
void latency_call(struct latency *latency);
void latency_took(struct latency *latency, int64_t us);

/* After how long a call is hedged, and its replica believed to hang. */
int64_t latency_hedge_us(const struct latency *latency);
int64_t latency_patience_us(const struct latency *latency);

/* Whether a hedge may be made; then it counts. */
bool latency_may_hedge(struct latency *latency);

#endif
