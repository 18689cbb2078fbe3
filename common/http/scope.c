// SPDX-License-Identifier: Apache-2.0
/*
 * scope.c - see scope.h.
 */
#include "common/http/scope.h"

#include "common/base/mr_assert.h"

const char *mr_scope_name(enum mr_scope scope)
{
    switch (scope) {
    case MR_SCOPE_UNSET:
        return "unset";
    case MR_SCOPE_OPEN:
        return "open";
    case MR_SCOPE_READ:
        return "read";
    case MR_SCOPE_WRITE:
        return "write";
    case MR_SCOPE_ADMIN:
        return "admin";
    }
    MR_UNREACHABLE();
}

bool mr_scope_parse(struct mr_span name, enum mr_scope *out)
{
    static const enum mr_scope scopes[] = { MR_SCOPE_READ, MR_SCOPE_WRITE,
                                            MR_SCOPE_ADMIN };

    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if (mr_span_equal(name, mr_span_str(mr_scope_name(scopes[i])))) {
            *out = scopes[i];
            return true;
        }
    }
    return false;
}
