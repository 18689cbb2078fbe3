// SPDX-License-Identifier: Apache-2.0
/*
 * crawl_page.c - what follows from the answer to a request for a page.
 */
#include <string.h>

#include "common/base/mr_mem.h"
#include "common/text/charset.h"
#include "common/text/utf8.h"
#include "ingestor/web/io/crawl_parts.h"
#include "ingestor/web/refresh.h"
#include "ingestor/web/reply.h"

static void problem(struct crawl *crawl, struct mr_span where, const char *text)
{
    progress_problem(crawl->spec.progress, where, crawl_now_ms(crawl), "%s",
                     text);
}

/* The client's words, and what to do about them. */
static void tell_failure(struct crawl *crawl, const struct page *page,
                         const struct reply *reply)
{
    const char *text = reply->why.text;
    struct mr_span where = page->url;
    int64_t now_ms = crawl_now_ms(crawl);

    if (reply->why.code == MR_E_TIMEOUT)
        progress_problem(crawl->spec.progress, where, now_ms,
                         "%s; asked %u times, and again in the next crawl; "
                         "page_timeout_ms of the source allows longer",
                         text, page->attempts);
    else if (reply->kind == REPLY_RETRY)
        progress_problem(crawl->spec.progress, where, now_ms,
                         "%s; asked %u times, and again in the next crawl",
                         text, page->attempts);
    else if (reply->body_too_long)
        progress_problem(crawl->spec.progress, where, now_ms,
                         "%s; bytes_max of the source, else "
                         "limits.body_bytes, allows more",
                         text);
    else
        problem(crawl, where, text);
}

/* Whether a charset that a server names is one. */
static bool knows_charset(struct mr_span label)
{
    const char *plain = mr_charset_find(mr_span_str(""), label, false);

    /* Where the label says nothing, empty bytes are taken for UTF-8 and those
     * that are half of it are not. */
    return !mr_charset_is_utf8(plain) ||
           mr_charset_is_utf8(
               mr_charset_find(mr_span_str("\xC3\xA9\xFF"), label, false));
}

/* The bytes of a page may say that the server is wrong. */
static void compare_charset(struct crawl *crawl, const struct page *page,
                            const struct content *content, struct mr_span body)
{
    const char *said =
        mr_charset_find(mr_span_str(""), content->charset, false);
    const char *is =
        mr_charset_find(body, content->charset, content->kind == CONTENT_HTML);

    if (strcmp(said, is) != 0)
        progress_problem(crawl->spec.progress, page->url, crawl_now_ms(crawl),
                         "the server names the charset %s, but the bytes are "
                         "not: the page is read as %s",
                         said, is);
}

static void check_charset(struct crawl *crawl, const struct page *page,
                          struct mr_span body, struct content *content)
{
    if (content->charset.data == NULL)
        return;
    if (content->charset.size <= MR_NAME_BYTES_MAX &&
        mr_utf8_valid(content->charset) && knows_charset(content->charset)) {
        compare_charset(crawl, page, content, body);
        return;
    }
    progress_problem(
        crawl->spec.progress, page->url, crawl_now_ms(crawl),
        "the server names the charset \"%.*s\", which is not "
        "known; the page is read without it",
        (int)(content->charset.size > 40 ? 40 : content->charset.size),
        (const char *)content->charset.data);
    content->charset = mr_span(NULL, 0);
}

static void find_links(struct crawl *crawl, const struct page *page,
                       const struct content *content, struct mr_span body,
                       struct mr_links *out)
{
    struct mr_source_map map = { 0 };
    struct mr_buf text = mr_buf(4 * CRAWL_LINKS_BYTES_MAX);
    const char *charset;

    if (body.size > CRAWL_LINKS_BYTES_MAX)
        body.size = CRAWL_LINKS_BYTES_MAX;
    charset = mr_charset_find(body, content->charset, true);
    if (!mr_charset_is_utf8(charset)) {
        mr_charset_decode(body, charset, &text, &map);
        body = mr_buf_bytes(&text);
    }
    mr_links_find(body, page->url, crawl->parser, crawl->scratch, out);
    mr_source_map_deinit(&map);
    mr_buf_deinit(&text);
}

/* An address out of a page; the page there, or NULL. */
static struct page *follow(struct crawl *crawl, struct mr_span text,
                           unsigned depth, unsigned hops)
{
    struct mr_url url;

    if (mr_url_parse(crawl->parser, text, mr_span(NULL, 0), crawl->scratch,
                     &url, NULL) != MR_OK)
        return NULL;
    return crawl_admit(crawl, &url, depth, hops);
}

static void follow_links(struct crawl *crawl, const struct page *page,
                         const struct mr_links *links)
{
    for (size_t i = 0; i < links->count; i++)
        (void)follow(crawl, links->urls[i], page->depth + 1u, 0);
    if (links->cut)
        progress_problem(crawl->spec.progress, page->url, crawl_now_ms(crawl),
                         "it has more than %u links; the others are left out",
                         MR_LINKS_MAX);
}

/* Whether a canonical link inside the scope is worth following: not when that
 * page is known to be broken, or says itself that this one is canonical. */
static bool canonical_in(struct crawl *crawl, const struct page *page,
                         struct mr_span canonical)
{
    const struct page *other;
    struct mr_url url;

    if (canonical.data == NULL ||
        mr_url_parse(crawl->parser, canonical, mr_span(NULL, 0), crawl->scratch,
                     &url, NULL) != MR_OK ||
        scope_of(crawl->scope, &url) != SCOPE_IN ||
        url.text.size > MR_ID_BYTES_MAX)
        return false;
    other = frontier_find(crawl->frontier, url.text);
    if (other == NULL)
        return page->depth <= crawl->config->depth &&
               crawl->admitted < crawl->config->max_pages;
    if (other->state == PAGE_GONE || other->state == PAGE_FAILED ||
        other->state == PAGE_FORBIDDEN || other->state == PAGE_SKIPPED)
        return false;
    return other->target == NULL ||
           !mr_span_equal(mr_span_str(other->target), page->url);
}

/* A page that stands for another one. */
static enum mr_code point_to(struct crawl *crawl, struct page *page,
                             enum page_state state, struct mr_span target,
                             struct mr_err *err)
{
    char *text = mr_arena_str(crawl->scratch, target);
    bool changed = page->target == NULL || strcmp(page->target, text) != 0;

    page_set_text(&page->target, text, MR_URL_TEXT_MAX);
    return crawl_finish(crawl, page, state, changed, err);
}

static enum mr_code send_body(struct crawl *crawl, struct page *page,
                              const struct content *content,
                              struct mr_span body, bool *sent,
                              struct mr_err *err)
{
    struct mr_raw raw = {
        .id = page->url,
        .put = {
            .content_type = mr_span_str(content_name(content->kind)),
            .charset = content->charset,
            .body.bytes = body,
            .url = page->url,
        },
    };
    struct mr_hash128 hash = mr_hash128(body);
    enum mr_code code;

    if (body.data == NULL)
        raw.put.body.bytes = mr_span("", 0);
    *sent = !(page->sent && page->hash.low == hash.low &&
              page->hash.high == hash.high);
    if (!*sent) {
        progress_add(crawl->spec.progress, PROGRESS_UNCHANGED, 1);
        return MR_OK;
    }
    code = outbox_put(crawl->outbox, &raw, err);
    if (code != MR_OK)
        return code;
    page->sent = true;
    page->hash = hash;
    progress_add(crawl->spec.progress, PROGRESS_SENT, 1);
    return MR_OK;
}

/* The page is a document: sent if it changed. */
static enum mr_code take_document(struct crawl *crawl, struct page *page,
                                  const struct content *content,
                                  const struct mr_http_response *response,
                                  struct mr_err *err)
{
    struct mr_span body = mr_span(response->body, response->body_size);
    bool sent = false;
    enum mr_code code = send_body(crawl, page, content, body, &sent, err);

    if (mr_class_of(code) == MR_CLASS_POISON) {
        problem(crawl, page->url, err->text);
        return crawl_finish(crawl, page, PAGE_FAILED, false, err);
    }
    if (code != MR_OK)
        return code;
    crawl->reached = true;
    page_set_text(&page->etag, reply_header(response, "etag"), PAGE_ETAG_MAX);
    page_set_text(&page->modified, reply_header(response, "last-modified"),
                  PAGE_MODIFIED_MAX);
    page_set_text(&page->target, NULL, 0);
    return crawl_finish(crawl, page, PAGE_DOCUMENT, sent, err);
}

/* A page that only refreshes to another, which is followed inside the scope. */
static enum mr_code take_stub(struct crawl *crawl, struct page *page,
                              struct mr_span target, struct mr_err *err)
{
    const char *why = NULL;

    if (page->hops >= REPLY_HOPS_MAX)
        why = "behind too many of its kind";
    else if (follow(crawl, target, page->depth, page->hops + 1u) == NULL)
        why = "which is outside of the scope or the limits of this source";
    if (why == NULL)
        return point_to(crawl, page, PAGE_STUB, target, err);
    progress_problem(crawl->spec.progress, page->url, crawl_now_ms(crawl),
                     "it only refreshes to %.*s, %s", MR_SPAN_ARG(target), why);
    return point_to(crawl, page, PAGE_SKIPPED, target, err);
}

static enum mr_code take_html(struct crawl *crawl, struct page *page,
                              const struct content *content,
                              const struct mr_http_response *response,
                              struct mr_err *err)
{
    const char *tag = reply_header(response, "x-robots-tag");
    struct mr_links links;
    enum page_state state;

    find_links(crawl, page, content,
               mr_span(response->body, response->body_size), &links);
    if (tag != NULL)
        mr_links_robots(mr_span_str(tag), crawl->token, &links.noindex,
                        &links.nofollow);
    if (links.nofollow)
        links.count = 0;
    state = reply_page(&links, page->url,
                       canonical_in(crawl, page, links.canonical));
    if (state == PAGE_ALIAS)
        (void)follow(crawl, links.canonical, page->depth, page->hops);
    follow_links(crawl, page, &links);
    switch (state) {
    case PAGE_STUB:
        return take_stub(crawl, page, links.refresh, err);
    case PAGE_ALIAS:
        return point_to(crawl, page, state, links.canonical, err);
    case PAGE_NOINDEX:
        crawl->reached = true;
        return crawl_finish(crawl, page, state, false, err);
    default:
        return take_document(crawl, page, content, response, err);
    }
}

/* The redirects of this crawl that lead from a page to `target` and back; 0:
 * they do not. */
static unsigned circle_of(struct crawl *crawl, const struct page *page,
                          struct mr_span target)
{
    const struct page *other;

    for (unsigned hops = 1; hops <= REPLY_HOPS_MAX; hops++) {
        if (mr_span_equal(target, page->url))
            return hops;
        other = frontier_find(crawl->frontier, target);
        if (other == NULL || other->done != crawl->meta.run ||
            other->state != PAGE_MOVED || other->target == NULL)
            return 0;
        target = mr_span_str(other->target);
    }
    return 0;
}

static enum mr_code take_redirect(struct crawl *crawl, struct page *page,
                                  const struct reply *reply, struct mr_err *err)
{
    struct mr_err why = { 0 };
    struct mr_url url;
    unsigned circle;

    if (mr_url_parse(crawl->parser, mr_span_str(reply->location), page->url,
                     crawl->scratch, &url, &why) != MR_OK) {
        progress_problem(crawl->spec.progress, page->url, crawl_now_ms(crawl),
                         "it redirects to where nobody can go: %s", why.text);
        return crawl_finish(crawl, page, PAGE_FAILED, false, err);
    }
    circle = circle_of(crawl, page, url.text);
    if (page->hops >= REPLY_HOPS_MAX || circle > 0) {
        if (circle == 1)
            problem(crawl, page->url, "it redirects to itself");
        else
            progress_problem(crawl->spec.progress, page->url,
                             crawl_now_ms(crawl),
                             circle > 0 ? "%u redirects lead in a circle"
                                        : "more than %u redirects led here "
                                          "and on",
                             circle > 0 ? circle : REPLY_HOPS_MAX);
        return crawl_finish(crawl, page, PAGE_FAILED, false, err);
    }
    if (scope_of(crawl->scope, &url) != SCOPE_IN) {
        progress_problem(crawl->spec.progress, page->url, crawl_now_ms(crawl),
                         "it redirects to %.*s, which is %s; give that as a "
                         "source, or include it",
                         (int)(url.text.size > 150 ? 150 : url.text.size),
                         (const char *)url.text.data,
                         scope_words(scope_of(crawl->scope, &url)));
        return point_to(crawl, page, PAGE_MOVED, url.text, err);
    }
    (void)crawl_admit(crawl, &url, page->depth, page->hops + 1u);
    return point_to(crawl, page, PAGE_MOVED, url.text, err);
}

static enum mr_code retry(struct crawl *crawl, struct page *page,
                          struct host *host, const struct reply *reply,
                          struct mr_err *err)
{
    int64_t wait_ms;

    page->attempts++;
    wait_ms = refresh_backoff(page->attempts, reply->retry_after,
                              crawl_now_ms(crawl));
    if (wait_ms >= 0 && page->attempts < RETRY_ATTEMPTS_MAX) {
        if (reply->busy || !reply->answered)
            host_back_off(host, crawl_now_us(crawl), wait_ms);
        frontier_queue(host, page);
        progress_add(crawl->spec.progress, PROGRESS_RETRIED, 1);
        return MR_OK;
    }
    if (wait_ms < 0) {
        host->down = true;
        progress_problem(crawl->spec.progress, host->origin,
                         crawl_now_ms(crawl),
                         "the host asks to be left alone for longer than %lld "
                         "s: not before the next crawl",
                         (long long)RETRY_AFTER_MS_MAX / 1000);
    }
    tell_failure(crawl, page, reply);
    return crawl_finish(crawl, page, PAGE_FAILED, false, err);
}

enum mr_code crawl_on_page(struct crawl *crawl, struct fetch *fetch,
                           const struct mr_http_response *response,
                           struct mr_err *err)
{
    struct reply reply = reply_of(response);
    struct page *page = fetch->page;

    host_end(fetch->host, reply.answered);
    if (reply.kind == REPLY_RETRY)
        return retry(crawl, page, fetch->host, &reply, err);
    progress_add(crawl->spec.progress, PROGRESS_FETCHED, 1);
    switch (reply.kind) {
    case REPLY_BODY:
        check_charset(crawl, page, mr_span(response->body, response->body_size),
                      &reply.content);
        if (reply.content.kind == CONTENT_HTML)
            return take_html(crawl, page, &reply.content, response, err);
        return take_document(crawl, page, &reply.content, response, err);
    case REPLY_SAME:
        if (!page->sent)
            break; /* nobody asked for that */
        crawl->reached = true;
        progress_add(crawl->spec.progress, PROGRESS_UNCHANGED, 1);
        return crawl_finish(crawl, page, PAGE_DOCUMENT, false, err);
    case REPLY_MOVED:
        return take_redirect(crawl, page, &reply, err);
    case REPLY_GONE:
        return crawl_finish(crawl, page, PAGE_GONE, false, err);
    case REPLY_SKIP:
        if (mr_span_equal(page->url, crawl->seed.text))
            problem(crawl, page->url, reply.why.text);
        return crawl_finish(crawl, page, PAGE_SKIPPED, false, err);
    case REPLY_RETRY:
    case REPLY_FAIL:
        break;
    }
    if (reply.kind == REPLY_SAME)
        problem(crawl, page->url,
                "it answers 304 to a request without a condition");
    else
        tell_failure(crawl, page, &reply);
    return crawl_finish(crawl, page, PAGE_FAILED, false, err);
}

enum mr_code crawl_give_up(struct crawl *crawl, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < frontier_host_count(crawl->frontier); i++) {
        struct host *host = frontier_host_at(crawl->frontier, i);
        struct page *page;
        uint64_t count = 0;

        if (!host->down || host->queued == 0)
            continue;
        while (code == MR_OK && (page = frontier_take(host)) != NULL) {
            code = crawl_finish(crawl, page, PAGE_FAILED, false, err);
            count++;
        }
        progress_problem(
            crawl->spec.progress, host->origin, crawl_now_ms(crawl),
            "%llu %s not asked for: the host gave no answer, or "
            "asked to be left alone",
            (unsigned long long)count, count == 1 ? "page was" : "pages were");
    }
    return code;
}
