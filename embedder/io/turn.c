// SPDX-License-Identifier: Apache-2.0
/*
 * turn.c - see turn.h.
 *
 * Everybody who waits is woken by each turn_give() and looks whether it is
 * theirs: there are a handful of them, and the work between takes
 * milliseconds.
 */
#include "embedder/io/turn.h"

#include "common/base/mr_assert.h"

static void lock(struct turn *turn)
{
    MR_ASSERT(pthread_mutex_lock(&turn->mutex) == 0);
}

static void unlock(struct turn *turn)
{
    MR_ASSERT(pthread_mutex_unlock(&turn->mutex) == 0);
}

void turn_init(struct turn *turn)
{
    *turn = (struct turn){ .taken = false };
    MR_ASSERT(pthread_mutex_init(&turn->mutex, NULL) == 0);
    MR_ASSERT(pthread_cond_init(&turn->changed, NULL) == 0);
}

void turn_deinit(struct turn *turn)
{
    MR_ASSERT(!turn->taken);
    for (unsigned i = 0; i < TURN_LANES; i++)
        MR_ASSERT(turn->came[i] == turn->served[i]);
    MR_ASSERT(pthread_cond_destroy(&turn->changed) == 0);
    MR_ASSERT(pthread_mutex_destroy(&turn->mutex) == 0);
}

static bool is_next(const struct turn *turn, unsigned lane, uint64_t ticket)
{
    for (unsigned i = 0; i < lane; i++)
        if (turn->came[i] != turn->served[i])
            return false;
    return !turn->taken && turn->served[lane] == ticket;
}

void turn_take(struct turn *turn, unsigned lane)
{
    uint64_t ticket;

    MR_ASSERT(lane < TURN_LANES);
    lock(turn);
    ticket = turn->came[lane]++;
    while (!is_next(turn, lane, ticket))
        MR_ASSERT(pthread_cond_wait(&turn->changed, &turn->mutex) == 0);
    turn->taken = true;
    turn->served[lane]++;
    unlock(turn);
}

void turn_give(struct turn *turn)
{
    lock(turn);
    MR_ASSERT(turn->taken);
    turn->taken = false;
    MR_ASSERT(pthread_cond_broadcast(&turn->changed) == 0);
    unlock(turn);
}

size_t turn_waiting(struct turn *turn, unsigned lane)
{
    size_t waiting;

    MR_ASSERT(lane < TURN_LANES);
    lock(turn);
    waiting = (size_t)(turn->came[lane] - turn->served[lane]);
    unlock(turn);
    return waiting;
}
