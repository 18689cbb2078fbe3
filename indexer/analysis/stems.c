// SPDX-License-Identifier: Apache-2.0
/*
 * stems.c - see stems.h.
 */
#include "indexer/analysis/stems.h"

#include <libstemmer.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "indexer/analysis/fold.h"

#define SLOTS         8192u
#define SLOT_WORD_MAX 36u /* 99.9 % of words of European languages */
#define ARTICLE_BYTES 6u  /* "quest'", "lorsqu'" keeps its head */

static_assert((SLOTS & (SLOTS - 1)) == 0, "a hash is cut to a slot");

static const struct {
    char code[3];
    const char *algorithm;
} languages[] = {
    { "ar", "arabic" },     { "hy", "armenian" },   { "eu", "basque" },
    { "ca", "catalan" },    { "da", "danish" },     { "nl", "dutch" },
    { "en", "english" },    { "fi", "finnish" },    { "fr", "french" },
    { "de", "german" },     { "el", "greek" },      { "hi", "hindi" },
    { "hu", "hungarian" },  { "id", "indonesian" }, { "ga", "irish" },
    { "it", "italian" },    { "lt", "lithuanian" }, { "ne", "nepali" },
    { "no", "norwegian" },  { "nb", "norwegian" },  { "nn", "norwegian" },
    { "pt", "portuguese" }, { "ro", "romanian" },   { "ru", "russian" },
    { "sr", "serbian" },    { "es", "spanish" },    { "sv", "swedish" },
    { "ta", "tamil" },      { "tr", "turkish" },    { "yi", "yiddish" },
};

#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

struct slot {
    int8_t stemmer;
    uint8_t word_size; /* 0: empty */
    uint8_t term_size;
    uint8_t word[SLOT_WORD_MAX];
    uint8_t term[SLOT_WORD_MAX];
};

struct stems {
    struct sb_stemmer *stemmers[LANGUAGES];
    struct slot slots[SLOTS];
};

struct stems *stems_new(void)
{
    return mr_calloc(1, sizeof(struct stems));
}

void stems_free(struct stems *stems)
{
    if (stems == NULL)
        return;
    for (size_t i = 0; i < LANGUAGES; i++)
        if (stems->stemmers[i] != NULL)
            sb_stemmer_delete(stems->stemmers[i]);
    mr_free(stems);
}

int stems_of(const char *language)
{
    if (language == NULL || strlen(language) < 2 ||
        (language[2] != '\0' && language[2] != '-'))
        return STEMS_NONE;
    for (size_t i = 0; i < LANGUAGES; i++)
        if (strncmp(languages[i].code, language, 2) == 0)
            return (int)i;
    return STEMS_NONE;
}

static struct sb_stemmer *stemmer_at(struct stems *stems, int number)
{
    struct sb_stemmer **stemmer = &stems->stemmers[number];

    if (*stemmer == NULL)
        *stemmer = sb_stemmer_new(languages[number].algorithm, "UTF_8");
    MR_ASSERT(*stemmer != NULL); /* the library has all of the table */
    return *stemmer;
}

static bool has_articles(int number)
{
    const char *code = languages[number].code;

    return strcmp(code, "fr") == 0 || strcmp(code, "it") == 0 ||
           strcmp(code, "ca") == 0;
}

/* The algorithm knows no accents: they go before, not behind it. */
static bool is_plain(int number)
{
    const char *code = languages[number].code;

    return strcmp(code, "en") == 0 || strcmp(code, "id") == 0;
}

static struct mr_span without_article(struct mr_span word)
{
    for (size_t i = 1; i + 1 < word.size && i <= ARTICLE_BYTES; i++)
        if (word.data[i] == '\'')
            return mr_span(word.data + i + 1, word.size - i - 1);
    return word;
}

static size_t compute(struct stems *stems, int number, struct mr_span word,
                      uint8_t *out, size_t room)
{
    struct sb_stemmer *stemmer = stemmer_at(stems, number);
    const sb_symbol *stem;
    struct mr_span bytes;

    if (has_articles(number))
        word = without_article(word);
    if (is_plain(number))
        word = mr_span(out, fold_accents(word, out, room));
    stem = sb_stemmer_stem(stemmer, word.data, (int)word.size);
    MR_ASSERT(stem != NULL); /* only when memory is out */
    bytes = mr_span(stem, (size_t)sb_stemmer_length(stemmer));
    if (bytes.size == 0) /* nothing but an ending */
        bytes = word;
    if (is_plain(number) && bytes.data == out)
        return word.size;
    return fold_accents(bytes, out, room);
}

size_t stems_term(struct stems *stems, int number, struct mr_span word,
                  uint8_t *out, size_t room)
{
    struct slot *slot;
    size_t size;

    MR_ASSERT(number >= 0 && (size_t)number < LANGUAGES);
    if (word.size > SLOT_WORD_MAX || word.size == 0)
        return compute(stems, number, word, out, room);
    slot = &stems->slots[mr_hash64(word, (uint64_t)number) & (SLOTS - 1)];
    if (slot->word_size == word.size && slot->stemmer == number &&
        memcmp(slot->word, word.data, word.size) == 0 &&
        slot->term_size <= room) {
        memcpy(out, slot->term, slot->term_size);
        return slot->term_size;
    }
    size = compute(stems, number, word, out, room);
    if (size > SLOT_WORD_MAX)
        return size;
    slot->stemmer = (int8_t)number;
    slot->word_size = (uint8_t)word.size;
    slot->term_size = (uint8_t)size;
    memcpy(slot->word, word.data, word.size);
    memcpy(slot->term, out, size);
    return size;
}
