// SPDX-License-Identifier: Apache-2.0
/*
 * language.c - see language.h.
 */
#include "preprocessor/clean/language.h"

#include "preprocessor/clean/cld2.h"

#define PARTS 3u
/* A few words, or names, are too little to tell a language by, but for scripts
 * that tell it themselves. */
#define BYTES_MIN ((size_t)80)
#define HINT_MAX  16u

/* The byte at or after `at` that begins a character. */
static size_t character_at(struct mr_span text, size_t at)
{
    while (at < text.size && (text.data[at] & 0xC0u) == 0x80u)
        at++;
    return at;
}

/* Beginning, middle and end of a long text; gives the bytes written. */
static size_t sample(struct mr_span text, char out[CLEAN_LANGUAGE_BYTES + 16])
{
    size_t part = CLEAN_LANGUAGE_BYTES / PARTS;
    size_t size = 0;

    for (size_t i = 0; i < PARTS; i++) {
        size_t start = (text.size - part) / (PARTS - 1) * i;
        size_t from = character_at(text, start);
        size_t to = character_at(text, start + part);

        memcpy(out + size, text.data + from, to - from);
        size += to - from;
        out[size++] = '\n';
    }
    return size;
}

/* CLD2 has the codes of its time, and codes of its own for scripts. */
static const char *modern(const char *code)
{
    if (strncmp(code, "xx", 2) == 0 || strcmp(code, "un") == 0)
        return NULL;
    if (strcmp(code, "iw") == 0)
        return "he";
    if (strcmp(code, "jw") == 0)
        return "jv";
    return code;
}

static bool is_mostly_ascii(struct mr_span text)
{
    size_t ascii = 0;

    for (size_t i = 0; i < text.size; i++)
        ascii += text.data[i] < 0x80;
    return 2 * ascii >= text.size;
}

const char *clean_language(struct mr_span text, struct mr_span hint)
{
    char part[CLEAN_LANGUAGE_BYTES + 16], hint_text[HINT_MAX + 1];
    bool has_hint = hint.size > 0 && hint.size <= HINT_MAX;
    const char *bytes = (const char *)text.data;
    size_t size = text.size;
    const char *code;

    if (size < BYTES_MIN && !has_hint && is_mostly_ascii(text))
        return NULL;
    if (size > CLEAN_LANGUAGE_BYTES) {
        size = sample(text, part);
        bytes = part;
    }
    if (has_hint) {
        memcpy(hint_text, hint.data, hint.size);
        hint_text[hint.size] = '\0';
    }
    code = clean_cld2(bytes, (int)size, has_hint ? hint_text : NULL);
    return code == NULL ? NULL : modern(code);
}
