// SPDX-License-Identifier: Apache-2.0
/*
 * tokens.c - see tokens.h.
 */
#include "retriever/context/tokens.h"

#include <stdbool.h>

#define LETTERS 3u /* of a token */

static bool is_letter(uint8_t byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

/* Of a character beyond ASCII, by its first byte; the others count nothing. */
static size_t of_character(uint8_t byte)
{
    if (byte >= 0xF0)
        return 3;
    if (byte >= 0xE0)
        return 2;
    return byte >= 0xC0 ? 1 : 0;
}

size_t context_tokens(struct mr_span text)
{
    size_t tokens = 0;
    size_t at = 0;

    while (at < text.size) {
        size_t begin = at;
        uint8_t byte = text.data[at];

        while (at < text.size && is_letter(text.data[at]))
            at++;
        tokens += (at - begin + LETTERS - 1) / LETTERS;
        if (at > begin)
            continue;
        at++;
        if (byte >= 0x80)
            tokens += of_character(byte);
        else if (byte != ' ' || at == text.size || text.data[at] == ' ')
            tokens++;
    }
    return tokens;
}
