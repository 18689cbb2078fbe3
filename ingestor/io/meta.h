// SPDX-License-Identifier: Apache-2.0
/*
 * meta.h - what the store knows of a source's runs.
 *
 *   space ingestor.<collection>                  name -> its configuration, a
 *                                                JSON object (config.h)
 *   space ingestor.<collection>.<source>.meta    "run" -> struct source_meta
 *   spaces ingestor.<collection>.<source>.*      those of its kind
 *
 * Memory:  the caller's arena.  Threads: any.  I/O: the store.
 */
#ifndef INGESTOR_IO_META_H
#define INGESTOR_IO_META_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/runtime/place.h"

struct source_meta {
    uint64_t run;             /* the last one, or the one under way; 0: none */
    bool unfinished;          /* it has not ended */
    bool everything;          /* it looks at all, not only at what is due */
    bool whole;               /* the last one that ended saw all there is */
    int64_t begun_ms;         /* of `run` */
    int64_t ended_ms;         /* of the last that ended, 0: none */
    int64_t next_ms;          /* when something is due */
    uint64_t documents;       /* that were sent and not deleted */
    uint64_t fingerprint;     /* of the configuration that decides what is seen,
                                 in the last run that ended */
    uint64_t run_fingerprint; /* in `run` */
    uint64_t *ends;           /* of raw's partitions when `run` began */
    uint32_t end_count;
};

/* "ingestor.<collection>.<source>.<kind>", or without the end for NULL. */
MR_MUST_CHECK enum mr_code meta_space(const struct mr_place *place,
                                      const char *source, const char *kind,
                                      mr_space_id *out, struct mr_err *err);

/* Zeroes when there is none.  MR_E_DAMAGED: it breaks its format. */
MR_MUST_CHECK enum mr_code meta_load(const struct mr_place *place,
                                     mr_space_id space, struct mr_arena *arena,
                                     struct source_meta *out,
                                     struct mr_err *err);

/* Synced. */
MR_MUST_CHECK enum mr_code meta_save(const struct mr_place *place,
                                     mr_space_id space,
                                     const struct source_meta *meta,
                                     struct mr_err *err);

/* Removes all pairs of a space. */
MR_MUST_CHECK enum mr_code meta_clear(const struct mr_place *place,
                                      mr_space_id space, struct mr_err *err);

#endif
