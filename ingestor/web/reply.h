// SPDX-License-Identifier: Apache-2.0
/*
 * reply.h - what an answer to a request for a page means: the decisions of a
 * crawl that need neither time nor network.
 *
 * Memory:  spans and texts point into the response.
 * Threads: any.  I/O: none.
 */
#ifndef INGESTOR_WEB_REPLY_H
#define INGESTOR_WEB_REPLY_H

#include <stdbool.h>

#include "common/ports/http.h"
#include "common/text/links.h"
#include "ingestor/web/content.h"
#include "ingestor/web/page.h"

/* A refresh after more seconds is no redirect: the page is to be read. */
#define REPLY_REFRESH_S_MAX 10u
#define REPLY_HOPS_MAX      10u

enum reply_kind {
    REPLY_BODY,  /* a page or text to read */
    REPLY_SAME,  /* 304 */
    REPLY_MOVED, /* to `location` */
    REPLY_GONE,
    REPLY_SKIP,  /* nothing that we read */
    REPLY_RETRY, /* may be better later; `busy`: the host asked for it */
    REPLY_FAIL,
};

struct reply {
    enum reply_kind kind;
    struct content content;  /* of REPLY_BODY, REPLY_SKIP */
    const char *location;    /* of REPLY_MOVED, as sent */
    const char *retry_after; /* of REPLY_RETRY, or NULL */
    bool busy;
    bool body_too_long;
    bool answered;     /* a response began: the host is there */
    struct mr_err why; /* words for REPLY_SKIP, _RETRY and _FAIL */
};

struct reply reply_of(const struct mr_http_response *response);

/* The first header of that (lower-case) name, or NULL. */
const char *reply_header(const struct mr_http_response *response,
                         const char *name);

/*
 * What a page of HTML is, by what it says: PAGE_STUB, PAGE_NOINDEX,
 * PAGE_ALIAS or PAGE_DOCUMENT.  `url` is its own; `canonical_in` says whether
 * its canonical link may be followed.  A page that is nothing but a way to
 * another one is no document, wherever that lies.
 */
enum page_state reply_page(const struct mr_links *links, struct mr_span url,
                           bool canonical_in);

#endif
