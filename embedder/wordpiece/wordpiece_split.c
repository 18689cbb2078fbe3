// SPDX-License-Identifier: Apache-2.0
/*
 * wordpiece_split.c - cuts a text into parts that fit: see wordpiece.h.
 *
 * Where a word would be too much, the part ends before it.  If that is in the
 * middle of "end.)", it ends at the last space instead, unless that would make
 * it shorter than half of what it may be.
 */
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "embedder/wordpiece/wordpiece.h"

struct border {
    size_t at;     /* in the text */
    size_t tokens; /* of the part before it; 0: no border */
};

struct splitter {
    size_t room; /* tokens of a part without its frame */
    size_t part_start;
    size_t tokens; /* of the part so far */
    size_t end;    /* of the last word */
    struct border space;
    struct border *cuts; /* where parts end */
    size_t cut_count;
    size_t cut_room;
};

static void push(struct splitter *splitter, size_t at, size_t tokens)
{
    if (splitter->cut_count == splitter->cut_room) {
        splitter->cut_room = splitter->cut_room * 2 + 8;
        splitter->cuts = mr_realloc_array(splitter->cuts, splitter->cut_room,
                                          sizeof(struct border));
    }
    splitter->cuts[splitter->cut_count++] = (struct border){ at, tokens };
}

static void cut(struct splitter *splitter, size_t at, size_t tokens)
{
    MR_ASSERT(at > splitter->part_start && tokens <= splitter->tokens);

    push(splitter, at, tokens);
    splitter->part_start = at;
    splitter->tokens -= tokens;
    splitter->space.tokens = 0;
}

static bool add_word(void *context, const struct wordpiece_word *word)
{
    struct splitter *splitter = context;
    size_t count = word->count < splitter->room ? word->count : splitter->room;

    if (splitter->tokens > 0 && word->start > splitter->end)
        splitter->space = (struct border){ word->start, splitter->tokens };
    if (splitter->tokens + count > splitter->room &&
        splitter->space.tokens * 2 >= splitter->room)
        cut(splitter, splitter->space.at, splitter->space.tokens);
    if (splitter->tokens + count > splitter->room)
        cut(splitter, word->start, splitter->tokens);
    splitter->tokens += count;
    splitter->end = word->end;
    return true;
}

void wordpiece_split(const struct wordpiece *wordpiece, struct mr_span text,
                     size_t ids_max, struct mr_arena *arena,
                     struct mr_span **parts, uint32_t **tokens, size_t *count)
{
    struct splitter splitter = { .room = ids_max - WORDPIECE_FRAME };
    size_t start = 0;

    MR_ASSERT(ids_max > WORDPIECE_FRAME);
    wordpiece_words(wordpiece, text, add_word, &splitter);
    push(&splitter, text.size, splitter.tokens);

    *count = splitter.cut_count;
    *parts = mr_arena_calloc(arena, *count, sizeof(**parts));
    *tokens = mr_arena_calloc(arena, *count, sizeof(**tokens));
    for (size_t i = 0; i < *count; i++) {
        const struct border *end = &splitter.cuts[i];

        (*parts)[i] =
            *count == 1 ? text : mr_span(text.data + start, end->at - start);
        (*tokens)[i] = (uint32_t)(end->tokens + WORDPIECE_FRAME);
        start = end->at;
    }
    mr_free(splitter.cuts);
}
