// SPDX-License-Identifier: Apache-2.0
/*
 * server.c - see indexer/serve.h: which shards are here, and the handler.
 */
#include <pthread.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/http/handler.h"
#include "indexer/peer.h"
#include "indexer/serve.h"
#include "indexer/serve/answer.h"

struct slot {
    struct shard *shard; /* lock: NULL when it is not here */
    unsigned users;      /* lock: requests that work on it */
};

struct indexer_server {
    uint32_t partitions;
    struct slot *slots;
    pthread_mutex_t lock;
    pthread_cond_t unused; /* the users of a slot are none */
    atomic_bool ending;
};

struct indexer_server *indexer_server_new(uint32_t partitions)
{
    struct indexer_server *server = mr_calloc(1, sizeof(*server));

    server->partitions = partitions;
    server->slots = mr_calloc(partitions, sizeof(*server->slots));
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->unused, NULL);
    return server;
}

void indexer_server_set(struct indexer_server *server, uint32_t partition,
                        struct shard *shard)
{
    struct slot *slot = &server->slots[partition];

    MR_ASSERT(partition < server->partitions);
    (void)pthread_mutex_lock(&server->lock);
    slot->shard = NULL;
    while (slot->users > 0)
        (void)pthread_cond_wait(&server->unused, &server->lock);
    slot->shard = shard;
    (void)pthread_mutex_unlock(&server->lock);
}

void indexer_server_drain(struct indexer_server *server)
{
    atomic_store(&server->ending, true);
}

void indexer_server_free(struct indexer_server *server)
{
    if (server == NULL)
        return;
    (void)pthread_cond_destroy(&server->unused);
    (void)pthread_mutex_destroy(&server->lock);
    mr_free(server->slots);
    mr_free(server);
}

/* The shard of a partition, to be given back; NULL when it is not here. */
static struct shard *take(struct indexer_server *server, uint32_t partition)
{
    struct shard *shard;

    (void)pthread_mutex_lock(&server->lock);
    shard = server->slots[partition].shard;
    server->slots[partition].users += shard != NULL;
    (void)pthread_mutex_unlock(&server->lock);
    return shard;
}

static void give_back(struct indexer_server *server, uint32_t partition)
{
    (void)pthread_mutex_lock(&server->lock);
    if (--server->slots[partition].users == 0)
        (void)pthread_cond_broadcast(&server->unused);
    (void)pthread_mutex_unlock(&server->lock);
}

/* A partition's number; UINT32_MAX for what is none of ours. */
static uint32_t partition_of(const struct indexer_server *server,
                             struct mr_span text)
{
    uint32_t number = 0;

    if (text.size == 0 || text.size > 9)
        return UINT32_MAX;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return UINT32_MAX;
        number = number * 10 + (uint32_t)(text.data[i] - '0');
    }
    return number < server->partitions ? number : UINT32_MAX;
}

/* What the body asks for, if it is what the path says. */
static enum mr_code read_request(const struct mr_http_call *call,
                                 struct mr_shard_request *out,
                                 struct mr_err *err)
{
    struct mr_span name = call->args[1];
    struct mr_err why = { 0 };

    if (call->body.size > INDEXER_BODY_BYTES_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "a body of %zu bytes, at most %zu are taken",
                       call->body.size, INDEXER_BODY_BYTES_MAX);
    if (mr_shard_request_parse(call->body, call->arena, out, &why) != MR_OK)
        return mr_fail(err, MR_E_INVALID, "%s", why.text);
    if (!mr_span_equal(name,
                       mr_span_str(peer_verb_name((enum peer_verb)out->verb))))
        return mr_fail(
            err, MR_E_INVALID, "the path says \"%.*s\", the body \"%s\"",
            MR_SPAN_ARG(name), peer_verb_name((enum peer_verb)out->verb));
    if (out->left_ms == 0)
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "the request came too late: it has no time left");
    return MR_OK;
}

static void handle(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct indexer_server *server = call->context;
    uint32_t partition = partition_of(server, call->args[0]);
    struct shard *shard =
        partition == UINT32_MAX ? NULL : take(server, partition);
    struct mr_shard_request request;
    struct mr_shard_reply answer;
    struct mr_err err = { 0 };
    struct mr_span bytes;
    enum mr_code code;

    if (shard == NULL) {
        mr_http_reply_error(reply, 404, "not_here",
                            "the shard of partition %.*s is not here",
                            MR_SPAN_ARG(call->args[0]));
        return;
    }
    code = read_request(call, &request, &err);
    if (code == MR_OK)
        code = answer_request(shard, &request, &server->ending, call->arena,
                              &answer, &err);
    if (code == MR_OK)
        code = mr_shard_reply_encode(&answer, call->arena, &bytes, &err);
    give_back(server, partition);
    if (code == MR_E_TIMEOUT) {
        mr_http_reply_error(reply, 409, "behind", "%s", err.text);
        return;
    }
    if (code != MR_OK) {
        mr_http_fail(reply, &err);
        return;
    }
    reply->content_type = "application/x-protobuf";
    mr_buf_span(&reply->body, bytes);
}

static const struct mr_http_route routes[] = {
    { "POST", "/v1/shards/{partition}/{call}", MR_SCOPE_READ, handle },
};

const struct mr_http_route *indexer_routes(size_t *count)
{
    *count = sizeof(routes) / sizeof(routes[0]);
    return routes;
}
