// SPDX-License-Identifier: Apache-2.0
/*
 * html_head.h - what a page says of itself.
 *
 * Memory:  results in the page's arena.
 * Threads: one at a time.  I/O: none.
 */
#ifndef PREPROCESSOR_CLEAN_HTML_HEAD_H
#define PREPROCESSOR_CLEAN_HTML_HEAD_H

#include "preprocessor/clean/draft.h"
#include "preprocessor/clean/html_page.h"

/* Sets title, language, canonical, refresh and noindex of the draft. */
void html_read_head(const struct html_page *page, struct clean_draft *draft);

#endif
