// SPDX-License-Identifier: Apache-2.0
/*
 * members.h - the replicas of one partition, and what is known of them.
 *
 * Memory:  a member lives while it is in its set or somebody holds it.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef RETRIEVER_SHARDS_MEMBERS_H
#define RETRIEVER_SHARDS_MEMBERS_H

#include "retriever/replicas.h"
#include "retriever/shards/choose.h"
#include "retriever/shards/latency.h"

struct member {
    uint64_t id; /* of this process, never used again; from 1 */
    uint32_t partition;
    char address[256];
    char name[64];
    struct health health;
    bool gone; /* it is in no set any more */
    bool probing;
    int64_t probe_us; /* when it is asked for its state next */
    unsigned refs;
};

struct member_set {
    uint32_t partition;
    struct member **members;
    size_t count;
    size_t turn; /* of choose.h */
    struct latency latency;
    int64_t called_us; /* when it was asked last, for a caller */
    uint8_t *info;     /* the newest state, as a reply to INFO; or NULL */
    size_t info_size;
    int64_t info_us; /* when it was asked for */
};

void member_set_init(struct member_set *set, uint32_t partition);
void member_set_deinit(struct member_set *set);

/* As replicas_set(); *next_id is where new ids come from. */
MR_MUST_CHECK enum mr_code member_set_replace(struct member_set *set,
                                              const struct replica *list,
                                              size_t count, uint64_t *next_id,
                                              struct mr_err *err);

/* The best that is not among `asked` (ids); `healthy`: no other.  Or NULL. */
struct member *member_set_choose(struct member_set *set, const uint64_t *asked,
                                 size_t asked_count, uint64_t preferred,
                                 bool healthy);
bool member_set_has_healthy(const struct member_set *set, const uint64_t *asked,
                            size_t asked_count);

/* Ids of those that are healthy and not far behind, but for one. */
size_t member_set_best(const struct member_set *set, uint64_t but,
                       uint64_t out[PEER_REPLICAS_MAX]);

/* Or NULL, when it is not in the set any more. */
struct member *member_set_find(const struct member_set *set, uint64_t id);

size_t member_set_describe(const struct member_set *set,
                           struct peer_replica *out, size_t room);

/* Copies the bytes, unless what is there was asked for later. */
void member_set_keep_info(struct member_set *set, struct mr_span bytes,
                          int64_t asked_us);
void member_set_forget_info(struct member_set *set);

struct member *member_take(struct member *member);
void member_drop(struct member *member);

#endif
