// SPDX-License-Identifier: Apache-2.0
/*
 * request.c - a call as the request that goes to a shard elsewhere.
 */
#include <assert.h>
#include <endian.h>

#include "common/base/mr_assert.h"
#include "common/wire/shard.h"
#include "indexer/peer.h"
#include "indexer/shard/query.h"

static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "floats are sent as they lie");
static_assert((int)PEER_INFO == (int)MR_SHARD_INFO &&
                  (int)PEER_WAIT == (int)MR_SHARD_WAIT,
              "verbs have the numbers of the message");
static_assert(INDEX_OP_EXISTS + 1 == MR_SHARD_OPS,
              "operators have the numbers of the message");
static_assert(INDEX_QUERY_TERMS_MAX <= MR_SHARD_TERMS_MAX, "terms fit");
static_assert(INDEX_TOP_K_MAX <= MR_SHARD_HITS_MAX, "hits fit");
static_assert(PEER_PLACES_MAX <= MR_SHARD_PLACES_MAX, "places fit");
static_assert(PEER_LANGUAGES_MAX <= MR_SHARD_LANGUAGES_MAX, "languages fit");

static void put_terms(const struct peer_call *call,
                      struct mr_shard_request *out)
{
    const struct index_query *query = call->query;

    out->term_count = query->count;
    out->terms =
        mr_arena_calloc(call->arena, query->count, sizeof(*out->terms));
    for (size_t i = 0; i < query->count; i++)
        out->terms[i] = (struct mr_shard_term){
            .term = query->terms[i].term,
            .weight = query->terms[i].weight,
            .word = query->terms[i].word,
            .frequency = call->totals == NULL ? 0 : call->totals->frequency[i],
        };
}

static void put_filter(const struct peer_call *call,
                       const struct index_filter *filter,
                       struct mr_shard_request *out)
{
    out->condition_count = filter->count;
    out->conditions =
        mr_arena_calloc(call->arena, filter->count, sizeof(*out->conditions));
    for (size_t i = 0; i < filter->count; i++) {
        const struct index_condition *from = &filter->conditions[i];
        struct mr_shard_condition *to = &out->conditions[i];

        *to = (struct mr_shard_condition){ .key = from->key,
                                           .op = (uint32_t)from->op };
        to->values.count = from->value_count;
        to->values.items = mr_arena_calloc(call->arena, from->value_count,
                                           sizeof(*to->values.items));
        for (size_t k = 0; k < from->value_count; k++) {
            to->values.items[k] = from->values[k];
            to->values.items[k].key = (struct mr_span){ 0 };
        }
    }
    out->has_principals = filter->principals != NULL;
    if (!out->has_principals)
        return;
    out->principal_count = filter->principal_count;
    out->principals = mr_arena_calloc(call->arena, filter->principal_count,
                                      sizeof(*out->principals));
    for (size_t i = 0; i < filter->principal_count; i++)
        out->principals[i] = filter->principals[i];
}

static void put_search(const struct peer_call *call,
                       struct mr_shard_request *out)
{
    const struct shard_search *search = call->search;

    out->top_k = (uint32_t)search->top_k;
    out->per_document = search->per_document;
    out->exact = search->exact;
    out->explain = search->explain;
    if (search->filter != NULL)
        put_filter(call, search->filter, out);
    if (call->query != NULL) {
        out->keyword = true;
        put_terms(call, out);
        out->passages = call->totals->passages;
        out->length = call->totals->length;
    }
    if (call->vector != NULL)
        out->vector = mr_span(call->vector, call->dimension * sizeof(float));
}

static void put_places(const struct peer_call *call,
                       struct mr_shard_request *out)
{
    MR_ASSERT(call->place_count <= PEER_PLACES_MAX);
    out->place_count = call->place_count;
    out->places =
        mr_arena_calloc(call->arena, call->place_count, sizeof(*out->places));
    for (size_t i = 0; i < call->place_count; i++)
        out->places[i] = (struct mr_shard_place){
            .document = call->places[i]->document,
            .content_version = call->places[i]->content_version,
            .passage = call->places[i]->passage,
        };
}

static void put_at_least(const struct peer_at_least *at_least,
                         struct mr_shard_request *out)
{
    out->id = at_least->id;
    out->version = at_least->version;
    out->dense = at_least->dense;
}

enum mr_code peer_call_encode(const struct peer_call *call, int64_t left_ms,
                              struct mr_arena *arena, struct mr_span *out,
                              struct mr_err *err)
{
    struct mr_shard_request request = {
        .verb = (enum mr_shard_verb)call->verb,
        .left_ms = left_ms < 0            ? 0
                   : left_ms > UINT32_MAX ? UINT32_MAX
                                          : (uint32_t)left_ms,
        .id = call->id,
    };

    switch (call->verb) {
    case PEER_STATS:
        put_terms(call, &request);
        break;
    case PEER_SEARCH:
        put_search(call, &request);
        if (call->at_least != NULL)
            put_at_least(call->at_least, &request);
        break;
    case PEER_LOAD:
        put_places(call, &request);
        break;
    case PEER_WAIT:
        put_at_least(call->at_least, &request);
        request.wait_ms = (uint32_t)call->wait_ms;
        break;
    case PEER_INFO:
    case PEER_GET:
    case PEER_TEXT:
        break;
    }
    return mr_shard_request_encode(&request, arena, out, err);
}
