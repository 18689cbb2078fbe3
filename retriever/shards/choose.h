// SPDX-License-Identifier: Apache-2.0
/*
 * choose.h - which replica of a partition is asked.
 *
 * The classes, best first; of the first that has a member that was not tried:
 *   1  healthy, and not far behind
 *   2  healthy, far behind: its lag is over CHOOSE_LAG_MORE records and twice
 *      that of the best of the set
 *   3  failed, but quickly, as by refusing a connection: to try again costs
 *      little.  One that hung is not asked before a probe brought it back.
 * Within a class the preferred one, else the one with the fewest calls under
 * way, ties in turn.
 *
 * A replica that failed is away for 100 ms, then for twice as long each time,
 * up to 5 s.  What answers is healthy at once.
 *
 * Memory: plain values.  Threads: one at a time.  I/O: none.
 */
#ifndef RETRIEVER_SHARDS_CHOOSE_H
#define RETRIEVER_SHARDS_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHOOSE_NONE         SIZE_MAX
#define CHOOSE_LAG_MORE     1000u
#define CHOOSE_PAUSE_US_MIN 100000
#define CHOOSE_PAUSE_US_MAX 5000000

struct health {
    uint32_t outstanding; /* calls under way */
    int64_t pause_us;     /* 0: healthy; else how long it is away */
    int64_t away_until_us;
    bool hung; /* how it failed last: by silence */
    bool lag_known;
    uint64_t lag;
};

void health_failed(struct health *health, bool hung, int64_t now_us);
void health_answered(struct health *health);

static inline bool health_good(const struct health *health)
{
    return health->pause_us == 0;
}

/* Those that may be asked, without those in `tried` (a bit each). `preferred`
 * may be CHOOSE_NONE; *turn is the caller's counter.  CHOOSE_NONE: none. */
size_t choose_replica(const struct health *const *replicas, size_t count,
                      uint32_t tried, size_t preferred, size_t *turn);

/* Whether it is healthy, and not far behind. */
bool choose_is_best(const struct health *const *replicas, size_t count,
                    size_t nth);

/* As choose_replica(), but healthy ones only: for a second opinion. */
size_t choose_healthy(const struct health *const *replicas, size_t count,
                      uint32_t tried, size_t *turn);

#endif
