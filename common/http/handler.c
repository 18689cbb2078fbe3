// SPDX-License-Identifier: Apache-2.0
/*
 * handler.c - see handler.h.
 */
#include "common/http/handler.h"

#include <string.h>

#include "common/base/mr_assert.h"

struct mr_span mr_http_collection(const struct mr_http_call *call)
{
    static const char prefix[] = "/v1/collections/";

    if (call->arg_count == 0 ||
        strncmp(call->path, prefix, sizeof(prefix) - 1) != 0)
        return (struct mr_span){ 0 };
    return call->args[0];
}

bool mr_http_begin(struct mr_http_call *call, const char *collection,
                   struct mr_http_reply *reply)
{
    struct mr_span named = mr_http_collection(call);

    if (named.data == NULL)
        return true;
    if (!mr_span_equal(named, mr_span_str(collection))) {
        mr_http_reply_error(reply, 404, "no_such_collection",
                            "there is no collection \"%.*s\"; there is \"%s\"",
                            MR_SPAN_ARG(named), collection);
        return false;
    }
    call->arg_count--;
    memmove(call->args, call->args + 1, call->arg_count * sizeof(*call->args));
    return true;
}

static int status_of(enum mr_code code)
{
    switch (code) {
    case MR_OK:
        return 200;
    case MR_E_CORRUPT:
    case MR_E_INVALID:
        return 400;
    case MR_E_LIMIT:
        return 413;
    case MR_E_BUSY:
        return 429;
    case MR_E_TIMEOUT:
    case MR_E_UNAVAILABLE:
    case MR_E_CANCELLED:
    case MR_E_FENCED:
        return 503;
    case MR_E_CONFIG:
    case MR_E_LOST:
    case MR_E_DAMAGED:
        return 500;
    }
    MR_UNREACHABLE();
}

void mr_http_fail(struct mr_http_reply *reply, const struct mr_err *err)
{
    int status = status_of(err->code);

    MR_ASSERT(err->code != MR_OK);
    mr_http_reply_error(reply, status, mr_code_name(err->code), "%s",
                        err->text);
    if (status == 429 || status == 503)
        mr_http_reply_header(reply, "Retry-After", "1");
}

struct mr_json *mr_http_json(const struct mr_http_call *call,
                             struct mr_http_reply *reply)
{
    struct mr_err err = { 0 };
    struct mr_json *body;

    if (mr_json_parse(call->body, &body, &err) == MR_OK)
        return body;
    mr_http_reply_error(reply, 400, "not_json", "the body: %s", err.text);
    return NULL;
}
