// SPDX-License-Identifier: Apache-2.0
/*
 * html.c - see html.h.
 */
#include "preprocessor/clean/html.h"

#include "preprocessor/clean/html_head.h"
#include "preprocessor/clean/html_page.h"
#include "preprocessor/clean/html_write.h"

/* Content of fewer characters is tried for again with less severity. */
#define CONTENT_TEXT_MIN 500u

/* Content with less than this share of the text that is no chrome is no
 * article: all of it is kept. */
#define CONTENT_PERCENT_MIN 25u

static struct html_page open_page(struct mr_html *html, struct mr_arena *arena)
{
    struct html_page page = { .html = html, .arena = arena };
    uint32_t count = html->count;

    page.drop = mr_arena_calloc(arena, count, sizeof(page.drop[0]));
    page.names = mr_arena_calloc(arena, count, sizeof(page.names[0]));
    page.stats = mr_arena_calloc(arena, count, sizeof(page.stats[0]));
    page.scores = mr_arena_calloc(arena, count, sizeof(page.scores[0]));
    page.scored = mr_arena_calloc(arena, count, sizeof(page.scored[0]));
    page.root = mr_arena_calloc(arena, count, sizeof(page.root[0]));
    for (uint32_t i = 1; i < count && page.body == 0; i++)
        if (html->nodes[i].tag == MR_HTML_BODY)
            page.body = i;
    return page;
}

static void take_back_trim(struct html_page *page)
{
    for (uint32_t i = 1; i < page->html->count; i++)
        if (page->drop[i] == HTML_FOREIGN)
            page->drop[i] = HTML_KEPT;
    html_count(page);
}

static size_t content_text(const struct html_page *page)
{
    size_t text = 0;

    for (uint32_t i = 1; i < page->html->count; i++) {
        if (!page->root[i])
            continue;
        text += page->stats[i].text;
        i = html_node(page, i)->end - 1;
    }
    return text;
}

static bool is_enough(size_t text, size_t all)
{
    return text >= CONTENT_TEXT_MIN || text * 2 >= all;
}

static size_t attempt(struct html_page *page, bool by_names)
{
    if (html_score(page, by_names) == 0)
        return 0;
    html_trim(page, by_names);
    return content_text(page);
}

static void find_content(struct html_page *page)
{
    size_t all = page->stats[page->body].text, text;

    text = attempt(page, true);
    if (is_enough(text, all) && text * 100 >= all * CONTENT_PERCENT_MIN)
        return;
    take_back_trim(page);
    html_prune_less(page);
    text = attempt(page, true);
    if (is_enough(text, page->stats[page->body].text))
        return;
    take_back_trim(page);
    text = attempt(page, false);
    if (is_enough(text, all))
        return;
    take_back_trim(page);
    (void)html_take_all(page);
}

void clean_html(struct mr_span source, struct mr_arena *arena,
                struct clean_draft *draft)
{
    struct mr_html *html = mr_html_parse(source);
    struct html_page page = open_page(html, arena);

    html_prune(&page, &draft->hidden);
    html_read_head(&page, draft);
    find_content(&page);
    html_write(&page, source, draft);
    mr_html_free(html);
}
