// SPDX-License-Identifier: Apache-2.0
/*
 * scanner.c - see scanner.h.
 *
 * ASCII goes through a table of 128; the categories of other code points come
 * from common/text/unicode.h.
 */
#include "indexer/analysis/scanner.h"

#include "common/text/unicode.h"
#include "common/text/utf8.h"

enum code_kind {
    OTHER = 0,
    LETTER,
    DIGIT,
    MARK,     /* belongs to the word before it, begins none */
    UNSPACED, /* a letter of a script without spaces */
};

static const uint8_t ascii[128] = {
    ['0' ... '9'] = DIGIT,
    ['A' ... 'Z'] = LETTER,
    ['a' ... 'z'] = LETTER,
};

static const struct {
    uint32_t first;
    uint32_t last;
} unspaced[] = {
    { 0x0E00, 0x0EFF },   /* Thai, Lao */
    { 0x1000, 0x109F },   /* Myanmar */
    { 0x1100, 0x11FF },   /* Hangul Jamo */
    { 0x1780, 0x17FF },   /* Khmer */
    { 0x3005, 0x3007 },   /* iteration mark, zero */
    { 0x3041, 0x318F },   /* kana, Bopomofo, Hangul compatibility Jamo */
    { 0x31A0, 0x31FF },   /* Bopomofo and kana, extended */
    { 0x3400, 0x4DBF },   /* Han, extension A */
    { 0x4E00, 0x9FFF },   /* Han */
    { 0xAC00, 0xD7FF },   /* Hangul */
    { 0xF900, 0xFAFF },   /* Han, compatibility */
    { 0xFF66, 0xFFDC },   /* kana and Hangul, half width */
    { 0x20000, 0x3FFFF }, /* Han, further extensions */
};

static bool is_unspaced(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof(unspaced) / sizeof(unspaced[0]); i++)
        if (code_point <= unspaced[i].last)
            return code_point >= unspaced[i].first;
    return false;
}

static enum code_kind kind_of_wide(uint32_t code_point)
{
    uint32_t category = mr_unicode_category(code_point);

    if (category & MR_UNICODE_LETTER)
        return is_unspaced(code_point) ? UNSPACED : LETTER;
    if (category & (MR_UNICODE_ND | MR_UNICODE_NL))
        return code_point == 0x3007u ? UNSPACED : DIGIT;
    if (category & MR_UNICODE_MARK)
        return MARK;
    /* Soft hyphens and joiners are invisible; the zero width space parts.
     */
    if (category & MR_UNICODE_CF)
        return code_point == 0x200Bu ? OTHER : MARK;
    return OTHER;
}

/* The kind of what begins at `at`, and where the next code point begins. */
static enum code_kind kind_at(struct mr_span text, size_t at, size_t *next)
{
    if (at >= text.size) {
        *next = at;
        return OTHER;
    }
    *next = at;
    if (text.data[at] < 0x80u)
        return (enum code_kind)ascii[text.data[(*next)++]];
    return kind_of_wide(mr_utf8_next(text.data, text.size, next));
}

static bool is_letter_at(struct mr_span text, size_t at)
{
    return at < text.size && text.data[at] < 0x80u &&
           ascii[text.data[at]] == LETTER;
}

static bool is_word_at(struct mr_span text, size_t at)
{
    return at < text.size &&
           (text.data[at] >= 0x80u || ascii[text.data[at]] != OTHER);
}

/* The end of "U.S.A" if that is what begins at `at`, else `at`. */
static size_t acronym_end(struct mr_span text, size_t at)
{
    size_t end = at;

    while (is_letter_at(text, end) && end + 1 < text.size &&
           text.data[end + 1] == '.' && is_letter_at(text, end + 2) &&
           !is_word_at(text, end + 3))
        end += 2;
    return end > at ? end + 1 : at;
}

/* Whether the code point from `at` to `next`, which is none of a word, joins
 * what lies before it, of kind `before`, with what comes. */
static bool joins(struct mr_span text, size_t at, size_t next,
                  enum code_kind before)
{
    enum code_kind after;

    if (before == MARK)
        before = LETTER;
    switch (mr_utf8_next(text.data, text.size, &at)) {
    case '\'':
    case 0x2019u: /* right single quotation mark */
    case 0x00B7u: /* middle dot, as in Catalan */
        return before == LETTER && kind_at(text, next, &next) == LETTER;
    case '.':
    case ',':
        return before == DIGIT && kind_at(text, next, &next) == DIGIT;
    case '_':
        after = kind_at(text, next, &next);
        return after == LETTER || after == DIGIT;
    default:
        return false;
    }
}

/* From the first code point of a word to its end. */
static void scan_word(struct mr_span text, struct scanner_word *word)
{
    enum code_kind before = OTHER;

    while (word->end < text.size) {
        size_t next;
        enum code_kind kind = kind_at(text, word->end, &next);

        if (kind == UNSPACED ||
            (kind == OTHER && !joins(text, word->end, next, before)))
            return;
        if (kind == DIGIT)
            word->has_digit = true;
        if (text.data[word->end] >= 0x80u)
            word->is_wide = true;
        before = kind;
        word->end = next;
    }
}

static void scan_unspaced(struct mr_span text, struct scanner_word *word)
{
    word->kind = SCANNER_UNSPACED;
    word->is_wide = true;
    while (word->end < text.size) {
        size_t next;
        enum code_kind kind = kind_at(text, word->end, &next);

        if (kind != UNSPACED && kind != MARK)
            return;
        word->end = next;
    }
}

/* C++ and C#, where the letter stands alone. */
static void add_suffix(struct mr_span text, struct scanner_word *word)
{
    const uint8_t *at = text.data + word->end;
    size_t left = text.size - word->end;

    if (word->end - word->start != 1 || !is_letter_at(text, word->start))
        return;
    if (left >= 2 && at[0] == '+' && at[1] == '+')
        word->end += 2;
    else if (left >= 1 && at[0] == '#' && !is_word_at(text, word->end + 1))
        word->end += 1;
}

/* Begins a word where the next letter, digit or sign of an unspaced script
 * is; gives its kind, OTHER at the end of the text. */
static enum code_kind skip_to_word(struct scanner *scanner)
{
    while (scanner->at < scanner->text.size) {
        size_t next;
        enum code_kind kind = kind_at(scanner->text, scanner->at, &next);

        if (kind != OTHER && kind != MARK)
            return kind;
        scanner->at = next;
    }
    return OTHER;
}

bool scanner_next(struct scanner *scanner, struct scanner_word *out)
{
    enum code_kind kind = skip_to_word(scanner);

    if (kind == OTHER)
        return false;
    *out = (struct scanner_word){
        .start = scanner->at,
        .end = acronym_end(scanner->text, scanner->at),
    };
    if (out->end > out->start) {
        out->kind = SCANNER_ACRONYM;
    } else if (kind == UNSPACED) {
        scan_unspaced(scanner->text, out);
    } else {
        scan_word(scanner->text, out);
        add_suffix(scanner->text, out);
    }
    scanner->at = out->end;
    return true;
}
