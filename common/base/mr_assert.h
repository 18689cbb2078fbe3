// SPDX-License-Identifier: Apache-2.0
/*
 * mr_assert.h - our own beliefs, checked in every build.
 *
 * For what must be true if this program is right; never for input, which is
 * answered with an enum mr_code.  A failed assertion aborts: the bus delivers
 * the uncommitted messages again to the next process.
 */
#ifndef COMMON_BASE_MR_ASSERT_H
#define COMMON_BASE_MR_ASSERT_H

#include <assert.h> /* static_assert */

/* Prints place and expression to standard error and aborts. */
_Noreturn void mr_assert_failed(const char *file, int line, const char *what);

#define MR_ASSERT(expr) \
    ((expr) ? (void)0 : mr_assert_failed(__FILE__, __LINE__, #expr))

#define MR_UNREACHABLE() mr_assert_failed(__FILE__, __LINE__, "unreachable")

#endif
