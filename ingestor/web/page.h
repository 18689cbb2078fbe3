// SPDX-License-Identifier: Apache-2.0
/*
 * page.h - what a crawl knows of one address, and its record in the store.
 *
 *   key   := the canonical URL
 *   value := format:u8 state:u8 flags:u8 depth:u8 hops:u8 misses:u8 seq:varint
 *            queued:varint done:varint fetched:varint changed:varint
 *            interval:varint hash:16 bytes etag:sized modified:sized
 *            target:sized
 *
 * Memory:  a page owns its texts.  Threads: one at a time.  I/O: none.
 */
#ifndef INGESTOR_WEB_PAGE_H
#define INGESTOR_WEB_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

/* Longer ones are not kept: the page is fetched without condition. */
#define PAGE_ETAG_MAX     512u
#define PAGE_MODIFIED_MAX 64u

enum page_state {
    PAGE_NEW,       /* never fetched */
    PAGE_DOCUMENT,  /* it is a document */
    PAGE_MOVED,     /* it redirects to `target` */
    PAGE_ALIAS,     /* its canonical link names `target` */
    PAGE_STUB,      /* it only refreshes to elsewhere */
    PAGE_NOINDEX,   /* it asks not to be indexed */
    PAGE_SKIPPED,   /* its type is not read, or its address too long an id */
    PAGE_GONE,      /* 404 or 410 */
    PAGE_FAILED,    /* no answer, or an error */
    PAGE_FORBIDDEN, /* by robots.txt */
    PAGE_STATE_COUNT
};

struct page {
    struct mr_span url; /* canonical, ended by a zero byte */
    enum page_state state;
    bool sent;        /* a document of it is in raw, and no deletion of ours */
    uint8_t depth;    /* links from the seed */
    uint8_t hops;     /* redirects that led here from a link */
    uint8_t misses;   /* crawls in a row that found it to be no document */
    uint8_t attempts; /* in this crawl; not stored */
    uint64_t seq;     /* order of discovery */
    uint64_t queued;  /* the last crawl that wanted it */
    uint64_t done;    /* the last crawl that was through with it */
    int64_t fetched_ms;
    int64_t changed_ms;
    int64_t interval_ms; /* until it is looked at again; 0: never looked at */
    struct mr_hash128 hash; /* of the body that was sent */
    char *etag;             /* NULL for none */
    char *modified;         /* Last-Modified, as sent; NULL for none */
    char *target;           /* NULL for none */
};

/* A new page; freed by page_free(). */
struct page *page_new(struct mr_span url);

/* NULL does nothing. */
void page_free(struct page *page);

/* Replaces a text; NULL or longer than `max`: there is none. */
void page_set_text(char **text, const char *value, size_t max);

void page_encode(const struct page *page, struct mr_buf *out);

/* MR_E_DAMAGED: it breaks its format. */
MR_MUST_CHECK enum mr_code page_parse(struct mr_span url, struct mr_span value,
                                      struct page **out, struct mr_err *err);

#endif
