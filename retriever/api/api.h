// SPDX-License-Identifier: Apache-2.0
/*
 * api.h - what the HTTP handlers share.  Private to the retriever.
 *
 * A handler reads its request, calls what decides, and writes the reply; an
 * enum mr_code becomes a status in one place, mr_http_fail().
 *
 * Threads: handlers run on many threads; a struct retriever does not change
 *          but for `draining`.
 */
#ifndef RETRIEVER_API_API_H
#define RETRIEVER_API_API_H

#include <stdatomic.h>

#include "common/http/handler.h"
#include "retriever/context/template.h"
#include "retriever/io/event_log.h"
#include "retriever/retriever.h"
#include "retriever/search/search.h"

struct retriever {
    struct retriever_spec spec;
    struct search_place search;
    enum search_mode mode;
    struct context_template form; /* of prompts */
    char *form_text;              /* of a file, or NULL */
    size_t prompt_tokens_max;
    struct event_log *events;
    int64_t started_us;
    atomic_bool draining;
};

/* The handlers, by what they are about. */
mr_http_handler api_document_put;
mr_http_handler api_document_patch;
mr_http_handler api_document_delete;
mr_http_handler api_document_get;
mr_http_handler api_why;
mr_http_handler api_search;
mr_http_handler api_answer;
mr_http_handler api_feedback;
mr_http_handler api_event_get;
mr_http_handler api_event_prompt;
mr_http_handler api_dead_list;
mr_http_handler api_dead_get;
mr_http_handler api_dead_retry;
mr_http_handler api_status;
mr_http_handler api_metrics;
mr_http_handler api_healthz;
mr_http_handler api_readyz;
mr_http_handler api_page;

struct retriever *api_retriever(const struct mr_http_call *call);

/* Takes the collection's name out of the arguments when the path has one;
 * false (and a 404 in the reply) when there is no such collection. */
bool api_begin(struct mr_http_call *call, struct mr_http_reply *reply);

/* The shard that an id belongs to. */
struct index_peer *api_peer(const struct retriever *retriever,
                            struct mr_span id);

#endif
