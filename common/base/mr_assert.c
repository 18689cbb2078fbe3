// SPDX-License-Identifier: Apache-2.0
/*
 * mr_assert.c - see mr_assert.h.
 */
#include "common/base/mr_assert.h"

#include <stdio.h>
#include <stdlib.h>

void mr_assert_failed(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "millrace: %s:%d: assertion failed: %s\n", file, line,
                  what);
    abort();
}
