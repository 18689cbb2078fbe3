// SPDX-License-Identifier: Apache-2.0
/*
 * queue.h - what is left to be judged.
 *
 * What one message causes is mostly done in the same step, so tasks wait in
 * memory; a step that reaches its bound writes those that are left to state
 * (queue_keep), where the next one finds them.  Tasks come out in this order,
 * equal ones once:
 *
 *   kind 1 ORPHANS    a canonical is gone, or out of sight for some: whoever
 *                     called it its canonical is to be judged
 *   kind 2 NEIGHBOURS a canonical has come into the sight of a side of a
 *                     bucket: members similar to it are to be judged
 *   kind 3 JUDGE      one document; those of higher priority come first, so
 *                     that what one depends on is settled before it
 *   kind 4 ALL        the policy has changed: every document is to be judged
 *
 *   key := kind:u8  bucket:u64 side:u8  subject        when NEIGHBOURS
 *          kind:u8  subject                            else
 *   value := where the scan goes on; empty: at its beginning
 *
 * The subject is a priority; of ORPHANS the canonical's id, of ALL nothing.
 *
 * Memory:  works in the view's arena; a queue lives for one step.
 * Threads: one at a time.
 * I/O:     that of the view.
 */
#ifndef PREPROCESSOR_CURATE_QUEUE_H
#define PREPROCESSOR_CURATE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "preprocessor/curate/bucket.h"
#include "preprocessor/curate/view.h"

enum queue_kind {
    QUEUE_ORPHANS = 1,
    QUEUE_NEIGHBOURS = 2,
    QUEUE_JUDGE = 3,
    QUEUE_ALL = 4,
};

struct queue_task {
    enum queue_kind kind;
    uint64_t bucket;       /* NEIGHBOURS */
    enum bucket_side side; /* NEIGHBOURS */
    struct mr_span subject;
    struct mr_span cursor; /* absent: from the beginning */
};

struct queue_item {
    struct mr_span key;
    struct mr_span value;
};

struct queue {
    struct curate_view *view; /* borrowed */
    struct queue_item *heap;  /* the smallest key first */
    size_t count;
    size_t room;
    /* The first task in state: looked for once, and after it was taken. */
    struct queue_item stored;
    bool stored_known;
};

/* Empty but for what an earlier step has kept. */
static inline struct queue queue(struct curate_view *view)
{
    return (struct queue){ .view = view };
}

/* Adds a task. */
void queue_push(struct queue *queue, const struct queue_task *task);

/* Takes the first task; *found false: there is none. */
MR_MUST_CHECK enum mr_code queue_pop(struct queue *queue,
                                     struct queue_task *out, bool *found,
                                     struct mr_err *err);

/* Writes what waits in memory to state. *left: something waits there. */
MR_MUST_CHECK enum mr_code queue_keep(struct queue *queue, bool *left,
                                      struct mr_err *err);

#endif
