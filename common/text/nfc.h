// SPDX-License-Identifier: Apache-2.0
/*
 * nfc.h - any bytes as UTF-8 in normal form C, with a map back to them.
 *
 * What comes out is UTF-8, in Unicode's normal form C (UAX #15), and holds no
 * control character but "\n" and "\t":
 *   - bytes that are not UTF-8 become U+FFFD, as utf8.h has it;
 *   - "\r\n", "\r" and U+0085 become "\n"; other controls (general category
 *     Cc) are left out;
 *   - byte order marks (U+FEFF) at the very beginning are left out.
 * It is a fixed point: what came out goes through unchanged.
 *
 * Text that is fine already, which is nearly all, is copied in long runs (the
 * quick check of UAX #15); only stretches from a starter up to the next that
 * stands by itself go through libunistring.
 *
 * Memory:  appends to the caller's buffer: at most 3 bytes for each byte.
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_TEXT_NFC_H
#define COMMON_TEXT_NFC_H

#include <stddef.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/text/source_map.h"

/* What was not fine. */
struct mr_nfc_counts {
    size_t bad;      /* U+FFFD written for bytes that are not UTF-8 */
    size_t controls; /* left out, NUL among them, CR of line ends not */
    size_t nuls;
};

/*
 * Appends the normal form of `text` to `out` (whose limit should be 3 times
 * its size) and its runs to `map`, which may be NULL.  Counts are added up.
 */
void mr_nfc(struct mr_span text, struct mr_buf *out, struct mr_source_map *map,
            struct mr_nfc_counts *counts);

#endif
