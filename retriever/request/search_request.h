// SPDX-License-Identifier: Apache-2.0
/*
 * search_request.h - bodies of POST on search and answer, as plain structs.
 *
 * {"query", "mode": "hybrid"|"dense"|"keyword", "top_k", "per_document",
 *  "filter", "explain", "exact", "exact_stats", "draft", "at_least"}
 *
 * A filter is an object; all of its members are to hold:
 *   {"year": 2024}                   equal
 *   {"lang": ["en", "de"]}           one of them
 *   {"year": {"gte": 2020, "lt": 2025}}      gt gte lt lte
 *   {"lang": {"not": ["fr"]}}, {"lang": {"exists": true}}
 * Keys beginning with "$" are of the document itself: "$id", "$source",
 * "$language".
 *
 * Memory:  what is read borrows the parsed JSON or lies in the arena.
 * Threads: any.  I/O: none.
 */
#ifndef RETRIEVER_REQUEST_SEARCH_REQUEST_H
#define RETRIEVER_REQUEST_SEARCH_REQUEST_H

#include <stdbool.h>

#include "common/json/json.h"
#include "indexer/peer.h"

#define SEARCH_QUERY_BYTES_MAX 8192u
#define SEARCH_CONDITIONS_MAX  64u

enum search_mode {
    SEARCH_HYBRID,
    SEARCH_DENSE,
    SEARCH_KEYWORD,
};

/* "hybrid", "dense", "keyword"; static. */
const char *search_mode_name(enum search_mode mode);

/* False for anything but a name above. */
bool search_mode_of(struct mr_span name, enum search_mode *out);

struct search_request {
    struct mr_span query;
    enum search_mode mode;
    uint32_t top_k;
    uint32_t per_document;
    struct index_filter filter; /* count 0: none */
    bool explain;
    bool exact;
    bool exact_stats;        /* none out of a cache */
    bool draft;              /* somebody is still typing: leaves no event */
    struct mr_span at_least; /* a token, or absent */
    const struct peer_at_least *least; /* what it means, set by who knows */
};

/* Fills what the body says over the defaults that `out` holds already.
 * MR_E_INVALID with words for whoever sent it. */
MR_MUST_CHECK enum mr_code search_request_parse(const struct mr_json *body,
                                                struct mr_arena *arena,
                                                struct search_request *out,
                                                struct mr_err *err);

#endif
