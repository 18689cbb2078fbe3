// SPDX-License-Identifier: Apache-2.0
/*
 * mr_status.c - see mr_status.h.
 */
#include "common/base/mr_status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"

enum mr_code mr_fail(struct mr_err *err, enum mr_code code, const char *fmt,
                     ...)
{
    MR_ASSERT(code != MR_OK);

    if (err != NULL) {
        va_list args;

        err->code = code;
        va_start(args, fmt);
        (void)vsnprintf(err->text, sizeof(err->text), fmt, args);
        va_end(args);
    }
    return code;
}

enum mr_code mr_fail_errno(struct mr_err *err, enum mr_code code, int number,
                           const char *fmt, ...)
{
    MR_ASSERT(code != MR_OK);

    if (err != NULL) {
        va_list args;
        size_t used;

        err->code = code;
        va_start(args, fmt);
        (void)vsnprintf(err->text, sizeof(err->text), fmt, args);
        va_end(args);
        used = strlen(err->text);
        (void)snprintf(err->text + used, sizeof(err->text) - used, ": %s",
                       strerror(number));
    }
    return code;
}

enum mr_class mr_class_of(enum mr_code code)
{
    /* No default: a new code without a class must not compile. */
    switch (code) {
    case MR_OK:
        return MR_CLASS_NONE;
    case MR_E_CORRUPT:
    case MR_E_INVALID:
    case MR_E_LIMIT:
        return MR_CLASS_POISON;
    case MR_E_TIMEOUT:
    case MR_E_UNAVAILABLE:
        return MR_CLASS_RETRY;
    case MR_E_CONFIG:
    case MR_E_BUSY:
    case MR_E_LOST:
    case MR_E_DAMAGED:
    case MR_E_FENCED:
    case MR_E_CANCELLED:
        return MR_CLASS_FATAL;
    }
    MR_UNREACHABLE();
}

const char *mr_code_name(enum mr_code code)
{
    switch (code) {
    case MR_OK:
        return "ok";
    case MR_E_CORRUPT:
        return "corrupt";
    case MR_E_INVALID:
        return "invalid";
    case MR_E_LIMIT:
        return "limit";
    case MR_E_TIMEOUT:
        return "timeout";
    case MR_E_UNAVAILABLE:
        return "unavailable";
    case MR_E_CONFIG:
        return "config";
    case MR_E_BUSY:
        return "busy";
    case MR_E_LOST:
        return "lost";
    case MR_E_DAMAGED:
        return "damaged";
    case MR_E_FENCED:
        return "fenced";
    case MR_E_CANCELLED:
        return "cancelled";
    }
    MR_UNREACHABLE();
}
