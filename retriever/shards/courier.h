// SPDX-License-Identifier: Apache-2.0
/*
 * courier.h - calls to replicas elsewhere: who is asked, when another one is
 * asked as well, and what came back.
 *
 * An errand is one call to one partition.  It ends with the first reply that
 * is one, or when nobody is left to be asked, or at its deadline; replies that
 * come later only say that their replica lives.  Besides, every replica is
 * asked for its state now and then (a probe), and one that failed when its
 * pause is over.
 *
 *   courier_send()    by whoever asks: puts the errand into the queue
 *   courier_turn()    begins what is due, and says for how long to poll
 *   courier_took()    for each response that the poll gave
 *
 * Memory:  errands are the caller's, until `done` at least.
 * Threads: one at a time: its user holds a lock, but not while it polls.
 *          courier_turn() and courier_took() only on the thread that polls.
 * I/O:     through the ports.
 */
#ifndef RETRIEVER_SHARDS_COURIER_H
#define RETRIEVER_SHARDS_COURIER_H

#include "common/ports/clock.h"
#include "common/ports/http.h"
#include "common/runtime/telemetry.h"
#include "retriever/replicas.h"

/* How often a replica is asked for its state, while calls come and else. */
#define COURIER_PROBE_US      500000
#define COURIER_PROBE_IDLE_US 5000000
#define COURIER_IDLE_US       10000000
#define COURIER_PROBE_MS      1000
/* How old a shard's state may be that answers a call. */
#define COURIER_INFO_US 1000000
/* Nothing is due: how long a poll may last. */
#define COURIER_WAIT_MS_MAX 1000

struct courier;
struct errand;

struct courier_spec {
    struct mr_http *http;   /* borrowed, as all below */
    struct mr_clock *clock; /* monotonic time */
    struct mr_telemetry *telemetry;
    uint32_t partitions;
    const char *api_key; /* copied; NULL for none */
    /* An errand has ended: on the thread that polls. */
    void (*done)(void *context, struct errand *errand);
    void *context;
};

struct errand {
    uint32_t partition;
    enum peer_verb verb;
    struct mr_span body; /* borrowed until done */
    int64_t deadline_us;
    bool patient;       /* it waits on purpose: silence means nothing */
    uint64_t preferred; /* id of a replica; 0: none */
    uint64_t only;      /* id of the one that may be asked; 0: any */

    bool done; /* what follows is valid then */
    enum mr_code code;
    struct mr_err err;
    uint8_t *reply; /* freed by mr_free() */
    size_t reply_size;
    uint64_t replica; /* the id of the one that answered */

    /* The courier's.  Who was asked stays known when it is sent again. */
    uint64_t asked[PEER_REPLICAS_MAX];
    size_t asked_count;
    unsigned running; /* attempts */
    int64_t began_us; /* the last attempt */
    int64_t hedge_us; /* when another is asked as well; INT64_MAX: never */
    int64_t patience_us;
    struct errand *next;
};

struct courier *courier_new(const struct courier_spec *spec);
/* Nothing may be under way at the port any more.  NULL does nothing. */
void courier_free(struct courier *courier);

MR_MUST_CHECK enum mr_code courier_set(struct courier *courier,
                                       uint32_t partition,
                                       const struct replica *list, size_t count,
                                       struct mr_err *err);
size_t courier_replicas(const struct courier *courier, uint32_t partition,
                        struct peer_replica *out, size_t room);

/* Into the queue; `done` and what follows it is made new. */
void courier_send(struct courier *courier, struct errand *errand);

/* The reply that the errand got was none: its replica has failed. */
void courier_was_garbage(struct courier *courier, const struct errand *errand,
                         const char *words);

/* The state that a replica of the partition told last, as the bytes of a
 * reply to INFO; absent when it is too old.  Good until the next turn. */
struct mr_span courier_info(const struct courier *courier, uint32_t partition);
void courier_forget(struct courier *courier, uint32_t partition);

/* Ids of the replicas that are good and not far behind, but for one. */
size_t courier_others(const struct courier *courier, uint32_t partition,
                      uint64_t but, uint64_t out[PEER_REPLICAS_MAX]);

int courier_turn(struct courier *courier);
void courier_took(struct courier *courier, struct mr_http_response *response);

#endif
