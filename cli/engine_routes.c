// SPDX-License-Identifier: Apache-2.0
/*
 * engine_routes.c - what every process answers: whether it lives and is ready,
 * its metrics and its part of the work.  Where there is a retriever, its routes
 * of these names come first.
 */
#include <stdatomic.h>

#include "cli/engine_parts.h"
#include "common/http/handler.h"

static void healthz(struct mr_http_call *call, struct mr_http_reply *reply)
{
    (void)call;
    reply->content_type = "text/plain; charset=utf-8";
    mr_buf_str(&reply->body, "alive\n");
}

/* The server listens only when all is open. */
static void readyz(struct mr_http_call *call, struct mr_http_reply *reply)
{
    const struct engine *engine = call->context;
    bool stopping = atomic_load(&engine->ending);

    reply->content_type = "text/plain; charset=utf-8";
    reply->status = stopping ? 503 : 200;
    mr_buf_str(&reply->body, stopping ? "stopping\n" : "ready\n");
}

static void metrics(struct mr_http_call *call, struct mr_http_reply *reply)
{
    const struct engine *engine = call->context;

    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    mr_telemetry_expose(engine->telemetry, &reply->body);
}

static void status(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);

    mr_json_object_begin(&out);
    engine_render_stages(call->context, &out);
    mr_json_object_end(&out);
}

static const struct mr_http_route routes[] = {
    { "GET", "/healthz", MR_SCOPE_OPEN, healthz },
    { "GET", "/readyz", MR_SCOPE_OPEN, readyz },
    { "GET", "/metrics", MR_SCOPE_READ, metrics },
    { "GET", "/v1/status", MR_SCOPE_READ, status },
};

const struct mr_http_route *engine_routes(size_t *count)
{
    *count = sizeof(routes) / sizeof(routes[0]);
    return routes;
}
