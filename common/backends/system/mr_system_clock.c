// SPDX-License-Identifier: Apache-2.0
/*
 * mr_system_clock.c - see mr_system_clock.h.
 *
 * A sleep is a poll() on an eventfd that stop writes to and nobody reads, so
 * once written it ends every sleep, and the write is safe in a signal handler.
 */
#include "common/backends/system/mr_system_clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

struct mr_system_clock {
    struct mr_clock port;
    int stop_fd;
};

static int64_t wall_ms(struct mr_clock *port)
{
    struct timespec now;

    (void)port;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t mono_us(struct mr_clock *port)
{
    struct timespec now;

    (void)port;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void sleep_ms(struct mr_clock *port, int64_t duration_ms)
{
    struct mr_system_clock *clock = (struct mr_system_clock *)port;
    int64_t deadline = mono_us(port) / 1000 + duration_ms;
    int64_t left = duration_ms;

    while (left > 0) {
        struct pollfd stop = { .fd = clock->stop_fd, .events = POLLIN };

        if (poll(&stop, 1, left > INT_MAX ? INT_MAX : (int)left) > 0)
            return;
        left = deadline - mono_us(port) / 1000;
    }
}

enum mr_code mr_system_clock_open(struct mr_system_clock **out,
                                  struct mr_err *err)
{
    static const struct mr_clock_ops ops = {
        .wall_ms = wall_ms,
        .mono_us = mono_us,
        .sleep_ms = sleep_ms,
    };
    struct mr_system_clock *clock;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, errno, "clock: eventfd");
    clock = mr_calloc(1, sizeof(*clock));
    clock->port.ops = &ops;
    clock->stop_fd = fd;
    *out = clock;
    return MR_OK;
}

void mr_system_clock_close(struct mr_system_clock *clock)
{
    if (clock == NULL)
        return;
    (void)close(clock->stop_fd);
    mr_free(clock);
}

struct mr_clock *mr_system_clock_port(struct mr_system_clock *clock)
{
    return &clock->port;
}

void mr_system_clock_stop(struct mr_system_clock *clock)
{
    static const uint64_t one = 1;
    int saved = errno;

    /* It can only fail when it is full, and then it is readable. */
    if (write(clock->stop_fd, &one, sizeof(one)) < 0)
        MR_ASSERT(errno == EAGAIN);
    errno = saved;
}
