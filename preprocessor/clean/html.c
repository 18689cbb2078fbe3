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

/* Percent of the text around it, links aside, that makes content a part; and
 * percent of prose in it that makes it an article nevertheless. */
#define LIST_PART_MAX       75u
#define LIST_PROSE_MAX      50u
#define LIST_PROSE_BODY_MAX 25u /* of the whole body, which has chrome too */

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

/* The element that says that it is the content, if only one does; else the
 * body. */
static uint32_t find_frame(const struct html_page *page)
{
    uint32_t found = 0;

    for (uint32_t i = page->body + 1; i < page->html->count; i++) {
        const struct mr_html_node *node = html_node(page, i);

        if (page->drop[i] != HTML_KEPT) {
            i = node->end - 1;
            continue;
        }
        if (node->tag != MR_HTML_MAIN &&
            !mr_span_equal(mr_html_attr(page->html, i, MR_HTML_ATTR_ROLE),
                           mr_span_str("main")))
            continue;
        if (found != 0)
            return page->body;
        found = i;
        i = node->end - 1;
    }
    return found != 0 ? found : page->body;
}

/* Whether what was found is a small part of something that is little prose:
 * a reference, a list of things. */
static bool is_part_of_list(const struct html_page *page, uint32_t frame,
                            size_t text)
{
    size_t around = page->stats[frame].text - page->stats[frame].linked;

    size_t prose_max =
        frame == page->body ? LIST_PROSE_BODY_MAX : LIST_PROSE_MAX;

    return text * 100 < around * LIST_PART_MAX &&
           (size_t)page->prose[frame] * 100 < around * prose_max;
}

static void find_content(struct html_page *page)
{
    size_t all = text_without_chrome(page), text;
    uint32_t frame = find_frame(page);

    text = attempt(page, true);
    if (is_enough(text, all)) {
        take_back_trim(page);
        if (is_part_of_list(page, frame, text))
            html_take(page, frame);
        else
            html_trim(page, true);
        return;
    }
    take_back_trim(page);
    html_prune_less(page);
    if (is_enough(attempt(page, true), all))
        return;
    take_back_trim(page);
    if (is_enough(attempt(page, false), all))
        return;
    take_back_trim(page);
    html_take(page, page->body);
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
    draft->cut = html->cut;
    mr_html_free(html);
}
