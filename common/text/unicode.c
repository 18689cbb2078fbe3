// SPDX-License-Identifier: Apache-2.0
/*
 * unicode.c - see unicode.h.
 */
#include "common/text/unicode.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "common/base/mr_assert.h"

static_assert(MR_UNICODE_LU == (int)UC_CATEGORY_MASK_Lu, "bits differ");
static_assert(MR_UNICODE_MN == (int)UC_CATEGORY_MASK_Mn, "bits differ");
static_assert(MR_UNICODE_ND == (int)UC_CATEGORY_MASK_Nd, "bits differ");
static_assert(MR_UNICODE_PO == (int)UC_CATEGORY_MASK_Po, "bits differ");
static_assert(MR_UNICODE_SO == (int)UC_CATEGORY_MASK_So, "bits differ");
static_assert(MR_UNICODE_ZP == (int)UC_CATEGORY_MASK_Zp, "bits differ");
static_assert(MR_UNICODE_CN == (int)UC_CATEGORY_MASK_Cn, "bits differ");
static_assert(MR_UNICODE_LETTER == UC_CATEGORY_MASK_L, "bits differ");
static_assert(MR_UNICODE_MARK == UC_CATEGORY_MASK_M, "bits differ");
static_assert(MR_UNICODE_NUMBER == UC_CATEGORY_MASK_N, "bits differ");
static_assert(MR_UNICODE_PUNCTUATION == UC_CATEGORY_MASK_P, "bits differ");
static_assert(MR_UNICODE_SYMBOL == UC_CATEGORY_MASK_S, "bits differ");
static_assert(MR_UNICODE_SEPARATOR == UC_CATEGORY_MASK_Z, "bits differ");
static_assert(MR_UNICODE_OTHER == UC_CATEGORY_MASK_C, "bits differ");

uint32_t mr_unicode_category(uint32_t code_point)
{
    if (code_point > 0x10FFFFu)
        return MR_UNICODE_CN;
    return uc_general_category(code_point).bitmask;
}

bool mr_unicode_is_space(uint32_t code_point)
{
    return uc_is_property_white_space(code_point);
}

uint32_t mr_unicode_lower(uint32_t code_point)
{
    return uc_tolower(code_point);
}

uint8_t mr_unicode_combining_class(uint32_t code_point)
{
    return (uint8_t)uc_combining_class(code_point);
}

/* libunistring gives one level at a time; only the first code point of a
 * canonical decomposition can have one of its own. */
size_t mr_unicode_decompose(uint32_t code_point,
                            uint32_t out[MR_UNICODE_DECOMPOSED_MAX])
{
    size_t count = 1;

    out[0] = code_point;
    for (;;) {
        ucs4_t level[UC_DECOMPOSITION_MAX_LENGTH];
        int size = uc_canonical_decomposition(out[0], level);
        size_t added;

        if (size < 1)
            return count;
        added = (size_t)size - 1;
        MR_ASSERT(count + added <= MR_UNICODE_DECOMPOSED_MAX);
        for (size_t i = count - 1; i >= 1; i--)
            out[i + added] = out[i];
        for (size_t i = 0; i <= added; i++)
            out[i] = level[i];
        count += added;
    }
}
