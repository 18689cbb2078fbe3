// SPDX-License-Identifier: Apache-2.0
/*
 * refresh.h - when to look again: at a page, and at a host that is busy.
 *
 * A page that changed is looked at again after half its interval, one that did
 * not after half as much more, between a quarter and eight times what the
 * source was configured with.
 *
 * Threads: any.  I/O: none.
 */
#ifndef INGESTOR_WEB_REFRESH_H
#define INGESTOR_WEB_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_ATTEMPTS_MAX 3u
#define RETRY_FIRST_MS     1000
#define RETRY_AFTER_MS_MAX ((int64_t)10 * 60 * 1000)

/* The longest interval between two looks at a page. */
int64_t refresh_interval_max(int64_t every_ms);

/* The next interval after `interval_ms` (0: never looked at before). */
int64_t refresh_interval(int64_t interval_ms, int64_t every_ms, bool changed);

/* How long a host that asked for it is left alone: the attempt (from 1)
 * doubles RETRY_FIRST_MS, and Retry-After (`header`, NULL for none; seconds or
 * a date of HTTP, by `now_ms`) lengthens it.  -1: longer than
 * RETRY_AFTER_MS_MAX, so not in this crawl. */
int64_t refresh_backoff(unsigned attempt, const char *header, int64_t now_ms);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7) in ms since 1970; -1 for
 * anything else. */
int64_t refresh_http_date(const char *text);

#endif
