// SPDX-License-Identifier: Apache-2.0
/*
 * queue.h - what is left to be judged, kept in state.
 *
 * A step does so much work and leaves the rest here for the next one.  Tasks
 * come out in this order; each is there once.
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
 * Memory:  a popped task lives in the view's arena.
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

/* Adds a task; the same one that is there already takes its cursor. */
void queue_push(struct curate_view *view, const struct queue_task *task);

/* The first task, left where it is; *found false: there is none. */
MR_MUST_CHECK enum mr_code queue_first(struct curate_view *view,
                                       struct queue_task *out, bool *found,
                                       struct mr_err *err);

/* Takes a task away, whatever its cursor. */
void queue_remove(struct curate_view *view, const struct queue_task *task);

#endif
