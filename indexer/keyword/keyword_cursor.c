// SPDX-License-Identifier: Apache-2.0
/*
 * keyword_cursor.c - see keyword_cursor.h.
 */
#include "indexer/keyword/keyword_cursor.h"

#include "indexer/keyword/keyword_codec.h"

static void load_short(struct keyword_cursor *cursor, uint64_t at)
{
    const struct keyword_segment *segment = cursor->segment;
    struct mr_span bytes =
        mr_span(segment->posts.data + at, segment->posts.size - at);

    cursor->loaded = 0;
    cursor->count = cursor->frequency;
    if (!keyword_decode_short(bytes, cursor->count, segment->head.units,
                              cursor->units, cursor->tfs))
        cursor->count = 0;
}

void keyword_cursor_init(struct keyword_cursor *cursor,
                         const struct keyword_segment *segment, uint32_t term)
{
    const struct keyword_term *record = &segment->terms[term];

    cursor->segment = segment;
    cursor->frequency = record->frequency;
    cursor->loaded = KEYWORD_NONE;
    cursor->count = 0;
    cursor->block_count = keyword_blocks_of(record->frequency);
    cursor->blocks = NULL;
    if (cursor->block_count > 0) {
        cursor->blocks = segment->blocks + record->at;
        return;
    }
    cursor->block_count = 1;
    load_short(cursor, record->at);
}

bool keyword_cursor_load(struct keyword_cursor *cursor, uint32_t number)
{
    const struct keyword_block *block;
    uint32_t before = UINT32_MAX;
    uint32_t count = KEYWORD_BLOCK;
    size_t size;

    if (cursor->loaded == number)
        return cursor->count > 0;
    MR_ASSERT(cursor->blocks != NULL && number < cursor->block_count);
    block = &cursor->blocks[number];
    if (number > 0)
        before = cursor->blocks[number - 1].last;
    if (number + 1 == cursor->block_count)
        count = cursor->frequency - number * KEYWORD_BLOCK;
    size = keyword_packed_bytes(count, block->unit_bits) +
           keyword_packed_bytes(count, block->tf_bits);
    cursor->loaded = number;
    cursor->count = count;
    if (size > cursor->segment->posts.size - block->at ||
        !keyword_decode_block(cursor->segment->posts.data + block->at, before,
                              block, count, cursor->units, cursor->tfs))
        cursor->count = 0;
    return cursor->count > 0;
}

uint32_t keyword_cursor_tf(struct keyword_cursor *cursor, uint32_t *block,
                           uint32_t unit)
{
    uint32_t low = 0;
    uint32_t high;

    while (*block < cursor->block_count &&
           keyword_cursor_last(cursor, *block) < unit)
        (*block)++;
    if (*block == cursor->block_count || !keyword_cursor_load(cursor, *block))
        return 0;
    high = cursor->count - 1; /* whose unit is not below `unit` */
    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (cursor->units[middle] < unit)
            low = middle + 1;
        else
            high = middle;
    }
    return cursor->units[low] == unit ? cursor->tfs[low] : 0;
}
