// SPDX-License-Identifier: Apache-2.0
/*
 * scope.h - what a route asks of whoever calls it, and what a key gives.
 *
 * Each scope includes those before it: admin may do all that write may.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_HTTP_SCOPE_H
#define COMMON_HTTP_SCOPE_H

#include <stdbool.h>

#include "common/base/mr_span.h"

enum mr_scope {
    MR_SCOPE_UNSET, /* no route may say this: the server does not start */
    MR_SCOPE_OPEN,  /* anybody, without a key */
    MR_SCOPE_READ,  /* ask and look */
    MR_SCOPE_WRITE, /* documents */
    MR_SCOPE_ADMIN, /* what reads files of the server, and everything else */
};

/* "open", "read", "write", "admin"; static. */
const char *mr_scope_name(enum mr_scope scope);

/* Of a key: "read", "write" or "admin"; false for anything else. */
bool mr_scope_parse(struct mr_span name, enum mr_scope *out);

#endif
