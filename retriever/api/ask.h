// SPDX-License-Identifier: Apache-2.0
/*
 * ask.h - what search and answer have in common: a question from the request's
 * body, the search, its hits as JSON and its event.  Private to the api.
 *
 * Memory:  an ask is begun and ended by one handler; all of it lies in the
 *          call's arena but what ask_end() frees.
 */
#ifndef RETRIEVER_API_ASK_H
#define RETRIEVER_API_ASK_H

#include "retriever/api/api.h"

struct ask {
    struct mr_json *body;
    struct search_request request;
    struct search_result result;
    int64_t began_us;
    char id[EVENT_ID_SIZE]; /* of its event, once that was made */
};

/* Reads the request and searches.  False: the refusal is in the reply.  Ended
 * by ask_end() in both cases. */
bool ask_begin(struct ask *ask, struct mr_http_call *call,
               struct mr_http_reply *reply);
void ask_end(struct ask *ask);

uint32_t ask_took_ms(const struct ask *ask, const struct mr_http_call *call);

/* Members "hits", "mode", "took_ms", "partial", "problem", "missing_shards",
 * "recall" and "index_version" into an open object. */
void ask_render(const struct ask *ask, const struct mr_http_call *call,
                struct mr_json_out *out);

/* The event of the ask, with its hits, and an id that the ask keeps. */
void ask_event(struct ask *ask, const struct mr_http_call *call,
               enum mr_event_kind kind, struct mr_event *out);

#endif
