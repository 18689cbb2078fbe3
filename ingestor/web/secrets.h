// SPDX-License-Identifier: Apache-2.0
/*
 * secrets.h - headers and cookies that a source sends, from text files.
 *
 * Headers: "Name: value" lines; empty lines and lines that begin with "#" are
 * left out.  They go to the seed's host only, and never from https to http.
 * Cookies: the file that browsers and curl call "Netscape": seven fields by
 * tabs (domain, whether for subdomains, path, whether for https only, expiry
 * in seconds or 0, name, value); "#HttpOnly_" before a domain is taken off.
 *
 * No message quotes a value.
 *
 * Memory:  owned by the secrets.
 * Threads: read by any.  I/O: none.
 */
#ifndef INGESTOR_WEB_SECRETS_H
#define INGESTOR_WEB_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_status.h"
#include "common/ports/http.h"
#include "common/text/url.h"

#define SECRETS_FILE_BYTES_MAX ((size_t)1024 * 1024)
#define SECRETS_HEADERS_MAX    32u
#define SECRETS_COOKIES_MAX    1000u
/* What common/http/client.h sends of one header. */
#define SECRETS_VALUE_BYTES_MAX 8000u

struct secrets;

struct secrets *secrets_new(void);

/* Wipes and frees; NULL does nothing. */
void secrets_free(struct secrets *secrets);

/* MR_E_CONFIG: names the line and what is wrong with its form. */
MR_MUST_CHECK enum mr_code secrets_add_headers(struct secrets *secrets,
                                               struct mr_span text,
                                               struct mr_err *err);
MR_MUST_CHECK enum mr_code secrets_add_cookies(struct secrets *secrets,
                                               struct mr_span text,
                                               struct mr_err *err);

/*
 * What goes with a request for `url` of the source whose seed is `seed`; at
 * most SECRETS_HEADERS_MAX + 1 headers into `out`, which gets how many.  Their
 * texts live in `arena` or as long as the secrets.
 */
size_t secrets_for(const struct secrets *secrets, const struct mr_url *seed,
                   const struct mr_url *url, int64_t now_ms,
                   struct mr_arena *arena, struct mr_http_header *out);

#endif
