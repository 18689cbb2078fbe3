// SPDX-License-Identifier: Apache-2.0
/*
 * html_trim.c - what is foreign within the content of a page.
 *
 * Lists of links, boxes to share and subscribe, forms: blocks of much markup
 * and little prose.  After Readability's conditional cleaning.
 */
#include "preprocessor/clean/html_page.h"

/* Prose has commas: a block with so many is kept. */
#define PROSE_COMMAS 10u

/* A box to share a page is no longer than this. */
#define SHARE_TEXT_MAX 500u

static bool is_below(const struct html_page *page, uint32_t nth,
                     enum mr_html_tag tag)
{
    while (nth != 0 && !page->root[nth]) {
        nth = html_node(page, nth)->parent;
        if (html_node(page, nth)->tag == tag)
            return true;
    }
    return false;
}

/* A table that holds data and is not there for the layout. */
static bool is_data_table(const struct html_page *page, uint32_t nth)
{
    const struct mr_html_node *table = html_node(page, nth);
    unsigned rows = 0;

    for (uint32_t i = nth + 1; i < table->end; i++) {
        enum mr_html_tag tag = html_node(page, i)->tag;

        if (tag == MR_HTML_TABLE)
            return false;
        if (tag == MR_HTML_CAPTION || tag == MR_HTML_THEAD || tag == MR_HTML_TH)
            return true;
        rows += tag == MR_HTML_TR;
    }
    return rows >= 3 && page->stats[nth].cells >= 2 * rows;
}

static bool is_checked(enum mr_html_tag tag)
{
    switch ((int)tag) {
    case MR_HTML_ARTICLE:
    case MR_HTML_DIV:
    case MR_HTML_FIELDSET:
    case MR_HTML_FORM:
    case MR_HTML_OL:
    case MR_HTML_SECTION:
    case MR_HTML_TABLE:
    case MR_HTML_UL:
        return true;
    default:
        return false;
    }
}

static bool is_foreign(const struct html_page *page, uint32_t nth,
                       bool by_names)
{
    const struct mr_html_node *node = html_node(page, nth);
    const struct html_stat *stat = &page->stats[nth];
    bool is_list = node->tag == MR_HTML_UL || node->tag == MR_HTML_OL;
    int weight = by_names ? html_name_weight(page, nth) : 0;
    double density = html_link_density(page, nth);
    double headed;

    if (weight < 0)
        return true;
    if (stat->commas >= PROSE_COMMAS)
        return false;
    headed = stat->text == 0 ? 0 : (double)stat->headed / stat->text;
    if (!is_list && stat->images > 1 && stat->paragraphs * 2 < stat->images &&
        !is_below(page, nth, MR_HTML_FIGURE))
        return true;
    if (!is_list && stat->items > stat->paragraphs + 100)
        return true;
    if (stat->inputs > stat->paragraphs / 3)
        return true;
    if (!is_list && headed < .9 && stat->text < 25 &&
        (stat->images == 0 || stat->images > 2) &&
        !is_below(page, nth, MR_HTML_FIGURE))
        return stat->links > 0 || stat->images > 0;
    if (weight < 25 && density > (is_list ? .5 : .2))
        return true;
    return weight >= 25 && density > .5;
}

static bool is_share_box(const struct html_page *page, uint32_t nth)
{
    return (page->names[nth] & HTML_NAME_SHARE) != 0 &&
           page->stats[nth].text < SHARE_TEXT_MAX;
}

/* A paragraph that is nothing but a link to something else. */
static bool is_lone_link(const struct html_page *page, uint32_t nth)
{
    const struct html_stat *stat = &page->stats[nth];

    return html_node(page, nth)->tag == MR_HTML_P &&
           stat->linked * 10 >= stat->text * 9 && stat->text >= 15;
}

static bool is_to_drop(const struct html_page *page, uint32_t nth,
                       uint32_t text_max, bool by_names)
{
    const struct mr_html_node *node = html_node(page, nth);

    if (page->root[nth] || page->stats[nth].text > text_max ||
        page->stats[nth].text == 0)
        return false;
    if (is_share_box(page, nth))
        return true;
    if (html_heading_level(node->tag) > 0)
        return by_names && html_name_weight(page, nth) < 0;
    if (is_lone_link(page, nth))
        return true;
    if (!is_checked(node->tag) || is_below(page, nth, MR_HTML_PRE))
        return false;
    return is_foreign(page, nth, by_names);
}

static void trim_root(struct html_page *page, uint32_t root, bool by_names)
{
    uint32_t end = html_node(page, root)->end;

    for (uint32_t i = root; i < end; i++) {
        const struct mr_html_node *node = html_node(page, i);

        if (page->drop[i] == HTML_KEPT && node->tag == MR_HTML_TABLE &&
            is_data_table(page, i)) {
            i = node->end - 1;
            continue;
        }
        if (page->drop[i] == HTML_KEPT && node->tag != MR_HTML_TEXT &&
            is_to_drop(page, i, page->stats[root].text / 2, by_names))
            page->drop[i] = HTML_FOREIGN;
        if (page->drop[i] != HTML_KEPT)
            i = node->end - 1;
    }
}

void html_trim(struct html_page *page, bool by_names)
{
    for (uint32_t i = 1; i < page->html->count; i++) {
        if (!page->root[i])
            continue;
        trim_root(page, i, by_names);
        i = html_node(page, i)->end - 1;
    }
    html_count(page);
}
