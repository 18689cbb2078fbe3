// SPDX-License-Identifier: Apache-2.0
/*
 * clock.h - the port to time.
 *
 * Decisions take their time from messages; the clock is for stamps on what is
 * appended, for deadlines and for measuring.  The simulation gives one that
 * moves only when everybody waits.
 *
 * Threads: any.
 */
#ifndef COMMON_PORTS_CLOCK_H
#define COMMON_PORTS_CLOCK_H

#include <stdint.h>

struct mr_clock;

struct mr_clock_ops {
    int64_t (*wall_ms)(struct mr_clock *clock);
    int64_t (*mono_us)(struct mr_clock *clock);
    void (*sleep_ms)(struct mr_clock *clock, int64_t duration_ms);
};

struct mr_clock {
    const struct mr_clock_ops *ops;
};

/* Milliseconds since 1970-01-01 UTC; may jump. */
static inline int64_t mr_clock_wall_ms(struct mr_clock *clock)
{
    return clock->ops->wall_ms(clock);
}

/* Microseconds since some moment; never falls. */
static inline int64_t mr_clock_mono_us(struct mr_clock *clock)
{
    return clock->ops->mono_us(clock);
}

/* Returns after `duration_ms`, or earlier when the process is told to end. */
static inline void mr_clock_sleep_ms(struct mr_clock *clock,
                                     int64_t duration_ms)
{
    clock->ops->sleep_ms(clock, duration_ms);
}

#endif
