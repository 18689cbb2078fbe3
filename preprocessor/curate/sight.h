// SPDX-License-Identifier: Apache-2.0
/*
 * sight.h - what one document sees: its buckets, and the canonical in them
 * that it is a duplicate of.
 *
 * Memory:  works in the view's arena.
 * Threads: one at a time.
 * I/O:     that of the view.
 */
#ifndef PREPROCESSOR_CURATE_SIGHT_H
#define PREPROCESSOR_CURATE_SIGHT_H

#include "preprocessor/curate/bands.h"
#include "preprocessor/curate/bucket.h"
#include "preprocessor/curate/policy.h"
#include "preprocessor/curate/record.h"

struct sight {
    struct mr_span priority;
    struct bucket buckets[BANDS_BUCKETS_MAX];
    /* Canonicals before the document in each bucket, counted up to the
     * window: below it, the document is seen by those behind it. */
    size_t before[BANDS_BUCKETS_MAX];
    struct bucket_list canonicals; /* those, each once, in order */
    size_t count;                  /* of buckets */
};

struct sight_match {
    struct mr_span canonical; /* id; absent: the document is canonical */
    uint8_t rows;
};

/* Loads the buckets that `placed` names and lists what is seen in them. */
MR_MUST_CHECK enum mr_code sight_load(const struct curate_policy *policy,
                                      struct curate_view *view,
                                      const struct curate_record *record,
                                      unsigned placed, struct sight *out,
                                      struct mr_err *err);

/* The first canonical in sight that is similar to `record`.  Adds the number
 * of those that were looked at to *looked. */
MR_MUST_CHECK enum mr_code sight_match(const struct curate_policy *policy,
                                       struct curate_view *view,
                                       const struct curate_record *record,
                                       const struct sight *sight,
                                       struct sight_match *out, size_t *looked,
                                       struct mr_err *err);

/* True when bucket `nth` shows the document to those behind it. */
static inline bool sight_is_seen(const struct curate_policy *policy,
                                 const struct sight *sight, size_t nth)
{
    return sight->before[nth] < policy->window;
}

#endif
