// SPDX-License-Identifier: Apache-2.0
/*
 * crawl_state.c - the pages of a crawl between the store and the frontier.
 */
#include <stdlib.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "ingestor/web/content.h"
#include "ingestor/web/io/crawl_parts.h"
#include "ingestor/web/refresh.h"
#include "ingestor/web/reply.h"

/* A page that was not wanted in so many crawls, and of which nothing was sent,
 * is forgotten. */
#define FORGET_AFTER 8u

/* What is due within an eighth of the pace is looked at in one crawl. */
#define SLACK_PART 8

/* Addresses of foreign types are remembered so far, to count them once. */
#define FOREIGN_PART 3u

#define MISSES_MAX 2u

/* When a page is to be looked at next; the pace may have been another. */
static int64_t due_ms(const struct crawl *crawl, const struct page *page)
{
    int64_t most = refresh_interval_max(crawl->config->every_ms);

    return page->fetched_ms +
           (page->interval_ms < most ? page->interval_ms : most);
}

static bool past(const struct crawl *crawl, const struct page *page)
{
    int64_t slack = crawl->config->every_ms / SLACK_PART;
    int64_t now_ms = crawl_now_ms(crawl);

    /* Fetched later than now: the clock was wrong then. */
    return page->fetched_ms > now_ms || due_ms(crawl, page) <= now_ms + slack;
}

/* Whether this crawl looks at a page that earlier ones knew. */
static bool is_wanted(const struct crawl *crawl, const struct page *page)
{
    if (page->done == crawl->meta.run)
        return false;
    /* Gone for good, unless a link says otherwise. */
    if (page->state == PAGE_GONE && !page->sent && page->misses >= MISSES_MAX)
        return false;
    return page->state == PAGE_NEW || crawl->meta.everything ||
           past(crawl, page);
}

void crawl_save(struct crawl *crawl, const struct page *page)
{
    mr_buf_reset(&crawl->record);
    page_encode(page, &crawl->record);
    MR_ASSERT(!crawl->record.full);
    mr_batch_put(outbox_state(crawl->outbox), crawl->pages_space, page->url,
                 mr_buf_bytes(&crawl->record));
}

static struct host *host_of(struct crawl *crawl, const struct mr_url *url)
{
    return frontier_host(crawl->frontier, url->origin,
                         crawl->config->connections_per_host,
                         crawl->config->delay_ms * 1000);
}

/* Puts a page into this crawl; false past a limit. */
static bool queue_page(struct crawl *crawl, const struct mr_url *url,
                       struct page *page)
{
    struct host *host = host_of(crawl, url);

    if (crawl->admitted >= crawl->config->max_pages || host == NULL ||
        page->depth > crawl->config->depth) {
        crawl->cut = crawl->cut || page->depth <= crawl->config->depth;
        progress_add(crawl->spec.progress, PROGRESS_LEFT, 1);
        return false;
    }
    crawl->admitted++;
    page->queued = crawl->meta.run;
    page->attempts = 0;
    frontier_queue(host, page);
    return true;
}

/* Addresses that need no fetching to be known as nothing for us. */
static struct page *admit_foreign(struct crawl *crawl, const struct mr_url *url)
{
    struct page *page;

    if (frontier_count(crawl->frontier) / FOREIGN_PART >=
        crawl->config->max_pages)
        return NULL;
    page = page_new(url->text);
    page->state = PAGE_SKIPPED;
    page->queued = crawl->meta.run;
    page->done = crawl->meta.run;
    frontier_add(crawl->frontier, page);
    progress_add(crawl->spec.progress, PROGRESS_FOUND, 1);
    progress_add(crawl->spec.progress, PROGRESS_SKIPPED, 1);
    if (url->text.size > MR_ID_BYTES_MAX)
        progress_problem(crawl->spec.progress, url->text, crawl_now_ms(crawl),
                         "the address has %zu bytes, an id at most %u",
                         url->text.size, MR_ID_BYTES_MAX);
    return page;
}

struct page *crawl_admit(struct crawl *crawl, const struct mr_url *url,
                         unsigned depth, unsigned hops)
{
    struct page *page;

    if (scope_of(crawl->scope, url) != SCOPE_IN)
        return NULL;
    page = frontier_find(crawl->frontier, url->text);
    if (page != NULL && (page->queued == crawl->meta.run ||
                         (!is_wanted(crawl, page) && page->state != PAGE_GONE)))
        return page;
    if (page == NULL && (content_is_foreign_path(url->path) ||
                         url->text.size > MR_ID_BYTES_MAX))
        return admit_foreign(crawl, url);
    if (page == NULL) {
        if (crawl->admitted >= crawl->config->max_pages ||
            depth > crawl->config->depth) {
            crawl->cut = crawl->cut || depth <= crawl->config->depth;
            progress_add(crawl->spec.progress, PROGRESS_LEFT, 1);
            return NULL;
        }
        page = page_new(url->text);
        frontier_add(crawl->frontier, page);
        progress_add(crawl->spec.progress, PROGRESS_FOUND, 1);
    }
    page->depth = (uint8_t)depth;
    page->hops = (uint8_t)hops;
    if (queue_page(crawl, url, page))
        crawl_save(crawl, page);
    return page;
}

/* Deletes the document of a page, if there is one. */
static enum mr_code delete_page(struct crawl *crawl, struct page *page,
                                struct mr_err *err)
{
    enum mr_code code;

    if (!page->sent)
        return MR_OK;
    code = outbox_delete(crawl->outbox, page->url, crawl->meta.ends, err);
    if (code != MR_OK)
        return code;
    page->sent = false;
    progress_add(crawl->spec.progress, PROGRESS_DELETED, 1);
    return MR_OK;
}

static enum progress_count count_of(enum page_state state)
{
    switch (state) {
    case PAGE_MOVED:
    case PAGE_ALIAS:
    case PAGE_STUB:
        return PROGRESS_REDIRECTED;
    case PAGE_NOINDEX:
    case PAGE_SKIPPED:
        return PROGRESS_SKIPPED;
    case PAGE_GONE:
        return PROGRESS_GONE;
    case PAGE_FAILED:
        return PROGRESS_FAILED;
    case PAGE_FORBIDDEN:
        return PROGRESS_FORBIDDEN;
    case PAGE_DOCUMENT:
    case PAGE_NEW:
    case PAGE_STATE_COUNT:
        break;
    }
    MR_UNREACHABLE();
}

/* Failures say nothing of a page; the others say that it is no document. */
static bool is_miss(enum page_state state)
{
    return state != PAGE_DOCUMENT && state != PAGE_FAILED &&
           state != PAGE_FORBIDDEN;
}

/* Nobody looks for the first page among the numbers. */
static void tell_seed(struct crawl *crawl, const struct page *page)
{
    const char *words =
        page->state == PAGE_GONE        ? "it is not there"
        : page->state == PAGE_FORBIDDEN ? "robots.txt forbids to fetch it"
        : page->state == PAGE_STUB      ? "it only refreshes to another page"
        : page->state == PAGE_NOINDEX   ? "it asks not to be indexed"
                                        : NULL;

    if (words != NULL)
        progress_problem(crawl->spec.progress, page->url, crawl_now_ms(crawl),
                         "where the source begins: %s", words);
}

enum mr_code crawl_finish(struct crawl *crawl, struct page *page,
                          enum page_state state, bool changed,
                          struct mr_err *err)
{
    int64_t now_ms = crawl_now_ms(crawl);
    enum mr_code code = MR_OK;

    MR_ASSERT(page->done != crawl->meta.run);
    page->state = state;
    page->done = crawl->meta.run;
    page->fetched_ms = now_ms;
    if (changed)
        page->changed_ms = now_ms;
    page->interval_ms =
        state == PAGE_FAILED || state == PAGE_FORBIDDEN
            ? crawl->config->every_ms
            : refresh_interval(page->interval_ms, crawl->config->every_ms,
                               changed);
    if (is_miss(state)) {
        page->misses = page->misses < UINT8_MAX ? page->misses + 1 : UINT8_MAX;
        if (page->sent && page->misses < MISSES_MAX)
            page->interval_ms = crawl->config->every_ms / 4;
        else
            code = delete_page(crawl, page, err);
    } else if (state == PAGE_DOCUMENT) {
        page->misses = 0;
    }
    if (state != PAGE_DOCUMENT)
        progress_add(crawl->spec.progress, count_of(state), 1);
    if (mr_span_equal(page->url, crawl->seed.text))
        tell_seed(crawl, page);
    if (code == MR_OK)
        crawl_save(crawl, page);
    return code;
}

struct loader {
    struct crawl *crawl;
    struct page **wanted;
    size_t count;
    size_t room;
};

static enum mr_code load_page(void *context, struct mr_span key,
                              struct mr_span value, bool *stop,
                              struct mr_err *err)
{
    struct loader *loader = context;
    struct crawl *crawl = loader->crawl;
    struct page *page;
    enum mr_code code = page_parse(key, value, &page, err);

    (void)stop;
    if (code != MR_OK)
        return code;
    frontier_add(crawl->frontier, page);
    if (page->done == crawl->meta.run) {
        /* An earlier process was through with it. */
        crawl->admitted++;
        progress_add(crawl->spec.progress, PROGRESS_FOUND, 1);
        progress_add(crawl->spec.progress, PROGRESS_FETCHED, 1);
        crawl->reached |= page->state == PAGE_DOCUMENT;
        return MR_OK;
    }
    if (!is_wanted(crawl, page))
        return MR_OK;
    if (loader->count == loader->room) {
        loader->room = loader->room == 0 ? 256 : loader->room * 2;
        loader->wanted = mr_realloc_array(loader->wanted, loader->room,
                                          sizeof(*loader->wanted));
    }
    loader->wanted[loader->count++] = page;
    return MR_OK;
}

static int by_order(const void *a, const void *b)
{
    const struct page *one = *(const struct page *const *)a;
    const struct page *two = *(const struct page *const *)b;

    if (one->depth != two->depth)
        return one->depth < two->depth ? -1 : 1;
    return (one->seq > two->seq) - (one->seq < two->seq);
}

/* A page of an earlier crawl: queued, or taken out when the configuration has
 * moved its address out of the scope. */
static enum mr_code welcome(struct crawl *crawl, struct page *page,
                            struct mr_err *err)
{
    struct mr_url url;
    enum mr_code code = mr_url_parse(crawl->parser, page->url, mr_span(NULL, 0),
                                     crawl->scratch, &url, err);

    if (code != MR_OK)
        return mr_fail(err, MR_E_DAMAGED, "crawl: a page's record: %s",
                       err->text);
    if (scope_of(crawl->scope, &url) == SCOPE_IN) {
        progress_add(crawl->spec.progress, PROGRESS_FOUND, 1);
        (void)queue_page(crawl, &url, page);
    } else if (page->sent) {
        code = delete_page(crawl, page, err);
        page->done = crawl->meta.run;
        page->state = PAGE_SKIPPED;
        crawl_save(crawl, page);
    }
    mr_arena_reset(crawl->scratch);
    return code;
}

enum mr_code crawl_load(struct crawl *crawl, struct mr_err *err)
{
    struct loader loader = { .crawl = crawl };
    const struct mr_range all = { 0 };
    struct page *seed;
    enum mr_code code = mr_store_scan(crawl->place->store, crawl->pages_space,
                                      all, load_page, &loader, err);

    if (loader.count > 1)
        qsort(loader.wanted, loader.count, sizeof(*loader.wanted), by_order);
    /* The seed first, so that no limit leaves it out. */
    seed = frontier_find(crawl->frontier, crawl->seed.text);
    if (code == MR_OK && (seed == NULL || seed->done != crawl->meta.run)) {
        if (seed == NULL) {
            seed = page_new(crawl->seed.text);
            frontier_add(crawl->frontier, seed);
        }
        progress_add(crawl->spec.progress, PROGRESS_FOUND, 1);
        seed->depth = 0;
        (void)queue_page(crawl, &crawl->seed, seed);
        crawl_save(crawl, seed);
    }
    for (size_t i = 0; code == MR_OK && i < loader.count; i++) {
        if (loader.wanted[i] != seed)
            code = welcome(crawl, loader.wanted[i], err);
    }
    mr_free(loader.wanted);
    return code;
}

void crawl_plan(struct crawl *crawl, int64_t *next_ms, uint64_t *documents)
{
    int64_t now_ms = crawl_now_ms(crawl);
    int64_t next = INT64_MAX;

    *documents = 0;
    for (size_t i = 0; i < frontier_count(crawl->frontier); i++) {
        const struct page *page = frontier_at(crawl->frontier, i);
        int64_t due = due_ms(crawl, page);

        *documents += page->sent;
        if (page->state == PAGE_NEW || page->state == PAGE_DOCUMENT ||
            page->state == PAGE_FAILED || page->sent)
            next = due < next ? due : next;
        else if (page->queued + FORGET_AFTER < crawl->meta.run)
            mr_batch_delete(outbox_state(crawl->outbox), crawl->pages_space,
                            page->url);
    }
    if (next == INT64_MAX)
        next = now_ms + crawl->config->every_ms;
    if (next > now_ms + refresh_interval_max(crawl->config->every_ms))
        next = now_ms + refresh_interval_max(crawl->config->every_ms);
    if (next < now_ms + crawl->config->every_ms / 4)
        next = now_ms + crawl->config->every_ms / 4;
    *next_ms = next;
}
