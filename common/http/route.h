// SPDX-License-Identifier: Apache-2.0
/*
 * route.h - whether a path is meant by a pattern, and percent-decoding.
 *
 * Memory: decoded bytes lie in the arena.  Threads: any.  I/O: none.
 */
#ifndef COMMON_HTTP_ROUTE_H
#define COMMON_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"

#define ROUTE_ARGS_MAX 4u

/* Decodes %XX; with `plus`, "+" is a space.  A "%" without two hexadecimal
 * digits stays as it is. */
struct mr_span route_decode(struct mr_span text, bool plus,
                            struct mr_arena *arena);

/*
 * Matches `path` (not decoded, no query) against `pattern`.  `args` gets what
 * stands for each {name}, decoded, at most ROUTE_ARGS_MAX.  A {name} is never
 * empty.
 */
bool route_match(const char *pattern, const char *path, struct mr_arena *arena,
                 struct mr_span *args, size_t *arg_count);

#endif
