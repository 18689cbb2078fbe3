// SPDX-License-Identifier: Apache-2.0
/*
 * bucket.h - the documents that share a band or a text, in order of priority.
 *
 * A bucket has two sides: the canonicals, with which documents are compared,
 * and the duplicates, of which some must be judged again when a canonical
 * comes.  (The duplicates of one canonical are kept as a bucket, too, in a
 * space of their own.)  Nearly all buckets hold one document, so a bucket is
 * one value that is read at once; a side that grows past BUCKET_INLINE_MAX
 * moves to keys of its own and is read by scans from then on, until it is
 * empty.
 *
 *   bucket:u64                       -> head
 *   bucket:u64  side:u8  priority    -> nothing     members of a spilled side
 *
 *   head := spilled:u8  count:u8[2]  priority:sized*
 *
 * Bit s of `spilled` says that side s is not in the head; count[s] is 0 then.
 * The priorities are those of side 0, then those of side 1, each rising.
 *
 * Memory:  a struct bucket borrows from the view's arena.
 * Threads: one at a time.
 * I/O:     that of the view.
 */
#ifndef PREPROCESSOR_CURATE_BUCKET_H
#define PREPROCESSOR_CURATE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preprocessor/curate/view.h"

#define BUCKET_INLINE_MAX 8u

enum bucket_side {
    BUCKET_CANONICALS,
    BUCKET_DUPLICATES,
    BUCKET_SIDES,
};

struct bucket {
    enum curate_space space;
    uint64_t name;
    bool spilled[BUCKET_SIDES];
    size_t count[BUCKET_SIDES]; /* of members in the head */
    struct mr_span members[BUCKET_SIDES][BUCKET_INLINE_MAX];
};

/* A growing list of priorities in an arena; zeroed is empty. */
struct bucket_list {
    struct mr_span *items;
    size_t count;
    size_t room;
};

/* Reads the head. MR_E_DAMAGED: it breaks its format. */
MR_MUST_CHECK enum mr_code bucket_load(struct curate_view *view,
                                       enum curate_space space, uint64_t name,
                                       struct bucket *out, struct mr_err *err);

/* Adds or removes a member and writes the head; what is there already, or is
 * not there, is left as it is. */
void bucket_add(struct curate_view *view, struct bucket *bucket,
                enum bucket_side side, struct mr_span priority);
MR_MUST_CHECK enum mr_code bucket_remove(struct curate_view *view,
                                         struct bucket *bucket,
                                         enum bucket_side side,
                                         struct mr_span priority,
                                         struct mr_err *err);

/*
 * Appends to `list` the members of a side within `range` of priorities, in
 * order, at most `max`.
 */
MR_MUST_CHECK enum mr_code bucket_members(struct curate_view *view,
                                          const struct bucket *bucket,
                                          enum bucket_side side,
                                          struct mr_range range, size_t max,
                                          struct bucket_list *list,
                                          struct mr_err *err);

/* Member `nth` of a side, counted from 0; absent when there are fewer. */
MR_MUST_CHECK enum mr_code bucket_at(struct curate_view *view,
                                     const struct bucket *bucket,
                                     enum bucket_side side, size_t nth,
                                     struct mr_span *out, struct mr_err *err);

/* Appends one priority. */
void bucket_list_add(struct bucket_list *list, struct mr_span priority,
                     struct mr_arena *arena);

/* Sorts and leaves each priority once. */
void bucket_list_sort(struct bucket_list *list);

#endif
