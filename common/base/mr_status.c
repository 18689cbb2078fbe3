// SPDX-License-Identifier: Apache-2.0
/*
 * mr_status.c - see mr_status.h.
 */
#include "common/base/mr_status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"

enum mr_code(mr_fail)(struct mr_err *err, enum mr_code code, const char *fmt,
                      ...)
{
    MR_ASSERT(code != MR_OK);

    if (err != NULL) {
        char text[MR_ERR_TEXT_MAX]; /* the arguments may hold err->text */
        va_list args;

        va_start(args, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        err->code = code;
        memcpy(err->text, text, strlen(text) + 1);
    }
    return code;
}

enum mr_code(mr_fail_errno)(struct mr_err *err, enum mr_code code, int number,
                            const char *fmt, ...)
{
    MR_ASSERT(code != MR_OK);

    if (err != NULL) {
        char text[MR_ERR_TEXT_MAX];
        char words[128];
        va_list args;
        size_t used;

        va_start(args, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used, ": %s",
                       strerror_r(number, words, sizeof(words)));
        err->code = code;
        memcpy(err->text, text, strlen(text) + 1);
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
