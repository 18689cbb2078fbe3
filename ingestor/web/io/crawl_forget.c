// SPDX-License-Identifier: Apache-2.0
/*
 * crawl_forget.c - deleting what a source of the web has sent.
 */
#include "common/base/mr_mem.h"
#include "ingestor/io/outbox.h"
#include "ingestor/web/io/crawl.h"
#include "ingestor/web/page.h"

struct sent {
    struct page **pages;
    size_t count;
    size_t room;
};

/* Only collects: a visitor calls no port. */
static enum mr_code collect(void *context, struct mr_span key,
                            struct mr_span value, bool *stop,
                            struct mr_err *err)
{
    struct sent *sent = context;
    struct page *page;
    enum mr_code code = page_parse(key, value, &page, err);

    (void)stop;
    if (code != MR_OK)
        return code;
    if (!page->sent) {
        page_free(page);
        return MR_OK;
    }
    if (sent->count == sent->room) {
        sent->room = sent->room == 0 ? 256 : sent->room * 2;
        sent->pages =
            mr_realloc_array(sent->pages, sent->room, sizeof(*sent->pages));
    }
    sent->pages[sent->count++] = page;
    return MR_OK;
}

static enum mr_code delete_all(const struct crawl_spec *spec,
                               const struct sent *sent, struct mr_err *err)
{
    const struct mr_place *place = spec->ingestor->place;
    const struct outbox_spec outbox_spec = {
        .place = place,
        .progress = spec->progress,
        .source = spec->config->name,
        .rank = spec->config->rank,
        .stop = spec->stop,
    };
    struct outbox *outbox = outbox_new(&outbox_spec);
    uint64_t *ends = mr_calloc(place->partitions, sizeof(*ends));
    enum mr_code code = outbox_ends(place, ends, err);

    for (size_t i = 0; code == MR_OK && i < sent->count; i++)
        code = outbox_delete(outbox, sent->pages[i]->url, ends, err);
    if (code == MR_OK)
        code = outbox_flush(outbox, err);
    mr_free(ends);
    outbox_free(outbox);
    return code;
}

enum mr_code crawl_delete_all(const struct crawl_spec *spec, struct mr_err *err)
{
    const struct mr_place *place = spec->ingestor->place;
    const struct mr_range all = { 0 };
    struct sent sent = { 0 };
    mr_space_id space;
    enum mr_code code =
        meta_space(place, spec->config->name, "pages", &space, err);

    if (code == MR_OK)
        code = mr_store_scan(place->store, space, all, collect, &sent, err);
    if (code == MR_OK)
        code = delete_all(spec, &sent, err);
    for (size_t i = 0; i < sent.count; i++)
        page_free(sent.pages[i]);
    mr_free(sent.pages);
    return code;
}
