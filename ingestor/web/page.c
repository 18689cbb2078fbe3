// SPDX-License-Identifier: Apache-2.0
/*
 * page.c - see page.h.
 */
#include "ingestor/web/page.h"

#include <string.h>

#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"

#define FORMAT    1u
#define FLAG_SENT 1u

struct page *page_new(struct mr_span url)
{
    struct page *page = mr_calloc(1, sizeof(*page) + url.size + 1);
    char *text = (char *)(page + 1);

    memcpy(text, url.data, url.size);
    page->url = mr_span(text, url.size);
    return page;
}

void page_free(struct page *page)
{
    if (page == NULL)
        return;
    mr_free(page->etag);
    mr_free(page->modified);
    mr_free(page->target);
    mr_free(page);
}

void page_set_text(char **text, const char *value, size_t max)
{
    char *old = *text;

    *text = value == NULL || value[0] == '\0' || strlen(value) > max
                ? NULL
                : mr_strdup(value);
    mr_free(old);
}

void page_encode(const struct page *page, struct mr_buf *out)
{
    mr_buf_byte(out, FORMAT);
    mr_buf_byte(out, (uint8_t)page->state);
    mr_buf_byte(out, page->sent ? FLAG_SENT : 0);
    mr_buf_byte(out, page->depth);
    mr_buf_byte(out, page->hops);
    mr_buf_byte(out, page->misses);
    mr_buf_varint(out, page->seq);
    mr_buf_varint(out, page->queued);
    mr_buf_varint(out, page->done);
    mr_buf_varint(out, (uint64_t)page->fetched_ms);
    mr_buf_varint(out, (uint64_t)page->changed_ms);
    mr_buf_varint(out, (uint64_t)page->interval_ms);
    mr_buf_u64(out, page->hash.low);
    mr_buf_u64(out, page->hash.high);
    mr_buf_sized(out, mr_span_str(page->etag));
    mr_buf_sized(out, mr_span_str(page->modified));
    mr_buf_sized(out, mr_span_str(page->target));
}

static char *read_text(struct mr_reader *in)
{
    struct mr_span text = mr_read_sized(in);
    char *out;

    if (text.size == 0)
        return NULL;
    out = mr_calloc(1, text.size + 1);
    memcpy(out, text.data, text.size);
    return out;
}

enum mr_code page_parse(struct mr_span url, struct mr_span value,
                        struct page **out, struct mr_err *err)
{
    struct mr_reader in = mr_reader(value);
    uint8_t format = mr_read_byte(&in);
    struct page *page = page_new(url);
    uint8_t state = mr_read_byte(&in);

    page->state = (enum page_state)state;
    page->sent = (mr_read_byte(&in) & FLAG_SENT) != 0;
    page->depth = mr_read_byte(&in);
    page->hops = mr_read_byte(&in);
    page->misses = mr_read_byte(&in);
    page->seq = mr_read_varint(&in);
    page->queued = mr_read_varint(&in);
    page->done = mr_read_varint(&in);
    page->fetched_ms = (int64_t)mr_read_varint(&in);
    page->changed_ms = (int64_t)mr_read_varint(&in);
    page->interval_ms = (int64_t)mr_read_varint(&in);
    page->hash.low = mr_read_u64(&in);
    page->hash.high = mr_read_u64(&in);
    page->etag = read_text(&in);
    page->modified = read_text(&in);
    page->target = read_text(&in);
    if (format == FORMAT && state < PAGE_STATE_COUNT && mr_reader_done(&in)) {
        *out = page;
        return MR_OK;
    }
    page_free(page);
    return mr_fail(err, MR_E_DAMAGED,
                   "crawl: the record of %.*s, %zu bytes, breaks its format",
                   (int)(url.size > 200 ? 200 : url.size),
                   (const char *)url.data, value.size);
}
