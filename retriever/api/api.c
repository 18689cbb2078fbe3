// SPDX-License-Identifier: Apache-2.0
/*
 * api.c - see api.h.
 */
#include "retriever/api/api.h"

struct retriever *api_retriever(const struct mr_http_call *call)
{
    return call->context;
}

bool api_begin(struct mr_http_call *call, struct mr_http_reply *reply)
{
    return mr_http_begin(call, api_retriever(call)->spec.place->collection,
                         reply);
}

struct index_peer *api_peer(const struct retriever *retriever,
                            struct mr_span id)
{
    return retriever->spec.peers[mr_place_partition(retriever->spec.place, id)];
}
