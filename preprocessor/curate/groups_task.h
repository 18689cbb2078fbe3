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

/* A scan looks at so many documents, then others have their turn. */
#define GROUPS_SCAN_MAX 16u

/* Works the task, and queues it again if its scan is to go on.  Adds the
 * documents that were looked at, at least 1, to *looked. */
MR_MUST_CHECK enum mr_code groups_task(struct groups *groups,
                                       const struct queue_task *task,
                                       size_t *looked, struct mr_err *err);

/* The duplicates of a canonical, as a bucket with that side. */
MR_MUST_CHECK enum mr_code groups_children(struct curate_view *view,
                                           struct mr_span canonical,
                                           struct bucket *out,
                                           struct mr_err *err);

/* Queues each of `list` that is similar to `record`. */
MR_MUST_CHECK enum mr_code groups_queue_similar(
    struct groups *groups, const struct curate_record *record,
    const struct bucket_list *list, struct mr_err *err);

#endif
