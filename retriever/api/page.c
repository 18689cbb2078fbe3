// SPDX-License-Identifier: Apache-2.0
/*
 * page.c - GET of the web page's files.
 *
 * The policy lets the page load nothing but its own files and talk to nobody
 * but its own server, whatever a document's text may hold.
 */
#include "retriever/page/page.h"

#include "common/base/mr_assert.h"
#include "retriever/api/api.h"

void api_page(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct page_file file;

    MR_ASSERT(page_find(call->path, &file));
    reply->content_type = file.content_type;
    mr_buf_span(&reply->body, file.bytes);
    mr_http_reply_header(reply, "Cache-Control", "no-cache");
    mr_http_reply_header(reply, "X-Content-Type-Options", "nosniff");
    mr_http_reply_header(reply, "Referrer-Policy", "no-referrer");
    mr_http_reply_header(reply, "Content-Security-Policy",
                         "default-src 'self'; img-src data:; "
                         "frame-ancestors 'none'; base-uri 'none'; "
                         "form-action 'self'");
}
