// SPDX-License-Identifier: Apache-2.0
/*
 * html_head.c - see html_head.h.
 */
#include "preprocessor/clean/html_head.h"

#include <strings.h>

#include "preprocessor/clean/html_write.h"

struct head {
    struct mr_span title; /* of <title> */
    struct mr_span og;    /* of <meta property="og:title"> */
    uint32_t h1;          /* the first, 0: none */
    unsigned h1_count;
};

static bool span_is(struct mr_span span, const char *word)
{
    return span.size == strlen(word) &&
           strncasecmp((const char *)span.data, word, span.size) == 0;
}

/* `word` among others, in any case. */
static bool span_has(struct mr_span span, const char *word)
{
    size_t size = strlen(word);

    for (size_t at = 0; at + size <= span.size; at++)
        if (strncasecmp((const char *)span.data + at, word, size) == 0)
            return true;
    return false;
}

static struct mr_span trim(struct mr_span span)
{
    while (span.size > 0 && span.data[0] <= ' ')
        span = mr_span(span.data + 1, span.size - 1);
    while (span.size > 0 && span.data[span.size - 1] <= ' ')
        span.size--;
    return span;
}

/* The address of "5; url='x'". */
static struct mr_span refresh_url(struct mr_span content)
{
    size_t at = 0;
    struct mr_span url;

    while (at + 4 <= content.size &&
           strncasecmp((const char *)content.data + at, "url=", 4) != 0)
        at++;
    if (at + 4 > content.size)
        return mr_span(NULL, 0);
    url = trim(mr_span(content.data + at + 4, content.size - at - 4));
    if (url.size >= 2 && (url.data[0] == '"' || url.data[0] == '\'') &&
        url.data[url.size - 1] == url.data[0])
        url = mr_span(url.data + 1, url.size - 2);
    return url.size > 0 ? url : mr_span(NULL, 0);
}

static void read_meta(const struct html_page *page, uint32_t nth,
                      struct head *head, struct clean_draft *draft)
{
    const struct mr_html *html = page->html;
    struct mr_span name = mr_html_attr(html, nth, MR_HTML_ATTR_NAME);
    struct mr_span property = mr_html_attr(html, nth, MR_HTML_ATTR_PROPERTY);
    struct mr_span equiv = mr_html_attr(html, nth, MR_HTML_ATTR_HTTP_EQUIV);
    struct mr_span content =
        trim(mr_html_attr(html, nth, MR_HTML_ATTR_CONTENT));

    if (content.size == 0)
        return;
    if (span_is(name, "robots") &&
        (span_has(content, "noindex") || span_is(content, "none")))
        draft->noindex = true;
    if (span_is(property, "og:title") && head->og.data == NULL)
        head->og = content;
    if (span_is(equiv, "refresh") && draft->refresh.data == NULL)
        draft->refresh = refresh_url(content);
    if (span_is(equiv, "content-language") && draft->language.data == NULL)
        draft->language = content;
}

static void read_node(const struct html_page *page, uint32_t nth,
                      struct head *head, struct clean_draft *draft)
{
    const struct mr_html *html = page->html;
    struct mr_span value;

    switch ((int)html_node(page, nth)->tag) {
    case MR_HTML_HTML:
        value = trim(mr_html_attr(html, nth, MR_HTML_ATTR_LANG));
        if (value.size == 0)
            value = trim(mr_html_attr(html, nth, MR_HTML_ATTR_XML_LANG));
        if (value.size > 0)
            draft->language = value;
        return;
    case MR_HTML_TITLE:
        if (head->title.data == NULL && html_node(page, nth)->end > nth + 1)
            head->title = html_node(page, nth + 1)->text;
        return;
    case MR_HTML_LINK:
        value = trim(mr_html_attr(html, nth, MR_HTML_ATTR_HREF));
        if (value.size > 0 && draft->canonical.data == NULL &&
            span_is(trim(mr_html_attr(html, nth, MR_HTML_ATTR_REL)),
                    "canonical"))
            draft->canonical = value;
        return;
    case MR_HTML_META:
        read_meta(page, nth, head, draft);
        return;
    case MR_HTML_H1:
        head->h1_count++;
        if (head->h1 == 0)
            head->h1 = nth;
        return;
    default:
        return;
    }
}

/* Within `text`, in any case. */
static bool holds(struct mr_span text, struct mr_span part)
{
    for (size_t at = 0; part.size > 0 && at + part.size <= text.size; at++)
        if (strncasecmp((const char *)text.data + at, (const char *)part.data,
                        part.size) == 0)
            return true;
    return false;
}

/* The page's only heading of the first level if <title> has it with the name
 * of the site around; else og:title if <title> has that; else <title>. */
static struct mr_span choose_title(const struct html_page *page,
                                   const struct head *head)
{
    struct mr_span h1 = mr_span(NULL, 0);
    struct mr_span title = trim(head->title), og = trim(head->og);

    if (head->h1 != 0)
        h1 = html_text_of(page, head->h1);
    if (title.size == 0)
        return og.size > 0 ? og : h1;
    if (h1.size > 0 && title.size < 1024 && holds(title, h1))
        return h1;
    if (og.size > 0 && title.size < 1024 && holds(title, og))
        return og;
    return title;
}

void html_read_head(const struct html_page *page, struct clean_draft *draft)
{
    struct head head = { 0 };

    for (uint32_t i = 1; i < page->html->count; i++)
        if (html_node(page, i)->tag != MR_HTML_TEXT)
            read_node(page, i, &head, draft);
    draft->title = mr_arena_copy(page->arena, choose_title(page, &head));
    draft->language = mr_arena_copy(page->arena, draft->language);
    draft->canonical = mr_arena_copy(page->arena, draft->canonical);
    draft->refresh = mr_arena_copy(page->arena, draft->refresh);
}
