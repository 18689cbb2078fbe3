// SPDX-License-Identifier: Apache-2.0
/*
 * html.c - see html.h.
 */
#include "preprocessor/clean/html.h"

#include "preprocessor/clean/html_head.h"
#include "preprocessor/clean/html_page.h"
#include "preprocessor/clean/html_write.h"

/* Content of fewer characters is tried for again with less severity. */
#define CONTENT_TEXT_MIN 250u

/* ... unless it has this share of the page's text beside chrome and links. */
#define CONTENT_PERCENT_MIN 20u

static struct html_page open_page(struct mr_html *html, struct mr_arena *arena)
{
    struct html_page page = { .html = html, .arena = arena };
    uint32_t count = html->count;

    page.drop = mr_arena_calloc(arena, count, sizeof(page.drop[0]));
    page.names = mr_arena_calloc(arena, count, sizeof(page.names[0]));
    page.stats = mr_arena_calloc(arena, count, sizeof(page.stats[0]));
    page.prose = mr_arena_calloc(arena, count, sizeof(page.prose[0]));
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

/* Characters that are neither chrome nor links, whatever names say. */
static size_t text_without_chrome(const struct html_page *page)
{
    const struct mr_html_node *body = html_node(page, page->body);
    struct html_stat sum = { 0 };

    for (uint32_t i = page->body + 1; i < body->end; i++) {
        const struct mr_html_node *node = html_node(page, i);

        if ((page->drop[i] != HTML_KEPT && page->drop[i] != HTML_UNLIKELY) ||
            node->tag == MR_HTML_A)
            i = node->end - 1;
        else if (node->tag == MR_HTML_TEXT)
            html_count_text(node->text, &sum);
    }
    return sum.text;
}

static size_t content_text(const struct html_page *page)
{
    size_t text = 0;

    for (uint32_t i = 1; i < page->html->count; i++) {
        if (!page->root[i])
            continue;
        text += page->stats[i].text - page->stats[i].linked;
        i = html_node(page, i)->end - 1;
    }
    return text;
}

static bool is_enough(size_t text, size_t all)
{
    return text >= CONTENT_TEXT_MIN ||
           (text > 0 && text * 100 >= all * CONTENT_PERCENT_MIN);
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
    size_t all = text_without_chrome(page);

    if (is_enough(attempt(page, true), all))
        return;
    take_back_trim(page);
    html_prune_less(page);
    if (is_enough(attempt(page, true), all))
        return;
    take_back_trim(page);
    if (is_enough(attempt(page, false), all))
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
