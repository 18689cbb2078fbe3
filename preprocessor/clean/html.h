// SPDX-License-Identifier: Apache-2.0
/*
 * html.h - from a page to what it is about.
 *
 *   parse (common/text/html.h) -> html_prune: what no reader sees, and chrome
 *   -> html_score: where the content is -> html_trim: what is foreign in it
 *   -> html_write: text with lines, headings and a map to the source.
 *
 * Kept are headings, paragraphs, lists, tables, code, quotes; dropped are
 * navigation, banners, footers, asides, forms, scripts, and text that is
 * hidden, whose bytes are counted.  Where that leaves too little of the page
 * (documentation, references, lists of things), everything but the chrome is
 * kept instead.
 *
 * Memory:  the page, see common/text/html.h, and some 60 bytes a node.
 * Threads: any.  I/O: none.  Linear in the bytes.
 * Sources of ideas: Readability (A. Mueller, Mozilla: scoring of paragraphs
 *          into their ancestors, names of classes, taking siblings along),
 *          jusText (J. Pomikalek, 2011) and boilerpipe (C. Kohlschuetter et
 *          al., 2010: density of text and links).
 */
#ifndef PREPROCESSOR_CLEAN_HTML_H
#define PREPROCESSOR_CLEAN_HTML_H

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "preprocessor/clean/draft.h"

/* Appends the text of a page in UTF-8 to `draft`, and fills the rest of it;
 * its spans are copied into the arena. */
void clean_html(struct mr_span source, struct mr_arena *arena,
                struct clean_draft *draft);

#endif
