// SPDX-License-Identifier: Apache-2.0
/*
 * links.h - what a page of HTML says to a crawler.
 *
 * Links, its canonical address, where it refreshes to, and what its <meta
 * name="robots"> asks for.  Addresses are resolved against <base href> and
 * are canonical (url.h); those that are no http or https are left out.
 *
 * Memory:  results live in the caller's arena.
 * Threads: any, with a URL parser each.  I/O: none.  Linear in the page.
 * Limits:  MR_LINKS_MAX links of a page, the first ones.
 */
#ifndef COMMON_TEXT_LINKS_H
#define COMMON_TEXT_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/text/url.h"

#define MR_LINKS_MAX 10000u

struct mr_links {
    struct mr_span *urls; /* of <a href> that may be followed, without repeats
                             of the one before */
    size_t count;
    bool cut;                 /* there were more than MR_LINKS_MAX */
    struct mr_span canonical; /* <link rel="canonical">, or absent */
    struct mr_span refresh;   /* <meta http-equiv="refresh">, or absent */
    unsigned refresh_s;       /* after so many seconds */
    bool noindex;
    bool nofollow; /* of the page; `urls` is empty */
};

/* `source` is UTF-8, `url` the page's own.  A link with rel="nofollow" is left
 * out. */
void mr_links_find(struct mr_span source, struct mr_span url,
                   struct mr_url_parser *parser, struct mr_arena *arena,
                   struct mr_links *out);

/* Reads what <meta name="robots"> or an X-Robots-Tag header says, such as
 * "noindex, nofollow" or "none", and sets the two flags, never clears them.
 * Words after "bot:" count for `agent` only. */
void mr_links_robots(struct mr_span text, struct mr_span agent, bool *noindex,
                     bool *nofollow);

#endif
