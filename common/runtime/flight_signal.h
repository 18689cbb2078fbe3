// SPDX-License-Identifier: Apache-2.0
/*
 * flight_signal.h - marks a death on the thread that dies.  Private to runtime.
 *
 * Handlers of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT set the mark that
 * the dying thread pointed them to, then let the signal go its usual way.
 *
 * Memory:  one word a thread, and the actions that were there before.
 * Threads: any; a mark is its thread's own.
 * I/O:     none; only what is async-signal-safe.
 */
#ifndef COMMON_RUNTIME_FLIGHT_SIGNAL_H
#define COMMON_RUNTIME_FLIGHT_SIGNAL_H

#include <stdint.h>

/* Where the calling thread's death is to be marked by the signal's number;
 * NULL: nowhere. */
void mr_flight_signal_mark(uint32_t *mark);

/* Nests; the last remove brings the earlier actions back. */
void mr_flight_signal_install(void);
void mr_flight_signal_remove(void);

#endif
