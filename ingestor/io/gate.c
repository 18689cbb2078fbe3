// SPDX-License-Identifier: Apache-2.0
/*
 * gate.c - see gate.h.
 */
#include "ingestor/io/gate.h"

#include <pthread.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct mr_span *hosts; /* of those inside; absent for none */
    size_t running;
    size_t running_max;
};

struct gate *gate_new(size_t running_max)
{
    struct gate *gate = mr_calloc(1, sizeof(*gate));

    (void)pthread_mutex_init(&gate->lock, NULL);
    (void)pthread_cond_init(&gate->changed, NULL);
    gate->hosts = mr_calloc(running_max, sizeof(*gate->hosts));
    gate->running_max = running_max;
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    MR_ASSERT(gate->running == 0);
    (void)pthread_cond_destroy(&gate->changed);
    (void)pthread_mutex_destroy(&gate->lock);
    mr_free(gate->hosts);
    mr_free(gate);
}

static bool has_room(const struct gate *gate, struct mr_span host)
{
    if (gate->running == gate->running_max)
        return false;
    for (size_t i = 0; i < gate->running; i++) {
        if (host.data != NULL && mr_span_equal(gate->hosts[i], host))
            return false;
    }
    return true;
}

bool gate_is_open(struct gate *gate, struct mr_span host)
{
    bool open;

    (void)pthread_mutex_lock(&gate->lock);
    open = has_room(gate, host);
    (void)pthread_mutex_unlock(&gate->lock);
    return open;
}

bool gate_enter(struct gate *gate, struct mr_span host, const atomic_bool *stop)
{
    bool in;

    (void)pthread_mutex_lock(&gate->lock);
    while (!has_room(gate, host) && !atomic_load(stop))
        (void)pthread_cond_wait(&gate->changed, &gate->lock);
    in = !atomic_load(stop);
    if (in)
        gate->hosts[gate->running++] = host;
    (void)pthread_mutex_unlock(&gate->lock);
    return in;
}

void gate_leave(struct gate *gate, struct mr_span host)
{
    size_t at = 0;

    (void)pthread_mutex_lock(&gate->lock);
    while (at < gate->running && gate->hosts[at].data != host.data)
        at++;
    MR_ASSERT(at < gate->running);
    gate->hosts[at] = gate->hosts[--gate->running];
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->lock);
}

void gate_wake(struct gate *gate)
{
    (void)pthread_mutex_lock(&gate->lock);
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->lock);
}
