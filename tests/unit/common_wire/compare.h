// SPDX-License-Identifier: Apache-2.0
/*
 * compare.h - field by field, are two messages one?  For libcheck tests.
 *
 * Absent and empty are told apart.
 */
#ifndef TESTS_UNIT_COMMON_WIRE_COMPARE_H
#define TESTS_UNIT_COMMON_WIRE_COMPARE_H

#include "tests/unit/common_wire/compare_fields.h"
#include "tests/unit/common_wire/shard_compare.h"

/* Compares two structs of the message whose samples begin with `name`. */
static inline void same_any(const char *name, const union any *a,
                            const union any *b)
{
#define SAME_KIND(kind)                                   \
    do {                                                  \
        if (strncmp(name, #kind, sizeof(#kind) - 1) == 0) \
            same_##kind(&a->kind, &b->kind);              \
    } while (0)

    SAME_KIND(raw);
    SAME_KIND(clean);
    SAME_KIND(signature);
    SAME_KIND(verdict);
    SAME_KIND(document);
    SAME_KIND(vectors);
    SAME_KIND(dead);
    SAME_KIND(event);
    SAME_KIND(control);
    SAME_KIND(checkpoint);
    SAME_KIND(shard_request);
    SAME_KIND(shard_reply);
#undef SAME_KIND
}

#endif
