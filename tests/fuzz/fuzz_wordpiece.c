// SPDX-License-Identifier: Apache-2.0
// link: embedder
/*
 * fuzz_wordpiece.c - no bytes crash the tokenizer, as text or as vocabulary,
 * and the parts of a text have its ids.
 *
 * An input is read twice: as a vocabulary, and as a text under a fixed one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "embedder/wordpiece/wordpiece.h"

#define PART_IDS 120u /* more than a word can have */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\n.\n,\n(\n)\nab\n[\n"
    "]\n##\xC3\x9F\n\xE1\x84\x80\n##\xE1\x85\xA1\n\xE4\xB8\xAD\n##1\n1\n";

static struct wordpiece *fixed;
static struct mr_arena *arena;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    arena = mr_arena_new();
    MR_ASSERT(wordpiece_parse(mr_span_str(vocabulary), &fixed, NULL) == MR_OK);
    return 0;
}

static void check_vocabulary(struct mr_span bytes)
{
    struct wordpiece *wordpiece;
    int32_t ids[64];
    size_t count;

    if (wordpiece_parse(bytes, &wordpiece, NULL) != MR_OK)
        return;
    count = wordpiece_encode(wordpiece, bytes, ids, 64);
    for (size_t i = 0; i < count; i++)
        MR_ASSERT((size_t)ids[i] < wordpiece_size(wordpiece));
    wordpiece_free(wordpiece);
}

static void check_text(struct mr_span text)
{
    size_t room = text.size * 4 + WORDPIECE_FRAME;
    int32_t *whole = mr_calloc(room, sizeof(whole[0]));
    size_t size = wordpiece_encode(fixed, text, whole, room);
    struct mr_span *parts;
    uint32_t *tokens;
    size_t count;
    size_t at = 1;
    size_t place = 0;

    MR_ASSERT(size < room || room == WORDPIECE_FRAME);
    wordpiece_split(fixed, text, PART_IDS, arena, &parts, &tokens, &count);
    for (size_t i = 0; i < count; i++) {
        int32_t ids[PART_IDS + 1];
        size_t ids_count = wordpiece_encode(fixed, parts[i], ids, PART_IDS + 1);
        size_t inner = ids_count - WORDPIECE_FRAME;

        MR_ASSERT(ids_count == tokens[i] && ids_count <= PART_IDS);
        MR_ASSERT(at + inner < size);
        MR_ASSERT(memcmp(ids + 1, whole + at, inner * sizeof(ids[0])) == 0);
        at += inner;
        place += parts[i].size;
    }
    MR_ASSERT(at == size - 1 && place == text.size);
    mr_free(whole);
    mr_arena_reset(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_vocabulary(mr_span(data, size));
    check_text(mr_span(data, size));
    return 0;
}
