// SPDX-License-Identifier: Apache-2.0
/*
 * html_write.c - see html_write.h.
 *
 * A loop over the nodes with a stack of what is open.  White space and line
 * ends are owed until text comes, so that none is left at an end.
 */
#include "preprocessor/clean/html_write.h"

#include <stdio.h>

#include "common/base/mr_assert.h"
#include "preprocessor/clean/html_pieces.h"

/* Deeper lists are not indented further. */
#define INDENT_MAX 8u

/* Of `heading_start` below. */
#define NO_TEXT_YET SIZE_MAX
#define NO_HEADING  (SIZE_MAX - 1)

struct open {
    uint32_t node;
    size_t heading_start; /* where its text begins, of a heading */
    uint32_t items;       /* or rows so far, of a list or table */
};

struct writer {
    const struct html_page *page;
    struct mr_span source;
    struct clean_draft *draft;
    struct open open[MR_HTML_DEPTH_MAX + 8];
    size_t depth;
    unsigned lines;  /* owed before the next text */
    bool blank;      /* owed */
    bool cell;       /* a separator is owed */
    char marker[32]; /* of a list item, owed */
    unsigned pre;    /* open preformatted elements */
    unsigned lists;
    bool in_heading;   /* a heading is open: those in it are none */
    uint32_t link_end; /* nodes before this one are in a link */
    bool in_link;      /* the text at work is */
    size_t last;       /* how far in the source we are */
    bool title_passed; /* a heading that repeats the title was looked for */
};

static void owe_lines(struct writer *w, unsigned lines)
{
    w->lines = w->lines > lines ? w->lines : lines;
    w->blank = false;
}

static void write_made(struct writer *w, const char *text, size_t source)
{
    clean_draft_write(w->draft, mr_span_str(text), source, source);
}

/* All that is owed, for source bytes at `source`. */
static void pay(struct writer *w, size_t source)
{
    if (w->draft->text.size > 0) {
        if (w->lines > 0)
            write_made(w, w->lines > 1 ? "\n\n" : "\n", source);
        else if (w->cell)
            write_made(w, " | ", source);
        else if (w->blank)
            write_made(w, " ", source);
    }
    if (w->marker[0] != '\0')
        write_made(w, w->marker, source);
    w->lines = 0;
    w->blank = w->cell = false;
    w->marker[0] = '\0';
    for (size_t i = w->depth; i-- > 0;)
        if (w->open[i].heading_start == NO_TEXT_YET)
            w->open[i].heading_start = w->draft->text.size;
}

static bool is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r' ||
           byte == '\f';
}

static bool is_soft_hyphen(struct mr_span text, size_t at)
{
    return text.data[at] == 0xC2 && at + 1 < text.size &&
           text.data[at + 1] == 0xAD;
}

/* The end of the stretch from `at` that is written as it is. */
static size_t stretch_end(const struct writer *w, struct mr_span text,
                          size_t at, size_t end)
{
    for (; at < end; at++) {
        uint8_t byte = text.data[at];

        if (is_soft_hyphen(text, at))
            break;
        if (w->pre > 0 || !is_white(byte))
            continue;
        if (byte != ' ' || at + 1 == end || is_white(text.data[at + 1]))
            break;
    }
    return at;
}

static void write_stretch(struct writer *w, struct mr_span text,
                          const struct html_piece *piece, size_t start,
                          size_t end)
{
    size_t source =
        piece->copied ? piece->source + (start - piece->start) : piece->source;

    pay(w, source);
    if (w->in_link)
        w->draft->linked += end - start;
    if (piece->copied)
        clean_draft_copy(w->draft, w->source, source, source + (end - start));
    else
        clean_draft_write(w->draft, mr_span(text.data + start, end - start),
                          piece->source, piece->source_end);
}

/* The white space at `at` of a paragraph is owed; gives what comes after. */
static size_t skip_white(struct writer *w, struct mr_span text, size_t at,
                         size_t end)
{
    while (at < end && is_white(text.data[at])) {
        w->blank = w->lines == 0;
        at++;
    }
    return at;
}

static void write_piece(struct writer *w, struct mr_span text,
                        const struct html_piece *piece)
{
    size_t at = piece->start;

    while (at < piece->end) {
        size_t end;

        if (is_soft_hyphen(text, at)) {
            at += 2;
            continue;
        }
        if (w->pre == 0 && is_white(text.data[at])) {
            at = skip_white(w, text, at, piece->end);
            continue;
        }
        end = stretch_end(w, text, at, piece->end);
        write_stretch(w, text, piece, at, end);
        at = end;
    }
}

static void write_text(struct writer *w, uint32_t nth)
{
    const struct mr_html_node *node = html_node(w->page, nth);
    struct html_pieces pieces = html_pieces(w->source, node, w->last);
    struct html_piece piece;

    w->in_link = nth < w->link_end;
    while (html_pieces_next(&pieces, &piece)) {
        write_piece(w, node->text, &piece);
        w->last = piece.source_end;
    }
}

static bool is_list(enum mr_html_tag tag)
{
    return tag == MR_HTML_UL || tag == MR_HTML_OL || tag == MR_HTML_MENU;
}

/* An item or row begins: a blank line stands before the first one only.
 * `list` is what it belongs to, or NULL. */
static void begin_item(struct writer *w, struct open *list)
{
    if (list == NULL)
        return;
    if (list->items > 0)
        w->lines = 1;
    list->items++;
}

static void mark_item(struct writer *w)
{
    struct open *list = NULL;
    unsigned indent = w->lists < INDENT_MAX ? w->lists : INDENT_MAX;
    int size = 0;

    for (size_t i = w->depth; i-- > 0 && list == NULL;)
        if (is_list(html_node(w->page, w->open[i].node)->tag))
            list = &w->open[i];
    begin_item(w, list);
    for (unsigned i = 1; i < indent; i++)
        size +=
            snprintf(w->marker + size, sizeof(w->marker) - (size_t)size, "  ");
    if (list != NULL && html_node(w->page, list->node)->tag == MR_HTML_OL)
        snprintf(w->marker + size, sizeof(w->marker) - (size_t)size, "%u. ",
                 list->items);
    else
        snprintf(w->marker + size, sizeof(w->marker) - (size_t)size, "- ");
}

static void begin_row(struct writer *w)
{
    for (size_t i = w->depth; i-- > 0;) {
        if (html_node(w->page, w->open[i].node)->tag != MR_HTML_TABLE)
            continue;
        begin_item(w, &w->open[i]);
        return;
    }
}

static bool is_cell(const struct writer *w)
{
    for (size_t i = w->depth; i-- > 0;) {
        enum mr_html_tag tag = html_node(w->page, w->open[i].node)->tag;

        if (tag == MR_HTML_TD || tag == MR_HTML_TH)
            return true;
        if (tag == MR_HTML_TABLE)
            return false;
    }
    return false;
}

/* Lines before and after an element. */
static unsigned lines_around(const struct writer *w, uint32_t nth)
{
    enum mr_html_tag tag = html_node(w->page, nth)->tag;

    switch ((int)tag) {
    case MR_HTML_DD:
    case MR_HTML_DT:
    case MR_HTML_LI:
    case MR_HTML_SUMMARY:
    case MR_HTML_TBODY:
    case MR_HTML_TFOOT:
    case MR_HTML_THEAD:
    case MR_HTML_TR:
        return 1;
    case MR_HTML_MENU:
    case MR_HTML_OL:
    case MR_HTML_UL:
        return w->lists > 0 ? 1 : 2;
    case MR_HTML_TD:
    case MR_HTML_TH:
        return 0;
    default:
        return html_is_block(tag) ? 2 : 0;
    }
}

/* Owes them; a lone block in a cell would break its row, and one that begins
 * an item stands behind its marker. */
static void owe_around(struct writer *w, uint32_t nth)
{
    unsigned lines = lines_around(w, nth);

    if (lines == 0 || w->marker[0] != '\0')
        return;
    if (lines == 2 && w->page->stats[nth].blocks <= 1 && is_cell(w))
        w->blank = w->lines == 0;
    else
        owe_lines(w, lines);
}

static void begin(struct writer *w, uint32_t nth)
{
    const struct mr_html_node *node = html_node(w->page, nth);

    owe_around(w, nth);
    if (node->source_end > node->source)
        w->last = node->source_end;
    switch ((int)node->tag) {
    case MR_HTML_BR:
        owe_lines(w, w->lines < 2 ? w->lines + 1 : 2);
        break;
    case MR_HTML_LI:
        mark_item(w);
        break;
    case MR_HTML_TD:
    case MR_HTML_TH:
        w->cell = w->lines == 0 && w->draft->text.size > 0;
        break;
    case MR_HTML_TR:
        begin_row(w);
        break;
    case MR_HTML_A:
        w->link_end = node->end;
        break;
    case MR_HTML_PRE:
        w->pre++;
        break;
    case MR_HTML_UL:
    case MR_HTML_OL:
    case MR_HTML_MENU:
        w->lists++;
        break;
    default:
        break;
    }
}

static void finish(struct writer *w, const struct open *open)
{
    const struct mr_html_node *node = html_node(w->page, open->node);
    unsigned level = html_heading_level(node->tag);

    if (open->heading_start != NO_HEADING)
        w->in_heading = false;
    if (open->heading_start < w->draft->text.size)
        clean_draft_heading(w->draft, open->heading_start, w->draft->text.size,
                            level);
    if (node->tag == MR_HTML_PRE)
        w->pre--;
    if (is_list(node->tag))
        w->lists--;
    if (node->tag == MR_HTML_LI)
        w->marker[0] = '\0';
    owe_around(w, open->node);
}

static void close_until(struct writer *w, uint32_t nth)
{
    while (w->depth > 0 &&
           html_node(w->page, w->open[w->depth - 1].node)->end <= nth) {
        w->depth--;
        finish(w, &w->open[w->depth]);
    }
}

/* A heading before all text that says what the title says. */
static bool repeats_title(struct writer *w, uint32_t nth)
{
    unsigned level = html_heading_level(html_node(w->page, nth)->tag);
    struct mr_span text;

    if (w->title_passed || level == 0 || level > 2)
        return false;
    w->title_passed = true;
    text = html_text_of(w->page, nth);
    return text.size > 0 && mr_span_equal(text, w->draft->title);
}

static void write_node(struct writer *w, uint32_t nth)
{
    const struct mr_html_node *node = html_node(w->page, nth);
    bool is_heading;

    if (node->tag == MR_HTML_TEXT) {
        write_text(w, nth);
        return;
    }
    begin(w, nth);
    if (node->end == nth + 1)
        return;
    MR_ASSERT(w->depth < sizeof(w->open) / sizeof(w->open[0]));
    is_heading = html_heading_level(node->tag) > 0 && !w->in_heading;
    w->in_heading |= is_heading;
    w->open[w->depth++] = (struct open){
        .node = nth,
        .heading_start = is_heading ? NO_TEXT_YET : NO_HEADING,
    };
}

void html_write(const struct html_page *page, struct mr_span source,
                struct clean_draft *draft)
{
    struct writer w = { .page = page, .source = source, .draft = draft };
    uint32_t root_end = 0;

    for (uint32_t i = 1; i < page->html->count; i++) {
        if (i >= root_end && page->root[i]) {
            close_until(&w, i);
            owe_lines(&w, 2);
            root_end = html_node(page, i)->end;
        }
        if (i >= root_end)
            continue;
        close_until(&w, i);
        if (page->drop[i] != HTML_KEPT || repeats_title(&w, i)) {
            i = html_node(page, i)->end - 1;
            continue;
        }
        write_node(&w, i);
    }
    close_until(&w, page->html->count);
}

struct mr_span html_text_of(const struct html_page *page, uint32_t nth)
{
    const struct mr_html_node *top = html_node(page, nth);
    struct mr_buf text = mr_buf((size_t)1 << 16);
    struct mr_span out;
    bool blank = false;

    for (uint32_t i = nth + 1; i < top->end; i++) {
        const struct mr_html_node *node = html_node(page, i);

        if (page->drop[i] != HTML_KEPT && page->drop[i] != HTML_UNLIKELY) {
            i = node->end - 1;
            continue;
        }
        for (size_t at = 0; at < node->text.size; at++) {
            if (is_white(node->text.data[at])) {
                blank = text.size > 0;
                continue;
            }
            if (blank)
                mr_buf_byte(&text, ' ');
            blank = false;
            mr_buf_byte(&text, node->text.data[at]);
        }
    }
    out = text.size == 0 ? mr_span(NULL, 0)
                         : mr_arena_copy(page->arena, mr_buf_bytes(&text));
    mr_buf_deinit(&text);
    return out;
}
