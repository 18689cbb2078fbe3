// SPDX-License-Identifier: Apache-2.0
/*
 * priority.c - see priority.h.
 */
#include "preprocessor/curate/priority.h"

#include "common/base/mr_hash.h"

static void put_be(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

struct mr_span priority_of(uint32_t source_rank, int64_t first_seen_ms,
                           struct mr_span id, struct mr_arena *arena)
{
    size_t size = PRIORITY_HEAD_BYTES + id.size;
    uint8_t *bytes = mr_arena_alloc(arena, size);

    put_be(bytes, source_rank, 4);
    put_be(bytes + 4, (uint64_t)first_seen_ms ^ UINT64_C(1) << 63, 8);
    put_be(bytes + 12, mr_hash64(id, 0), 8);
    if (id.size > 0)
        memcpy(bytes + PRIORITY_HEAD_BYTES, id.data, id.size);
    return mr_span(bytes, size);
}

struct mr_span priority_id(struct mr_span priority)
{
    if (priority.size < PRIORITY_HEAD_BYTES)
        return mr_span(NULL, 0);
    return mr_span(priority.data + PRIORITY_HEAD_BYTES,
                   priority.size - PRIORITY_HEAD_BYTES);
}
