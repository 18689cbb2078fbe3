// SPDX-License-Identifier: Apache-2.0
/*
 * mr_virtual_clock.c - see mr_virtual_clock.h.
 */
#include "common/backends/memory/mr_virtual_clock.h"

#include <pthread.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

struct mr_virtual_clock {
    struct mr_clock port;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int64_t wall_ms;
    int64_t passed_ms;
    int64_t *deadlines; /* in passed_ms, unordered */
    size_t deadline_count;
    size_t deadline_room;
    size_t sleepers;
    bool sleep_blocks;
    bool stopped;
};

static int64_t wall_ms(struct mr_clock *port)
{
    struct mr_virtual_clock *clock = (struct mr_virtual_clock *)port;
    int64_t now;

    pthread_mutex_lock(&clock->lock);
    now = clock->wall_ms + clock->passed_ms;
    pthread_mutex_unlock(&clock->lock);
    return now;
}

static int64_t mono_us(struct mr_clock *port)
{
    struct mr_virtual_clock *clock = (struct mr_virtual_clock *)port;
    int64_t now;

    pthread_mutex_lock(&clock->lock);
    now = clock->passed_ms * 1000;
    pthread_mutex_unlock(&clock->lock);
    return now;
}

static void note_deadline(struct mr_virtual_clock *clock, int64_t deadline)
{
    if (clock->deadline_count == clock->deadline_room) {
        clock->deadline_room = 2 * clock->deadline_room + 8;
        clock->deadlines = mr_realloc_array(
            clock->deadlines, clock->deadline_room, sizeof(*clock->deadlines));
    }
    clock->deadlines[clock->deadline_count++] = deadline;
}

/* Deadlines that are reached are no longer waited for. */
static void drop_reached(struct mr_virtual_clock *clock)
{
    size_t kept = 0;

    for (size_t i = 0; i < clock->deadline_count; i++) {
        if (clock->deadlines[i] > clock->passed_ms)
            clock->deadlines[kept++] = clock->deadlines[i];
    }
    clock->deadline_count = kept;
}

static void sleep_ms(struct mr_clock *port, int64_t duration_ms)
{
    struct mr_virtual_clock *clock = (struct mr_virtual_clock *)port;
    int64_t deadline;

    pthread_mutex_lock(&clock->lock);
    deadline = clock->passed_ms + duration_ms;
    if (duration_ms > 0 && !clock->stopped)
        note_deadline(clock, deadline);
    clock->sleepers++;
    pthread_cond_broadcast(&clock->moved);
    while (clock->sleep_blocks && !clock->stopped &&
           clock->passed_ms < deadline)
        pthread_cond_wait(&clock->moved, &clock->lock);
    clock->sleepers--;
    pthread_mutex_unlock(&clock->lock);
}

struct mr_virtual_clock *mr_virtual_clock_new(int64_t wall, bool sleep_blocks)
{
    static const struct mr_clock_ops ops = {
        .wall_ms = wall_ms,
        .mono_us = mono_us,
        .sleep_ms = sleep_ms,
    };
    struct mr_virtual_clock *clock = mr_calloc(1, sizeof(*clock));

    clock->port.ops = &ops;
    clock->wall_ms = wall;
    clock->sleep_blocks = sleep_blocks;
    pthread_mutex_init(&clock->lock, NULL);
    pthread_cond_init(&clock->moved, NULL);
    return clock;
}

void mr_virtual_clock_free(struct mr_virtual_clock *clock)
{
    if (clock == NULL)
        return;
    MR_ASSERT(clock->sleepers == 0);
    pthread_cond_destroy(&clock->moved);
    pthread_mutex_destroy(&clock->lock);
    mr_free(clock->deadlines);
    mr_free(clock);
}

struct mr_clock *mr_virtual_clock_port(struct mr_virtual_clock *clock)
{
    return &clock->port;
}

void mr_virtual_clock_advance(struct mr_virtual_clock *clock,
                              int64_t duration_ms)
{
    MR_ASSERT(duration_ms >= 0);
    pthread_mutex_lock(&clock->lock);
    clock->passed_ms += duration_ms;
    drop_reached(clock);
    pthread_cond_broadcast(&clock->moved);
    pthread_mutex_unlock(&clock->lock);
}

int64_t mr_virtual_clock_next(struct mr_virtual_clock *clock)
{
    int64_t next = INT64_MAX;

    pthread_mutex_lock(&clock->lock);
    for (size_t i = 0; i < clock->deadline_count; i++) {
        int64_t left = clock->deadlines[i] - clock->passed_ms;

        next = left < next ? left : next;
    }
    pthread_mutex_unlock(&clock->lock);
    return next;
}

void mr_virtual_clock_await(struct mr_virtual_clock *clock, size_t count)
{
    pthread_mutex_lock(&clock->lock);
    while (clock->deadline_count < count)
        pthread_cond_wait(&clock->moved, &clock->lock);
    pthread_mutex_unlock(&clock->lock);
}

void mr_virtual_clock_stop(struct mr_virtual_clock *clock)
{
    pthread_mutex_lock(&clock->lock);
    clock->stopped = true;
    clock->deadline_count = 0;
    pthread_cond_broadcast(&clock->moved);
    pthread_mutex_unlock(&clock->lock);
}
