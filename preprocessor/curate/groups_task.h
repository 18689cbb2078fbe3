// SPDX-License-Identifier: Apache-2.0
/*
 * groups_task.h - works one task of the queue; what groups_work() repeats.
 *
 * Memory, threads and I/O: as groups.h.
 */
#ifndef PREPROCESSOR_CURATE_GROUPS_TASK_H
#define PREPROCESSOR_CURATE_GROUPS_TASK_H

#include "preprocessor/curate/groups.h"
#include "preprocessor/curate/queue.h"

/* A scan looks at so many documents before its cursor is kept. */
#define GROUPS_SCAN_MAX 16u

/* Removes the task, or keeps it with a further cursor.  Adds the documents
 * that were looked at, at least 1, to *looked. */
MR_MUST_CHECK enum mr_code groups_task(struct groups *groups,
                                       const struct queue_task *task,
                                       size_t *looked, struct mr_err *err);

/* The key under which a canonical's duplicates lie, and one of them. */
struct mr_span groups_children(struct mr_span canonical, struct mr_span child,
                               struct mr_arena *arena);

/* Queues each of `list` that is similar to `record`. */
MR_MUST_CHECK enum mr_code groups_queue_similar(
    struct groups *groups, const struct curate_record *record,
    const struct bucket_list *list, struct mr_err *err);

#endif
