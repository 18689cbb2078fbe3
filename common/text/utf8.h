// SPDX-License-Identifier: Apache-2.0
/*
 * utf8.h - UTF-8 to code points and back, one at a time.
 *
 * Reads anything: bytes that are not UTF-8 give U+FFFD, one for each maximal
 * part that could have begun a sequence, as the Unicode standard (3.9, "U+FFFD
 * substitution of maximal subparts") and the Encoding standard have it.
 * Surrogates and what lies above U+10FFFF are not UTF-8.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_TEXT_UTF8_H
#define COMMON_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"

#define MR_UTF8_BAD       0xFFFDu
#define MR_UTF8_BYTES_MAX 4u

/* mr_utf8_next() for a first byte above 0x7F. */
uint32_t mr_utf8_next_wide(const uint8_t *data, size_t size, size_t *at);

/* The code point at data[*at], where *at < size, and *at moved behind it by 1
 * to 4 bytes. */
static inline uint32_t mr_utf8_next(const uint8_t *data, size_t size,
                                    size_t *at)
{
    if (data[*at] < 0x80u)
        return data[(*at)++];
    return mr_utf8_next_wide(data, size, at);
}

/* Writes a code point, which must not be a surrogate nor above U+10FFFF;
 * gives the number of bytes. */
size_t mr_utf8_encode(uint32_t code_point, uint8_t out[MR_UTF8_BYTES_MAX]);

/* Whether the bytes are UTF-8 throughout. */
bool mr_utf8_valid(struct mr_span bytes);

#endif
