// SPDX-License-Identifier: Apache-2.0
/*
 * pause.h - waiting before a disk is tried again.
 *
 * Threads: any.  I/O: the machine's clock.
 */
#ifndef INDEXER_IO_PAUSE_H
#define INDEXER_IO_PAUSE_H

#include <stdatomic.h>
#include <stdbool.h>

/* Waits 100 ms doubling to 5 s by `round`; false at once when *ending is or
 * becomes true. */
bool pause_before_retry(int round, const atomic_bool *ending);

#endif
