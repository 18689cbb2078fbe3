// SPDX-License-Identifier: Apache-2.0
/*
 * engine_forward.c - sources, asked of a retriever: the ingestor answers, on
 * whatever machine it is, so that a deployment has one address.
 */
#include <string.h>

#include "cli/engine_parts.h"
#include "common/http/client.h"
#include "common/http/handler.h"

#define FORWARD_MS   30000
#define STATUS_MS    2000
#define AWAIT_US     INT64_C(2500000)
#define LOOK_MS      50
#define ANSWER_BYTES ((size_t)16 << 20)

/* The ingestor that was heard of last, into the arena. */
struct finding {
    struct mr_arena *arena;
    const char *address;
};

static void find(void *context, const struct members_heard *heard)
{
    struct finding *finding = context;

    if (!heard->away &&
        mr_span_equal(heard->member->role, mr_span_str("ingestor")))
        finding->address = mr_arena_str(finding->arena, heard->member->address);
}

static const char *ingestor_address(struct engine *engine,
                                    struct mr_arena *arena)
{
    struct finding finding = { .arena = arena };

    if (engine->members != NULL)
        members_each(engine->members, find, &finding);
    return finding.address;
}

/* One that lives is heard within a beat: whoever has just started waits for
 * that. */
static const char *await_ingestor(struct engine *engine, struct mr_arena *arena)
{
    struct mr_clock *clock = mr_system_clock_port(engine->clock);
    int64_t until_us = mr_clock_mono_us(clock) + AWAIT_US;
    const char *address;

    while ((address = ingestor_address(engine, arena)) == NULL &&
           mr_clock_mono_us(clock) < until_us)
        mr_clock_sleep_ms(clock, LOOK_MS);
    return address;
}

/* One request to the ingestor; *http is to be freed with the response. */
static enum mr_code ask(struct engine *engine,
                        const struct mr_http_request *request,
                        struct mr_http **http, struct mr_http_response **out,
                        struct mr_err *err)
{
    const struct mr_http_client_spec spec = {
        .user_agent = "millrace",
        .ca_file = engine->options.member->ca_file,
    };
    enum mr_code code;

    *http = mr_http_client_new(&spec);
    *out = NULL;
    code = mr_http_call_once(*http, request, out, err);
    if (code == MR_OK && (*out)->code != MR_OK)
        code = mr_fail(err, (*out)->code, "%s", (*out)->err.text);
    return code;
}

static void give_back(struct mr_http_reply *reply,
                      const struct mr_http_response *response)
{
    reply->status = response->status;
    mr_buf_append(&reply->body, response->body, response->body_size);
}

/* The caller's own key goes along: the ingestor asks for the same scope. */
static size_t copy_headers(struct mr_http_call *call,
                           struct mr_http_header headers[2])
{
    struct mr_span key = mr_http_call_header(call, "Authorization");
    size_t count = 0;

    headers[count++] =
        (struct mr_http_header){ "Content-Type", "application/json" };
    if (key.data != NULL)
        headers[count++] =
            (struct mr_http_header){ "Authorization",
                                     mr_arena_str(call->arena, key) };
    return count;
}

static void forward(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct engine *engine = call->context;
    const char *address = await_ingestor(engine, call->arena);
    struct mr_http_header headers[2];
    struct mr_http_request request = {
        .method = call->method,
        .headers = headers,
        .header_count = copy_headers(call, headers),
        .body = call->body,
        .bytes_max = ANSWER_BYTES,
        .total_ms = FORWARD_MS,
        .stall_ms = FORWARD_MS,
        .allow_private = true,
    };
    struct mr_http_response *response;
    struct mr_span documents;
    struct mr_http *http;
    struct mr_err err = { 0 };

    if (address == NULL) {
        mr_http_reply_error(reply, 503, "no_ingestor",
                            "no ingestor is running: `millrace worker "
                            "ingestor` reads sources");
        return;
    }
    documents = mr_http_call_query(call, "documents");
    request.url = mr_arena_printf(
        call->arena, "%s%s%s%s", address, call->path,
        documents.data == NULL ? "" : "?documents=",
        mr_span_equal(documents, mr_span_str("delete")) ? "delete" : "");
    if (ask(engine, &request, &http, &response, &err) == MR_OK)
        give_back(reply, response);
    else
        mr_http_reply_error(reply, 503, "no_ingestor",
                            "the ingestor at %s does not answer: %s", address,
                            err.text);
    mr_http_free_response(http, response);
    mr_http_client_free(http);
}

void engine_render_sources(struct engine *engine, struct mr_json_out *out)
{
    struct mr_arena *arena = mr_arena_new();
    const char *address = ingestor_address(engine, arena);
    struct mr_http_response *response = NULL;
    struct mr_http *http = NULL;
    struct mr_json *json = NULL;
    bool found = false;
    struct mr_http_request request = {
        .bytes_max = ANSWER_BYTES,
        .total_ms = STATUS_MS,
        .stall_ms = STATUS_MS,
        .allow_private = true,
    };
    struct mr_http_header key = { "Authorization", NULL };

    if (address != NULL) {
        request.url = mr_arena_printf(arena, "%s/v1/sources", address);
        if (engine->options.member->api_key != NULL) {
            key.value = mr_arena_printf(arena, "Bearer %s",
                                        engine->options.member->api_key);
            request.headers = &key;
            request.header_count = 1;
        }
        if (ask(engine, &request, &http, &response, NULL) == MR_OK &&
            response->status == 200)
            found = mr_json_parse(mr_span(response->body, response->body_size),
                                  &json, NULL) == MR_OK;
    }
    if (found && mr_json_get(json, "sources") != NULL) {
        mr_json_key(out, "sources");
        mr_json_put_value(out, mr_json_get(json, "sources"));
    }
    mr_json_free(json);
    if (http != NULL) {
        mr_http_free_response(http, response);
        mr_http_client_free(http);
    }
    mr_arena_free(arena);
}

static const struct mr_http_route routes[] = {
    { "POST", "/v1/sources", MR_SCOPE_ADMIN, forward },
    { "GET", "/v1/sources", MR_SCOPE_READ, forward },
    { "GET", "/v1/sources/{name}", MR_SCOPE_READ, forward },
    { "DELETE", "/v1/sources/{name}", MR_SCOPE_ADMIN, forward },
    { "POST", "/v1/collections/{collection}/sources", MR_SCOPE_ADMIN, forward },
    { "GET", "/v1/collections/{collection}/sources", MR_SCOPE_READ, forward },
    { "GET", "/v1/collections/{collection}/sources/{name}", MR_SCOPE_READ,
      forward },
    { "DELETE", "/v1/collections/{collection}/sources/{name}", MR_SCOPE_ADMIN,
      forward },
};

const struct mr_http_route *engine_forward_routes(size_t *count)
{
    *count = sizeof(routes) / sizeof(routes[0]);
    return routes;
}
