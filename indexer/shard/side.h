// SPDX-License-Identifier: Apache-2.0
/*
 * side.h - one side of a shard: keyword or dense, a list of segments that
 * follows one partition.
 *
 * Newest entries are in small images in memory, which merge among themselves
 * so that there are few.  When `seal_units` units were added since the last
 * seal, all of memory becomes a sealed file of level 0; when `fan_in`
 * neighbours have one level, they become one of the next.  Both are decided by
 * counts of what the records brought, at the record that brought it, and made
 * with the dead as of that record: so the files are a function of the records,
 * however they were batched, and a death between two seals changes nothing.
 *
 * A merge may run on a thread of its own; until it is swapped in, the segments
 * that it was made of serve, and what died meanwhile is carried over.  One
 * merge is under way at most: the next seal waits for it.
 *
 * What the manifest may name is the state as of the last seal whose merges are
 * done: side_manifest().
 *
 * Memory:  images and marks, see segment.h.
 * Threads: the writer's only, but for the merge inside.
 * I/O:     files in the shard's folder.
 */
#ifndef INDEXER_SHARD_SIDE_H
#define INDEXER_SHARD_SIDE_H

#include <stdatomic.h>

#include "indexer/shard/manifest.h"
#include "indexer/shard/segment.h"
#include "indexer/shard/table.h"

struct side_spec {
    enum image_kind kind;
    struct shard_folder *folder; /* borrowed */
    const struct table *table;   /* borrowed */
    uint32_t dimension;          /* dense */
    uint32_t seal_units;
    uint32_t fan_in;
    uint32_t exact_max;
    bool threaded;                  /* merges have a thread of their own */
    const atomic_bool *ending;      /* true: retries of the disk give up */
    struct mr_telemetry *telemetry; /* borrowed; NULL for none */
};

struct side;

struct side *side_new(const struct side_spec *spec);
void side_free(struct side *side); /* waits for its merge; NULL is fine */

/* Maps what the manifest names, into a new side.  MR_E_DAMAGED. */
MR_MUST_CHECK enum mr_code side_restore(struct side *side,
                                        const struct manifest_side *from,
                                        struct mr_err *err);

/* The offset of the next record to take. */
uint64_t side_next(const struct side *side);
void side_begin_at(struct side *side, uint64_t next);

/* Entries of `id` with another content version die; with none kept, all do.
 * *has: a live entry with `content_version` is there. */
MR_MUST_CHECK enum mr_code side_kill(struct side *side, struct mr_span id,
                                     bool keep, uint64_t content_version,
                                     bool *has, struct mr_err *err);

/* Adds an entry of the record at `offset`; not visible before side_flush(). */
void side_add_keyword(struct side *side, struct mr_span id,
                      uint64_t content_version, uint64_t offset,
                      const struct keyword_unit *units, size_t count);
void side_add_dense(struct side *side, struct mr_span id,
                    uint64_t content_version, uint64_t offset,
                    const float *vectors, const uint32_t *ordinals,
                    size_t count);

/* Hides or shows the entries of `id` as the table says. */
void side_refresh(struct side *side, struct mr_span id);

/* The record at `offset` is done: seals if it is time.  MR_E_CANCELLED: told
 * to end while the disk was full. */
MR_MUST_CHECK enum mr_code side_done(struct side *side, uint64_t offset,
                                     struct mr_err *err);

/* Makes what was added visible. */
MR_MUST_CHECK enum mr_code side_flush(struct side *side, struct mr_err *err);

/* Takes over a merge that is done; with `wait` also one that is not.  *changed:
 * the manifest is to be written. */
MR_MUST_CHECK enum mr_code side_settle(struct side *side, bool wait,
                                       bool *changed, struct mr_err *err);

/* The state to write, its arrays in the arena. */
void side_manifest(const struct side *side, struct mr_arena *arena,
                   struct manifest_side *out);

/* Removes the files that the written manifest no longer names. */
void side_collect(struct side *side);

/* What serves now, in order of offsets; borrowed until the next change. */
const struct view *side_views(const struct side *side, size_t *count);

#endif
