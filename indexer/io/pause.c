// SPDX-License-Identifier: Apache-2.0
/*
 * pause.c - see pause.h.
 */
#include "indexer/io/pause.h"

#include <time.h>

#define SLICE_MS      50L
#define FIRST_MS      100L
#define DOUBLINGS_MAX 6 /* 6.4 s, cut to LAST_MS */
#define LAST_MS       5000L

bool pause_before_retry(int round, const atomic_bool *ending)
{
    long left = FIRST_MS << (round < DOUBLINGS_MAX ? round : DOUBLINGS_MAX);

    left = left < LAST_MS ? left : LAST_MS;
    while (left > 0 && !atomic_load(ending)) {
        struct timespec slice = { .tv_nsec = SLICE_MS * 1000000L };

        (void)nanosleep(&slice, NULL);
        left -= SLICE_MS;
    }
    return !atomic_load(ending);
}
