// SPDX-License-Identifier: Apache-2.0
/*
 * mr_arena.c - see mr_arena.h.
 */
#include "common/base/mr_arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

#define BLOCK_BYTES ((size_t)64 * 1024)
#define ALIGNMENT   (_Alignof(max_align_t))

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct mr_arena {
    struct block *full; /* used since the last reset; the first is current */
    struct block *idle; /* of BLOCK_BYTES each */
    size_t used;
};

struct mr_arena *mr_arena_new(void)
{
    return mr_calloc(1, sizeof(struct mr_arena));
}

static void free_chain(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;

        mr_free(block);
        block = next;
    }
}

void mr_arena_free(struct mr_arena *arena)
{
    if (arena == NULL)
        return;
    free_chain(arena->full);
    free_chain(arena->idle);
    mr_free(arena);
}

void mr_arena_reset(struct mr_arena *arena)
{
    struct block *block = arena->full;

    while (block != NULL) {
        struct block *next = block->next;

        if (block->size == BLOCK_BYTES) {
            block->next = arena->idle;
            arena->idle = block;
        } else {
            mr_free(block);
        }
        block = next;
    }
    arena->full = NULL;
    arena->used = 0;
}

static struct block *block_for(struct mr_arena *arena, size_t size)
{
    struct block *block;

    if (size <= BLOCK_BYTES && arena->idle != NULL) {
        block = arena->idle;
        arena->idle = block->next;
    } else {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;

        block = mr_malloc(sizeof(*block) + room);
        block->size = room;
    }
    block->used = 0;
    if (size > BLOCK_BYTES && arena->full != NULL) {
        /* It is full at once; the current block goes on behind it. */
        block->next = arena->full->next;
        arena->full->next = block;
    } else {
        block->next = arena->full;
        arena->full = block;
    }
    return block;
}

void *mr_arena_alloc(struct mr_arena *arena, size_t size)
{
    struct block *block = arena->full;
    void *memory;

    MR_ASSERT(size <= SIZE_MAX - ALIGNMENT);
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (block == NULL || block->size - block->used < size)
        block = block_for(arena, size);
    memory = block->bytes + block->used;
    block->used += size;
    arena->used += size;
    return memory;
}

void *mr_arena_calloc(struct mr_arena *arena, size_t count, size_t size)
{
    size_t total;
    void *memory;

    MR_ASSERT(!__builtin_mul_overflow(count, size, &total));
    memory = mr_arena_alloc(arena, total);
    memset(memory, 0, total);
    return memory;
}

struct mr_span mr_arena_copy(struct mr_arena *arena, struct mr_span span)
{
    uint8_t *copy;

    if (span.data == NULL)
        return span;
    copy = mr_arena_alloc(arena, span.size);
    memcpy(copy, span.data, span.size);
    return mr_span(copy, span.size);
}

char *mr_arena_str(struct mr_arena *arena, struct mr_span span)
{
    char *copy;

    if (span.data == NULL)
        return NULL;
    copy = mr_arena_alloc(arena, span.size + 1);
    memcpy(copy, span.data, span.size);
    copy[span.size] = '\0';
    return copy;
}

char *mr_arena_printf(struct mr_arena *arena, const char *fmt, ...)
{
    va_list args;
    char *text;
    int size;

    va_start(args, fmt);
    size = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    MR_ASSERT(size >= 0);
    text = mr_arena_alloc(arena, (size_t)size + 1);
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)size + 1, fmt, args);
    va_end(args);
    return text;
}

size_t mr_arena_used(const struct mr_arena *arena)
{
    return arena->used;
}
