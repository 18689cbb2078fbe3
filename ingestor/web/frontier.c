// SPDX-License-Identifier: Apache-2.0
/*
 * frontier.c - see frontier.h.
 *
 * Pages lie in an array, found through an open hash table of their places; a
 * host's queue is a binary heap by (depth, seq).
 */
#include "ingestor/web/frontier.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define TABLE_FIRST 1024u

struct frontier {
    struct page **pages;
    size_t count;
    size_t room;
    uint32_t *table; /* place + 1, 0 for empty */
    size_t slots;    /* a power of 2, at most half full */
    uint64_t seq;    /* of the last discovery */
    struct host *hosts[FRONTIER_HOSTS_MAX];
    size_t host_count;
};

struct frontier *frontier_new(void)
{
    struct frontier *frontier = mr_calloc(1, sizeof(*frontier));

    frontier->slots = TABLE_FIRST;
    frontier->table = mr_calloc(TABLE_FIRST, sizeof(*frontier->table));
    return frontier;
}

void frontier_free(struct frontier *frontier)
{
    if (frontier == NULL)
        return;
    for (size_t i = 0; i < frontier->count; i++)
        page_free(frontier->pages[i]);
    for (size_t i = 0; i < frontier->host_count; i++) {
        mr_free(frontier->hosts[i]->queue);
        mr_free(frontier->hosts[i]);
    }
    mr_free(frontier->pages);
    mr_free(frontier->table);
    mr_free(frontier);
}

/* The slot of a URL, or the empty one where it belongs. */
static size_t slot_of(const struct frontier *frontier, struct mr_span url)
{
    size_t slot = mr_hash64(url, 0) & (frontier->slots - 1);

    while (frontier->table[slot] != 0 &&
           !mr_span_equal(frontier->pages[frontier->table[slot] - 1]->url, url))
        slot = (slot + 1) & (frontier->slots - 1);
    return slot;
}

struct page *frontier_find(struct frontier *frontier, struct mr_span url)
{
    uint32_t place = frontier->table[slot_of(frontier, url)];

    return place == 0 ? NULL : frontier->pages[place - 1];
}

static void grow_table(struct frontier *frontier)
{
    mr_free(frontier->table);
    frontier->slots *= 2;
    frontier->table = mr_calloc(frontier->slots, sizeof(*frontier->table));
    for (size_t i = 0; i < frontier->count; i++)
        frontier->table[slot_of(frontier, frontier->pages[i]->url)] =
            (uint32_t)(i + 1);
}

void frontier_add(struct frontier *frontier, struct page *page)
{
    size_t slot;

    if (frontier->count * 2 >= frontier->slots)
        grow_table(frontier);
    slot = slot_of(frontier, page->url);
    MR_ASSERT(frontier->table[slot] == 0 && frontier->count < UINT32_MAX);
    if (frontier->count == frontier->room) {
        frontier->room = frontier->room == 0 ? 256 : frontier->room * 2;
        frontier->pages = mr_realloc_array(frontier->pages, frontier->room,
                                           sizeof(*frontier->pages));
    }
    frontier->pages[frontier->count++] = page;
    frontier->table[slot] = (uint32_t)frontier->count;
    if (page->seq == 0)
        page->seq = frontier->seq + 1;
    if (page->seq > frontier->seq)
        frontier->seq = page->seq;
}

size_t frontier_count(const struct frontier *frontier)
{
    return frontier->count;
}

struct page *frontier_at(struct frontier *frontier, size_t nth)
{
    return frontier->pages[nth];
}

struct host *frontier_host(struct frontier *frontier, struct mr_span origin,
                           uint32_t at_once, int64_t delay_us)
{
    struct host *host;
    char *text;

    for (size_t i = 0; i < frontier->host_count; i++) {
        if (mr_span_equal(frontier->hosts[i]->origin, origin))
            return frontier->hosts[i];
    }
    if (frontier->host_count == FRONTIER_HOSTS_MAX)
        return NULL;
    host = mr_calloc(1, sizeof(*host) + origin.size + 1);
    text = (char *)(host + 1);
    memcpy(text, origin.data, origin.size);
    host->origin = mr_span(text, origin.size);
    host->at_once = at_once;
    host->delay_us = delay_us;
    frontier->hosts[frontier->host_count++] = host;
    return host;
}

size_t frontier_host_count(const struct frontier *frontier)
{
    return frontier->host_count;
}

struct host *frontier_host_at(struct frontier *frontier, size_t nth)
{
    return frontier->hosts[nth];
}

static bool before(const struct page *a, const struct page *b)
{
    return a->depth != b->depth ? a->depth < b->depth : a->seq < b->seq;
}

void frontier_queue(struct host *host, struct page *page)
{
    size_t at = host->queued;

    if (host->queued == host->room) {
        host->room = host->room == 0 ? 64 : host->room * 2;
        host->queue =
            mr_realloc_array(host->queue, host->room, sizeof(*host->queue));
    }
    host->queued++;
    while (at > 0 && before(page, host->queue[(at - 1) / 2])) {
        host->queue[at] = host->queue[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    host->queue[at] = page;
}

struct page *frontier_take(struct host *host)
{
    struct page *first;
    struct page *last;
    size_t at = 0;

    if (host->queued == 0)
        return NULL;
    first = host->queue[0];
    last = host->queue[--host->queued];
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= host->queued)
            break;
        if (child + 1 < host->queued &&
            before(host->queue[child + 1], host->queue[child]))
            child++;
        if (!before(host->queue[child], last))
            break;
        host->queue[at] = host->queue[child];
        at = child;
    }
    host->queue[at] = last;
    return first;
}

bool host_is_ready(const struct host *host, int64_t now_us)
{
    return !host->down && host->running < host->at_once &&
           host->next_us <= now_us;
}

void host_begin(struct host *host, int64_t now_us)
{
    host->running++;
    if (host->next_us < now_us + host->delay_us)
        host->next_us = now_us + host->delay_us;
}

void host_end(struct host *host, bool answered)
{
    MR_ASSERT(host->running > 0);
    host->running--;
    host->silent = answered ? 0 : host->silent + 1;
    if (host->silent >= FRONTIER_SILENT_MAX)
        host->down = true;
}

void host_back_off(struct host *host, int64_t now_us, int64_t wait_ms)
{
    if (host->next_us < now_us + wait_ms * 1000)
        host->next_us = now_us + wait_ms * 1000;
}

struct page *frontier_next(struct frontier *frontier, int64_t now_us,
                           struct host **host, int64_t *wait_us)
{
    struct host *best = NULL;

    *wait_us = INT64_MAX;
    for (size_t i = 0; i < frontier->host_count; i++) {
        struct host *one = frontier->hosts[i];

        if (one->queued == 0 || one->down ||
            one->robots_state != HOST_ROBOTS_KNOWN)
            continue;
        if (host_is_ready(one, now_us)) {
            if (best == NULL || before(one->queue[0], best->queue[0]))
                best = one;
        } else if (one->running < one->at_once &&
                   one->next_us - now_us < *wait_us) {
            *wait_us = one->next_us - now_us;
        }
    }
    *host = best;
    return best == NULL ? NULL : frontier_take(best);
}
