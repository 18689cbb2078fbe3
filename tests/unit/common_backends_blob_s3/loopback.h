// SPDX-License-Identifier: Apache-2.0
/*
 * loopback.h - a server on loopback that says what the test wants, byte by
 * byte, and keeps what it was asked; and a clock that moves when slept on.
 *
 * Answers go out in their order, one a connection, and the last one again and
 * again.
 */
#ifndef TESTS_UNIT_COMMON_BACKENDS_BLOB_S3_LOOPBACK_H
#define TESTS_UNIT_COMMON_BACKENDS_BLOB_S3_LOOPBACK_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ports/clock.h"

#define LOOPBACK_ANSWERS_MAX 8u
#define LOOPBACK_CALLS_MAX   32u
#define LOOPBACK_REQUEST_MAX 4096u

struct loopback {
    int fd;
    char endpoint[64];
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    const char *answers[LOOPBACK_ANSWERS_MAX];
    unsigned answer_count;
    unsigned calls; /* since loopback_say() */
    char requests[LOOPBACK_CALLS_MAX][LOOPBACK_REQUEST_MAX]; /* the heads */
};

/* Reads a head and as much body as it announces. */
static inline void loopback_read(int fd, char *head)
{
    size_t size = 0;
    char *body = NULL;
    const char *length;
    char sink[65536];
    size_t left;

    while (body == NULL && size + 1 < LOOPBACK_REQUEST_MAX) {
        ssize_t got = read(fd, head + size, LOOPBACK_REQUEST_MAX - 1 - size);

        if (got <= 0)
            return;
        size += (size_t)got;
        head[size] = '\0';
        body = strstr(head, "\r\n\r\n");
    }
    length = strcasestr(head, "\r\ncontent-length:");
    if (body == NULL || length == NULL)
        return;
    left = strtoul(length + 17, NULL, 10);
    left -= size - (size_t)(body + 4 - head);
    while (left > 0) {
        ssize_t got = read(fd, sink, left < sizeof(sink) ? left : sizeof(sink));

        if (got <= 0)
            return;
        left -= (size_t)got;
    }
}

static inline void *loopback_serve(void *context)
{
    struct loopback *self = context;
    int fd;

    while ((fd = accept(self->fd, NULL, NULL)) >= 0) {
        const char *answer;
        unsigned call;

        pthread_mutex_lock(&self->lock);
        call = self->calls++;
        loopback_read(fd, self->requests[call % LOOPBACK_CALLS_MAX]);
        answer =
            self->answers[call < self->answer_count ? call
                                                    : self->answer_count - 1];
        pthread_mutex_unlock(&self->lock);
        /* The other side may have enough before the end. */
        (void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
        (void)shutdown(fd, SHUT_WR);
        (void)close(fd);
    }
    return NULL;
}

/* A socket that is bound to a free port; with an endpoint for it. */
static inline bool loopback_bind(struct loopback *self)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    self->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(self->fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(self->fd, (struct sockaddr *)&address, &size) != 0)
        return false;
    (void)snprintf(self->endpoint, sizeof(self->endpoint),
                   "http://127.0.0.1:%u", ntohs(address.sin_port));
    return true;
}

/* What it says from now on; the texts stay the test's. */
static inline void loopback_say(struct loopback *self,
                                const char *const *answers, unsigned count)
{
    pthread_mutex_lock(&self->lock);
    for (unsigned i = 0; i < count && i < LOOPBACK_ANSWERS_MAX; i++)
        self->answers[i] = answers[i];
    self->answer_count = count;
    self->calls = 0;
    pthread_mutex_unlock(&self->lock);
}

static inline bool loopback_start(struct loopback *self)
{
    return pthread_mutex_init(&self->lock, NULL) == 0 && loopback_bind(self) &&
           listen(self->fd, 16) == 0 &&
           pthread_create(&self->thread, NULL, loopback_serve, self) == 0;
}

static inline unsigned loopback_calls(struct loopback *self)
{
    unsigned calls;

    pthread_mutex_lock(&self->lock);
    calls = self->calls;
    pthread_mutex_unlock(&self->lock);
    return calls;
}

/* The head of a request that was answered. */
static inline const char *loopback_request(struct loopback *self, unsigned call)
{
    (void)loopback_calls(self);
    return self->requests[call];
}

static inline void loopback_stop(struct loopback *self)
{
    (void)shutdown(self->fd, SHUT_RDWR);
    (void)pthread_join(self->thread, NULL);
    (void)close(self->fd);
}

struct slept {
    struct mr_clock port;
    int64_t now_ms;
    int64_t slept_ms; /* in all */
};

static inline int64_t slept_wall_ms(struct mr_clock *clock)
{
    return ((struct slept *)clock)->now_ms;
}

static inline int64_t slept_mono_us(struct mr_clock *clock)
{
    return ((struct slept *)clock)->now_ms * 1000;
}

static inline void slept_sleep_ms(struct mr_clock *clock, int64_t ms)
{
    ((struct slept *)clock)->now_ms += ms;
    ((struct slept *)clock)->slept_ms += ms;
}

static inline struct mr_clock *slept_clock(struct slept *self)
{
    static const struct mr_clock_ops ops = { slept_wall_ms, slept_mono_us,
                                             slept_sleep_ms };

    *self = (struct slept){ .port.ops = &ops, .now_ms = 1000 };
    return &self->port;
}

#endif
