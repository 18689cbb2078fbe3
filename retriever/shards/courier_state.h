// SPDX-License-Identifier: Apache-2.0
/*
 * courier_state.h - the inside of a courier.  Private to courier*.c.
 *
 * An attempt is one HTTP request.  It outlives its errand when another attempt
 * was quicker; it then counts against its replica until it ends.
 */
#ifndef RETRIEVER_SHARDS_COURIER_STATE_H
#define RETRIEVER_SHARDS_COURIER_STATE_H

#include "retriever/shards/courier.h"
#include "retriever/shards/members.h"

struct attempt {
    struct attempt *next;
    struct errand *errand; /* NULL: a probe, or its errand has ended */
    struct member *member;
    struct member_set *set;
    enum peer_verb verb;
    bool probe;
    bool patient;
    bool slow; /* it was told of as hanging */
    int64_t began_us;
};

struct courier {
    struct courier_spec spec;
    char *authorization;     /* "Bearer ..." or NULL */
    struct member_set *sets; /* one a partition */
    struct errand *queue;    /* sent, not yet looked at; newest first */
    struct errand *running;
    struct attempt *attempts;
    struct mr_arena *arena; /* of one probe */
    uint64_t next_id;
};

int64_t courier_now(const struct courier *courier);

/* What came of an attempt, for its replica. */
void courier_failed(const struct courier *courier, struct member *member,
                    bool hung, const char *words);
void courier_answered(const struct courier *courier, struct member *member);

/* Starts a request; false, and its replica has failed, when it cannot be. */
bool courier_start(struct courier *courier, struct member_set *set,
                   struct member *member, struct errand *errand,
                   enum peer_verb verb, struct mr_span body, int64_t total_ms);

/* Asks one more replica, if healthy only such.  False: there is none that was
 * not asked. */
bool courier_ask_one(struct courier *courier, struct errand *errand,
                     bool healthy);

/* A running errand has ended. */
void courier_end(struct courier *courier, struct errand *errand);
void courier_end_failed(struct courier *courier, struct errand *errand,
                        enum mr_code code, const char *words);

#endif
