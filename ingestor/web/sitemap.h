// SPDX-License-Identifier: Apache-2.0
/*
 * sitemap.h - addresses out of a sitemap: sitemaps.org 0.9, XML or plain text,
 * also as a gzip file.
 *
 * Reads what it can of files that are not quite right: any namespace, missing
 * <loc>, unclosed elements, no declaration.  Entities and CDATA are resolved;
 * the five entities of XML and numbers are known, others stay as they are, and
 * none is ever expanded further.
 *
 * Memory:  results live in the caller's arena.
 * Threads: any.  I/O: none.  Linear in the text.
 * Limits:  SITEMAP_URLS_MAX is the protocol's; an address longer than
 *          SITEMAP_URL_BYTES_MAX is left out.
 */
#ifndef INGESTOR_WEB_SITEMAP_H
#define INGESTOR_WEB_SITEMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define SITEMAP_BYTES_MAX     ((size_t)50 * 1024 * 1024)
#define SITEMAP_URLS_MAX      50000u
#define SITEMAP_URL_BYTES_MAX 2048u

struct sitemap {
    bool is_index;        /* the addresses are those of sitemaps */
    struct mr_span *urls; /* as written, white space cut off */
    size_t count;
    bool cut; /* there were more than SITEMAP_URLS_MAX */
};

/* MR_E_CORRUPT: neither a sitemap nor a list of addresses, or a damaged gzip
 * file.  MR_E_LIMIT: a gzip file of more than SITEMAP_BYTES_MAX. */
MR_MUST_CHECK enum mr_code sitemap_parse(struct mr_span text,
                                         struct mr_arena *arena,
                                         struct sitemap *out,
                                         struct mr_err *err);

#endif
