// SPDX-License-Identifier: Apache-2.0
/*
 * verify.h - the parts of shard_verify().  Private to indexer/shard.
 *
 * Memory:  an arena that is reset from document to document.
 * Threads: one at a time, and nobody steps the shard.
 * I/O:     reads the log, the records and the segments.
 */
#ifndef INDEXER_SHARD_VERIFY_H
#define INDEXER_SHARD_VERIFY_H

#include "indexer/shard/newest.h"

struct verify {
    struct shard *shard;
    shard_found *found;
    void *context;
    struct shard_verified *out;
    struct mr_arena *arena;
    struct newest documents;
    struct newest vectors;
    uint32_t *forward; /* room for the terms of a unit */
};

/* Tells of one finding; `id` absent: of the shard. */
void verify_report(struct verify *verify, const char *rule, struct mr_span id,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* That each entry of a side is alive and hidden as the log says, and holds
 * what the log says; and that nothing is missing. */
MR_MUST_CHECK enum mr_code verify_side(struct verify *verify, size_t side,
                                       struct mr_err *err);

#endif
