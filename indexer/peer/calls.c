// SPDX-License-Identifier: Apache-2.0
/*
 * calls.c - what is alike for all peers: names, and single calls.
 */
#include "common/base/mr_mem.h"
#include "indexer/peer.h"

const char *peer_verb_name(enum peer_verb verb)
{
    switch (verb) {
    case PEER_INFO:
        return "info";
    case PEER_STATS:
        return "stats";
    case PEER_SEARCH:
        return "search";
    case PEER_LOAD:
        return "load";
    case PEER_GET:
        return "get";
    case PEER_TEXT:
        return "text";
    case PEER_WAIT:
        return "wait";
    }
    return NULL;
}

bool peer_is_away(enum mr_code code)
{
    return code == MR_E_UNAVAILABLE || code == MR_E_TIMEOUT;
}

/* Runs the call; its failure goes to the caller. */
static enum mr_code run(struct index_peer *peer, struct peer_call *call,
                        struct mr_err *err)
{
    peer_begin(peer, call);
    peer_finish(peer, call);
    if (call->code != MR_OK)
        return mr_fail(err, call->code, "%s", call->err.text);
    return MR_OK;
}

/* A call is large (it holds words), so it doesn't lie on the stack. */
static struct peer_call *call_new(enum peer_verb verb, struct mr_arena *arena)
{
    struct peer_call *call = mr_arena_calloc(arena, 1, sizeof(*call));

    call->verb = verb;
    call->arena = arena;
    return call;
}

enum mr_code peer_info(struct index_peer *peer, struct mr_arena *arena,
                       struct peer_info *out, struct mr_err *err)
{
    struct peer_call *call = call_new(PEER_INFO, arena);
    enum mr_code code;

    call->want_status = true;
    code = run(peer, call, err);
    *out = call->info;
    return code;
}

enum mr_code peer_get(struct index_peer *peer, struct peer_view *view,
                      struct mr_span id, struct mr_arena *arena,
                      struct shard_record *out, struct mr_err *err)
{
    struct peer_call *call = call_new(PEER_GET, arena);
    enum mr_code code;

    call->view = view;
    call->id = id;
    code = run(peer, call, err);
    *out = call->record;
    return code;
}

enum mr_code peer_text(struct index_peer *peer, struct peer_view *view,
                       struct mr_span id, struct mr_arena *arena,
                       struct mr_span *out, struct mr_err *err)
{
    struct peer_call *call = call_new(PEER_TEXT, arena);
    enum mr_code code;

    call->view = view;
    call->id = id;
    code = run(peer, call, err);
    *out = call->text;
    return code;
}

enum mr_code peer_wait(struct index_peer *peer, struct peer_view *view,
                       const struct peer_at_least *at_least, int wait_ms,
                       struct mr_arena *arena, bool *done, struct mr_err *err)
{
    struct peer_call *call = call_new(PEER_WAIT, arena);
    enum mr_code code;

    call->view = view;
    call->at_least = at_least;
    call->wait_ms = wait_ms < PEER_WAIT_MS_MAX ? wait_ms : PEER_WAIT_MS_MAX;
    code = run(peer, call, err);
    *done = code == MR_OK && call->done;
    return code;
}
