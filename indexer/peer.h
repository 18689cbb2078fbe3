// SPDX-License-Identifier: Apache-2.0
/*
 * peer.h - a shard as a retriever sees it, be it in this process or on one of
 * its replicas elsewhere.  The second public header of the indexer.
 * size: one struct says all that can be asked.
 *
 * A call is a plain struct that says what is asked and takes what comes back.
 * Calls to several shards are all begun and then all finished, so that they
 * run side by side where the shards are elsewhere:
 *
 *   peer_hold()                  on each shard: begins a query
 *   peer_begin(), peer_finish()  INFO, STATS, SEARCH, LOAD, one after another
 *   peer_release()               on each
 *
 * In this process a query holds one snapshot from hold to release, and begin
 * does all the work in the caller's thread.  Elsewhere it holds a deadline,
 * and the replica that answered first is preferred by its further calls.
 *
 * A call that nobody answered fails with MR_E_UNAVAILABLE or MR_E_TIMEOUT:
 * the shard is away.  Any other code is the shard's own.
 *
 * Memory:  what is asked is borrowed until the call is finished; what comes
 *          back lies in the call's arena, or where the call says.
 * Threads: peers may be used by any number; a call and a view by one.
 * I/O:     none, or the network.
 */
#ifndef INDEXER_PEER_H
#define INDEXER_PEER_H

#include "indexer/indexer.h"

#define PEER_LANGUAGES_MAX 16u
#define PEER_REPLICAS_MAX  16u
/* Of one LOAD: a page of hits; also bounds what a reply can be. */
#define PEER_PLACES_MAX 256u
/* How long a call without a view may take; a WAIT its wait_ms more. */
#define PEER_CALL_MS 5000
/* A WAIT elsewhere keeps a thread there: ask again for more. */
#define PEER_WAIT_MS_MAX 10000

enum peer_verb {
    PEER_INFO = 1, /* in: want_status; out: info */
    PEER_STATS,    /* in: query, fresh; out: *stats is added to */
    PEER_SEARCH,   /* in: search, query and totals, vector, at_least;
                      out: keyword, dense, version */
    PEER_LOAD,     /* in: places; out: passages[] */
    PEER_GET,      /* in: id; out: record */
    PEER_TEXT,     /* in: id; out: text */
    PEER_WAIT,     /* in: at_least, wait_ms; out: done */
};

/* "info", "stats", ...: static; NULL for what is no verb. */
const char *peer_verb_name(enum peer_verb verb);

struct peer_info {
    uint64_t version; /* of the snapshot */
    const char *languages[PEER_LANGUAGES_MAX];
    size_t language_count;
    struct shard_status status; /* at most 1 s old; zeros unless wanted */
};

/* A version that must have been seen; with `dense` its vectors, too. */
struct peer_at_least {
    struct mr_span id;
    uint64_t version;
    bool dense;
};

/* What one side of a search gave. */
struct peer_hits {
    enum mr_code code; /* not MR_OK: this side failed, err of the call says
                          how; the other side may be good */
    struct shard_hit *items;
    size_t count;
};

/* What a query holds of one shard. */
struct peer_view {
    struct shard_snapshot *snapshot; /* in this process */
    int64_t deadline_us;             /* elsewhere, by the peer's clock */
    uint64_t replica; /* elsewhere: which one answered; 0: none yet */
};

struct peer_call {
    enum peer_verb verb;
    struct peer_view *view; /* NULL: GET, TEXT, WAIT and INFO need none */
    struct mr_arena *arena;

    bool want_status;
    bool fresh;                      /* no statistics out of a cache */
    const struct index_query *query; /* SEARCH: NULL for no keyword side */
    struct index_stats *stats;
    const struct index_stats *totals; /* of the collection */
    const struct shard_search *search;
    const float *vector; /* NULL for no dense side */
    size_t dimension;
    const struct peer_at_least *at_least; /* SEARCH: or NULL */
    const struct shard_hit *const *places;
    size_t place_count; /* at most PEER_PLACES_MAX */
    struct mr_span id;
    int wait_ms; /* at most PEER_WAIT_MS_MAX */

    enum mr_code code; /* valid once finished, as all below */
    struct mr_err err;
    struct peer_info info;
    struct peer_hits keyword;
    struct peer_hits dense;
    uint64_t version;               /* of the snapshot that was searched */
    struct shard_passage *passages; /* one a place, documents without text
                                       and passages; in the arena */
    size_t loaded; /* how many of the places, from the first: ask again for
                      the others; at least one */
    struct shard_record record; /* document without text and passages */
    struct mr_span text;        /* absent if there is none */
    bool done;

    void *state; /* the peer's own, between begin and finish */
};

/* A replica of a shard, for people. */
struct peer_replica {
    char address[256];
    char name[64];
    bool healthy;
    bool lag_known;
    uint64_t lag;         /* records behind */
    uint32_t outstanding; /* calls under way */
};

struct index_peer;

struct index_peer_ops {
    void (*hold)(struct index_peer *peer, int64_t within_ms,
                 struct peer_view *view);
    void (*release)(struct index_peer *peer, struct peer_view *view);
    void (*begin)(struct index_peer *peer, struct peer_call *call);
    void (*finish)(struct index_peer *peer, struct peer_call *call);
    size_t (*replicas)(struct index_peer *peer, struct peer_replica *out,
                       size_t room);
};

struct index_peer {
    const struct index_peer_ops *ops;
    uint32_t partition;
};

/* Begins a query that is to end within that time. */
static inline void peer_hold(struct index_peer *peer, int64_t within_ms,
                             struct peer_view *view)
{
    peer->ops->hold(peer, within_ms, view);
}

static inline void peer_release(struct index_peer *peer, struct peer_view *view)
{
    peer->ops->release(peer, view);
}

/* Each begun call is finished, once; then its code is set. */
static inline void peer_begin(struct index_peer *peer, struct peer_call *call)
{
    peer->ops->begin(peer, call);
}

static inline void peer_finish(struct index_peer *peer, struct peer_call *call)
{
    peer->ops->finish(peer, call);
}

/* Its replicas, none of a shard in this process. */
static inline size_t peer_replicas(struct index_peer *peer,
                                   struct peer_replica *out, size_t room)
{
    return peer->ops->replicas(peer, out, room);
}

/* Whether the code says that nobody answered for a shard. */
bool peer_is_away(enum mr_code code);

/* One call from begin to end, for callers that have only one.  With a view
 * (else NULL) several are asked of one replica, while it lives. */
MR_MUST_CHECK enum mr_code peer_info(struct index_peer *peer,
                                     struct mr_arena *arena,
                                     struct peer_info *out, struct mr_err *err);
MR_MUST_CHECK enum mr_code peer_get(struct index_peer *peer,
                                    struct peer_view *view, struct mr_span id,
                                    struct mr_arena *arena,
                                    struct shard_record *out,
                                    struct mr_err *err);
MR_MUST_CHECK enum mr_code peer_text(struct index_peer *peer,
                                     struct peer_view *view, struct mr_span id,
                                     struct mr_arena *arena,
                                     struct mr_span *out, struct mr_err *err);
/* As shard_wait(); elsewhere it may end early, with *done false, and *done says
 * that one replica has it, and the others that are well and did not take a
 * moment longer. */
MR_MUST_CHECK enum mr_code peer_wait(struct index_peer *peer,
                                     struct peer_view *view,
                                     const struct peer_at_least *at_least,
                                     int wait_ms, struct mr_arena *arena,
                                     bool *done, struct mr_err *err);

/* The shard, which is borrowed, in this process.  Freed by
 * index_peer_local_free(); NULL does nothing. */
struct index_peer *index_peer_local(struct shard *shard, uint32_t partition);
void index_peer_local_free(struct index_peer *peer);

/* A call's request as bytes, with the time that is left for it; and the bytes
 * of a reply into the call.  For peers that are elsewhere.
 * MR_E_CORRUPT, MR_E_LIMIT, MR_E_CONFIG: no reply to this call. */
MR_MUST_CHECK enum mr_code peer_call_encode(const struct peer_call *call,
                                            int64_t left_ms,
                                            struct mr_arena *arena,
                                            struct mr_span *out,
                                            struct mr_err *err);
MR_MUST_CHECK enum mr_code peer_call_parse(struct peer_call *call,
                                           struct mr_span reply,
                                           struct mr_err *err);

#endif
