// SPDX-License-Identifier: Apache-2.0
/*
 * replicas.c - see retriever/replicas.h: the thread that polls, and the peers,
 * which hand it their calls.
 *
 * `lock` guards the courier and the caches; it is not held while the thread
 * polls, and never while a reply is parsed.
 */
#include "retriever/replicas.h"

#include <pthread.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/http/client.h"
#include "retriever/shards/courier.h"
#include "retriever/shards/term_cache.h"

#define CONNECTIONS_MAX          1024u
#define CONNECTIONS_PER_HOST_MAX 64u /* of the 256 that a server has */
#define POLL_FAILED_MS           10
/* How long the other replicas are waited for. */
#define OTHERS_MS 300

struct remote {
    struct index_peer peer;
    struct replicas *owner;
    struct term_cache *terms; /* lock */
};

struct replicas {
    struct mr_clock *clock;
    uint32_t partitions;
    struct mr_http *http; /* of the thread */
    struct courier *courier;
    struct remote *remotes; /* one a partition */
    pthread_mutex_t lock;
    pthread_t thread;
    bool ending; /* lock */
};

/* A call under way: what the call's `state` points to. */
struct pending {
    struct errand errand;
    pthread_cond_t done;
};

/* On the thread, with the lock. */
static void errand_done(void *context, struct errand *errand)
{
    (void)context;
    (void)pthread_cond_signal(&((struct pending *)errand)->done);
}

/* What the poll gave, and all that has ended besides. */
static void take_all(struct replicas *replicas,
                     struct mr_http_response *response)
{
    while (response != NULL) {
        (void)pthread_mutex_lock(&replicas->lock);
        courier_took(replicas->courier, response);
        (void)pthread_mutex_unlock(&replicas->lock);
        if (mr_http_poll(replicas->http, 0, &response, NULL) != MR_OK)
            return;
    }
}

static void *work(void *context)
{
    struct replicas *replicas = context;

    for (;;) {
        struct mr_http_response *response = NULL;
        bool ending;
        int wait_ms;

        (void)pthread_mutex_lock(&replicas->lock);
        ending = replicas->ending;
        wait_ms = ending ? 0 : courier_turn(replicas->courier);
        (void)pthread_mutex_unlock(&replicas->lock);
        if (ending)
            return NULL;
        if (mr_http_poll(replicas->http, wait_ms, &response, NULL) == MR_OK)
            take_all(replicas, response);
        else
            mr_clock_sleep_ms(replicas->clock, POLL_FAILED_MS);
    }
}

static struct remote *remote_of(struct index_peer *peer)
{
    return (struct remote *)peer;
}

static void hold(struct index_peer *peer, int64_t within_ms,
                 struct peer_view *view)
{
    struct replicas *owner = remote_of(peer)->owner;

    *view = (struct peer_view){
        .deadline_us = mr_clock_mono_us(owner->clock) + within_ms * 1000,
    };
}

static void release(struct index_peer *peer, struct peer_view *view)
{
    (void)peer;
    (void)view;
}

/* Answers out of what is known; false when it is not. */
static bool answer_info(struct remote *remote, struct peer_call *call)
{
    struct replicas *owner = remote->owner;
    struct mr_span bytes;

    (void)pthread_mutex_lock(&owner->lock);
    bytes = courier_info(owner->courier, remote->peer.partition);
    if (bytes.data != NULL)
        bytes = mr_arena_copy(call->arena, bytes);
    (void)pthread_mutex_unlock(&owner->lock);
    return bytes.data != NULL &&
           peer_call_parse(call, bytes, &call->err) == MR_OK;
}

static bool answer_stats(struct remote *remote, const struct peer_call *call)
{
    struct replicas *owner = remote->owner;
    bool known;

    (void)pthread_mutex_lock(&owner->lock);
    known = term_cache_find(remote->terms, call->query,
                            mr_clock_mono_us(owner->clock), call->stats);
    (void)pthread_mutex_unlock(&owner->lock);
    return known;
}

static bool answer_known(struct remote *remote, struct peer_call *call)
{
    if (call->fresh)
        return false;
    if (call->verb == PEER_INFO)
        return answer_info(remote, call);
    return call->verb == PEER_STATS && answer_stats(remote, call);
}

static void send(struct replicas *replicas, struct errand *errand)
{
    (void)pthread_mutex_lock(&replicas->lock);
    courier_send(replicas->courier, errand);
    (void)pthread_mutex_unlock(&replicas->lock);
    mr_http_client_wake(replicas->http);
}

static int64_t deadline_of(const struct peer_call *call, int64_t now_us)
{
    int64_t within_ms = PEER_CALL_MS;

    if (call->view != NULL)
        return call->view->deadline_us;
    if (call->verb == PEER_WAIT)
        within_ms += call->wait_ms;
    return now_us + within_ms * 1000;
}

static void begin(struct index_peer *peer, struct peer_call *call)
{
    struct remote *remote = remote_of(peer);
    int64_t now_us = mr_clock_mono_us(remote->owner->clock);
    int64_t deadline_us = deadline_of(call, now_us);
    struct pending *pending;
    struct errand *errand;

    call->state = NULL;
    call->code = MR_OK;
    if (answer_known(remote, call))
        return;
    pending = mr_arena_calloc(call->arena, 1, sizeof(*pending));
    errand = &pending->errand;
    call->code = peer_call_encode(call, (deadline_us - now_us) / 1000,
                                  call->arena, &errand->body, &call->err);
    if (call->code != MR_OK)
        return;
    (void)pthread_cond_init(&pending->done, NULL);
    errand->partition = peer->partition;
    errand->verb = call->verb;
    errand->deadline_us = deadline_us;
    errand->patient = call->verb == PEER_WAIT;
    errand->preferred = call->view == NULL ? 0 : call->view->replica;
    call->state = pending;
    send(remote->owner, errand);
}

static void await(struct replicas *replicas, struct pending *pending)
{
    (void)pthread_mutex_lock(&replicas->lock);
    while (!pending->errand.done)
        (void)pthread_cond_wait(&pending->done, &replicas->lock);
    (void)pthread_mutex_unlock(&replicas->lock);
}

/* Statistics are added to the caller's, and kept. */
static enum mr_code parse_stats(struct remote *remote, struct peer_call *call,
                                struct mr_span reply, struct mr_err *err)
{
    struct index_stats *sum = call->stats;
    struct index_stats one = { 0 };
    enum mr_code code;

    call->stats = &one;
    code = peer_call_parse(call, reply, err);
    call->stats = sum;
    if (code != MR_OK)
        return code;
    sum->passages += one.passages;
    sum->length += one.length;
    for (size_t i = 0; i < index_query_terms(call->query); i++)
        sum->frequency[i] += one.frequency[i];
    (void)pthread_mutex_lock(&remote->owner->lock);
    term_cache_put(remote->terms, call->query, &one,
                   mr_clock_mono_us(remote->owner->clock));
    (void)pthread_mutex_unlock(&remote->owner->lock);
    return MR_OK;
}

/* What was waited for is not in what was known before. */
static void forget(struct remote *remote)
{
    (void)pthread_mutex_lock(&remote->owner->lock);
    courier_forget(remote->owner->courier, remote->peer.partition);
    term_cache_reset(remote->terms);
    (void)pthread_mutex_unlock(&remote->owner->lock);
}

/* What one replica has, the others have in a moment: they are waited for as
 * well, so that whoever asks any of them then finds it.  But not for long: one
 * that has troubles holds nobody up. */
static void await_others(struct remote *remote, const struct peer_call *call,
                         uint64_t but)
{
    struct replicas *owner = remote->owner;
    int64_t end_us = mr_clock_mono_us(owner->clock) + OTHERS_MS * 1000;
    struct peer_call same = *call;
    uint64_t ids[PEER_REPLICAS_MAX];
    struct pending *others;
    struct mr_span body;
    size_t count;

    same.wait_ms = OTHERS_MS;
    (void)pthread_mutex_lock(&owner->lock);
    count = courier_others(owner->courier, remote->peer.partition, but, ids);
    (void)pthread_mutex_unlock(&owner->lock);
    if (count == 0 ||
        peer_call_encode(&same, OTHERS_MS, call->arena, &body, NULL) != MR_OK)
        return;
    others = mr_arena_calloc(call->arena, count, sizeof(*others));
    for (size_t i = 0; i < count; i++) {
        (void)pthread_cond_init(&others[i].done, NULL);
        others[i].errand = (struct errand){ .partition = remote->peer.partition,
                                            .verb = PEER_WAIT,
                                            .body = body,
                                            .deadline_us = end_us,
                                            .patient = true,
                                            .only = ids[i] };
        send(owner, &others[i].errand);
    }
    for (size_t i = 0; i < count; i++) {
        await(owner, &others[i]);
        mr_free(others[i].errand.reply);
        (void)pthread_cond_destroy(&others[i].done);
    }
}

/* Puts the reply into the call.  False when it is none: it was sent again. */
static bool take(struct remote *remote, struct peer_call *call,
                 struct errand *errand)
{
    struct replicas *owner = remote->owner;
    struct mr_span reply =
        mr_arena_copy(call->arena, mr_span(errand->reply, errand->reply_size));
    struct mr_err err = { 0 };
    enum mr_code code;

    mr_free(errand->reply);
    if (call->verb == PEER_STATS)
        code = parse_stats(remote, call, reply, &err);
    else
        code = peer_call_parse(call, reply, &err);
    if (code == MR_OK) {
        if (call->view != NULL)
            call->view->replica = errand->replica;
        if (call->verb == PEER_WAIT && call->done) {
            await_others(remote, call, errand->replica);
            forget(remote);
        }
        return true;
    }
    (void)pthread_mutex_lock(&owner->lock);
    courier_was_garbage(owner->courier, errand, err.text);
    (void)pthread_mutex_unlock(&owner->lock);
    send(owner, errand);
    return false;
}

static void finish(struct index_peer *peer, struct peer_call *call)
{
    struct remote *remote = remote_of(peer);
    struct pending *pending = call->state;
    bool taken = false;

    if (pending == NULL)
        return;
    while (!taken) {
        await(remote->owner, pending);
        taken = pending->errand.code != MR_OK ||
                take(remote, call, &pending->errand);
    }
    if (pending->errand.code != MR_OK) {
        call->code = pending->errand.code;
        call->err = pending->errand.err;
    }
    (void)pthread_cond_destroy(&pending->done);
    call->state = NULL;
}

static size_t list(struct index_peer *peer, struct peer_replica *out,
                   size_t room)
{
    struct replicas *owner = remote_of(peer)->owner;
    size_t count;

    (void)pthread_mutex_lock(&owner->lock);
    count = courier_replicas(owner->courier, peer->partition, out, room);
    (void)pthread_mutex_unlock(&owner->lock);
    return count;
}

static const struct index_peer_ops remote_ops = { .hold = hold,
                                                  .release = release,
                                                  .begin = begin,
                                                  .finish = finish,
                                                  .replicas = list };

static void free_all(struct replicas *replicas)
{
    mr_http_client_free(replicas->http);
    courier_free(replicas->courier);
    for (uint32_t i = 0; i < replicas->partitions; i++)
        mr_free(replicas->remotes[i].terms);
    mr_free(replicas->remotes);
    (void)pthread_mutex_destroy(&replicas->lock);
    mr_free(replicas);
}

enum mr_code replicas_open(const struct replicas_spec *spec,
                           struct replicas **out, struct mr_err *err)
{
    struct mr_http_client_spec client = {
        .user_agent = "millrace",
        .connections_max = CONNECTIONS_MAX,
        .connections_per_host_max = CONNECTIONS_PER_HOST_MAX,
        .ca_file = spec->ca_file,
    };
    struct replicas *replicas = mr_calloc(1, sizeof(*replicas));
    struct courier_spec courier = { .clock = spec->clock,
                                    .telemetry = spec->telemetry,
                                    .partitions = spec->partitions,
                                    .api_key = spec->api_key,
                                    .done = errand_done };
    int error;

    *out = NULL;
    (void)pthread_mutex_init(&replicas->lock, NULL);
    replicas->clock = spec->clock;
    replicas->partitions = spec->partitions;
    replicas->http = mr_http_client_new(&client);
    courier.http = replicas->http;
    replicas->courier = courier_new(&courier);
    replicas->remotes = mr_calloc(spec->partitions, sizeof(struct remote));
    for (uint32_t i = 0; i < spec->partitions; i++)
        replicas->remotes[i] = (struct remote){
            .peer = { .ops = &remote_ops, .partition = i },
            .owner = replicas,
            .terms = mr_calloc(1, sizeof(struct term_cache)),
        };
    error = pthread_create(&replicas->thread, NULL, work, replicas);
    if (error != 0) {
        free_all(replicas);
        return mr_fail_errno(err, MR_E_UNAVAILABLE, error,
                             "replicas: cannot start a thread");
    }
    *out = replicas;
    return MR_OK;
}

enum mr_code replicas_set(struct replicas *replicas, uint32_t partition,
                          const struct replica *list_of, size_t count,
                          struct mr_err *err)
{
    enum mr_code code;

    MR_ASSERT(partition < replicas->partitions);
    (void)pthread_mutex_lock(&replicas->lock);
    code = courier_set(replicas->courier, partition, list_of, count, err);
    (void)pthread_mutex_unlock(&replicas->lock);
    mr_http_client_wake(replicas->http);
    return code;
}

struct index_peer *replicas_peer(struct replicas *replicas, uint32_t partition)
{
    MR_ASSERT(partition < replicas->partitions);
    return &replicas->remotes[partition].peer;
}

void replicas_close(struct replicas *replicas)
{
    if (replicas == NULL)
        return;
    (void)pthread_mutex_lock(&replicas->lock);
    replicas->ending = true;
    (void)pthread_mutex_unlock(&replicas->lock);
    mr_http_client_wake(replicas->http);
    (void)pthread_join(replicas->thread, NULL);
    free_all(replicas);
}
