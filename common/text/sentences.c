// SPDX-License-Identifier: Apache-2.0
/*
 * sentences.c - see sentences.h.
 */
#include "common/text/sentences.h"

#include "common/text/unicode.h"
#include "common/text/utf8.h"

/* Longer words are no abbreviations. */
#define ABBREVIATION_MAX 10u

/* What a full stop ends without ending a sentence; lower case, sorted. */
static const char *const abbreviations[] = {
    "abb",  "abs",  "al",   "allg", "anm",  "approx", "art",  "aufl", "ave",
    "bd",   "betr", "blvd", "brig", "bzw",  "ca",     "cap",  "capt", "cf",
    "ch",   "chr",  "col",  "cpl",  "dept", "dgl",    "dipl", "div",  "doc",
    "dott", "dr",   "dra",  "ed",   "eds",  "eq",     "eqs",  "est",  "evtl",
    "ex",   "ff",   "fig",  "figs", "fr",   "frl",    "geb",  "gen",  "ggf",
    "gov",  "hr",   "hrsg", "inkl", "jg",   "jr",     "kap",  "lt",   "ltd",
    "max",  "min",  "mme",  "mlle", "mr",   "mrs",    "ms",   "mt",   "nr",
    "no",   "op",   "pag",  "par",  "ph",   "pp",     "prof", "pt",   "ref",
    "refs", "rep",  "rev",  "resp", "sec",  "sen",    "sgt",  "sig",  "sog",
    "sr",   "sra",  "st",   "str",  "tab",  "tel",    "univ", "usw",  "v",
    "vgl",  "viz",  "vol",  "vols", "vs",   "zit",    "zzgl",
};

/* Of these words only the capitalised form is an abbreviation, as "no." and
 * "max." end sentences too often. */
static bool only_before_number(const char *word)
{
    static const char *const words[] = { "no",  "max", "min", "art",
                                         "est", "par", "ex",  "op" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i][0] == word[0] && strcmp(words[i], word) == 0)
            return true;
    return false;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n';
}

/* White space at `at`: its bytes, or 0. */
static size_t space_at(const struct mr_sentences *in, size_t at)
{
    size_t next = at;

    if (at >= in->size)
        return 0;
    if (in->data[at] < 0x80u)
        return is_blank(in->data[at]) ? 1 : 0;
    return mr_unicode_is_space(mr_utf8_next(in->data, in->size, &next))
               ? next - at
               : 0;
}

static size_t skip_space(const struct mr_sentences *in, size_t at)
{
    size_t size;

    while ((size = space_at(in, at)) > 0)
        at += size;
    return at;
}

static uint32_t peek(const struct mr_sentences *in, size_t at)
{
    return at < in->size ? mr_utf8_next(in->data, in->size, &at) : 0;
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_stop(uint32_t c)
{
    return c == '.' || c == '!' || c == '?' || c == 0x2026u;
}

/* Ends a sentence without white space after it. */
static bool is_wide_stop(uint32_t c)
{
    return c == 0x3002u || c == 0xFF01u || c == 0xFF1Fu || c == 0xFF61u;
}

static bool is_closer(uint32_t c)
{
    if (c < 0x80u)
        return c == ')' || c == ']' || c == '"' || c == '\'' || c == '}';
    return (mr_unicode_category(c) &
            (MR_UNICODE_PE | MR_UNICODE_PF | MR_UNICODE_PI)) != 0;
}

/* "- ", "* ", "• " or "12. " begin a list item when a line begins so. */
static bool is_item(const struct mr_sentences *in, size_t at)
{
    size_t next = at;
    uint32_t c = at < in->size ? mr_utf8_next(in->data, in->size, &next) : 0;

    if (c == '-' || c == '*' || c == '+' || c == 0x2022u)
        return space_at(in, next) > 0;
    while (is_digit(c) && next - at <= 3) {
        c = peek(in, next);
        next++;
    }
    return next > at + 1 && (c == '.' || c == ')') && space_at(in, next) > 0;
}

static bool in_abbreviations(const char *word)
{
    size_t count = sizeof(abbreviations) / sizeof(abbreviations[0]);

    for (size_t i = 0; i < count; i++)
        if (abbreviations[i][0] == word[0] &&
            strcmp(abbreviations[i], word) == 0)
            return true;
    return false;
}

/* The ASCII letters and inner full stops that end at `end`: their begin. */
static size_t token_start(const struct mr_sentences *in, size_t begin,
                          size_t end)
{
    size_t at = end;

    while (at > begin && end - at <= ABBREVIATION_MAX) {
        uint8_t byte = in->data[at - 1];

        if (byte != '.' && (byte | 0x20u) - 'a' > 25u)
            break;
        at--;
    }
    return at;
}

/* Whether the full stop at `stop` of the sentence from `begin` is one of an
 * abbreviation, an initial, or the number of a list item. */
static bool is_abbreviated(const struct mr_sentences *in, size_t begin,
                           size_t stop, bool number_follows)
{
    size_t start = token_start(in, begin, stop);
    char word[ABBREVIATION_MAX + 2];
    size_t size = stop - start;

    if (stop - begin <= 3 && stop > begin && is_digit(in->data[begin]) &&
        is_digit(in->data[stop - 1]))
        return true;
    if (size == 0 || size > ABBREVIATION_MAX ||
        (start > begin &&
         (in->data[start - 1] >= 0x80u || is_digit(in->data[start - 1]))))
        return false;
    if (size == 1)
        return in->data[start] != 'I' && in->data[start] < 'a';
    if (memchr(in->data + start, '.', size) != NULL)
        return in->data[stop - 2] == '.'; /* "e.g.", "z.B." */
    for (size_t i = 0; i < size; i++)
        word[i] = (char)(in->data[start + i] | 0x20u);
    word[size] = '\0';
    if (only_before_number(word))
        return number_follows;
    return in_abbreviations(word);
}

/* After the stop at `stop` and its closers, at `after`: does a new sentence
 * begin there? */
static bool begins_anew(const struct mr_sentences *in, size_t begin,
                        size_t stop, size_t after)
{
    size_t next;
    uint32_t c;

    if (after < in->size && space_at(in, after) == 0)
        return false;
    next = skip_space(in, after);
    c = peek(in, next);
    if (c != 0 && (mr_unicode_category(c) & MR_UNICODE_LL) != 0)
        return false;
    return in->data[stop] != '.' || after != stop + 1 ||
           !is_abbreviated(in, begin, stop, is_digit(c));
}

/* The end of the stops and closers at `at`. */
static size_t skip_closers(const struct mr_sentences *in, size_t at)
{
    while (at < in->size) {
        size_t next = at;
        uint32_t c = mr_utf8_next(in->data, in->size, &next);

        if (!is_stop(c) && !is_wide_stop(c) && !is_closer(c))
            break;
        at = next;
    }
    return at;
}

/* White space begins at `at`: says whether the sentence ends there by lines
 * alone, and where the next text is. */
static bool ends_by_lines(const struct mr_sentences *in, size_t at,
                          size_t *next)
{
    size_t lines = 0;
    size_t size;

    while ((size = space_at(in, at)) > 0) {
        lines += in->data[at] == '\n';
        at += size;
    }
    *next = at;
    return lines > 1 || (lines == 1 && is_item(in, at));
}

/* ASCII that neither ends a sentence nor is a blank before more blanks. */
static bool is_inside(const struct mr_sentences *in, size_t at)
{
    uint8_t byte = in->data[at];

    if (byte == ' ')
        return at + 1 < in->size && in->data[at + 1] > ' ' &&
               in->data[at + 1] < 0x80u;
    return byte > ' ' && byte < 0x80u && !is_stop(byte);
}

/* The end of the sentence that begins at `begin`. */
static size_t find_end(const struct mr_sentences *in, size_t begin)
{
    size_t at = begin;

    while (at < in->size) {
        size_t here = at;
        size_t next;
        uint32_t c;

        if (is_inside(in, at)) {
            at++;
            continue;
        }
        c = mr_utf8_next(in->data, in->size, &at);
        if (space_at(in, here) > 0) {
            if (ends_by_lines(in, here, &next))
                return here;
            at = next;
            continue;
        }
        if (!is_stop(c) && !is_wide_stop(c))
            continue;
        at = skip_closers(in, at);
        if (is_wide_stop(c) || begins_anew(in, begin, here, at))
            return at;
    }
    return at;
}

static bool paragraph_ends(const struct mr_sentences *in, size_t at)
{
    size_t next;

    return !ends_by_lines(in, at, &next) ? next == in->size : true;
}

bool mr_sentences_next(struct mr_sentences *sentences, struct mr_sentence *out)
{
    size_t start = skip_space(sentences, sentences->at);
    size_t end;

    sentences->at = start;
    if (start >= sentences->size)
        return false;
    end = find_end(sentences, start);
    sentences->at = end;
    *out = (struct mr_sentence){ .start = start,
                                 .end = end,
                                 .ends_paragraph =
                                     paragraph_ends(sentences, end) };
    return true;
}
