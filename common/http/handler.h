// SPDX-License-Identifier: Apache-2.0
/*
 * handler.h - what all handlers of the API do alike.
 *
 * Memory:  as in server.h.
 * Threads: any.
 * I/O:     none.
 */
#ifndef COMMON_HTTP_HANDLER_H
#define COMMON_HTTP_HANDLER_H

#include "common/http/server.h"
#include "common/json/json.h"

/* Takes the collection's name out of the arguments when the path has one;
 * false, with a 404 in the reply, when it is another than `collection`. */
bool mr_http_begin(struct mr_http_call *call, const char *collection,
                   struct mr_http_reply *reply);

/* The collection that the path names, or absent. */
struct mr_span mr_http_collection(const struct mr_http_call *call);

/* The reply for a failure, not MR_OK: 400, 413, 429, 500 or 503; with
 * Retry-After where trying again helps. */
void mr_http_fail(struct mr_http_reply *reply, const struct mr_err *err);

/* The body as JSON; NULL, with the refusal in the reply, when it is none.
 * Freed by mr_json_free(). */
struct mr_json *mr_http_json(const struct mr_http_call *call,
                             struct mr_http_reply *reply);

#endif
