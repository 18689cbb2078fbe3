// SPDX-License-Identifier: Apache-2.0
/*
 * reply.c - see reply.h.
 */
#include "ingestor/web/reply.h"

#include <string.h>

const char *reply_header(const struct mr_http_response *response,
                         const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    }
    return NULL;
}

static struct reply failed(const struct mr_http_response *response)
{
    bool later =
        response->code == MR_E_TIMEOUT || response->code == MR_E_UNAVAILABLE;

    return (struct reply){
        .kind = later ? REPLY_RETRY : REPLY_FAIL,
        /* A refusal of ours says nothing of the host. */
        .body_too_long =
            response->code == MR_E_LIMIT && response->body_size > 0,
        .answered = response->status != 0 || !later,
        .why = response->err,
    };
}

static void read_body(const struct mr_http_response *response,
                      struct reply *out)
{
    out->content = content_of(reply_header(response, "content-type"),
                              mr_span(response->body, response->body_size));
    if (out->content.kind != CONTENT_OTHER) {
        out->kind = REPLY_BODY;
        return;
    }
    out->kind = REPLY_SKIP;
    if (out->content.type.data == NULL)
        (void)mr_fail(&out->why, MR_E_INVALID,
                      "it has no Content-Type and does not begin like a page");
    else
        (void)mr_fail(
            &out->why, MR_E_INVALID, "its type %.*s is not read",
            (int)(out->content.type.size > 100 ? 100 : out->content.type.size),
            (const char *)out->content.type.data);
}

static void read_redirect(const struct mr_http_response *response,
                          struct reply *out)
{
    out->location = reply_header(response, "location");
    out->kind = REPLY_MOVED;
    if (out->location != NULL && out->location[0] != '\0')
        return;
    out->kind = REPLY_FAIL;
    (void)mr_fail(&out->why, MR_E_CORRUPT,
                  "status %d, a redirect, comes without a Location",
                  response->status);
}

struct reply reply_of(const struct mr_http_response *response)
{
    struct reply out = { .kind = REPLY_FAIL, .answered = true };

    if (response->code != MR_OK)
        return failed(response);
    switch (response->status) {
    case 200:
    case 203:
        read_body(response, &out);
        return out;
    case 304:
        out.kind = REPLY_SAME;
        return out;
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        read_redirect(response, &out);
        return out;
    case 404:
    case 410:
        out.kind = REPLY_GONE;
        return out;
    case 429:
    case 503:
        out.busy = true;
        out.retry_after = reply_header(response, "retry-after");
        break;
    default:
        break;
    }
    if (out.busy || response->status == 408 || response->status == 425 ||
        response->status >= 500)
        out.kind = REPLY_RETRY;
    (void)mr_fail(&out.why, MR_E_UNAVAILABLE, "it answers with status %d%s",
                  response->status,
                  response->status == 401 || response->status == 403
                      ? "; headers_file or cookies_file may open it"
                      : "");
    return out;
}

enum page_state reply_page(const struct mr_links *links, struct mr_span url,
                           bool canonical_in)
{
    if (links->refresh.data != NULL &&
        links->refresh_s <= REPLY_REFRESH_S_MAX &&
        !mr_span_equal(links->refresh, url))
        return PAGE_STUB;
    if (links->noindex)
        return PAGE_NOINDEX;
    if (links->canonical.data != NULL && canonical_in &&
        !mr_span_equal(links->canonical, url))
        return PAGE_ALIAS;
    return PAGE_DOCUMENT;
}
