// SPDX-License-Identifier: Apache-2.0
/*
 * html_score.c - where the content of a page is.
 *
 * Each paragraph gives points for its length and its commas to the elements
 * that it lies in, fewer the further up; links, names and tags take some or
 * add some.  The element with most is the content, with what stands beside it
 * and is nearly as good.  After Readability.
 */
#include "preprocessor/clean/html_page.h"

/* Shorter paragraphs tell nothing. */
#define UNIT_TEXT_MIN 25u

/* A paragraph of so many characters with no more links is prose. */
#define PROSE_TEXT_MIN  80u
#define PROSE_LINKS_MAX .3

/* Content that has less than this share of the prose around it is a part of
 * it, if what is around has next to no links. */
#define PROSE_SHARE_MIN  .6
#define SPREAD_LINKS_MAX .1

/* So many levels up a paragraph counts. */
#define LEVELS_UP 5u

#define CANDIDATES 5u

struct top {
    uint32_t nodes[CANDIDATES];
    unsigned count;
};

static double tag_points(enum mr_html_tag tag)
{
    switch ((int)tag) {
    case MR_HTML_ARTICLE:
    case MR_HTML_MAIN:
        return 10;
    case MR_HTML_DIV:
    case MR_HTML_SECTION:
        return 5;
    case MR_HTML_PRE:
    case MR_HTML_TD:
    case MR_HTML_BLOCKQUOTE:
        return 3;
    case MR_HTML_ADDRESS:
    case MR_HTML_OL:
    case MR_HTML_UL:
    case MR_HTML_DL:
    case MR_HTML_DD:
    case MR_HTML_DT:
    case MR_HTML_LI:
    case MR_HTML_FORM:
        return -3;
    case MR_HTML_H1:
    case MR_HTML_H2:
    case MR_HTML_H3:
    case MR_HTML_H4:
    case MR_HTML_H5:
    case MR_HTML_H6:
    case MR_HTML_TH:
        return -5;
    default:
        return 0;
    }
}

static void add_points(struct html_page *page, uint32_t nth, double points,
                       bool by_names)
{
    if (!page->scored[nth]) {
        page->scored[nth] = true;
        page->scores[nth] = tag_points(html_node(page, nth)->tag) +
                            (by_names ? html_name_weight(page, nth) : 0);
    }
    page->scores[nth] += points;
}

/* A paragraph whose first element above is `parent`. */
static void score_unit(struct html_page *page, uint32_t parent,
                       const struct html_stat *unit, bool by_names)
{
    uint32_t text = unit->text;
    double points, density;

    if (text < UNIT_TEXT_MIN)
        return;
    density = (double)unit->linked / text;
    if (text >= PROSE_TEXT_MIN && density < PROSE_LINKS_MAX)
        page->prose[parent] += text;
    points = 2.0 + unit->commas + (text / 100 < 3 ? text / 100 : 3);
    points *= 1 - density;
    for (unsigned level = 0; level < LEVELS_UP && parent != 0; level++) {
        double share = level == 0 ? 1 : level == 1 ? 2 : level * 3.0;

        if (html_node(page, parent)->tag == MR_HTML_HTML)
            return;
        add_points(page, parent, points / share, by_names);
        parent = html_node(page, parent)->parent;
    }
}

/* The stretches of text and inline elements right below a container. */
static void score_stretches(struct html_page *page, uint32_t nth, bool by_names)
{
    uint32_t end = html_node(page, nth)->end;
    struct html_stat stretch = { 0 };
    uint32_t breaks = 0;

    for (uint32_t i = nth + 1; i < end; i = html_node(page, i)->end) {
        bool is_break = html_node(page, i)->tag == MR_HTML_BR;

        breaks = is_break ? breaks + 1 : page->stats[i].text > 0 ? 0 : breaks;
        if (page->stats[i].blocks > 0 || breaks >= 2) {
            score_unit(page, nth, &stretch, by_names);
            stretch = (struct html_stat){ 0 };
            continue;
        }
        stretch.text += page->stats[i].text;
        stretch.linked += page->stats[i].linked;
        stretch.commas += page->stats[i].commas;
    }
    score_unit(page, nth, &stretch, by_names);
}

static void score_node(struct html_page *page, uint32_t nth, bool by_names)
{
    const struct mr_html_node *node = html_node(page, nth);
    const struct html_stat *stat = &page->stats[nth];

    switch ((int)node->tag) {
    case MR_HTML_P:
    case MR_HTML_PRE:
    case MR_HTML_TD:
    case MR_HTML_H2:
    case MR_HTML_H3:
    case MR_HTML_H4:
    case MR_HTML_H5:
    case MR_HTML_H6:
        score_unit(page, node->parent, stat, by_names);
        return;
    case MR_HTML_DIV:
    case MR_HTML_SECTION:
    case MR_HTML_ARTICLE:
    case MR_HTML_MAIN:
    case MR_HTML_CENTER:
    case MR_HTML_BODY:
        if (stat->blocks == (html_is_block(node->tag) ? 1 : 0) &&
            node->tag != MR_HTML_BODY)
            score_unit(page, node->parent, stat, by_names);
        else
            score_stretches(page, nth, by_names);
        return;
    default:
        return;
    }
}

static void insert_top(const struct html_page *page, struct top *top,
                       uint32_t nth)
{
    unsigned at = top->count;

    while (at > 0 && page->scores[top->nodes[at - 1]] < page->scores[nth])
        at--;
    if (at == CANDIDATES)
        return;
    if (top->count < CANDIDATES)
        top->count++;
    for (unsigned i = top->count - 1; i > at; i--)
        top->nodes[i] = top->nodes[i - 1];
    top->nodes[at] = nth;
}

/* The first element that has at least three good candidates below it. */
static uint32_t common_above(const struct html_page *page,
                             const struct top *top)
{
    uint32_t best = top->nodes[0];
    double least = page->scores[best] * .75;

    for (uint32_t above = html_node(page, best)->parent; above > page->body;
         above = html_node(page, above)->parent) {
        unsigned below = 0;

        for (unsigned i = 1; i < top->count; i++) {
            uint32_t other = top->nodes[i];

            below += page->scores[other] >= least && other > above &&
                     other < html_node(page, above)->end;
        }
        if (below >= 3)
            return above;
    }
    return best;
}

/* Up while the element above has a score that says that content is spread
 * over several below it. */
static uint32_t climb(const struct html_page *page, uint32_t nth)
{
    double last = page->scores[nth], least = last / 3;

    for (uint32_t above = html_node(page, nth)->parent; above > page->body;
         above = html_node(page, above)->parent) {
        if (!page->scored[above])
            continue;
        if (page->scores[above] < least)
            break;
        if (page->scores[above] > last)
            return above;
        last = page->scores[above];
    }
    return nth;
}

/* Up to where prose is spread over several elements, without much else. */
static uint32_t spread(const struct html_page *page, uint32_t nth)
{
    uint32_t best = nth;

    for (uint32_t above = html_node(page, nth)->parent; above > page->body;
         above = html_node(page, above)->parent) {
        if (html_link_density(page, above) > SPREAD_LINKS_MAX)
            break;
        if (page->prose[best] < PROSE_SHARE_MIN * page->prose[above])
            best = above;
    }
    return best;
}

/* The only element below its parent, dropped ones and blanks aside. */
static bool is_only_child(const struct html_page *page, uint32_t nth)
{
    uint32_t parent = html_node(page, nth)->parent;

    for (uint32_t i = parent + 1; i < html_node(page, parent)->end;
         i = html_node(page, i)->end)
        if (i != nth && page->stats[i].text > 0)
            return false;
    return true;
}

static struct mr_span class_of(const struct html_page *page, uint32_t nth)
{
    return mr_html_attr(page->html, nth, MR_HTML_ATTR_CLASS);
}

/* Whether the last character of the text below is a full stop. */
static bool ends_sentence(const struct html_page *page, uint32_t nth)
{
    for (uint32_t i = html_node(page, nth)->end; i-- > nth;) {
        struct mr_span text = html_node(page, i)->text;

        while (text.size > 0 && (text.data[text.size - 1] == ' ' ||
                                 text.data[text.size - 1] == '\n'))
            text.size--;
        if (text.size > 0)
            return text.data[text.size - 1] == '.';
    }
    return false;
}

/* Whether what stands beside the content belongs to it. */
static bool belongs(const struct html_page *page, uint32_t nth, uint32_t top)
{
    double least = page->scores[top] * .2;
    double bonus = 0, density;
    struct mr_span class = class_of(page, top);
    uint32_t text = page->stats[nth].text;

    if (least < 10)
        least = 10;
    if (class.size > 0 && mr_span_equal(class, class_of(page, nth)))
        bonus = page->scores[top] * .2;
    if (page->scored[nth] && page->scores[nth] + bonus >= least)
        return true;
    if (html_node(page, nth)->tag != MR_HTML_P)
        return false;
    density = html_link_density(page, nth);
    return (text > 80 && density < .25) ||
           (text > 0 && text <= 80 && density == 0 && ends_sentence(page, nth));
}

static size_t take(struct html_page *page, uint32_t top)
{
    uint32_t parent = html_node(page, top)->parent;
    size_t text = 0;

    for (uint32_t i = parent + 1; i < html_node(page, parent)->end;
         i = html_node(page, i)->end) {
        if (page->drop[i] != HTML_KEPT ||
            html_node(page, i)->tag == MR_HTML_TEXT)
            continue;
        if (i != top && !belongs(page, i, top))
            continue;
        page->root[i] = true;
        text += page->stats[i].text;
    }
    return text;
}

void html_take(struct html_page *page, uint32_t nth)
{
    memset(page->root, 0, page->html->count);
    page->root[nth] = true;
}

size_t html_score(struct html_page *page, bool by_names)
{
    uint32_t count = page->html->count, best;
    struct top top = { .count = 0 };

    memset(page->root, 0, count);
    memset(page->scored, 0, count);
    memset(page->prose, 0, count * sizeof(page->prose[0]));
    for (uint32_t i = 1; i < count; i++) {
        if (page->drop[i] != HTML_KEPT)
            i = html_node(page, i)->end - 1;
        else
            score_node(page, i, by_names);
    }
    for (uint32_t i = 1; i < count; i++) {
        if (!page->scored[i])
            continue;
        page->scores[i] *= 1 - html_link_density(page, i);
        insert_top(page, &top, i);
    }
    if (top.count == 0)
        return 0;
    for (uint32_t i = count; i-- > 1;)
        page->prose[html_node(page, i)->parent] += page->prose[i];
    best = spread(page, climb(page, common_above(page, &top)));
    while (best > page->body && html_node(page, best)->parent > page->body &&
           is_only_child(page, best))
        best = html_node(page, best)->parent;
    if (best <= page->body) {
        html_take(page, page->body);
        return page->stats[page->body].text;
    }
    if (!page->scored[best])
        add_points(page, best, 0, by_names);
    return take(page, best);
}
