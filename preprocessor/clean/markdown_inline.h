// SPDX-License-Identifier: Apache-2.0
/*
 * markdown_inline.h - the marks inside a paragraph of Markdown.
 *
 * Memory:  works on the caller's flags, allocates nothing.
 * Threads: any.  I/O: none.  Linear in the bytes.
 */
#ifndef PREPROCESSOR_CLEAN_MARKDOWN_INLINE_H
#define PREPROCESSOR_CLEAN_MARKDOWN_INLINE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

/*
 * Clears keep[i] for every byte of `source` from `start` up to `end` that is a
 * mark: of emphasis, code, links, images, HTML tags, escapes.  `keep` has a
 * byte for each byte of the source.  Adds the bytes of link texts to `linked`.
 */
void clean_markdown_inline(struct mr_span source, uint8_t *keep, size_t start,
                           size_t end, size_t *linked);

#endif
