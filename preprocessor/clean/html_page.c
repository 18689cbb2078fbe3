// SPDX-License-Identifier: Apache-2.0
/*
 * html_page.c - see html_page.h.
 */
#include "preprocessor/clean/html_page.h"

bool html_is_block(enum mr_html_tag tag)
{
    switch ((int)tag) {
    case MR_HTML_ADDRESS:
    case MR_HTML_ARTICLE:
    case MR_HTML_ASIDE:
    case MR_HTML_BLOCKQUOTE:
    case MR_HTML_BODY:
    case MR_HTML_CAPTION:
    case MR_HTML_CENTER:
    case MR_HTML_DD:
    case MR_HTML_DETAILS:
    case MR_HTML_DIALOG:
    case MR_HTML_DIV:
    case MR_HTML_DL:
    case MR_HTML_DT:
    case MR_HTML_FIELDSET:
    case MR_HTML_FIGCAPTION:
    case MR_HTML_FIGURE:
    case MR_HTML_FOOTER:
    case MR_HTML_FORM:
    case MR_HTML_H1:
    case MR_HTML_H2:
    case MR_HTML_H3:
    case MR_HTML_H4:
    case MR_HTML_H5:
    case MR_HTML_H6:
    case MR_HTML_HEADER:
    case MR_HTML_HGROUP:
    case MR_HTML_HR:
    case MR_HTML_LEGEND:
    case MR_HTML_LI:
    case MR_HTML_MAIN:
    case MR_HTML_MENU:
    case MR_HTML_NAV:
    case MR_HTML_OL:
    case MR_HTML_P:
    case MR_HTML_PRE:
    case MR_HTML_SEARCH:
    case MR_HTML_SECTION:
    case MR_HTML_SUMMARY:
    case MR_HTML_TABLE:
    case MR_HTML_TBODY:
    case MR_HTML_TD:
    case MR_HTML_TFOOT:
    case MR_HTML_TH:
    case MR_HTML_THEAD:
    case MR_HTML_TR:
    case MR_HTML_UL:
        return true;
    default:
        return false;
    }
}

unsigned html_heading_level(enum mr_html_tag tag)
{
    switch ((int)tag) {
    case MR_HTML_H1:
        return 1;
    case MR_HTML_H2:
        return 2;
    case MR_HTML_H3:
        return 3;
    case MR_HTML_H4:
        return 4;
    case MR_HTML_H5:
        return 5;
    case MR_HTML_H6:
        return 6;
    default:
        return 0;
    }
}

static bool is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r' ||
           byte == '\f';
}

void html_count_text(struct mr_span text, struct html_stat *out)
{
    bool white = true;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];

        if (is_white(byte)) {
            out->text += !white;
            white = true;
            continue;
        }
        white = false;
        out->text += (byte & 0xC0u) != 0x80u;
        out->commas += byte == ',';
        /* U+3001, U+FF0C: the commas of Chinese and Japanese */
        if (i + 2 < text.size && ((byte == 0xE3 && text.data[i + 1] == 0x80 &&
                                   text.data[i + 2] == 0x81) ||
                                  (byte == 0xEF && text.data[i + 1] == 0xBC &&
                                   text.data[i + 2] == 0x8C)))
            out->commas++;
    }
}

static void add16(uint16_t *sum, unsigned more)
{
    *sum = (uint16_t)(*sum + more > UINT16_MAX ? UINT16_MAX : *sum + more);
}

static void count_element(const struct html_page *page, uint32_t nth,
                          struct html_stat *stat)
{
    enum mr_html_tag tag = html_node(page, nth)->tag;

    add16(&stat->blocks, html_is_block(tag));
    if (html_heading_level(tag) > 0)
        stat->headed = stat->text;
    switch ((int)tag) {
    case MR_HTML_A:
        stat->linked = stat->text;
        add16(&stat->links, 1);
        break;
    case MR_HTML_P:
        add16(&stat->paragraphs, stat->text > 0);
        break;
    case MR_HTML_LI:
        add16(&stat->items, 1);
        break;
    case MR_HTML_IMG:
        add16(&stat->images, 1);
        break;
    case MR_HTML_INPUT:
        add16(&stat->inputs, 1);
        break;
    case MR_HTML_TD:
    case MR_HTML_TH:
        add16(&stat->cells, 1);
        break;
    default:
        break;
    }
}

static void add_up(struct html_stat *sum, const struct html_stat *stat)
{
    sum->text += stat->text;
    sum->linked += stat->linked;
    sum->commas += stat->commas;
    sum->headed += stat->headed;
    add16(&sum->paragraphs, stat->paragraphs);
    add16(&sum->items, stat->items);
    add16(&sum->images, stat->images);
    add16(&sum->inputs, stat->inputs);
    add16(&sum->links, stat->links);
    add16(&sum->blocks, stat->blocks);
    add16(&sum->cells, stat->cells);
}

void html_count(struct html_page *page)
{
    memset(page->stats, 0, page->html->count * sizeof(page->stats[0]));
    for (uint32_t i = page->html->count; i-- > 1;) {
        const struct mr_html_node *node = html_node(page, i);
        struct html_stat *stat = &page->stats[i];

        /* Images and inputs count though they have no text. */
        if (page->drop[i] != HTML_KEPT && node->tag != MR_HTML_IMG &&
            node->tag != MR_HTML_INPUT) {
            *stat = (struct html_stat){ 0 };
            continue;
        }
        if (node->tag == MR_HTML_TEXT)
            html_count_text(node->text, stat);
        else
            count_element(page, i, stat);
        add_up(&page->stats[node->parent], stat);
    }
}

double html_link_density(const struct html_page *page, uint32_t nth)
{
    const struct html_stat *stat = &page->stats[nth];

    return stat->text == 0 ? 0.0 : (double)stat->linked / (double)stat->text;
}

int html_name_weight(const struct html_page *page, uint32_t nth)
{
    unsigned names = page->names[nth];

    return ((names & HTML_NAME_GOOD) != 0 ? 25 : 0) -
           ((names & HTML_NAME_BAD) != 0 ? 25 : 0);
}
