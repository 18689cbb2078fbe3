// SPDX-License-Identifier: Apache-2.0
/*
 * route.c - see route.h.
 */
#include "common/http/route.h"

#include <string.h>

#include "common/base/mr_assert.h"

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

struct mr_span route_decode(struct mr_span text, bool plus,
                            struct mr_arena *arena)
{
    uint8_t *out = mr_arena_alloc(arena, text.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];

        if (byte == '%' && i + 2 < text.size &&
            hex_digit(text.data[i + 1]) >= 0 &&
            hex_digit(text.data[i + 2]) >= 0) {
            byte = (uint8_t)(hex_digit(text.data[i + 1]) * 16 +
                             hex_digit(text.data[i + 2]));
            i += 2;
        } else if (plus && byte == '+') {
            byte = ' ';
        }
        out[size++] = byte;
    }
    out[size] = '\0';
    return mr_span(out, size);
}

bool route_match(const char *pattern, const char *path, struct mr_arena *arena,
                 struct mr_span *args, size_t *arg_count)
{
    size_t count = 0;

    while (*pattern != '\0') {
        const char *close;
        size_t size;

        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        close = strchr(pattern, '}');
        MR_ASSERT(close != NULL && count < ROUTE_ARGS_MAX);
        size = close[1] == '\0' ? strlen(path) : strcspn(path, "/");
        if (size == 0)
            return false;
        args[count++] = route_decode(mr_span(path, size), false, arena);
        path += size;
        pattern = close + 1;
    }
    *arg_count = count;
    return *path == '\0';
}
