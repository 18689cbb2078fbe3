// SPDX-License-Identifier: Apache-2.0
/*
 * gunzip.h - files that are compressed themselves, such as sitemap.xml.gz.
 * (What a server compresses on the way, the HTTP client has undone already.)
 *
 * Memory:  what comes out goes into the caller's buffer, up to its limit.
 * Threads: any.
 * I/O:     none.
 */
#ifndef INGESTOR_WEB_GUNZIP_H
#define INGESTOR_WEB_GUNZIP_H

#include <stdbool.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_status.h"

/* Whether it begins as a gzip file does. */
bool gunzip_is(struct mr_span bytes);

/* All members of the file, one after the other.  MR_E_CORRUPT: it is damaged
 * or cut off.  MR_E_LIMIT: more comes out than `out` takes. */
MR_MUST_CHECK enum mr_code gunzip(struct mr_span bytes, struct mr_buf *out,
                                  struct mr_err *err);

#endif
