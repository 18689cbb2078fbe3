// SPDX-License-Identifier: Apache-2.0
/*
 * html_write.h - the content of a page as text with lines.
 *
 * Blocks are set apart by a blank line; items of lists begin with "- " or
 * their number on a line of their own, rows of tables have " | " between their
 * cells, preformatted text stays as it is.  Soft hyphens are left out.
 *
 * Memory:  appends to the draft.  Threads: one at a time.  I/O: none.
 */
#ifndef PREPROCESSOR_CLEAN_HTML_WRITE_H
#define PREPROCESSOR_CLEAN_HTML_WRITE_H

#include "preprocessor/clean/draft.h"
#include "preprocessor/clean/html_page.h"

/* The text below the roots of the page.  A first heading that says the same
 * as the draft's title is left out. */
void html_write(const struct html_page *page, struct mr_span source,
                struct clean_draft *draft);

/* The text below a node on one line, in the arena; absent when blank. */
struct mr_span html_text_of(const struct html_page *page, uint32_t nth);

#endif
