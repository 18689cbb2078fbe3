// SPDX-License-Identifier: Apache-2.0
/*
 * crawl.c - the loop of a crawl; see crawl.h.
 *
 * One thread: it starts what hosts allow, polls for what ended, and lets the
 * outbox flush.  Decisions lie in web/, what follows from them in crawl_*.c.
 */
#include "ingestor/web/io/crawl.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "ingestor/io/file.h"
#include "ingestor/web/io/crawl_parts.h"
#include "ingestor/web/reply.h"

#define CONNECTIONS_MAX 64u
#define POLL_MS         100
/* One byte in so long is the least that is taken for progress. */
#define STALL_MS 10000

int64_t crawl_now_ms(const struct crawl *crawl)
{
    return mr_clock_wall_ms(crawl->clock);
}

int64_t crawl_now_us(const struct crawl *crawl)
{
    return mr_clock_mono_us(crawl->clock);
}

static size_t headers_of(struct crawl *crawl, const struct fetch *fetch,
                         struct mr_http_header *out)
{
    struct mr_url url;
    size_t count = 0;

    if (mr_url_parse(crawl->parser, mr_span_str(fetch->url), mr_span(NULL, 0),
                     crawl->scratch, &url, NULL) == MR_OK)
        count = secrets_for(crawl->secrets, &crawl->seed, &url,
                            crawl_now_ms(crawl), crawl->scratch, out);
    if (fetch->kind == FETCH_PAGE)
        out[count++] = (struct mr_http_header){
            "Accept", "text/html, application/xhtml+xml, text/markdown;q=0.9, "
                      "text/plain;q=0.9, */*;q=0.1"
        };
    if (fetch->page != NULL && fetch->page->sent && crawl->conditional) {
        if (fetch->page->etag != NULL)
            out[count++] =
                (struct mr_http_header){ "If-None-Match", fetch->page->etag };
        if (fetch->page->modified != NULL)
            out[count++] = (struct mr_http_header){ "If-Modified-Since",
                                                    fetch->page->modified };
    }
    return count;
}

static void forget_fetch(struct crawl *crawl, struct fetch *fetch)
{
    struct fetch **link = &crawl->fetches;

    while (*link != fetch)
        link = &(*link)->next;
    *link = fetch->next;
    crawl->running--;
    mr_free(fetch->url);
    mr_free(fetch);
}

static enum mr_code on_response(struct crawl *crawl,
                                const struct mr_http_response *response,
                                struct mr_err *err)
{
    struct fetch *fetch = response->tag;
    enum mr_code code = MR_OK;

    switch (fetch->kind) {
    case FETCH_PAGE:
        code = crawl_on_page(crawl, fetch, response, err);
        break;
    case FETCH_ROBOTS:
        code = crawl_on_robots(crawl, fetch, response, err);
        break;
    case FETCH_SITEMAP:
        crawl_on_sitemap(crawl, fetch, response);
        break;
    }
    forget_fetch(crawl, fetch);
    mr_arena_reset(crawl->scratch);
    return code;
}

enum mr_code crawl_start(struct crawl *crawl, struct fetch *fetch,
                         size_t bytes_max, int64_t now_us, struct mr_err *err)
{
    struct mr_http_header headers[SECRETS_HEADERS_MAX + 4];
    struct mr_http_request request = {
        .url = fetch->url,
        .headers = headers,
        .bytes_max = bytes_max,
        .total_ms = crawl->config->page_timeout_ms,
        .stall_ms = STALL_MS,
        .allow_private = crawl->config->allow_private,
        .tag = fetch,
    };
    struct mr_http_response refused = { .tag = fetch };

    request.header_count = headers_of(crawl, fetch, headers);
    host_begin(fetch->host, now_us);
    fetch->next = crawl->fetches;
    crawl->fetches = fetch;
    crawl->running++;
    refused.code = mr_http_start(crawl->spec.http, &request, &refused.err);
    return refused.code == MR_OK ? MR_OK : on_response(crawl, &refused, err);
}

static struct fetch *page_fetch(struct page *page, struct host *host)
{
    struct fetch *fetch = mr_calloc(1, sizeof(*fetch));

    fetch->kind = FETCH_PAGE;
    fetch->page = page;
    fetch->host = host;
    fetch->url = mr_strdup((const char *)page->url.data);
    return fetch;
}

static enum mr_code start_pages(struct crawl *crawl, int64_t *wait_us,
                                struct mr_err *err)
{
    enum mr_code code = MR_OK;

    *wait_us = INT64_MAX;
    while (code == MR_OK && crawl->running < CONNECTIONS_MAX) {
        int64_t now_us = crawl_now_us(crawl);
        struct host *host;
        struct page *page =
            frontier_next(crawl->frontier, now_us, &host, wait_us);
        struct mr_span target;

        if (page == NULL)
            break;
        target = mr_span(page->url.data + host->origin.size,
                         page->url.size - host->origin.size);
        if (!robots_allows(&host->robots, target)) {
            code = crawl_finish(crawl, page, PAGE_FORBIDDEN, false, err);
            continue;
        }
        code = crawl_start(crawl, page_fetch(page, host),
                           crawl->config->bytes_max, now_us, err);
    }
    return code;
}

/* Takes what has ended, waiting for the first at most `wait_ms`. */
static enum mr_code take_responses(struct crawl *crawl, int wait_ms,
                                   struct mr_err *err)
{
    struct mr_http_response *response;
    enum mr_code code;

    do {
        code = mr_http_poll(crawl->spec.http, wait_ms, &response, err);
        if (code != MR_OK || response == NULL)
            return code;
        code = on_response(crawl, response, err);
        mr_http_free_response(crawl->spec.http, response);
        wait_ms = 0;
    } while (code == MR_OK && crawl->running > 0 &&
             !outbox_is_due(crawl->outbox));
    return code;
}

static bool stopped(const struct crawl *crawl)
{
    return atomic_load(crawl->spec.stop);
}

static int wait_of(int64_t wait_us)
{
    int64_t ms = wait_us == INT64_MAX ? POLL_MS : (wait_us + 999) / 1000;

    return ms > POLL_MS ? POLL_MS : (int)ms;
}

/* One turn of the loop.  *done: nothing is left to do. */
static enum mr_code turn(struct crawl *crawl, bool *done, struct mr_err *err)
{
    int64_t wait_us = INT64_MAX;
    enum mr_code code = MR_OK;

    if (outbox_is_due(crawl->outbox))
        code = outbox_flush(crawl->outbox, err);
    if (code == MR_OK && crawl->running == 0)
        code = outbox_hold(crawl->outbox, err);
    if (code == MR_OK)
        code = crawl_give_up(crawl, err);
    if (code == MR_OK && !outbox_is_held(crawl->outbox)) {
        code = crawl_start_site(crawl, err);
        if (code == MR_OK)
            code = start_pages(crawl, &wait_us, err);
    }
    if (code != MR_OK)
        return code;
    if (crawl->running > 0)
        return take_responses(crawl, wait_of(wait_us), err);
    *done = wait_us == INT64_MAX && !crawl_site_waits(crawl);
    if (!*done)
        mr_clock_sleep_ms(crawl->clock, wait_of(wait_us));
    return MR_OK;
}

static enum mr_code loop(struct crawl *crawl, bool *late, struct mr_err *err)
{
    enum mr_code code = MR_OK;
    bool done = false;

    *late = false;
    while (code == MR_OK && !done && !stopped(crawl) && !*late) {
        code = turn(crawl, &done, err);
        *late = !done && crawl_now_us(crawl) > crawl->deadline_us;
    }
    if (code == MR_OK)
        code = outbox_flush(crawl->outbox, err);
    return code;
}

/* What decides which pages are looked for. */
static uint64_t fingerprint(const struct source_config *config)
{
    uint64_t hash = mr_hash64(mr_span_str(config->url), config->max_pages);

    for (size_t i = 0; i < config->include_count; i++)
        hash = mr_hash64(mr_span_str(config->include[i]), hash);
    hash = mr_mix64(hash + config->depth);
    for (size_t i = 0; i < config->exclude_count; i++)
        hash = mr_hash64(mr_span_str(config->exclude[i]), hash);
    return hash;
}

static enum mr_code begin_run(struct crawl *crawl, struct mr_err *err)
{
    struct source_meta *meta = &crawl->meta;
    enum mr_code code =
        meta_load(crawl->place, crawl->meta_space, crawl->arena, meta, err);
    uint64_t want = fingerprint(crawl->config);

    if (code != MR_OK)
        return code;
    crawl->conditional = meta->fingerprint == want;
    if (meta->unfinished && meta->end_count == crawl->place->partitions &&
        meta->run_fingerprint == want) {
        meta->everything |= crawl->spec.everything;
    } else {
        meta->run++;
        meta->run_fingerprint = want;
        meta->unfinished = true;
        meta->everything = crawl->spec.everything || !crawl->conditional;
        meta->begun_ms = crawl_now_ms(crawl);
        meta->end_count = crawl->place->partitions;
        meta->ends =
            mr_arena_calloc(crawl->arena, meta->end_count, sizeof(*meta->ends));
        code = outbox_ends(crawl->place, meta->ends, err);
    }
    if (code == MR_OK)
        code = meta_save(crawl->place, crawl->meta_space, meta, err);
    if (code == MR_OK)
        progress_begin(crawl->spec.progress, meta->run, crawl_now_ms(crawl));
    return code;
}

static enum mr_code end_run(struct crawl *crawl, int64_t *next_ms,
                            struct mr_err *err)
{
    struct source_meta *meta = &crawl->meta;
    enum mr_code code;

    crawl_plan(crawl, next_ms, &meta->documents);
    code = outbox_flush(crawl->outbox, err);
    meta->unfinished = false;
    meta->whole = !crawl->cut;
    meta->ended_ms = crawl_now_ms(crawl);
    meta->next_ms = *next_ms;
    meta->fingerprint = meta->run_fingerprint;
    progress_set_documents(crawl->spec.progress, meta->documents);
    if (code == MR_OK)
        code = meta_save(crawl->place, crawl->meta_space, meta, err);
    return code;
}

static enum mr_code read_secrets(struct crawl *crawl, struct mr_err *err)
{
    const char *paths[] = { crawl->config->headers_file,
                            crawl->config->cookies_file };
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < 2; i++) {
        struct mr_buf text = mr_buf(SECRETS_FILE_BYTES_MAX);

        if (paths[i] != NULL)
            code = file_read(paths[i], &text, err);
        if (paths[i] != NULL && code == MR_OK)
            code = i == 0 ? secrets_add_headers(crawl->secrets,
                                                mr_buf_bytes(&text), err)
                          : secrets_add_cookies(crawl->secrets,
                                                mr_buf_bytes(&text), err);
        if (text.data != NULL)
            explicit_bzero(text.data, text.size);
        mr_buf_deinit(&text);
        if (code != MR_OK)
            code = mr_fail(err, MR_E_CONFIG, "%.350s: %s", paths[i], err->text);
    }
    return code;
}

static enum mr_code open_parts(struct crawl *crawl, struct mr_err *err)
{
    const struct source_config *config = crawl->config;
    const struct ingestor_spec *ingestor = crawl->spec.ingestor;
    const struct scope_spec scope = {
        .seed = &crawl->seed,
        .include = config->include,
        .include_count = config->include_count,
        .exclude = config->exclude,
        .exclude_count = config->exclude_count,
    };
    const struct outbox_spec outbox = {
        .place = crawl->place,
        .progress = crawl->spec.progress,
        .source = config->name,
        .rank = config->rank,
        .stop = crawl->spec.stop,
        .keyword_lag = ingestor->keyword_lag,
        .keyword_lag_max = ingestor->keyword_lag_max,
        .may_write = ingestor->may_write,
        .context = ingestor->context,
    };
    enum mr_code code;

    crawl->arena = mr_arena_new();
    crawl->scratch = mr_arena_new();
    crawl->parser = mr_url_parser_new();
    crawl->secrets = secrets_new();
    crawl->frontier = frontier_new();
    crawl->outbox = outbox_new(&outbox);
    crawl->record = mr_buf((size_t)64 * 1024);
    crawl->token = robots_token(crawl->spec.user_agent);
    code = mr_url_parse(crawl->parser, mr_span_str(config->url),
                        mr_span(NULL, 0), crawl->arena, &crawl->seed, err);
    if (code == MR_OK)
        code = scope_new(&scope, crawl->parser, &crawl->scope, err);
    if (code == MR_OK)
        code = meta_space(crawl->place, config->name, "meta",
                          &crawl->meta_space, err);
    if (code == MR_OK)
        code = meta_space(crawl->place, config->name, "pages",
                          &crawl->pages_space, err);
    return code;
}

static void close_parts(struct crawl *crawl)
{
    while (crawl->fetches != NULL)
        forget_fetch(crawl, crawl->fetches);
    for (size_t i = 0; i < crawl->sitemap_count; i++)
        mr_free(crawl->sitemaps[i].url);
    outbox_free(crawl->outbox);
    frontier_free(crawl->frontier);
    secrets_free(crawl->secrets);
    scope_free(crawl->scope);
    mr_url_parser_free(crawl->parser);
    mr_buf_deinit(&crawl->record);
    mr_arena_free(crawl->scratch);
    mr_arena_free(crawl->arena);
    mr_free(crawl);
}

static struct crawl *crawl_new(const struct crawl_spec *spec)
{
    struct crawl *crawl = mr_calloc(1, sizeof(*crawl));

    crawl->spec = *spec;
    crawl->config = spec->config;
    crawl->place = spec->ingestor->place;
    crawl->clock = crawl->place->clock;
    return crawl;
}

static enum progress_outcome outcome_of(const struct crawl *crawl, bool late)
{
    if (late || crawl->cut)
        return crawl->reached ? PROGRESS_LIMITED : PROGRESS_BROKEN;
    return crawl->reached ? PROGRESS_DONE : PROGRESS_BROKEN;
}

enum mr_code crawl_run(const struct crawl_spec *spec,
                       enum progress_outcome *outcome, int64_t *next_ms,
                       struct mr_err *err)
{
    struct crawl *crawl = crawl_new(spec);
    enum mr_code code = open_parts(crawl, err);
    bool late = false;

    *outcome = PROGRESS_BROKEN;
    if (code == MR_OK)
        code = begin_run(crawl, err);
    if (code == MR_OK)
        code = read_secrets(crawl, err);
    if (code == MR_OK)
        code = crawl_load(crawl, err);
    crawl->deadline_us = crawl_now_us(crawl) + crawl->config->total_ms * 1000;
    if (code == MR_OK)
        code = loop(crawl, &late, err);
    if (code == MR_OK && late)
        progress_problem(spec->progress, crawl->seed.text, crawl_now_ms(crawl),
                         "the crawl took longer than total_ms, %lld ms; the "
                         "next one goes on",
                         (long long)crawl->config->total_ms);
    if (code == MR_OK && stopped(crawl)) {
        *outcome = PROGRESS_STOPPED;
    } else if (code == MR_OK) {
        *outcome = outcome_of(crawl, late);
        code = end_run(crawl, next_ms, err);
    } else if (code == MR_E_CANCELLED) {
        *outcome = PROGRESS_STOPPED;
        code = MR_OK;
    }
    close_parts(crawl);
    return code;
}
