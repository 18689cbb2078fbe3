// SPDX-License-Identifier: Apache-2.0
/*
 * serve.h - shards for retrievers elsewhere: the HTTP routes of an indexer's
 * process.  The third public header of the indexer.
 *
 *   POST /v1/shards/{partition}/{call}
 *
 * with the name of a peer_verb and protobuf bodies (proto/shard.proto); for
 * keys of scope read.  Errors are JSON as everywhere: 400 for bytes that are
 * no request, 404 for a partition that is not here, 409 when the shard has not
 * yet seen what a search is to find, 503 when there is no time left.
 *
 * A retriever keeps up to 64 connections to each server: its limit of
 * connections is to be above that of all retrievers together.
 *
 * Memory:  a server borrows its shards.
 * Threads: handlers run on the HTTP server's threads; shards may be added and
 *          removed at any time.
 * I/O:     the shards'.
 */
#ifndef INDEXER_SERVE_H
#define INDEXER_SERVE_H

#include "common/http/server.h"
#include "indexer/indexer.h"

/* Of a request: a query's words, a vector and a filter are far less. */
#define INDEXER_BODY_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct indexer_server;

/* For partitions 0 to `partitions` - 1, none of which is here yet. */
struct indexer_server *indexer_server_new(uint32_t partitions);

/* The shard of a partition from now on; NULL: it is not here any more, and
 * returns when no request works on it. */
void indexer_server_set(struct indexer_server *server, uint32_t partition,
                        struct shard *shard);

/* Requests that wait end at once, as do new ones that would: for a drain. */
void indexer_server_drain(struct indexer_server *server);

/* After the HTTP server has stopped.  NULL does nothing. */
void indexer_server_free(struct indexer_server *server);

/* The routes to give to the HTTP server, with the indexer_server as their
 * context. */
const struct mr_http_route *indexer_routes(size_t *count);

#endif
