// SPDX-License-Identifier: Apache-2.0
/*
 * choose.c - see choose.h.
 */
#include "retriever/shards/choose.h"

#define CLASSES 3u

void health_failed(struct health *health, bool hung, int64_t now_us)
{
    int64_t pause_us = health->pause_us * 2;

    /* Calls that were under way together fail together: that is once. */
    if (health->pause_us > 0 && now_us < health->away_until_us) {
        health->hung = health->hung || hung;
        return;
    }
    if (pause_us < CHOOSE_PAUSE_US_MIN)
        pause_us = CHOOSE_PAUSE_US_MIN;
    if (pause_us > CHOOSE_PAUSE_US_MAX)
        pause_us = CHOOSE_PAUSE_US_MAX;
    health->pause_us = pause_us;
    health->away_until_us = now_us + pause_us;
    health->hung = hung;
}

void health_answered(struct health *health)
{
    health->pause_us = 0;
    health->away_until_us = 0;
    health->hung = false;
}

/* The least lag that is known of a healthy one. */
static uint64_t best_lag(const struct health *const *replicas, size_t count)
{
    uint64_t best = UINT64_MAX;

    for (size_t i = 0; i < count; i++) {
        if (health_good(replicas[i]) && replicas[i]->lag_known &&
            replicas[i]->lag < best)
            best = replicas[i]->lag;
    }
    return best;
}

/* From 0; CLASSES for one that is not asked. */
static unsigned class_of(const struct health *health, uint64_t best)
{
    if (!health_good(health))
        return health->hung ? CLASSES : 2;
    if (health->lag_known && health->lag > CHOOSE_LAG_MORE &&
        health->lag / 2 > best)
        return 1;
    return 0;
}

static size_t choose(const struct health *const *replicas, size_t count,
                     uint32_t tried, size_t preferred, size_t *turn,
                     unsigned classes)
{
    uint64_t best = best_lag(replicas, count);
    unsigned found_class = classes;
    size_t found = CHOOSE_NONE;
    size_t from = count == 0 ? 0 : (*turn)++ % count;

    for (size_t k = 0; k < count; k++) {
        size_t i = (from + k) % count;
        unsigned class = class_of(replicas[i], best);

        if ((tried >> i & 1) != 0 || class >= classes || class > found_class)
            continue;
        if (class == found_class && found != CHOOSE_NONE &&
            (found == preferred ||
             (i != preferred &&
              replicas[i]->outstanding >= replicas[found]->outstanding)))
            continue;
        found = i;
        found_class = class;
    }
    return found;
}

size_t choose_replica(const struct health *const *replicas, size_t count,
                      uint32_t tried, size_t preferred, size_t *turn)
{
    return choose(replicas, count, tried, preferred, turn, CLASSES);
}

size_t choose_healthy(const struct health *const *replicas, size_t count,
                      uint32_t tried, size_t *turn)
{
    return choose(replicas, count, tried, CHOOSE_NONE, turn, 2);
}

bool choose_is_best(const struct health *const *replicas, size_t count,
                    size_t nth)
{
    return class_of(replicas[nth], best_lag(replicas, count)) == 0;
}
