// SPDX-License-Identifier: Apache-2.0
/*
 * same.c - see same.h.
 */
#include "retriever/context/same.h"

#include <stdlib.h>

#include "common/base/mr_hash.h"

#define SHINGLE_WORDS 5u
#define BUCKETS_MAX   ((size_t)1 << 20)
#define WORD_SEED     UINT64_C(0x6d696c6c)

static bool in_word(uint8_t byte)
{
    return byte >= 0x80 || (byte >= '0' && byte <= '9') ||
           ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

/* A character of three bytes or more is a word of its own: the scripts that
 * part no words are among those. */
static size_t wide_at(struct mr_span text, size_t at)
{
    size_t end = at + 1;

    if (text.data[at] < 0xE0)
        return 0;
    while (end < text.size && (text.data[end] & 0xC0) == 0x80)
        end++;
    return end - at;
}

/* The next word's hash, lower case where it is ASCII; false at the end. */
static bool next_word(struct mr_span text, size_t *at, uint64_t *out)
{
    uint64_t hash = WORD_SEED;
    size_t begin;

    while (*at < text.size && !in_word(text.data[*at]))
        (*at)++;
    begin = *at;
    if (begin < text.size && wide_at(text, begin) > 0) {
        *at += wide_at(text, begin);
        *out = mr_hash64(mr_span(text.data + begin, *at - begin), WORD_SEED);
        return true;
    }
    while (*at < text.size && in_word(text.data[*at]) &&
           wide_at(text, *at) == 0) {
        uint8_t byte = text.data[(*at)++];

        if (byte >= 'A' && byte <= 'Z')
            byte |= 0x20;
        hash = mr_mix64(hash ^ byte);
    }
    *out = hash;
    return *at > begin;
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static size_t sort_unique(uint64_t *items, size_t count)
{
    size_t kept = 0;

    qsort(items, count, sizeof(*items), compare);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || items[i] != items[kept - 1])
            items[kept++] = items[i];
    }
    return kept;
}

struct shingles shingles_of(struct mr_span text, struct mr_arena *arena)
{
    /* A word has a byte at least; and the try for one more at the end. */
    uint64_t *words = mr_arena_calloc(arena, text.size + 1, sizeof(*words));
    struct shingles out = { .items = words };
    size_t count = 0;
    size_t at = 0;
    size_t width;

    while (next_word(text, &at, &words[count]))
        count++;
    width = count < SHINGLE_WORDS ? count : SHINGLE_WORDS;
    for (size_t i = 0; count > 0 && i + width <= count; i++) {
        uint64_t hash = WORD_SEED;

        for (size_t k = 0; k < width; k++)
            hash = mr_mix64(hash ^ words[i + k]);
        out.items[out.count++] = hash; /* its words are not needed again */
    }
    out.count = sort_unique(out.items, out.count);
    return out;
}

bool shingles_within(const struct shingles *inner, size_t shared)
{
    return inner->count > 0 &&
           (double)shared >= SAME_SHARE * (double)inner->count;
}

struct entry {
    uint64_t shingle;
    struct entry *next; /* in its bucket */
    uint32_t passage;
};

struct shingle_index {
    struct mr_arena *arena;
    struct entry **buckets;
    size_t mask; /* of their number, a power of two */
};

struct shingle_index *shingle_index_new(size_t words, struct mr_arena *arena)
{
    struct shingle_index *index = mr_arena_calloc(arena, 1, sizeof(*index));
    size_t count = 64;

    while (count < words && count < BUCKETS_MAX)
        count *= 2;
    *index = (struct shingle_index){
        .arena = arena,
        .buckets = mr_arena_calloc(arena, count, sizeof(*index->buckets)),
        .mask = count - 1,
    };
    return index;
}

void shingle_index_add(struct shingle_index *index, uint32_t passage,
                       const struct shingles *shingles)
{
    struct entry *entries =
        mr_arena_calloc(index->arena, shingles->count, sizeof(*entries));

    for (size_t i = 0; i < shingles->count; i++) {
        uint64_t shingle = shingles->items[i];
        struct entry **bucket = &index->buckets[shingle & index->mask];

        entries[i] = (struct entry){ .shingle = shingle,
                                     .next = *bucket,
                                     .passage = passage };
        *bucket = &entries[i];
    }
}

void shingle_index_count(const struct shingle_index *index,
                         const struct shingles *shingles, uint32_t *shared)
{
    for (size_t i = 0; i < shingles->count; i++) {
        uint64_t shingle = shingles->items[i];
        const struct entry *entry = index->buckets[shingle & index->mask];

        for (; entry != NULL; entry = entry->next)
            shared[entry->passage] += entry->shingle == shingle;
    }
}
