// SPDX-License-Identifier: Apache-2.0
/*
 * utf8.c - see utf8.h.
 */
#include "common/wire/utf8.h"

#define ASCII_MASK 0x8080808080808080u

static size_t skip_ascii(struct mr_span text, size_t at)
{
    uint64_t word;

    while (text.size - at >= sizeof(word)) {
        memcpy(&word, text.data + at, sizeof(word));
        if ((word & ASCII_MASK) != 0)
            break;
        at += sizeof(word);
    }
    while (at < text.size && text.data[at] < 0x80)
        at++;
    return at;
}

static bool continues(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the character that begins with a byte of 0x80 or more, or 0. */
static size_t character(const uint8_t *at, size_t left)
{
    uint8_t low = 0x80;
    uint8_t high = 0xBF;

    if (at[0] < 0xC2 || at[0] > 0xF4 || left < 2)
        return 0;
    if (at[0] < 0xE0)
        return continues(at[1]) ? 2 : 0;
    if (at[0] == 0xE0)
        low = 0xA0;
    else if (at[0] == 0xED)
        high = 0x9F;
    else if (at[0] == 0xF0)
        low = 0x90;
    else if (at[0] == 0xF4)
        high = 0x8F;
    if (at[1] < low || at[1] > high || left < 3 || !continues(at[2]))
        return 0;
    if (at[0] < 0xF0)
        return 3;
    return left >= 4 && continues(at[3]) ? 4 : 0;
}

size_t mr_wire_utf8_prefix(struct mr_span text)
{
    size_t at = 0;

    for (;;) {
        size_t size;

        at = skip_ascii(text, at);
        if (at == text.size)
            return at;
        size = character(text.data + at, text.size - at);
        if (size == 0)
            return at;
        at += size;
    }
}
