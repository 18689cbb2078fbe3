// SPDX-License-Identifier: Apache-2.0
/*
 * utf8.c - see utf8.h.
 *
 * A sequence is its first byte, which fixes the length and the range of the
 * second, and continuation bytes 0x80..0xBF (Unicode 15, table 3-7).
 */
#include "common/text/utf8.h"

#include "common/base/mr_assert.h"

struct lead {
    uint8_t more; /* bytes that follow; 0: no sequence begins so */
    uint8_t low;  /* of the second byte */
    uint8_t high;
    uint8_t bits; /* of the first byte, that count */
};

static struct lead lead_of(uint8_t byte)
{
    if (byte >= 0xC2u && byte <= 0xDFu)
        return (struct lead){ 1, 0x80, 0xBF, 0x1F };
    if (byte >= 0xE0u && byte <= 0xEFu)
        return (struct lead){ 2, byte == 0xE0u ? 0xA0 : 0x80,
                              byte == 0xEDu ? 0x9F : 0xBF, 0x0F };
    if (byte >= 0xF0u && byte <= 0xF4u)
        return (struct lead){ 3, byte == 0xF0u ? 0x90 : 0x80,
                              byte == 0xF4u ? 0x8F : 0xBF, 0x07 };
    return (struct lead){ 0, 0, 0, 0 };
}

/* Like mr_utf8_next(), and says whether the bytes were right: U+FFFD may also
 * be there as itself. */
static bool next_wide(const uint8_t *data, size_t size, size_t *at,
                      uint32_t *out)
{
    struct lead lead = lead_of(data[*at]);
    uint32_t value = data[(*at)++] & lead.bits;

    *out = MR_UTF8_BAD;
    if (lead.more == 0)
        return false;
    for (uint8_t i = 0; i < lead.more; i++) {
        if (*at == size || data[*at] < lead.low || data[*at] > lead.high)
            return false;
        value = value << 6 | (data[(*at)++] & 0x3Fu);
        lead.low = 0x80;
        lead.high = 0xBF;
    }
    *out = value;
    return true;
}

uint32_t mr_utf8_next_wide(const uint8_t *data, size_t size, size_t *at)
{
    uint32_t value;

    (void)next_wide(data, size, at, &value);
    return value;
}

size_t mr_utf8_encode(uint32_t code_point, uint8_t out[MR_UTF8_BYTES_MAX])
{
    MR_ASSERT(code_point <= 0x10FFFFu);
    MR_ASSERT(code_point < 0xD800u || code_point > 0xDFFFu);

    if (code_point < 0x80u) {
        out[0] = (uint8_t)code_point;
        return 1;
    }
    if (code_point < 0x800u) {
        out[0] = (uint8_t)(0xC0u | code_point >> 6);
        out[1] = (uint8_t)(0x80u | (code_point & 0x3Fu));
        return 2;
    }
    if (code_point < 0x10000u) {
        out[0] = (uint8_t)(0xE0u | code_point >> 12);
        out[1] = (uint8_t)(0x80u | (code_point >> 6 & 0x3Fu));
        out[2] = (uint8_t)(0x80u | (code_point & 0x3Fu));
        return 3;
    }
    out[0] = (uint8_t)(0xF0u | code_point >> 18);
    out[1] = (uint8_t)(0x80u | (code_point >> 12 & 0x3Fu));
    out[2] = (uint8_t)(0x80u | (code_point >> 6 & 0x3Fu));
    out[3] = (uint8_t)(0x80u | (code_point & 0x3Fu));
    return 4;
}

bool mr_utf8_valid(struct mr_span bytes)
{
    size_t at = 0;

    while (at < bytes.size) {
        uint32_t value;

        if (bytes.data[at] < 0x80u)
            at++;
        else if (!next_wide(bytes.data, bytes.size, &at, &value))
            return false;
    }
    return true;
}
