// SPDX-License-Identifier: Apache-2.0
/*
 * trace.c - see trace.h.
 */
#include "common/runtime/trace.h"

#include <stdbool.h>

/* Where the parts begin, and how many digits they have. */
static const struct {
    size_t at;
    size_t digits;
    bool some; /* not all of them 0 */
} parts[] = {
    { 0, 2, false },
    { 3, 32, true },
    { 36, 16, true },
    { 53, 2, false },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static bool is_part(const uint8_t *digits, size_t count, bool some)
{
    bool zero = true;

    for (size_t i = 0; i < count; i++) {
        uint8_t digit = digits[i];

        if ((digit < '0' || digit > '9') && (digit < 'a' || digit > 'f'))
            return false;
        zero = zero && digit == '0';
    }
    return !some || !zero;
}

struct mr_span mr_trace_of(struct mr_span header)
{
    const struct mr_span none = { 0 };
    const uint8_t *data = header.data;

    if (header.size < MR_TRACE_SIZE)
        return none;
    for (size_t i = 0; i < PARTS; i++) {
        size_t end = parts[i].at + parts[i].digits;

        if (!is_part(data + parts[i].at, parts[i].digits, parts[i].some) ||
            (i + 1 < PARTS && data[end] != '-'))
            return none;
    }
    if (data[0] == 'f' && data[1] == 'f')
        return none;
    if (header.size > MR_TRACE_SIZE &&
        ((data[0] == '0' && data[1] == '0') || data[MR_TRACE_SIZE] != '-'))
        return none;
    return mr_span(data, MR_TRACE_SIZE);
}
