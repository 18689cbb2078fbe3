// SPDX-License-Identifier: Apache-2.0
/*
 * unicode.h - properties of code points, as far as millrace uses them.
 *
 * A thin wrap over libunistring, so that its tables are used in one place.
 * The version of Unicode is that of the library (14 with 1.0).  Code points up
 * to U+10FFFF; others have category MR_UNICODE_CN and no mappings.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_TEXT_UNICODE_H
#define COMMON_TEXT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* General categories, each a bit, so that classes are masks. */
enum mr_unicode_category {
    MR_UNICODE_LU = 1 << 0,
    MR_UNICODE_LL = 1 << 1,
    MR_UNICODE_LT = 1 << 2,
    MR_UNICODE_LM = 1 << 3,
    MR_UNICODE_LO = 1 << 4,
    MR_UNICODE_MN = 1 << 5,
    MR_UNICODE_MC = 1 << 6,
    MR_UNICODE_ME = 1 << 7,
    MR_UNICODE_ND = 1 << 8,
    MR_UNICODE_NL = 1 << 9,
    MR_UNICODE_NO = 1 << 10,
    MR_UNICODE_PC = 1 << 11,
    MR_UNICODE_PD = 1 << 12,
    MR_UNICODE_PS = 1 << 13,
    MR_UNICODE_PE = 1 << 14,
    MR_UNICODE_PI = 1 << 15,
    MR_UNICODE_PF = 1 << 16,
    MR_UNICODE_PO = 1 << 17,
    MR_UNICODE_SM = 1 << 18,
    MR_UNICODE_SC = 1 << 19,
    MR_UNICODE_SK = 1 << 20,
    MR_UNICODE_SO = 1 << 21,
    MR_UNICODE_ZS = 1 << 22,
    MR_UNICODE_ZL = 1 << 23,
    MR_UNICODE_ZP = 1 << 24,
    MR_UNICODE_CC = 1 << 25,
    MR_UNICODE_CF = 1 << 26,
    MR_UNICODE_CS = 1 << 27,
    MR_UNICODE_CO = 1 << 28,
    MR_UNICODE_CN = 1 << 29,
};

#define MR_UNICODE_LETTER      0x0000001Fu
#define MR_UNICODE_MARK        0x000000E0u
#define MR_UNICODE_NUMBER      0x00000700u
#define MR_UNICODE_PUNCTUATION 0x0003F800u
#define MR_UNICODE_SYMBOL      0x003C0000u
#define MR_UNICODE_SEPARATOR   0x01C00000u
#define MR_UNICODE_OTHER       0x3E000000u

/* The one bit of its category. */
uint32_t mr_unicode_category(uint32_t code_point);

/* The White_Space property: 25 code points, tab, line ends and U+0085 among
 * them. */
bool mr_unicode_is_space(uint32_t code_point);

/* The simple lower-case mapping; itself when there is none. */
uint32_t mr_unicode_lower(uint32_t code_point);

/* Canonical_Combining_Class, 0 for what starts. */
uint8_t mr_unicode_combining_class(uint32_t code_point);

/* No code point's canonical decomposition is longer. */
#define MR_UNICODE_DECOMPOSED_MAX 4u

/* The full canonical decomposition (Hangul included) of one code point, which
 * is itself when it has none; gives how many.  Marks of the result are in
 * canonical order. */
size_t mr_unicode_decompose(uint32_t code_point,
                            uint32_t out[MR_UNICODE_DECOMPOSED_MAX]);

#endif
