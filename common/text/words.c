// SPDX-License-Identifier: Apache-2.0
/*
 * words.c - see words.h.
 *
 * The rules are named as in UAX #29 (WB3c ... WB16).  Runs of ASCII letters,
 * digits and underscores never hold a boundary (WB5, 8, 9, 10, 13a, 13b), nor
 * does ASCII that is none of these join what follows it, so both are passed
 * over byte by byte; everything else goes through the rules.
 */
#include "common/text/words.h"

#include <unictype.h>
#include <uniwbrk.h>

#include "common/text/unicode.h"
#include "common/text/utf8.h"

#define A WBP_ALETTER
#define N WBP_NUMERIC

/* The property of ASCII; 0 is WBP_OTHER. */
static const uint8_t ascii_class[128] = {
    ['\n'] = WBP_LF,
    [0x0B] = WBP_NEWLINE,
    [0x0C] = WBP_NEWLINE,
    ['\r'] = WBP_CR,
    [' '] = WBP_WSS,
    ['"'] = WBP_DQ,
    ['\''] = WBP_SQ,
    [','] = WBP_MIDNUM,
    ['.'] = WBP_MIDNUMLET,
    [':'] = WBP_MIDLETTER,
    [';'] = WBP_MIDNUM,
    ['_'] = WBP_EXTENDNUMLET,
    ['0'] = N,
    ['1'] = N,
    ['2'] = N,
    ['3'] = N,
    ['4'] = N,
    ['5'] = N,
    ['6'] = N,
    ['7'] = N,
    ['8'] = N,
    ['9'] = N,
    ['A'] = A,
    ['B'] = A,
    ['C'] = A,
    ['D'] = A,
    ['E'] = A,
    ['F'] = A,
    ['G'] = A,
    ['H'] = A,
    ['I'] = A,
    ['J'] = A,
    ['K'] = A,
    ['L'] = A,
    ['M'] = A,
    ['N'] = A,
    ['O'] = A,
    ['P'] = A,
    ['Q'] = A,
    ['R'] = A,
    ['S'] = A,
    ['T'] = A,
    ['U'] = A,
    ['V'] = A,
    ['W'] = A,
    ['X'] = A,
    ['Y'] = A,
    ['Z'] = A,
    ['a'] = A,
    ['b'] = A,
    ['c'] = A,
    ['d'] = A,
    ['e'] = A,
    ['f'] = A,
    ['g'] = A,
    ['h'] = A,
    ['i'] = A,
    ['j'] = A,
    ['k'] = A,
    ['l'] = A,
    ['m'] = A,
    ['n'] = A,
    ['o'] = A,
    ['p'] = A,
    ['q'] = A,
    ['r'] = A,
    ['s'] = A,
    ['t'] = A,
    ['u'] = A,
    ['v'] = A,
    ['w'] = A,
    ['x'] = A,
    ['y'] = A,
    ['z'] = A,
};

#undef A
#undef N

struct unit {
    uint32_t code_point;
    int class; /* WBP_... */
    size_t next;
};

static bool joins(int class)
{
    return class == WBP_ALETTER || class == WBP_NUMERIC ||
           class == WBP_EXTENDNUMLET;
}

static bool ascii_joins(uint8_t byte)
{
    return byte < 0x80u && joins(ascii_class[byte]);
}

static struct unit unit_at(const struct mr_words *words, size_t at)
{
    struct unit unit = { .next = at };

    unit.code_point = mr_utf8_next(words->data, words->size, &unit.next);
    unit.class = unit.code_point < 0x80u
                     ? ascii_class[unit.code_point]
                     : uc_wordbreak_property(unit.code_point);
    return unit;
}

static bool is_ignored(int class)
{
    return class == WBP_EXTEND || class == WBP_FORMAT || class == WBP_ZWJ;
}

static bool is_line_end(int class)
{
    return class == WBP_CR || class == WBP_LF || class == WBP_NEWLINE;
}

static bool is_letter(int class)
{
    return class == WBP_ALETTER || class == WBP_HL;
}

/* What makes a word: a letter or number that is no mark. */
static bool makes_word(const struct unit *unit)
{
    if (unit->code_point < 0x80u)
        return unit->class == WBP_ALETTER || unit->class == WBP_NUMERIC;
    return !is_ignored(unit->class) &&
           (mr_unicode_category(unit->code_point) &
            (MR_UNICODE_LETTER | MR_UNICODE_NUMBER)) != 0;
}

/* WB5, 7a, 8, 9, 10, 13, 13a, 13b: no boundary between these two. */
static bool is_joined(int left, int right)
{
    if (is_letter(left) || left == WBP_NUMERIC)
        return is_letter(right) || right == WBP_NUMERIC ||
               right == WBP_EXTENDNUMLET || (left == WBP_HL && right == WBP_SQ);
    if (left == WBP_KATAKANA)
        return right == WBP_KATAKANA || right == WBP_EXTENDNUMLET;
    if (left == WBP_EXTENDNUMLET)
        return is_letter(right) || right == WBP_NUMERIC ||
               right == WBP_KATAKANA || right == WBP_EXTENDNUMLET;
    return false;
}

/* WB6, 7, 7b, 7c, 11, 12: `mid` is inside a word when between these two. */
static bool is_bridged(int left, int mid, int right)
{
    bool quote = mid == WBP_MIDNUMLET || mid == WBP_SQ;

    if (is_letter(left) && is_letter(right))
        return quote || mid == WBP_MIDLETTER ||
               (mid == WBP_DQ && left == WBP_HL && right == WBP_HL);
    return left == WBP_NUMERIC && right == WBP_NUMERIC &&
           (quote || mid == WBP_MIDNUM);
}

static bool is_mid(int class)
{
    return class == WBP_MIDNUMLET || class == WBP_SQ ||
           class == WBP_MIDLETTER || class == WBP_MIDNUM || class == WBP_DQ;
}

/* ASCII before which there always is a boundary, but after a joiner. */
static bool is_apart(uint8_t byte)
{
    return byte < 0x80u && !joins(ascii_class[byte]) &&
           !is_mid(ascii_class[byte]);
}

/* Looks over `mid` and what is ignored after it; false when no bridge. */
static bool cross(const struct mr_words *words, int left,
                  const struct unit *mid, struct unit *right)
{
    size_t at = mid->next;

    if (!is_mid(mid->class) || (!is_letter(left) && left != WBP_NUMERIC))
        return false;
    while (at < words->size) {
        *right = unit_at(words, at);
        if (!is_ignored(right->class))
            return is_bridged(left, mid->class, right->class);
        at = right->next;
    }
    return false;
}

/* The end of the segment that begins at `start`. */
static size_t segment_end(const struct mr_words *words, size_t start,
                          bool *is_word)
{
    struct unit unit = unit_at(words, start);
    int left = unit.class;
    bool zwj = left == WBP_ZWJ;
    size_t at = unit.next;

    *is_word = makes_word(&unit);
    while (at < words->size && !is_line_end(left)) {
        struct unit beyond;

        if (joins(left) && ascii_joins(words->data[at])) {
            left = ascii_class[words->data[at++]];
            *is_word |= left != WBP_EXTENDNUMLET;
            zwj = false;
            continue;
        }
        if (!zwj && is_apart(words->data[at]))
            return at;
        unit = unit_at(words, at);
        if (is_ignored(unit.class)) {
            zwj = unit.class == WBP_ZWJ;
            at = unit.next;
            continue;
        }
        if (cross(words, left, &unit, &beyond))
            unit = beyond;
        else if (!is_joined(left, unit.class) &&
                 !(zwj &&
                   uc_is_property_extended_pictographic(unit.code_point)))
            return at;
        *is_word |= makes_word(&unit);
        left = unit.class;
        zwj = false;
        at = unit.next;
    }
    return at;
}

bool mr_words_next(struct mr_words *words, struct mr_word *out)
{
    const uint8_t *data = words->data;

    while (words->at < words->size) {
        size_t start = words->at;
        bool is_word;

        /* A lone ASCII character before another is a segment, or the blanks
         * of one that holds no letters. */
        if (data[start] < 0x80u && !ascii_joins(data[start]) &&
            (start + 1 == words->size || data[start + 1] < 0x80u)) {
            words->at++;
            continue;
        }
        words->at = segment_end(words, start, &is_word);
        if (is_word) {
            *out = (struct mr_word){ .start = start, .end = words->at };
            return true;
        }
    }
    return false;
}

size_t mr_words_count(struct mr_span text)
{
    struct mr_words words = mr_words(text);
    struct mr_word word;
    size_t count = 0;

    while (mr_words_next(&words, &word))
        count++;
    return count;
}
