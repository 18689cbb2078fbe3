// SPDX-License-Identifier: Apache-2.0
/*
 * turn.h - one at a time, the most urgent first.
 *
 * A lock with lanes: whoever waits in a lower lane goes before all who wait in
 * higher ones, and in a lane it is first come, first served.  Who has the turn
 * keeps it: hold it for one short piece of work and take it again.
 *
 * Memory:  owned by the caller.
 * Threads: any, that is what it is for.
 * I/O:     blocks in turn_take().
 */
#ifndef EMBEDDER_IO_TURN_H
#define EMBEDDER_IO_TURN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TURN_LANES 3u

struct turn {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool taken;
    uint64_t came[TURN_LANES];   /* tickets given, by lane */
    uint64_t served[TURN_LANES]; /* of them, that had or have the turn */
};

void turn_init(struct turn *turn);

/* Nobody has or waits for the turn. */
void turn_deinit(struct turn *turn);

/* Returns with the turn, which is the caller's until turn_give(). */
void turn_take(struct turn *turn, unsigned lane);

void turn_give(struct turn *turn);

/* How many wait in a lane now. */
size_t turn_waiting(struct turn *turn, unsigned lane);

#endif
