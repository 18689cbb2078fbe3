// SPDX-License-Identifier: Apache-2.0
/*
 * fsck.h - what `millrace fsck` proves of a data folder that nobody works on:
 * the index against `documents` and `vectors` (indexer.h), and `documents`
 * against `raw`.
 *
 * What the stages have not read yet is no mistake: it is counted, and then
 * `raw` is not compared, since its newest messages are still on their way.
 *
 * Memory:  about 60 bytes a record of `raw`, one partition at a time.
 * Threads: one at a time.
 * I/O:     reads the log and the shards; brings the shards up to the log.
 */
#ifndef CLI_FSCK_H
#define CLI_FSCK_H

#include "common/runtime/place.h"
#include "indexer/indexer.h"

struct fsck {
    const struct mr_place *place;
    struct shard *const *shards; /* one a partition */
    size_t shard_count;
    shard_found *found; /* called for each finding */
    void *context;
};

struct fsck_result {
    uint64_t behind; /* records that a stage has not read */
    uint64_t raw;    /* records of `raw` that were compared */
    uint64_t ids;    /* and the documents that they are of */
    struct shard_verified index;
    uint64_t findings;
};

/* Lets the shards read their topics to the end. */
MR_MUST_CHECK enum mr_code fsck_catch_up(const struct fsck *fsck,
                                         struct mr_err *err);

/* Looks at everything, after fsck_catch_up(). */
MR_MUST_CHECK enum mr_code fsck_run(const struct fsck *fsck,
                                    struct fsck_result *out,
                                    struct mr_err *err);

/* Only how far the stages are behind: result->behind. */
MR_MUST_CHECK enum mr_code fsck_behind(const struct fsck *fsck,
                                       struct fsck_result *out,
                                       struct mr_err *err);

/* Of one partition of `raw`; private to fsck*.c. */
MR_MUST_CHECK enum mr_code fsck_raw(const struct fsck *fsck, uint32_t partition,
                                    struct fsck_result *out,
                                    struct mr_err *err);

#endif
