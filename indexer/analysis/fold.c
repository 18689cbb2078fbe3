// SPDX-License-Identifier: Apache-2.0
/*
 * fold.c - see fold.h.
 */
#include "indexer/analysis/fold.h"

#include "common/text/unicode.h"
#include "common/text/utf8.h"

/* Letters that no decomposition leads to plain ones, rising. */
static const struct {
    uint16_t from;
    const char *to;
} plain[] = {
    { 0x00DF, "ss" }, { 0x00E6, "ae" },  { 0x00F0, "d" },  { 0x00F8, "o" },
    { 0x00FE, "th" }, { 0x0111, "d" },   { 0x0127, "h" },  { 0x0131, "i" },
    { 0x0142, "l" },  { 0x0153, "oe" },  { 0x0167, "t" },  { 0x0180, "b" },
    { 0x019A, "l" },  { 0x01B6, "z" },   { 0x0268, "i" },  { 0x0289, "u" },
    { 0x03C2, "σ" },  { 0x0451, "е" },   { 0xFB00, "ff" }, { 0xFB01, "fi" },
    { 0xFB02, "fl" }, { 0xFB03, "ffi" },
};

static bool append(const uint8_t *bytes, size_t size, uint8_t *out,
                   size_t *used, size_t room)
{
    if (size > room - *used)
        return false;
    for (size_t i = 0; i < size; i++)
        out[(*used)++] = bytes[i];
    return true;
}

static bool append_code_point(uint32_t code_point, uint8_t *out, size_t *used,
                              size_t room)
{
    uint8_t bytes[MR_UTF8_BYTES_MAX];
    size_t size = mr_utf8_encode(code_point, bytes);

    return append(bytes, size, out, used, room);
}

static uint32_t lower_of(uint32_t code_point, bool turkish)
{
    if (code_point >= 'A' && code_point <= 'Z')
        return turkish && code_point == 'I' ? 0x0131u : code_point + 32;
    if (code_point < 0x80u)
        return code_point;
    if (code_point == 0x2019u)
        return '\'';
    if (code_point >= 0xFF01u && code_point <= 0xFF5Eu)
        return lower_of(code_point - 0xFEE0u, turkish);
    return mr_unicode_lower(code_point);
}

size_t fold_case(struct mr_span word, bool turkish, uint8_t *out, size_t room)
{
    size_t used = 0;
    size_t at = 0;

    while (at < word.size) {
        uint32_t code_point = mr_utf8_next(word.data, word.size, &at);

        if (code_point >= 0x80u &&
            (mr_unicode_category(code_point) & MR_UNICODE_CF))
            continue;
        if (!append_code_point(lower_of(code_point, turkish), out, &used, room))
            break;
    }
    return used;
}

static const char *plain_of(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (plain[i].from >= code_point)
            return plain[i].from == code_point ? plain[i].to : NULL;
    return NULL;
}

/* Latin and Greek, with their extensions. */
static bool has_accents(uint32_t code_point)
{
    return code_point < 0x0250u ||
           (code_point >= 0x0370u && code_point < 0x0400u) ||
           (code_point >= 0x1E00u && code_point < 0x2000u);
}

size_t fold_accents(struct mr_span word, uint8_t *out, size_t room)
{
    size_t used = 0;
    size_t at = 0;
    bool fits = true;

    while (at < word.size && fits) {
        uint32_t code_point = mr_utf8_next(word.data, word.size, &at);
        uint32_t parts[MR_UNICODE_DECOMPOSED_MAX] = { code_point };
        const char *known = NULL;

        if (code_point >= 0x0300u && code_point < 0x0370u)
            continue;
        if (code_point >= 0x80u)
            known = plain_of(code_point);
        if (code_point >= 0x80u && has_accents(code_point))
            (void)mr_unicode_decompose(code_point, parts);
        if (known != NULL)
            fits =
                append((const uint8_t *)known, strlen(known), out, &used, room);
        else
            fits = append_code_point(parts[0], out, &used, room);
    }
    return used;
}
