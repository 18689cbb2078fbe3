// SPDX-License-Identifier: Apache-2.0
/*
 * bert_chars.c - see bert_chars.h.
 */
#include "embedder/wordpiece/bert_chars.h"

#include <stdbool.h>

#include "common/base/mr_assert.h"

struct range {
    uint32_t first;
    uint32_t last;
};

/* Hugging Face, normalizers/bert.rs, is_chinese_char(). */
static const struct range ideographs[] = {
    { 0x3400, 0x4DBF },   { 0x4E00, 0x9FFF },   { 0xF900, 0xFAFF },
    { 0x20000, 0x2A6DF }, { 0x2A700, 0x2B73F }, { 0x2B740, 0x2B81F },
    { 0x2B920, 0x2CEAF }, { 0x2F800, 0x2FA1F },
};

/*
 * Where every Mn, P and Cf came after Unicode 8.  Found by comparing each code
 * point with the reference, Unicode 14 on our side.
 */
static const struct range newer[] = {
    { 0x61D, 0x61D },     { 0x7FD, 0x7FD },     { 0x890, 0x8E2 },
    { 0x9FD, 0x9FE },     { 0xA76, 0xA76 },     { 0xAFA, 0xAFF },
    { 0xB55, 0xB55 },     { 0xC04, 0xC3C },     { 0xC77, 0xC77 },
    { 0xC84, 0xC84 },     { 0xD00, 0xD00 },     { 0xD3B, 0xD3C },
    { 0xD81, 0xD81 },     { 0xEBA, 0xEBA },     { 0x180F, 0x1886 },
    { 0x1ABF, 0x1ACE },   { 0x1B7D, 0x1B7E },   { 0x1DF6, 0x1DFB },
    { 0x2E43, 0x2E5D },   { 0xA82C, 0xA82C },   { 0xA8C5, 0xA8C5 },
    { 0xA8FF, 0xA8FF },   { 0xA9BD, 0xA9BD },   { 0x10D24, 0x10F89 },
    { 0x11070, 0x11074 }, { 0x110C2, 0x110CD }, { 0x111CF, 0x111CF },
    { 0x1123E, 0x1123E }, { 0x1133B, 0x1133B }, { 0x11438, 0x1145E },
    { 0x11660, 0x1166C }, { 0x116B9, 0x116B9 }, { 0x1182F, 0x11FFF },
    { 0x12FF1, 0x13438 }, { 0x16E97, 0x16F4F }, { 0x16FE2, 0x16FE4 },
    { 0x1CF00, 0x1CF46 }, { 0x1E000, 0x1E2EF }, { 0x1E944, 0x1E95F },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool within(const struct range *ranges, size_t count,
                   uint32_t code_point)
{
    for (size_t i = 0; i < count; i++)
        if (code_point <= ranges[i].last)
            return code_point >= ranges[i].first;
    return false;
}

/* The category as the reference knows it. */
static uint32_t category_of(uint32_t code_point)
{
    uint32_t category = mr_unicode_category(code_point);

    /* Canadian syllabics chi sign: now So; Sharada sandhi mark: now Mn. */
    if (code_point == 0x166D || code_point == 0x111C9)
        return MR_UNICODE_PO;
    if (code_point == 0x1734) /* Hanunoo pamudpod: now Mc */
        return MR_UNICODE_MN;
    if (code_point >= 0x61D && within(newer, COUNT(newer), code_point))
        return MR_UNICODE_LO;
    return category;
}

static uint32_t lower_of(uint32_t code_point)
{
    /* Capitals of Unicode 16 with an older small letter. */
    if (code_point == 0xA7CB)
        return 0x264;
    if (code_point == 0xA7DC)
        return 0x19B;
    return mr_unicode_lower(code_point);
}

static bool is_punctuation(uint32_t code_point, uint32_t category)
{
    if (code_point < 0x80u) /* all that prints and isn't a letter or digit */
        return (category & (MR_UNICODE_PUNCTUATION | MR_UNICODE_SYMBOL)) != 0;
    return (category & MR_UNICODE_PUNCTUATION) != 0;
}

enum bert_class bert_class_of(uint32_t code_point)
{
    uint32_t category = category_of(code_point);
    uint32_t folded[MR_UNICODE_DECOMPOSED_MAX];
    size_t count;

    if (code_point == '\t' || code_point == '\n' || code_point == '\r')
        return BERT_SPACE;
    if (code_point == 0xFFFDu)
        return BERT_DROP;
    /* Unassigned code points are letters to the reference. */
    if ((category & MR_UNICODE_OTHER) != 0 && category != MR_UNICODE_CN)
        return BERT_DROP;
    if (mr_unicode_is_space(code_point))
        return BERT_SPACE;
    if (within(ideographs, COUNT(ideographs), code_point))
        return BERT_ALONE;
    count = bert_fold(code_point, folded);
    if (count != 1 || folded[0] != code_point)
        return BERT_FOLD;
    return is_punctuation(code_point, category) ? BERT_PUNCT : BERT_PLAIN;
}

size_t bert_fold(uint32_t code_point, uint32_t out[MR_UNICODE_DECOMPOSED_MAX])
{
    uint32_t decomposed[MR_UNICODE_DECOMPOSED_MAX];
    size_t count = mr_unicode_decompose(code_point, decomposed);
    size_t kept = 0;

    MR_ASSERT(count >= 1 && count <= MR_UNICODE_DECOMPOSED_MAX);
    for (size_t i = 0; i < count; i++)
        if (category_of(decomposed[i]) != MR_UNICODE_MN)
            out[kept++] = lower_of(decomposed[i]);
    return kept;
}
