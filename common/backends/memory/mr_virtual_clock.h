// SPDX-License-Identifier: Apache-2.0
/*
 * mr_virtual_clock.h - time that moves only when told.
 *
 * In a simulation of one thread nothing may block: a sleep notes its deadline
 * and returns, and the scheduler advances the clock to the nearest deadline.
 * In tests with threads a sleep blocks until the clock has been advanced
 * past it.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_BACKENDS_MEMORY_MR_VIRTUAL_CLOCK_H
#define COMMON_BACKENDS_MEMORY_MR_VIRTUAL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ports/clock.h"

struct mr_virtual_clock;

/* A clock that stands at `wall_ms`; its monotonic time begins at 0. */
struct mr_virtual_clock *mr_virtual_clock_new(int64_t wall_ms,
                                              bool sleep_blocks);

/* NULL does nothing.  Nobody may sleep on it any more. */
void mr_virtual_clock_free(struct mr_virtual_clock *clock);

/* The port; borrowed until free. */
struct mr_clock *mr_virtual_clock_port(struct mr_virtual_clock *clock);

/* Moves both times on and ends the sleeps whose deadline is reached. */
void mr_virtual_clock_advance(struct mr_virtual_clock *clock,
                              int64_t duration_ms);

/* Milliseconds until the nearest deadline that is noted, INT64_MAX for none. */
int64_t mr_virtual_clock_next(struct mr_virtual_clock *clock);

/* Waits, in real time, until `count` threads sleep on the clock. */
void mr_virtual_clock_await(struct mr_virtual_clock *clock, size_t count);

/* Ends all sleeps, also future ones, as when the process is told to end. */
void mr_virtual_clock_stop(struct mr_virtual_clock *clock);

#endif
