// SPDX-License-Identifier: Apache-2.0
/*
 * scope.h - which addresses belong to a source of the web.
 *
 * The scope is the folder of the seed: what begins with the seed's address up
 * to its last "/".  http and https of one host on their own ports count as
 * one, so a site that moves to https stays in.  `include` adds addresses that
 * begin with a prefix, `exclude` takes away; both are absolute addresses or
 * paths of the seed's host, and exclude wins.
 *
 * Memory:  owned by the scope.
 * Threads: read by any.  I/O: none.
 */
#ifndef INGESTOR_WEB_SCOPE_H
#define INGESTOR_WEB_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_status.h"
#include "common/text/url.h"

#define SCOPE_PREFIXES_MAX 100u

struct scope;

enum scope_verdict {
    SCOPE_IN,
    SCOPE_OTHER_HOST,
    SCOPE_OTHER_FOLDER,
    SCOPE_EXCLUDED,
};

struct scope_spec {
    const struct mr_url *seed;
    const char *const *include;
    size_t include_count;
    const char *const *exclude;
    size_t exclude_count;
};

/* MR_E_INVALID: a prefix is neither an address nor a path, or there are more
 * than SCOPE_PREFIXES_MAX. */
MR_MUST_CHECK enum mr_code scope_new(const struct scope_spec *spec,
                                     struct mr_url_parser *parser,
                                     struct scope **out, struct mr_err *err);

/* NULL does nothing. */
void scope_free(struct scope *scope);

enum scope_verdict scope_of(const struct scope *scope,
                            const struct mr_url *url);

/* Whether the two are one host as far as a scope is concerned. */
bool scope_same_host(const struct mr_url *a, const struct mr_url *b);

/* For people: "outside the source's host"; static. */
const char *scope_words(enum scope_verdict verdict);

#endif
