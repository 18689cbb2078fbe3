// SPDX-License-Identifier: Apache-2.0
/*
 * charset.h - which encoding bytes are in, and out of it into UTF-8.
 *
 * Encodings and their labels are those of the WHATWG Encoding standard, so a
 * page reads as in a browser: "iso-8859-1" is windows-1252, "gb2312" is GBK.
 *
 * Memory:  appends to the caller's buffer; names are static.
 * Threads: any.  I/O: none.  Linear in the bytes.
 */
#ifndef COMMON_TEXT_CHARSET_H
#define COMMON_TEXT_CHARSET_H

#include <stdbool.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/text/source_map.h"

/* How much of a page is searched for <meta charset>, as in browsers. */
#define MR_CHARSET_PRESCAN_BYTES 1024u

/*
 * The encoding's name, such as "UTF-8" or "Shift_JIS".  In this order: a byte
 * order mark; what the transport said, if that is a known label; for HTML what
 * the page says of itself; UTF-8 if the bytes are, or nearly so; windows-1252.
 * Labels for the last two do not count where the bytes show them wrong.
 */
const char *mr_charset_find(struct mr_span bytes, struct mr_span transport,
                            bool html);

/* Whether bytes of this encoding are read as they are. */
bool mr_charset_is_utf8(const char *name);

/*
 * Appends the bytes, in the encoding named by mr_charset_find(), as UTF-8 to
 * `out`, which should have room for 4 times the bytes.  A byte order mark is
 * left out; what is no text becomes U+FFFD.  The map has a run for about every
 * 256 bytes.
 */
void mr_charset_decode(struct mr_span bytes, const char *name,
                       struct mr_buf *out, struct mr_source_map *map);

#endif
