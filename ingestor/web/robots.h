// SPDX-License-Identifier: Apache-2.0
/*
 * robots.h - what a host's robots.txt lets us fetch: RFC 9309.
 *
 * Groups that name our product token are merged; if none does, those for "*"
 * count.  The longest rule that matches decides, and of equally long ones
 * "allow"; "*" stands for any bytes and "$" at the end for the end.  Rules and
 * paths are compared percent-encoded in one form (common/text/url.h), so rules
 * with other characters than ASCII work.  Lines that are no rules end no
 * group.  As large crawlers do, "useragent", common misspellings of
 * "disallow" and a missing colon are understood.
 *
 * What the RFC says of a file that cannot be had is robots_of_status().
 *
 * A zeroed struct robots allows everything.
 *
 * Memory:  results live in the caller's arena.
 * Threads: any.  I/O: none.
 * Limits:  ROBOTS_BYTES_MAX is what RFC 9309 asks for at least; the rest of a
 *          larger file is not read.  ROBOTS_RULES_MAX and ROBOTS_SITEMAPS_MAX:
 *          later ones are left out.
 */
#ifndef INGESTOR_WEB_ROBOTS_H
#define INGESTOR_WEB_ROBOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"

#define ROBOTS_BYTES_MAX    ((size_t)500 * 1024)
#define ROBOTS_RULES_MAX    5000u
#define ROBOTS_SITEMAPS_MAX 100u
#define ROBOTS_DELAY_MS_MAX 60000

struct robots_rule {
    struct mr_span pattern;
    bool allow;
};

struct robots {
    struct robots_rule *rules;
    size_t rule_count;
    struct mr_span *sitemaps; /* as written; may be relative */
    size_t sitemap_count;
    int64_t delay_ms; /* Crawl-delay, at most ROBOTS_DELAY_MS_MAX; 0: none */
    bool named;       /* a group names our token */
};

/* `token` is the name before "/" of the user agent. */
void robots_parse(struct mr_span text, struct mr_span token,
                  struct mr_arena *arena, struct robots *out);

/* `target` is path and query of a canonical URL. */
bool robots_allows(const struct robots *robots, struct mr_span target);

enum robots_answer {
    ROBOTS_READ,   /* 2xx: what it says */
    ROBOTS_ALLOW,  /* 4xx but 429: there is none, everything is allowed */
    ROBOTS_FORBID, /* 429, 5xx, no answer: nothing is */
};

/* `status` 0: no answer came.  Redirects are the caller's. */
enum robots_answer robots_of_status(int status);

/* The product token of a user agent: "millrace" of "millrace/0.1 (...)". */
struct mr_span robots_token(const char *user_agent);

#endif
