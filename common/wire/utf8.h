// SPDX-License-Identifier: Apache-2.0
/*
 * utf8.h - is it UTF-8?  Private to common/wire.
 *
 * As in Unicode 15, table 3-7: no surrogates, nothing overlong, nothing past
 * U+10FFFF.  U+0000 is a character like others.
 *
 * Memory: borrows.  Threads: any.  I/O: none.
 */
#ifndef COMMON_WIRE_UTF8_H
#define COMMON_WIRE_UTF8_H

#include <stdbool.h>

#include "common/base/mr_span.h"

/* How many bytes from the beginning are whole, valid characters. */
size_t mr_wire_utf8_prefix(struct mr_span text);

static inline bool mr_wire_utf8_valid(struct mr_span text)
{
    return mr_wire_utf8_prefix(text) == text.size;
}

/* True when a character begins at `at`, or the text ends there. */
static inline bool mr_wire_utf8_border(struct mr_span text, size_t at)
{
    return at == text.size ||
           (at < text.size && (text.data[at] & 0xC0) != 0x80);
}

#endif
