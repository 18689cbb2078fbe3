// SPDX-License-Identifier: Apache-2.0
/*
 * crawl_site.c - what a host is asked for besides its pages: robots.txt before
 * anything else, then the sitemaps that it names, or /sitemap.xml.
 */
#include <string.h>

#include "common/base/mr_mem.h"
#include "ingestor/web/io/crawl_parts.h"
#include "ingestor/web/refresh.h"
#include "ingestor/web/reply.h"
#include "ingestor/web/sitemap.h"

/* RFC 9309, 2.3.1.2: at least five. */
#define ROBOTS_HOPS_MAX 5u

/* The protocol allows 50 MB; what such a file names is past every limit. */
#define SITEMAP_FETCH_BYTES ((size_t)10 * 1024 * 1024)

static struct mr_span no_base(void)
{
    return mr_span(NULL, 0);
}

static struct fetch *new_fetch(enum fetch_kind kind, struct host *host,
                               const char *url)
{
    struct fetch *fetch = mr_calloc(1, sizeof(*fetch));

    fetch->kind = kind;
    fetch->host = host;
    fetch->url = mr_strdup(url);
    fetch->attempts = 1;
    return fetch;
}

static enum mr_code start_robots(struct crawl *crawl, struct host *host,
                                 int64_t now_us, struct mr_err *err)
{
    const char *url = mr_arena_printf(crawl->scratch, "%s/robots.txt",
                                      (const char *)host->origin.data);
    struct fetch *fetch = new_fetch(FETCH_ROBOTS, host, url);

    fetch->attempts = host->robots_attempts + 1;
    host->robots_state = HOST_ROBOTS_ASKED;
    return crawl_start(crawl, fetch, ROBOTS_BYTES_MAX, now_us, err);
}

static struct host *seed_host(struct crawl *crawl)
{
    return frontier_host(crawl->frontier, crawl->seed.origin,
                         crawl->config->connections_per_host,
                         crawl->config->delay_ms * 1000);
}

/* The next sitemap that was not begun, or NULL. */
static struct sitemap_job *next_sitemap(struct crawl *crawl)
{
    for (size_t i = 0; i < crawl->sitemap_count; i++) {
        if (!crawl->sitemaps[i].begun)
            return &crawl->sitemaps[i];
    }
    return NULL;
}

static enum mr_code start_sitemap(struct crawl *crawl, struct mr_err *err)
{
    struct sitemap_job *job = next_sitemap(crawl);
    struct host *host = seed_host(crawl);
    struct fetch *fetch;

    if (job == NULL || host == NULL ||
        !host_is_ready(host, crawl_now_us(crawl)))
        return MR_OK;
    job->begun = true;
    fetch = new_fetch(FETCH_SITEMAP, host, job->url);
    fetch->sitemap = job;
    return crawl_start(crawl, fetch, SITEMAP_FETCH_BYTES, crawl_now_us(crawl),
                       err);
}

enum mr_code crawl_start_site(struct crawl *crawl, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0;
         code == MR_OK && i < frontier_host_count(crawl->frontier); i++) {
        struct host *host = frontier_host_at(crawl->frontier, i);

        if (host->robots_state == HOST_ROBOTS_UNKNOWN && host->queued > 0 &&
            host_is_ready(host, crawl_now_us(crawl)))
            code = start_robots(crawl, host, crawl_now_us(crawl), err);
    }
    return code == MR_OK ? start_sitemap(crawl, err) : code;
}

bool crawl_site_waits(const struct crawl *crawl)
{
    for (size_t i = 0; i < frontier_host_count(crawl->frontier); i++) {
        const struct host *host = frontier_host_at(crawl->frontier, i);

        if (host->robots_state == HOST_ROBOTS_UNKNOWN && host->queued > 0)
            return true;
    }
    for (size_t i = 0; i < crawl->sitemap_count; i++) {
        if (!crawl->sitemaps[i].begun)
            return true;
    }
    return false;
}

/* A sitemap on the seed's host that is not known yet. */
static void add_sitemap(struct crawl *crawl, struct mr_span text,
                        struct mr_span base, bool named, bool nested)
{
    struct mr_url url;

    if (crawl->sitemap_count == CRAWL_SITEMAPS_MAX ||
        mr_url_parse(crawl->parser, text, base, crawl->scratch, &url, NULL) !=
            MR_OK ||
        !scope_same_host(&url, &crawl->seed))
        return;
    for (size_t i = 0; i < crawl->sitemap_count; i++) {
        if (strcmp(crawl->sitemaps[i].url, (const char *)url.text.data) == 0)
            return;
    }
    crawl->sitemaps[crawl->sitemap_count++] = (struct sitemap_job){
        .url = mr_strdup((const char *)url.text.data),
        .named = named,
        .nested = nested,
    };
}

static void read_robots(struct crawl *crawl, struct fetch *fetch,
                        struct mr_span body)
{
    struct host *host = fetch->host;
    struct robots *robots = &host->robots;

    robots_parse(mr_arena_copy(crawl->arena, body), crawl->token, crawl->arena,
                 robots);
    if (robots->delay_ms > 0 && !crawl->config->ignore_crawl_delay) {
        host->at_once = 1;
        if (host->delay_us < robots->delay_ms * 1000)
            host->delay_us = robots->delay_ms * 1000;
    }
}

/* The file is there, or known not to be: pages may come. */
static void robots_known(struct crawl *crawl, struct host *host)
{
    struct mr_span base;

    host->robots_state = HOST_ROBOTS_KNOWN;
    if (!mr_span_equal(host->origin, crawl->seed.origin))
        return;
    base = mr_span_str(mr_arena_printf(crawl->scratch, "%s/",
                                       (const char *)host->origin.data));
    for (size_t i = 0; i < host->robots.sitemap_count; i++)
        add_sitemap(crawl, host->robots.sitemaps[i], base, true, false);
    if (host->robots.sitemap_count == 0 &&
        robots_allows(&host->robots, mr_span_str("/sitemap.xml")))
        add_sitemap(crawl, mr_span_str("/sitemap.xml"), base, false, false);
}

/* Without robots.txt nothing may be fetched (RFC 9309, 2.3.1.4). */
static void robots_failed(struct crawl *crawl, struct fetch *fetch,
                          const struct reply *reply)
{
    struct host *host = fetch->host;
    int64_t wait_ms = refresh_backoff(fetch->attempts, reply->retry_after,
                                      crawl_now_ms(crawl));

    if (reply->kind == REPLY_RETRY && wait_ms >= 0 &&
        fetch->attempts < RETRY_ATTEMPTS_MAX) {
        host->robots_state = HOST_ROBOTS_UNKNOWN;
        host->robots_attempts = fetch->attempts;
        host_back_off(host, crawl_now_us(crawl), wait_ms);
        progress_add(crawl->spec.progress, PROGRESS_RETRIED, 1);
        return;
    }
    host->robots_state = HOST_ROBOTS_KNOWN;
    host->down = true;
    progress_problem(crawl->spec.progress, mr_span_str(fetch->url),
                     crawl_now_ms(crawl),
                     "robots.txt could not be read, so nothing of the host "
                     "may be: %s",
                     reply->why.text);
}

static enum mr_code follow_robots(struct crawl *crawl, struct fetch *fetch,
                                  struct reply *reply, struct mr_err *err)
{
    struct mr_url url;
    struct fetch *next;

    if (fetch->hops == ROBOTS_HOPS_MAX ||
        mr_url_parse(crawl->parser, mr_span_str(reply->location),
                     mr_span_str(fetch->url), crawl->scratch, &url,
                     NULL) != MR_OK) {
        /* RFC 9309, 2.3.1.2: as if there were none. */
        robots_known(crawl, fetch->host);
        return MR_OK;
    }
    next = new_fetch(FETCH_ROBOTS, fetch->host, (const char *)url.text.data);
    next->hops = fetch->hops + 1;
    next->attempts = fetch->attempts;
    return crawl_start(crawl, next, ROBOTS_BYTES_MAX, crawl_now_us(crawl), err);
}

enum mr_code crawl_on_robots(struct crawl *crawl, struct fetch *fetch,
                             const struct mr_http_response *response,
                             struct mr_err *err)
{
    struct reply reply = reply_of(response);
    bool cut = response->code == MR_E_LIMIT && response->status == 200;

    host_end(fetch->host, reply.answered);
    if (reply.kind == REPLY_MOVED)
        return follow_robots(crawl, fetch, &reply, err);
    if (response->code != MR_OK && !cut) {
        robots_failed(crawl, fetch, &reply);
        return MR_OK;
    }
    switch (robots_of_status(response->status)) {
    case ROBOTS_READ:
        read_robots(crawl, fetch, mr_span(response->body, response->body_size));
        robots_known(crawl, fetch->host);
        break;
    case ROBOTS_ALLOW:
        robots_known(crawl, fetch->host);
        break;
    case ROBOTS_FORBID:
        robots_failed(crawl, fetch, &reply);
        break;
    }
    return MR_OK;
}

static void sitemap_problem(struct crawl *crawl, const struct fetch *fetch,
                            const char *words)
{
    if (fetch->sitemap->named)
        progress_problem(crawl->spec.progress, mr_span_str(fetch->url),
                         crawl_now_ms(crawl), "the sitemap: %s", words);
}

static void read_sitemap(struct crawl *crawl, const struct fetch *fetch,
                         struct mr_span body)
{
    struct mr_err err = { 0 };
    struct sitemap sitemap;
    struct mr_arena *arena;

    /* Many addresses: not in the scratch that each of them needs. */
    arena = mr_arena_new();
    if (sitemap_parse(body, arena, &sitemap, &err) != MR_OK) {
        sitemap_problem(crawl, fetch, err.text);
        sitemap.count = 0;
    }
    for (size_t i = 0; i < sitemap.count; i++) {
        struct mr_url url;

        if (sitemap.is_index) {
            if (!fetch->sitemap->nested)
                add_sitemap(crawl, sitemap.urls[i], mr_span_str(fetch->url),
                            true, true);
        } else if (mr_url_parse(crawl->parser, sitemap.urls[i], no_base(),
                                crawl->scratch, &url, NULL) == MR_OK) {
            (void)crawl_admit(crawl, &url, 1, 0);
        }
        mr_arena_reset(crawl->scratch);
    }
    mr_arena_free(arena);
}

void crawl_on_sitemap(struct crawl *crawl, struct fetch *fetch,
                      const struct mr_http_response *response)
{
    struct reply reply = reply_of(response);

    host_end(fetch->host, reply.answered);
    if (response->code == MR_E_LIMIT && response->status == 200)
        sitemap_problem(crawl, fetch, "only its first 10 MiB are read");
    else if (reply.kind == REPLY_MOVED)
        add_sitemap(crawl, mr_span_str(reply.location), mr_span_str(fetch->url),
                    fetch->sitemap->named, fetch->sitemap->nested);
    else if (response->code != MR_OK || response->status != 200)
        sitemap_problem(crawl, fetch,
                        reply.kind == REPLY_GONE ? "it is not there"
                                                 : reply.why.text);
    if (response->status == 200)
        read_sitemap(crawl, fetch,
                     mr_span(response->body, response->body_size));
}
