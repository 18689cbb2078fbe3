// SPDX-License-Identifier: Apache-2.0
/*
 * search.c - POST /v1/search.
 */
#include "retriever/api/ask.h"

static enum mr_code leave_event(struct ask *ask, struct mr_http_call *call,
                                struct mr_err *err)
{
    struct mr_event event;

    ask_event(ask, call, MR_EVENT_QUERY, &event);
    return event_log_queue(api_retriever(call)->events, &event, call->arena,
                           err);
}

void api_search(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct mr_err err = { 0 };
    struct ask ask;

    if (!ask_begin(&ask, call, reply))
        goto out_ask;
    if (!ask.request.draft && leave_event(&ask, call, &err) != MR_OK) {
        mr_http_fail(reply, &err);
        goto out_ask;
    }
    mr_json_object_begin(&out);
    ask_render(&ask, call, &out);
    if (!ask.request.draft) {
        mr_json_key(&out, "event");
        mr_json_put_str(&out, ask.id);
    }
    mr_json_object_end(&out);
out_ask:
    ask_end(&ask);
}
