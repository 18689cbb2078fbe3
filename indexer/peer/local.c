// SPDX-License-Identifier: Apache-2.0
/*
 * local.c - a shard of this process as a peer: begin does the work, finish
 * nothing.
 */
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "indexer/peer.h"

struct local {
    struct index_peer peer;
    struct shard *shard;
};

static struct shard *shard_of(struct index_peer *peer)
{
    return ((struct local *)peer)->shard;
}

static void hold(struct index_peer *peer, int64_t within_ms,
                 struct peer_view *view)
{
    (void)within_ms;
    *view = (struct peer_view){ .snapshot = shard_acquire(shard_of(peer)) };
}

static void release(struct index_peer *peer, struct peer_view *view)
{
    (void)peer;
    shard_release(view->snapshot);
    view->snapshot = NULL;
}

static void tell_info(struct shard *shard, struct peer_call *call)
{
    struct peer_info *info = &call->info;
    struct shard_snapshot *held =
        call->view == NULL ? shard_acquire(shard) : call->view->snapshot;

    *info = (struct peer_info){ .version = shard_snapshot_version(held) };
    info->language_count =
        shard_languages(held, info->languages, PEER_LANGUAGES_MAX);
    /* They lie in the snapshot. */
    for (size_t i = 0; call->view == NULL && i < info->language_count; i++)
        info->languages[i] =
            mr_arena_str(call->arena, mr_span_str(info->languages[i]));
    if (call->view == NULL)
        shard_release(held);
    if (call->want_status)
        shard_status(shard, &info->status);
}

static void search(struct peer_call *call)
{
    struct shard_snapshot *snapshot = call->view->snapshot;

    call->keyword = (struct peer_hits){ .code = MR_OK };
    call->dense = (struct peer_hits){ .code = MR_OK };
    call->version = shard_snapshot_version(snapshot);
    if (call->query != NULL)
        call->keyword.code = shard_search_keyword(
            snapshot, call->query, call->totals, call->search, call->arena,
            &call->keyword.items, &call->keyword.count, &call->err);
    if (call->vector != NULL)
        call->dense.code = shard_search_dense(
            snapshot, call->vector, call->search, call->arena,
            &call->dense.items, &call->dense.count, &call->err);
}

static enum mr_code load(struct shard *shard, struct peer_call *call)
{
    enum mr_code code = MR_OK;

    MR_ASSERT(call->place_count <= PEER_PLACES_MAX);
    call->passages = mr_arena_calloc(call->arena, call->place_count,
                                     sizeof(*call->passages));
    for (size_t i = 0; code == MR_OK && i < call->place_count; i++) {
        code = shard_load_hit(shard, call->places[i], call->arena,
                              &call->passages[i], &call->err);
        call->passages[i].document.passages = (struct mr_passages){ 0 };
    }
    call->loaded = call->place_count;
    return code;
}

static enum mr_code get(struct shard *shard, struct peer_call *call)
{
    enum mr_code code =
        shard_get(shard, call->id, call->arena, &call->record, &call->err);

    call->record.document.passages = (struct mr_passages){ 0 };
    return code;
}

static void begin(struct index_peer *peer, struct peer_call *call)
{
    struct shard *shard = shard_of(peer);

    call->code = MR_OK;
    switch (call->verb) {
    case PEER_INFO:
        tell_info(shard, call);
        return;
    case PEER_STATS:
        shard_add_stats(call->view->snapshot, call->query, call->stats);
        return;
    case PEER_SEARCH:
        search(call);
        return;
    case PEER_LOAD:
        call->code = load(shard, call);
        return;
    case PEER_GET:
        call->code = get(shard, call);
        return;
    case PEER_TEXT:
        call->code =
            shard_text(shard, call->id, call->arena, &call->text, &call->err);
        return;
    case PEER_WAIT:
        call->code = shard_wait(shard, call->at_least->id,
                                call->at_least->version, call->at_least->dense,
                                call->wait_ms, &call->done, &call->err);
        return;
    }
    MR_UNREACHABLE();
}

static void finish(struct index_peer *peer, struct peer_call *call)
{
    (void)peer;
    (void)call;
}

static size_t replicas(struct index_peer *peer, struct peer_replica *out,
                       size_t room)
{
    (void)peer;
    (void)out;
    (void)room;
    return 0;
}

static const struct index_peer_ops local_ops = { .hold = hold,
                                                 .release = release,
                                                 .begin = begin,
                                                 .finish = finish,
                                                 .replicas = replicas };

struct index_peer *index_peer_local(struct shard *shard, uint32_t partition)
{
    struct local *local = mr_calloc(1, sizeof(*local));

    local->peer =
        (struct index_peer){ .ops = &local_ops, .partition = partition };
    local->shard = shard;
    return &local->peer;
}

void index_peer_local_free(struct index_peer *peer)
{
    MR_ASSERT(peer == NULL || peer->ops == &local_ops);
    mr_free(peer);
}
