// SPDX-License-Identifier: Apache-2.0
/*
 * mr_arena.h - memory that is given back all at once.
 *
 * What belongs to one batch or one request is taken from an arena and goes
 * with its reset; nothing is freed singly.  Blocks are kept over a reset, so
 * a loop that works in an arena soon calls malloc() no more.
 *
 * Memory:  blocks of 64 KiB, larger requests get a block of their own, which
 *          a reset gives back.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef COMMON_BASE_MR_ARENA_H
#define COMMON_BASE_MR_ARENA_H

#include <stddef.h>

#include "common/base/mr_span.h"

struct mr_arena;

struct mr_arena *mr_arena_new(void);

/* Ends the arena and all that came from it; NULL does nothing. */
void mr_arena_free(struct mr_arena *arena);

/* Ends all that came from the arena, and keeps its blocks. */
void mr_arena_reset(struct mr_arena *arena);

/* `size` bytes aligned for any type, not zeroed. Lives until reset or free. */
void *mr_arena_alloc(struct mr_arena *arena, size_t size)
    __attribute__((returns_nonnull));

/* As mr_arena_alloc() for `count` members of `size`, zeroed. */
void *mr_arena_calloc(struct mr_arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));

/* A copy of the bytes; an absent span stays absent. */
struct mr_span mr_arena_copy(struct mr_arena *arena, struct mr_span span);

/* A copy ended by a zero byte; an absent span gives NULL. */
char *mr_arena_str(struct mr_arena *arena, struct mr_span span);

/* printf() into the arena, ended by a zero byte. */
char *mr_arena_printf(struct mr_arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));

/* Bytes taken since the last reset, alignment included. */
size_t mr_arena_used(const struct mr_arena *arena);

#endif
