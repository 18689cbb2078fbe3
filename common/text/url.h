// SPDX-License-Identifier: Apache-2.0
/*
 * url.h - addresses of pages: parsed, resolved and in one canonical form.
 *
 * Parses as browsers do (the WHATWG URL standard, by lexbor) and knows http
 * and https only.  The canonical form is what the standard serialises, with
 *   - scheme and host in lower case, hosts in Unicode as punycode,
 *   - the scheme's own port left out, dot segments resolved, "/" for no path,
 *   - percent-encodings of letters, digits, "-", ".", "_" and "~" decoded, and
 *     the others in capitals (RFC 3986, 6.2.2),
 *   - neither fragment nor user and password.
 * Canonicalising a canonical URL changes nothing.
 *
 * Memory:  a parser keeps some KiB; results live in the caller's arena.
 * Threads: a parser one at a time.
 * I/O:     none.
 * Limits:  MR_URL_TEXT_MAX bytes before and after.
 */
#ifndef COMMON_TEXT_URL_H
#define COMMON_TEXT_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define MR_URL_TEXT_MAX 8192u

/* The parts point into `text`. */
struct mr_url {
    struct mr_span text;   /* canonical, ended by a zero byte */
    struct mr_span scheme; /* "http" or "https" */
    struct mr_span host;   /* "example.org", "127.0.0.1", "[::1]" */
    struct mr_span origin; /* "http://example.org:8080" */
    struct mr_span path;   /* begins with "/" */
    struct mr_span target; /* path, and "?" with the query if there is one */
    uint16_t port;         /* also when it is the scheme's own */
    bool had_secret;       /* a user or a password was left out */
};

struct mr_url_parser;

struct mr_url_parser *mr_url_parser_new(void);

/* NULL does nothing. */
void mr_url_parser_free(struct mr_url_parser *parser);

/*
 * Parses `text`, resolved against `base` (absent: it must be absolute).  Bytes
 * that are not UTF-8 count as U+FFFD.  MR_E_INVALID: no URL, or not one of the
 * web; MR_E_LIMIT: longer than MR_URL_TEXT_MAX.
 */
MR_MUST_CHECK enum mr_code mr_url_parse(struct mr_url_parser *parser,
                                        struct mr_span text,
                                        struct mr_span base,
                                        struct mr_arena *arena,
                                        struct mr_url *out, struct mr_err *err);

#endif
