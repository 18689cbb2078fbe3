// SPDX-License-Identifier: Apache-2.0
/*
 * shingles.c - see shingles.h.
 */
#include "preprocessor/clean/shingles.h"

#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"
#include "common/text/unicode.h"
#include "common/text/utf8.h"
#include "common/text/words.h"

/* Longer words are hashed in parts. */
#define PART_BYTES 128u

uint64_t clean_word_hash(struct mr_span word)
{
    uint8_t part[PART_BYTES];
    uint64_t hash = 0;
    size_t at = 0;

    do {
        size_t size = 0;

        while (at < word.size && size + MR_UTF8_BYTES_MAX <= PART_BYTES) {
            uint8_t byte = word.data[at];

            if (byte < 0x80u) {
                bool upper = byte >= 'A' && byte <= 'Z';

                part[size++] = (uint8_t)(upper ? byte | 0x20u : byte);
                at++;
                continue;
            }
            size += mr_utf8_encode(
                mr_unicode_lower(mr_utf8_next(word.data, word.size, &at)),
                part + size);
        }
        hash = mr_hash64(mr_span(part, size), hash);
    } while (at < word.size);
    return hash;
}

size_t clean_word_hashes(struct mr_span text, size_t words_max,
                         struct mr_arena *arena, uint64_t **out)
{
    struct mr_words words = mr_words(text);
    struct mr_word word;
    uint64_t *hashes = NULL;
    size_t count = 0, room = 0;

    while (count < words_max && mr_words_next(&words, &word)) {
        if (count == room) {
            room = room == 0 ? 512 : 2 * room;
            hashes = mr_realloc_array(hashes, room, sizeof(hashes[0]));
        }
        hashes[count++] = clean_word_hash(
            mr_span(text.data + word.start, word.end - word.start));
    }
    *out = mr_arena_alloc(arena, count * sizeof(hashes[0]));
    if (count > 0)
        memcpy(*out, hashes, count * sizeof(hashes[0]));
    mr_free(hashes);
    return count;
}

size_t clean_shingle(uint64_t *words, size_t count)
{
    if (count < CLEAN_SHINGLE_WORDS)
        return 0;
    for (size_t i = 0; i + 2 < count; i++) {
        uint64_t first = mr_mix64(words[i] + 0x9E3779B97F4A7C15u);
        uint64_t second = mr_mix64(first ^ words[i + 1]);

        words[i] = mr_mix64(second + words[i + 2]);
    }
    return count - 2;
}
