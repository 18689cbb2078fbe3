// SPDX-License-Identifier: Apache-2.0
/*
 * side_state.h - the inside of a side.  Private to side*.c.
 *
 * `views` holds what serves: the sealed segments, then `memory_from` on those
 * in memory.  `committed` is the state that a manifest may name.  Between a
 * seal and the end of its merges, `job` holds the seal's list: `before` as it
 * was, `after` once merged.
 *
 * Memory:  owned by the side.
 * Threads: the writer's, but for job.after, job.code and job.err while a
 *          threaded job is under way.
 * I/O:     none in this header.
 */
#ifndef INDEXER_SHARD_SIDE_STATE_H
#define INDEXER_SHARD_SIDE_STATE_H

#include <pthread.h>

#include "indexer/shard/sealed.h"

struct job {
    bool under_way;
    bool threaded;
    pthread_t thread;
    atomic_bool done;
    struct sealed before;
    struct sealed after;
    enum mr_code code;
    struct mr_err err;
};

struct side {
    struct side_spec spec;
    struct view *views;
    size_t count;
    size_t memory_from;
    uint64_t next;
    uint64_t sealed_next; /* the last seal's */
    uint32_t added;       /* units since then */
    struct keyword_builder *keyword;
    struct vector_builder *dense;
    struct mr_span *waiting; /* ids in the builder, on the heap */
    size_t waiting_count;
    uint64_t waiting_from; /* offset of the first of them */
    struct sealed committed;
    struct job job;
    struct sealed garbage; /* only its garbage is used */
};

/* --- side.c --- */

/* Drops views [from, from + count). */
void side_drop_views(struct side *side, size_t from, size_t count);

/* Puts a view at `at`; takes the segment. */
struct view *side_insert(struct side *side, size_t at, struct segment *segment);

/* Hidden as the table says, for one entry. */
void side_refresh_entry(const struct side *side, struct view *view,
                        uint32_t entry);

/* Nothing is in the builder any more. */
void side_forget_waiting(struct side *side);

/* --- side_memory.c --- */

/* Units of views [from, from + count) that are not dead. */
uint32_t side_living(const struct side *side, size_t from, size_t count);

/* Views [from, from + count) as one image, without their dead. */
MR_MUST_CHECK enum mr_code side_merge_views(struct side *side, size_t from,
                                            size_t count, struct mr_buf *out,
                                            struct mr_err *err);

/* Puts one segment (NULL: none) in place of views [from, from + count). */
void side_replace(struct side *side, size_t from, size_t count,
                  struct segment *segment);

#endif
