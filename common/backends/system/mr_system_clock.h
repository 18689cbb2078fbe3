// SPDX-License-Identifier: Apache-2.0
/*
 * mr_system_clock.h - the machine's time, and sleeps that can be ended.
 *
 * Memory:  a few bytes and one eventfd.
 * Threads: any.  mr_system_clock_stop() may be called in a signal handler.
 * I/O:     none.
 */
#ifndef COMMON_BACKENDS_SYSTEM_MR_SYSTEM_CLOCK_H
#define COMMON_BACKENDS_SYSTEM_MR_SYSTEM_CLOCK_H

#include "common/base/mr_status.h"
#include "common/ports/clock.h"

struct mr_system_clock;

/* MR_E_UNAVAILABLE: no descriptor is left. */
MR_MUST_CHECK enum mr_code mr_system_clock_open(struct mr_system_clock **out,
                                                struct mr_err *err);

/* NULL does nothing.  Nobody may sleep on it any more. */
void mr_system_clock_close(struct mr_system_clock *clock);

/* The port; borrowed until close. */
struct mr_clock *mr_system_clock_port(struct mr_system_clock *clock);

/* Ends all sleeps, also future ones: the process is told to end. */
void mr_system_clock_stop(struct mr_system_clock *clock);

#endif
