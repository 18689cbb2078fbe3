// SPDX-License-Identifier: Apache-2.0
/*
 * frontier.h - the pages of a crawl: which are known, which come next, and
 * when a host may be asked again.
 *
 * Pages come in order of depth, and within it of discovery, which is kept over
 * restarts.  A host is asked by at most so many connections at a time, no
 * sooner than its delay after the last request began, and not at all while it
 * backs off.  A host that gave no answer FRONTIER_SILENT_MAX times in a row is
 * down: its pages are not asked for any more.
 *
 * Memory:  owns pages and hosts.
 * Threads: one at a time.
 * I/O:     none; the time is given.
 */
#ifndef INGESTOR_WEB_FRONTIER_H
#define INGESTOR_WEB_FRONTIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text/url.h"
#include "ingestor/web/page.h"
#include "ingestor/web/robots.h"

#define FRONTIER_SILENT_MAX 5u
#define FRONTIER_HOSTS_MAX  256u

enum host_robots {
    HOST_ROBOTS_UNKNOWN, /* to be asked for before any page */
    HOST_ROBOTS_ASKED,
    HOST_ROBOTS_KNOWN,
};

struct host {
    struct mr_span origin; /* "https://example.org" */
    enum host_robots robots_state;
    struct robots robots;
    uint32_t running; /* requests under way */
    uint32_t at_once; /* connections */
    int64_t delay_us; /* between two requests */
    int64_t next_us;  /* no request before it */
    unsigned robots_attempts;
    unsigned silent; /* requests in a row without an answer */
    bool down;
    struct page **queue; /* a heap */
    size_t queued;
    size_t room;
};

struct frontier;

struct frontier *frontier_new(void);
/* NULL does nothing. */
void frontier_free(struct frontier *frontier);

/* The page of a canonical URL, or NULL. */
struct page *frontier_find(struct frontier *frontier, struct mr_span url);

/* Takes a page that is not known yet.  Its `seq` is set when it is 0, else it
 * moves the count of discoveries on. */
void frontier_add(struct frontier *frontier, struct page *page);

/* All pages, in no order, until one is added. */
size_t frontier_count(const struct frontier *frontier);
struct page *frontier_at(struct frontier *frontier, size_t nth);

/* The host of an origin, made when it is new; NULL past FRONTIER_HOSTS_MAX. */
struct host *frontier_host(struct frontier *frontier, struct mr_span origin,
                           uint32_t at_once, int64_t delay_us);
size_t frontier_host_count(const struct frontier *frontier);
struct host *frontier_host_at(struct frontier *frontier, size_t nth);

/* The page is to be fetched from the host. */
void frontier_queue(struct host *host, struct page *page);

/* Takes the first page off a host's queue; NULL when there is none. */
struct page *frontier_take(struct host *host);

/* Whether a request to the host may begin now. */
bool host_is_ready(const struct host *host, int64_t now_us);

/* A request begins; it ends, with an answer or without. */
void host_begin(struct host *host, int64_t now_us);
void host_end(struct host *host, bool answered);

/* No request for `wait_ms`. */
void host_back_off(struct host *host, int64_t now_us, int64_t wait_ms);

/*
 * The next page to fetch, taken off its queue, and its host; NULL when no host
 * is ready, and then *wait_us gets how long until one is by its delay
 * (INT64_MAX: none waits).  Only hosts whose robots.txt is known give pages.
 */
struct page *frontier_next(struct frontier *frontier, int64_t now_us,
                           struct host **host, int64_t *wait_us);

#endif
