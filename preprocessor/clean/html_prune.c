// SPDX-License-Identifier: Apache-2.0
/*
 * html_prune.c - what is no content wherever the content may be.
 *
 * See html_page.h.
 */
#include <strings.h>

#include "preprocessor/clean/html_page.h"

/* A hidden element that holds more of the page's text than this many percent
 * is a page that a script would show. */
#define HIDDEN_PERCENT_MAX 70u

/* Chrome that holds more than this many percent is none. */
#define CHROME_PERCENT_MAX 60u

static bool is_text_less(enum mr_html_tag tag)
{
    switch ((int)tag) {
    case MR_HTML_HEAD:
    case MR_HTML_IFRAME:
    case MR_HTML_IMG:
    case MR_HTML_INPUT:
    case MR_HTML_LINK:
    case MR_HTML_META:
    case MR_HTML_OPTGROUP:
    case MR_HTML_OPTION:
    case MR_HTML_SCRIPT:
    case MR_HTML_SELECT:
    case MR_HTML_STYLE:
    case MR_HTML_SVG:
    case MR_HTML_TEMPLATE:
    case MR_HTML_TEXTAREA:
        return true;
    default:
        return false;
    }
}

/* What is shown in the place of what a browser cannot do. */
static bool is_fallback(enum mr_html_tag tag)
{
    return tag == MR_HTML_AUDIO || tag == MR_HTML_CANVAS ||
           tag == MR_HTML_EMBED || tag == MR_HTML_NOSCRIPT ||
           tag == MR_HTML_OBJECT || tag == MR_HTML_VIDEO;
}

static bool span_is(struct mr_span span, const char *word)
{
    return span.size == strlen(word) &&
           strncasecmp((const char *)span.data, word, span.size) == 0;
}

/* "name: value" among the declarations of a style, white space aside. */
static bool style_has(struct mr_span style, const char *name, const char *value)
{
    const uint8_t *data = style.data;
    size_t name_size = strlen(name), value_size = strlen(value);

    for (size_t at = 0; at + name_size <= style.size; at++) {
        size_t next = at + name_size;

        if (strncasecmp((const char *)data + at, name, name_size) != 0)
            continue;
        while (next < style.size && (data[next] == ' ' || data[next] == ':'))
            next++;
        if (next + value_size <= style.size &&
            strncasecmp((const char *)data + next, value, value_size) == 0)
            return true;
    }
    return false;
}

static bool is_hidden(const struct html_page *page, uint32_t nth)
{
    const struct mr_html_node *node = html_node(page, nth);

    for (uint32_t i = 0; i < node->attr_count; i++) {
        const struct mr_html_attr *attr = &page->html->attrs[node->attr + i];

        if (attr->name == MR_HTML_ATTR_HIDDEN)
            return !span_is(attr->value, "until-found");
        if (attr->name == MR_HTML_ATTR_ARIA_HIDDEN)
            return span_is(attr->value, "true");
        if (attr->name == MR_HTML_ATTR_STYLE && attr->value.size > 0 &&
            (style_has(attr->value, "display", "none") ||
             style_has(attr->value, "visibility", "hidden")))
            return true;
    }
    return false;
}

static bool is_chrome_role(struct mr_span role)
{
    static const char *const roles[] = {
        "navigation", "banner",  "contentinfo", "complementary", "search",
        "menu",       "menubar", "dialog",      "alertdialog",   "alert",
        "toolbar",    "tooltip", "tablist",
    };

    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (span_is(role, roles[i]))
            return true;
    return false;
}

/* Whether an element above is of one of these tags. */
static bool is_below(const struct html_page *page, uint32_t nth,
                     enum mr_html_tag one, enum mr_html_tag other)
{
    while (nth != 0) {
        nth = html_node(page, nth)->parent;
        if (html_node(page, nth)->tag == one ||
            html_node(page, nth)->tag == other)
            return true;
    }
    return false;
}

static bool is_chrome(const struct html_page *page, uint32_t nth)
{
    enum mr_html_tag tag = html_node(page, nth)->tag;
    struct mr_span role;

    if (tag == MR_HTML_NAV || tag == MR_HTML_FOOTER || tag == MR_HTML_ASIDE ||
        tag == MR_HTML_DIALOG || tag == MR_HTML_SEARCH || tag == MR_HTML_MENU)
        return true;
    if (tag == MR_HTML_HEADER)
        return !is_below(page, nth, MR_HTML_ARTICLE, MR_HTML_MAIN);
    if (tag == MR_HTML_BUTTON) /* headings that fold are buttons */
        return !is_below(page, nth, MR_HTML_H2, MR_HTML_H3);
    role = mr_html_attr(page->html, nth, MR_HTML_ATTR_ROLE);
    return role.size > 0 && is_chrome_role(role);
}

static bool is_unlikely(const struct html_page *page, uint32_t nth, bool large)
{
    unsigned names = page->names[nth];

    if ((names & HTML_NAME_NEVER) != 0)
        return !large;
    return (names & (HTML_NAME_UNLIKELY | HTML_NAME_MAYBE)) ==
               HTML_NAME_UNLIKELY &&
           !is_below(page, nth, MR_HTML_TABLE, MR_HTML_CODE);
}

static void read_names(struct html_page *page, uint32_t nth)
{
    const struct mr_html_node *node = html_node(page, nth);
    unsigned bits = 0;

    for (uint32_t i = 0; i < node->attr_count; i++) {
        const struct mr_html_attr *attr = &page->html->attrs[node->attr + i];

        if (attr->name == MR_HTML_ATTR_CLASS || attr->name == MR_HTML_ATTR_ID)
            bits |= html_names_of(attr->value);
    }
    page->names[nth] = (uint16_t)bits;
}

static enum html_drop judge(struct html_page *page, uint32_t nth,
                            uint32_t text_all)
{
    const struct mr_html_node *node = html_node(page, nth);
    uint64_t text = page->stats[nth].text;
    bool large = text * 100 > (uint64_t)text_all * CHROME_PERCENT_MAX;

    if (is_text_less(node->tag))
        return HTML_NO_TEXT;
    if (node->tag == MR_HTML_BODY || node->tag == MR_HTML_HTML)
        return HTML_KEPT;
    if (text * 100 <= (uint64_t)text_all * HIDDEN_PERCENT_MAX &&
        is_hidden(page, nth))
        return HTML_HIDDEN;
    if (!large && is_fallback(node->tag))
        return HTML_NO_TEXT;
    if (!large && is_chrome(page, nth))
        return HTML_CHROME;
    if (node->tag != MR_HTML_A && is_unlikely(page, nth, large))
        return HTML_UNLIKELY;
    return HTML_KEPT;
}

/* Bytes of text below a node, but for scripts. */
static size_t text_below(const struct html_page *page, uint32_t nth)
{
    size_t bytes = 0;

    for (uint32_t i = nth; i < html_node(page, nth)->end; i++) {
        const struct mr_html_node *node = html_node(page, i);

        if (node->tag == MR_HTML_TEXT && page->stats[i].text > 0)
            bytes += node->text.size;
        if (is_text_less(node->tag))
            i = node->end - 1;
    }
    return bytes;
}

void html_prune(struct html_page *page, size_t *hidden)
{
    const struct mr_html *html = page->html;

    /* First without scripts, to know what share of the page a node is. */
    for (uint32_t i = 1; i < html->count; i++)
        if (is_text_less(html_node(page, i)->tag))
            page->drop[i] = HTML_NO_TEXT;
    html_count(page);
    for (uint32_t i = 1; i < html->count; i++) {
        const struct mr_html_node *node = html_node(page, i);

        if (node->tag == MR_HTML_TEXT)
            continue;
        read_names(page, i);
        page->drop[i] = (uint8_t)judge(page, i, page->stats[0].text);
        if (page->drop[i] == HTML_HIDDEN)
            *hidden += text_below(page, i);
        if (page->drop[i] != HTML_KEPT && page->drop[i] != HTML_UNLIKELY)
            i = node->end - 1;
    }
    html_count(page);
}

void html_prune_less(struct html_page *page)
{
    for (uint32_t i = 1; i < page->html->count; i++)
        if (page->drop[i] == HTML_UNLIKELY &&
            (page->names[i] & HTML_NAME_NEVER) == 0)
            page->drop[i] = HTML_KEPT;
    html_count(page);
}
