// SPDX-License-Identifier: Apache-2.0
/*
 * html_names.c - see html_names.h.
 */
#include "preprocessor/clean/html_names.h"

#include <stdbool.h>

#define U HTML_NAME_UNLIKELY
#define M HTML_NAME_MAYBE
#define G HTML_NAME_GOOD
#define B HTML_NAME_BAD
#define S HTML_NAME_SHARE
#define N HTML_NAME_NEVER

struct word {
    const char *text;
    unsigned bits;
    bool whole; /* only as a word of its own */
};

/* Sorted by their first letter; first[] below is made of it. */
static const struct word words[] = {
    { "ad", U | B, true },
    { "ads", U | B, true },
    { "advert", U | B, false },
    { "agegate", U, false },
    { "anzeige", U | B, true },
    { "article", M | G, false },
    { "artikel", M | G, false },
    { "author-bio", N, false },
    { "authorbox", N, false },
    { "banner", U | B, false },
    { "blog", G, false },
    { "body", M | G, false },
    { "breadcrumb", N, false },
    { "column", M, false },
    { "combx", U | B, false },
    { "comment", U | B, false },
    { "community", U, false },
    { "consent", N, false },
    { "contact", B, false },
    { "content", M | G, false },
    { "cookie", N, false },
    { "disqus", N, false },
    { "entry", G, false },
    { "extra", U, false },
    { "footer", U | B, false },
    { "fusszeile", U | B, false },
    { "gdpr", N, false },
    { "header", U, false },
    { "hentry", G, false },
    { "hid", B, true },
    { "hidden", B, false },
    { "kommentar", U | B, false },
    { "legends", U, false },
    { "main", M | G, false },
    { "mathjax", M, false },
    { "masthead", B, false },
    { "media", B, false },
    { "menu", U, false },
    { "meta", B, false },
    { "nav", U, true },
    { "navbar", U, false },
    { "navigation", U, false },
    { "newsletter", N, false },
    { "outbrain", N, false },
    { "page", G, false },
    { "pager", U, false },
    { "pagination", U, false },
    { "popup", U, false },
    { "post", G, false },
    { "promo", B, false },
    { "recommend", U | B, false },
    { "related", U | B, false },
    { "remark", U, false },
    { "replies", U, false },
    { "rss", U, false },
    { "scroll", B, false },
    { "shadow", M, false },
    { "share", B | S, false },
    { "sharing", B | S, false },
    { "shopping", B, false },
    { "shoutbox", U | B, false },
    { "sidebar", U | B, false },
    { "skyscraper", U | B, false },
    { "social", U | S, false },
    { "sponsor", U | B, false },
    { "story", G, false },
    { "subscri", B, false },
    { "supplemental", U, false },
    { "taboola", N, false },
    { "tags", B, false },
    { "teaser", B, false },
    { "text", G, false },
    { "toolbar", U | B, false },
    { "werbung", U | B, false },
    { "widget", B, false },
};

#undef U
#undef M
#undef G
#undef B
#undef S
#undef N

#define WORDS (sizeof(words) / sizeof(words[0]))

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20u) : byte;
}

static bool is_letter(uint8_t byte)
{
    return lower(byte) >= 'a' && lower(byte) <= 'z';
}

/* A word may begin here: after no letter, or a capital after a small one. */
static bool begins(struct mr_span name, size_t at)
{
    uint8_t here = name.data[at];

    if (at == 0 || !is_letter(name.data[at - 1]))
        return true;
    return here != lower(here) && name.data[at - 1] == lower(name.data[at - 1]);
}

static bool ends(struct mr_span name, size_t at)
{
    return at == name.size || !is_letter(name.data[at]) || begins(name, at);
}

static bool is_there(struct mr_span name, size_t at, const struct word *word)
{
    size_t i = 0;

    while (word->text[i] != '\0') {
        if (at + i == name.size ||
            lower(name.data[at + i]) != (uint8_t)word->text[i])
            return false;
        i++;
    }
    return !word->whole || (begins(name, at) && ends(name, at + i));
}

/* The words that begin with each letter: from first[c] to first[c + 1]. */
static size_t first_word(uint8_t letter)
{
    size_t low = 0, high = WORDS;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if ((uint8_t)words[middle].text[0] < letter)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

unsigned html_names_of(struct mr_span name)
{
    unsigned bits = 0;

    for (size_t at = 0; at < name.size; at++) {
        uint8_t letter = lower(name.data[at]);

        if (letter < 'a' || letter > 'z')
            continue;
        for (size_t i = first_word(letter);
             i < WORDS && (uint8_t)words[i].text[0] == letter; i++)
            if ((bits & words[i].bits) != words[i].bits &&
                is_there(name, at, &words[i]))
                bits |= words[i].bits;
    }
    return bits;
}
