// SPDX-License-Identifier: Apache-2.0
/*
 * groups.h - which document is whose duplicate, kept true while they change.
 *
 * A document is canonical (live) if and only if no canonical of higher
 * priority that it sees is similar to it; else it is the duplicate of the one
 * of highest priority among those.  It sees, in each of its buckets, the first
 * `window` canonicals of higher priority.  By induction over priorities this
 * has exactly one solution, the lexicographically first maximal independent
 * set, so the outcome depends on the documents and not on their order.
 *
 * How it is kept.  A document that comes is judged at once against what is
 * there.  If it becomes canonical it is seen by documents of lower priority,
 * and if one stops being canonical its duplicates lose it: those, and no
 * others, are queued (queue.h) and judged again, which may make or unmake
 * canonicals in turn, always of lower priority, so the work ends.  A bucket
 * that holds more than the window also changes at the window's edge: the
 * canonical there goes out of sight, or comes into it, for all behind it.
 * When the queue is empty every document agrees with the rule.
 *
 * Memory:  works in the view's arena.
 * Threads: one at a time.
 * I/O:     that of the view.
 */
#ifndef PREPROCESSOR_CURATE_GROUPS_H
#define PREPROCESSOR_CURATE_GROUPS_H

#include "preprocessor/curate/policy.h"
#include "preprocessor/curate/queue.h"
#include "preprocessor/curate/record.h"
#include "preprocessor/curate/view.h"

struct groups {
    const struct curate_policy *policy; /* borrowed */
    struct curate_view *view;           /* borrowed */
    struct queue queue;                 /* of this step */
    /* Called for each document whose state, canonical or similarity became
     * another one by groups_work(), which has written the record. */
    void (*changed)(void *context, const struct curate_record *record);
    void *context;
};

/* The record of `id`; one with state 0 when there is none. */
MR_MUST_CHECK enum mr_code groups_record(struct curate_view *view,
                                         struct mr_span id,
                                         struct curate_record *out,
                                         struct mr_err *err);

/* Writes the record. */
void groups_keep(struct curate_view *view, const struct curate_record *record);

/*
 * Judges a document with content that is in no index: sets state, duplicate_of
 * and rows, enters it into the indexes, and queues whom it concerns.  The
 * caller writes the record.
 */
MR_MUST_CHECK enum mr_code groups_enter(struct groups *groups,
                                        struct curate_record *record,
                                        struct mr_err *err);

/* Takes a document out of the indexes that hold it, as it was kept, and queues
 * whom that concerns.  Clears record->placed. */
MR_MUST_CHECK enum mr_code groups_leave(struct groups *groups,
                                        struct curate_record *record,
                                        struct mr_err *err);

/* Works off the queue until about `work_max` documents were looked at, and
 * writes what is left of it to state: the end of every step.  *left: there is
 * more. */
MR_MUST_CHECK enum mr_code groups_work(struct groups *groups, size_t work_max,
                                       bool *left, struct mr_err *err);

/* Queues every document, for a new policy. */
void groups_judge_all(struct groups *groups);

#endif
