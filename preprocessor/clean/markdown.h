// SPDX-License-Identifier: Apache-2.0
/*
 * markdown.h - Markdown down to what it says.
 *
 * No renderer: a reader of CommonMark's forms that leaves bytes out and adds
 * none, so that every byte of the text is a byte of the source; a line's end
 * within a paragraph becomes a space.  Left out are
 *   - front matter between "---" lines at the very beginning (its `title:` is
 *     the title), HTML comments and tags, definitions of links, the lines of
 *     fences and of rules, rows of dashes under table heads;
 *   - the marks of headings, quotes, emphasis, code and links, of which the
 *     text (of images, the description) stays;
 *   - backslashes before punctuation.
 * Code in fences or indented, tables and the markers of list items stay as they
 * are.
 *
 * Memory:  results in the arena; one byte more for each byte of source.
 * Threads: any.  I/O: none.  Linear in the bytes.
 * Source:  the forms are those of CommonMark 0.30 and, for tables, strike-
 *          through and task lists, of GitHub's extension of it.
 */
#ifndef PREPROCESSOR_CLEAN_MARKDOWN_H
#define PREPROCESSOR_CLEAN_MARKDOWN_H

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "preprocessor/clean/draft.h"

/* Appends the text of `source` to `draft`.  Its title is that of the front
 * matter, else the first heading of level 1. */
void clean_markdown(struct mr_span source, struct mr_arena *arena,
                    struct clean_draft *draft);

#endif
