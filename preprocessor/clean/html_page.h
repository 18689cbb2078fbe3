// SPDX-License-Identifier: Apache-2.0
/*
 * html_page.h - a page at work: what its nodes hold, and what is decided.
 *
 * Private to html*.c.  Arrays run beside the page's nodes; `drop` of a node
 * counts for all below it.
 *
 * Memory:  all in the arena.
 * Threads: one at a time.  I/O: none.
 */
#ifndef PREPROCESSOR_CLEAN_HTML_PAGE_H
#define PREPROCESSOR_CLEAN_HTML_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/text/html.h"
#include "preprocessor/clean/html_names.h"

/* Why a node is left out; 0: it is not. */
enum html_drop {
    HTML_KEPT = 0,
    HTML_NO_TEXT,  /* scripts, forms' parts, pictures: for every purpose */
    HTML_HIDDEN,   /* no reader sees it */
    HTML_CHROME,   /* navigation, banner, footer, aside */
    HTML_UNLIKELY, /* its names say so; taken back when too little is left */
    HTML_FOREIGN,  /* trimmed out of the content */
};

/* What is below a node, dropped ones left out. */
struct html_stat {
    uint32_t text;   /* characters, runs of white space counted once */
    uint32_t linked; /* of them in links */
    uint32_t commas;
    uint32_t headed; /* of them in headings */
    uint16_t paragraphs;
    uint16_t items;
    uint16_t images;
    uint16_t inputs;
    uint16_t links;
    uint16_t blocks; /* block elements */
    uint16_t cells;
};

struct html_page {
    const struct mr_html *html;
    struct mr_arena *arena;
    uint8_t *drop;
    uint16_t *names; /* enum html_name bits of class and id */
    struct html_stat *stats;
    uint32_t *prose; /* characters of longer paragraphs below */
    double *scores;
    bool *scored;
    uint32_t body;
    bool *root; /* taken as content, with all below */
};

static inline const struct mr_html_node *html_node(const struct html_page *page,
                                                   uint32_t nth)
{
    return &page->html->nodes[nth];
}

/* Elements that begin a line of their own. */
bool html_is_block(enum mr_html_tag tag);

/* 1 to 6 for headings, else 0. */
unsigned html_heading_level(enum mr_html_tag tag);

/* Adds text and commas of one text to `out`. */
void html_count_text(struct mr_span text, struct html_stat *out);

/* Counts again what is below each node. */
void html_count(struct html_page *page);

/* Share of the text that is in links. */
double html_link_density(const struct html_page *page, uint32_t nth);

/* 25 for names that speak for content, -25 for those that speak against it,
 * of class and id together. */
int html_name_weight(const struct html_page *page, uint32_t nth);

/* html_prune.c: fills `drop` and `names`; `hidden` gets the bytes of hidden
 * text. */
void html_prune(struct html_page *page, size_t *hidden);

/* Takes back what was dropped for its names. */
void html_prune_less(struct html_page *page);

/* html_score.c: sets `root` of the nodes that are the content; gives the
 * characters of their text. */
size_t html_score(struct html_page *page, bool by_names);

/* All below one node as content. */
void html_take(struct html_page *page, uint32_t nth);

/* html_trim.c: drops what is foreign below the roots. */
void html_trim(struct html_page *page, bool by_names);

#endif
