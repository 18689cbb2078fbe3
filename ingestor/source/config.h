// SPDX-License-Identifier: Apache-2.0
/*
 * config.h - a source's configuration: defaults, limits, and as JSON.
 *
 * JSON is what POST /v1/sources takes and what the store keeps: an object of
 * the members of struct source_config, "url", "path" or "topic" saying the
 * kind.
 *
 * Memory:  what is read or copied lives in the caller's arena.
 * Threads: any.  I/O: none.
 */
#ifndef INGESTOR_SOURCE_CONFIG_H
#define INGESTOR_SOURCE_CONFIG_H

#include "common/base/mr_arena.h"
#include "common/json/json.h"
#include "common/text/url.h"
#include "ingestor/ingestor.h"

/* A deep copy. */
struct source_config config_copy(const struct source_config *config,
                                 struct mr_arena *arena);

/*
 * Checks limits, puts the URL into canonical form and cuts the path's last
 * "/", into `out` (texts in the arena).  The name may still be NULL.
 * MR_E_INVALID says which member, what it is and what it should be.
 */
MR_MUST_CHECK enum mr_code config_check(const struct source_config *config,
                                        struct mr_url_parser *parser,
                                        struct mr_arena *arena,
                                        struct source_config *out,
                                        struct mr_err *err);

/* A name made of url or path, such as "example.org-docs"; with `salted`, with
 * a hash at its end, for when the plain one is taken. */
char *config_make_name(const struct source_config *config, bool salted,
                       struct mr_arena *arena);

/* Whether the two read the same thing. */
bool config_same_origin(const struct source_config *a,
                        const struct source_config *b);

/* MR_E_INVALID: an unknown member, one of a wrong kind, or not one of
 * "url", "path" and "topic". */
MR_MUST_CHECK enum mr_code config_from_json(const struct mr_json *json,
                                            struct mr_arena *arena,
                                            struct source_config *out,
                                            struct mr_err *err);

/* The members that are there, over what `out` holds of the same origin. */
MR_MUST_CHECK enum mr_code config_over_json(const struct mr_json *json,
                                            struct mr_arena *arena,
                                            struct source_config *out,
                                            struct mr_err *err);

/* The members, as one object. */
void config_to_json(const struct source_config *config,
                    struct mr_json_out *out);

#endif
