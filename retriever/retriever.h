// SPDX-License-Identifier: Apache-2.0
/*
 * retriever.h - questions in, answers out; and the front door for documents.
 * The first public header of the retriever; replicas.h is for shards on other
 * machines.
 *
 * Holds no data: documents go to `raw`, what was asked and said goes to
 * `events`, and every search asks the shards.
 *
 * Memory:  a request's memory lives until its reply is sent.
 * Threads: handlers run on the HTTP server's threads; the rest is thread-safe.
 * I/O:     the bus, and a generator's server if one is configured.
 */
#ifndef RETRIEVER_RETRIEVER_H
#define RETRIEVER_RETRIEVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_status.h"
#include "common/http/server.h"
#include "common/json/json.h"
#include "common/ports/model.h"
#include "common/runtime/place.h"
#include "common/runtime/telemetry.h"
#include "common/wire/clean.h"
#include "indexer/peer.h"

/* A server that speaks OpenAI's chat completions. */
struct generator_config {
    const char *url; /* such as "http://127.0.0.1:8080/v1"; NULL: none */
    const char *model;
    const char *api_key; /* NULL for none; never logged */
    int64_t timeout_ms;
    uint32_t tokens_max;
    uint32_t window; /* tokens of prompt and answer together */
};

struct retriever_config {
    const char *mode; /* "hybrid", "dense", "keyword": when a query has none */
    uint32_t top_k;
    uint32_t per_document;
    double keyword_weight; /* in a hybrid ranking: 0..1 */
    int64_t wait_ms_max;
    uint64_t bulk_lag_max; /* records behind at which bulk writes are held */
    uint32_t source_rank;  /* of documents that are pushed */
    const char *form;      /* of prompts: "plain", "cited" */
    const char *form_file; /* instead of it; or NULL */
    struct generator_config generator;
};

struct retriever_config retriever_config_default(void);

/* A document as a put made it. */
struct retriever_document {
    struct mr_span text;
    struct mr_span title;
    struct mr_span url;
    struct mr_passages passages;
};

/* Gives it out of the log, for a version that the shards do not have any more;
 * in the arena.  MR_E_LOST: it is not there either. */
typedef enum mr_code retriever_earlier(void *context, struct mr_span id,
                                       uint64_t content_version,
                                       struct mr_arena *arena,
                                       struct retriever_document *out,
                                       struct mr_err *err);

struct retriever_spec {
    const struct mr_place *place; /* borrowed, as all below */
    struct mr_model *model;
    struct index_peer *const *peers; /* one a partition, in their order */
    size_t peer_count;
    struct mr_telemetry *telemetry;
    struct retriever_config config; /* its texts are copied */
    /* Adds members to the object of GET /v1/status; may be NULL. */
    void (*status)(void *context, struct mr_json_out *out);
    /* Records between `raw` and being searchable by words. */
    uint64_t (*keyword_lag)(void *context);
    /* Whether writes may be taken; MR_E_UNAVAILABLE says why not.  May be
     * NULL. */
    enum mr_code (*may_write)(void *context, struct mr_err *err);
    retriever_earlier *earlier; /* may be NULL */
    void *context;
};

struct retriever;

MR_MUST_CHECK enum mr_code retriever_new(const struct retriever_spec *spec,
                                         struct retriever **out,
                                         struct mr_err *err);

/* Waiting requests end at once and new writes are refused: for a drain. */
void retriever_drain(struct retriever *retriever);

/* After the HTTP server has stopped; writes out what is queued. */
void retriever_free(struct retriever *retriever);

/* The routes to give to the server, with the retriever as their context. */
const struct mr_http_route *retriever_routes(size_t *count);

/* The server's `done`: counts requests. */
void retriever_count_request(void *context, const char *method,
                             const char *route, int status, int64_t took_us);

#endif
