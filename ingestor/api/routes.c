// SPDX-License-Identifier: Apache-2.0
/*
 * routes.c - sources through HTTP; also below /v1/collections/{name}.
 *
 *   POST   /v1/sources         {"url" or "path", ...} -> 202 {"source", "job"}
 *   GET    /v1/sources         {"sources": [...]}
 *   GET    /v1/sources/{name}  one of them
 *   DELETE /v1/sources/{name}  forgets it; ?documents=delete (keep) takes what
 *                              it sent along -> {"source", "removed": true}
 */
#include "ingestor/api/routes.h"

#include "common/http/handler.h"
#include "ingestor/source/config.h"

/* As mr_http_begin(), for this ingestor's collection. */
static bool begin(struct mr_http_call *call, struct mr_http_reply *reply)
{
    return mr_http_begin(call, ingestor_collection(call->context), reply);
}

static void no_source(struct mr_http_reply *reply, struct mr_span name)
{
    mr_http_reply_error(reply, 404, "no_such_source",
                        "there is no source \"%.*s\"", MR_SPAN_ARG(name));
}

static void give(struct mr_http_call *call, const struct mr_json *body,
                 struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct source_config config;
    char name[INGESTOR_NAME_SIZE];
    struct mr_err err = { 0 };
    uint64_t job;
    enum mr_code code = config_from_json(body, call->arena, &config, &err);

    /* Given again it is read again, with what it was given before. */
    if (code == MR_OK &&
        ingestor_known(call->context, &config, call->arena, &config))
        code = config_over_json(body, call->arena, &config, &err);
    else if (code == MR_OK && mr_json_get(body, "bytes_max") == NULL)
        config.bytes_max = ingestor_body_bytes_max(call->context);
    if (code == MR_OK)
        code = ingestor_give(call->context, &config, &job, name, &err);
    if (code != MR_OK) {
        mr_http_fail(reply, &err);
        return;
    }
    reply->status = 202;
    mr_json_object_begin(&out);
    mr_json_key(&out, "source");
    mr_json_put_str(&out, name);
    mr_json_key(&out, "job");
    mr_json_put_u64(&out, job);
    mr_json_object_end(&out);
}

static void handle_post(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json *body;

    if (!begin(call, reply))
        return;
    body = mr_http_json(call, reply);
    if (body == NULL)
        return;
    give(call, body, reply);
    mr_json_free(body);
}

static void handle_list(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);

    if (!begin(call, reply))
        return;
    mr_json_object_begin(&out);
    mr_json_key(&out, "sources");
    ingestor_status(call->context, &out);
    mr_json_object_end(&out);
}

static void handle_get(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);

    if (!begin(call, reply))
        return;
    if (!ingestor_render(call->context,
                         mr_arena_str(call->arena, call->args[0]), &out))
        no_source(reply, call->args[0]);
}

static void handle_delete(struct mr_http_call *call,
                          struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct mr_span wish = mr_http_call_query(call, "documents");
    bool documents = mr_span_equal(wish, mr_span_str("delete"));
    struct mr_err err = { 0 };
    const char *name;
    enum mr_code code;

    if (!begin(call, reply))
        return;
    if (wish.data != NULL && !documents &&
        !mr_span_equal(wish, mr_span_str("keep"))) {
        mr_http_reply_error(reply, 400, "invalid",
                            "?documents= should be keep or delete");
        return;
    }
    name = mr_arena_str(call->arena, call->args[0]);
    code = ingestor_remove(call->context, name, documents, &err);
    if (code == MR_E_INVALID) {
        no_source(reply, call->args[0]);
        return;
    }
    if (code != MR_OK) {
        mr_http_fail(reply, &err);
        return;
    }
    mr_json_object_begin(&out);
    mr_json_key(&out, "source");
    mr_json_put_str(&out, name);
    mr_json_key(&out, "removed");
    mr_json_put_bool(&out, true);
    mr_json_object_end(&out);
}

const struct mr_http_route *ingestor_routes(size_t *count)
{
    /* Giving a source has the server read its own files (path, headers_file,
     * cookies_file) and go where it is told. */
    static const struct mr_http_route routes[] = {
        { "POST", "/v1/sources", MR_SCOPE_ADMIN, handle_post },
        { "GET", "/v1/sources", MR_SCOPE_READ, handle_list },
        { "GET", "/v1/sources/{name}", MR_SCOPE_READ, handle_get },
        { "DELETE", "/v1/sources/{name}", MR_SCOPE_ADMIN, handle_delete },
        { "POST", "/v1/collections/{collection}/sources", MR_SCOPE_ADMIN,
          handle_post },
        { "GET", "/v1/collections/{collection}/sources", MR_SCOPE_READ,
          handle_list },
        { "GET", "/v1/collections/{collection}/sources/{name}", MR_SCOPE_READ,
          handle_get },
        { "DELETE", "/v1/collections/{collection}/sources/{name}",
          MR_SCOPE_ADMIN, handle_delete },
    };

    *count = sizeof(routes) / sizeof(routes[0]);
    return routes;
}
