// SPDX-License-Identifier: Apache-2.0
/*
 * crawl_parts.h - the inside of a crawl.  Private to crawl*.c.
 */
#ifndef INGESTOR_WEB_IO_CRAWL_PARTS_H
#define INGESTOR_WEB_IO_CRAWL_PARTS_H

#include "ingestor/io/outbox.h"
#include "ingestor/web/frontier.h"
#include "ingestor/web/io/crawl.h"
#include "ingestor/web/scope.h"
#include "ingestor/web/secrets.h"

#define CRAWL_SITEMAPS_MAX 50u
/* Longer bodies are searched for links as far as this. */
#define CRAWL_LINKS_BYTES_MAX ((size_t)4 * 1024 * 1024)

enum fetch_kind {
    FETCH_PAGE,
    FETCH_ROBOTS,
    FETCH_SITEMAP,
};

/* A request under way; the tag of its response. */
struct fetch {
    struct fetch *next; /* in the list of the crawl */
    enum fetch_kind kind;
    struct host *host;
    struct page *page;           /* of FETCH_PAGE */
    struct sitemap_job *sitemap; /* of FETCH_SITEMAP */
    char *url;
    unsigned hops;     /* of robots.txt */
    unsigned attempts; /* of robots.txt and sitemaps, this one included */
};

struct sitemap_job {
    char *url;
    bool named;  /* by robots.txt or an index: that it is missing is told */
    bool nested; /* named by an index: its own nesting is not followed */
    bool begun;
};

struct crawl {
    struct crawl_spec spec;
    const struct source_config *config;
    const struct mr_place *place;
    struct mr_clock *clock;
    struct mr_arena *arena;   /* as long as the crawl */
    struct mr_arena *scratch; /* as long as one response */
    struct mr_url_parser *parser;
    struct mr_url seed;
    struct mr_span token; /* of the user agent */
    struct scope *scope;
    struct secrets *secrets;
    struct outbox *outbox;
    struct frontier *frontier;
    mr_space_id meta_space;
    mr_space_id pages_space;
    struct source_meta meta;
    bool conditional; /* ETags are used: what is looked for is the same */
    struct fetch *fetches;
    size_t running;
    uint64_t admitted; /* pages in this crawl */
    bool cut;          /* a limit left something out */
    bool reached;      /* a page or its absence of change was read */
    struct sitemap_job sitemaps[CRAWL_SITEMAPS_MAX];
    size_t sitemap_count;
    int64_t deadline_us;
    struct mr_buf record; /* a page being encoded */
};

int64_t crawl_now_ms(const struct crawl *crawl);
int64_t crawl_now_us(const struct crawl *crawl);

/* crawl_state.c */

/* Reads the pages of earlier crawls, and queues those that are wanted. */
MR_MUST_CHECK enum mr_code crawl_load(struct crawl *crawl, struct mr_err *err);

/* An address that was found: it is queued unless it is outside, known, or
 * past a limit.  The page, or NULL when it is none of the source's. */
struct page *crawl_admit(struct crawl *crawl, const struct mr_url *url,
                         unsigned depth, unsigned hops);

/* The crawl is through with a page: counts, schedules and saves it.  A page
 * that is no document any more is deleted at the second time. */
MR_MUST_CHECK enum mr_code crawl_finish(struct crawl *crawl, struct page *page,
                                        enum page_state state, bool changed,
                                        struct mr_err *err);

void crawl_save(struct crawl *crawl, const struct page *page);

/* When the next crawl is due, and forgets pages that nobody links to. */
void crawl_plan(struct crawl *crawl, int64_t *next_ms, uint64_t *documents);

/* crawl_site.c */

/* Begins what the hosts need before their pages. */
MR_MUST_CHECK enum mr_code crawl_start_site(struct crawl *crawl,
                                            struct mr_err *err);
MR_MUST_CHECK enum mr_code crawl_on_robots(
    struct crawl *crawl, struct fetch *fetch,
    const struct mr_http_response *response, struct mr_err *err);
void crawl_on_sitemap(struct crawl *crawl, struct fetch *fetch,
                      const struct mr_http_response *response);
bool crawl_site_waits(const struct crawl *crawl);

/* crawl_page.c */
MR_MUST_CHECK enum mr_code crawl_on_page(
    struct crawl *crawl, struct fetch *fetch,
    const struct mr_http_response *response, struct mr_err *err);

/* The pages of hosts that are down are given up. */
MR_MUST_CHECK enum mr_code crawl_give_up(struct crawl *crawl,
                                         struct mr_err *err);

/* crawl.c */

/* Starts a request; the crawl owns the fetch from then on.  One that the port
 * does not take has ended when this returns. */
MR_MUST_CHECK enum mr_code crawl_start(struct crawl *crawl, struct fetch *fetch,
                                       size_t bytes_max, int64_t now_us,
                                       struct mr_err *err);

#endif
