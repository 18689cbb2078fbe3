// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint.h - a shard in the blob store, from which a new replica begins
 * instead of reading the whole log.  A public header of the indexer.
 *
 * A checkpoint is the files that the shard's manifest names, that manifest, and
 * a copy of the store of records taken after it: what a folder holds after a
 * kill, which shard_open() opens and follows the log from.  Files are cut into
 * pieces, each a blob; then what it holds (wire/checkpoint.h) is a blob, too;
 * and only then `control` is told of it.  So who finds it finds all of it, and
 * a death in the middle leaves the one before.  Segments are byte-equal between
 * replicas, and pieces are named by their hashes: what the last checkpoint
 * names is not sent again, whoever wrote it.
 *
 * Every blob begins with a head that names the index (the topic's own id among
 * its words) and the partition: so none is ever a document's, another shard's
 * or another generation's, and each can be removed.
 *
 * The newest and the one before it are kept.  Removed are older ones, and what
 * a writer has sent and never named, which it notes beside the shard's folder.
 *
 *   FOLDER           the shard's
 *   FOLDER.saving    what is being sent; links
 *   FOLDER.pieces    the blobs that were sent since the last collection
 *   FOLDER.fetching  what is being fetched; becomes FOLDER when all is right
 *
 * Memory:  one piece, and the lists of pieces.
 * Threads: one at a time for a shard; its writer and readers go on.
 * I/O:     the blob store, the folders.
 */
#ifndef INDEXER_CHECKPOINT_H
#define INDEXER_CHECKPOINT_H

#include <stdatomic.h>

#include "common/wire/control.h"
#include "indexer/indexer.h"

struct checkpoint_spec {
    const struct mr_place *place; /* borrowed, as all of it */
    uint32_t partition;
    const char *index;              /* told from every other index: see above */
    const char *folder;             /* the shard's, without a '/' at its end */
    const char *member;             /* who writes */
    int64_t age_max_ms;             /* older ones are not used */
    size_t piece_bytes;             /* of a file in a piece; 0: nearly 32 MiB */
    struct mr_telemetry *telemetry; /* NULL for none */
    const atomic_bool *ending;      /* true: give up; NULL: never */
};

/* When one is written. */
struct checkpoint_pace {
    int64_t now_ms;
    int64_t every_ms;   /* between two of a shard, of whatever replicas */
    int64_t age_max_ms; /* as above */
    uint64_t stagger;   /* of this member: up to a quarter of `every_ms` later,
                           so that one of several replicas comes first */
};

/*
 * Whether this replica is to write one: it has sealed more than the newest that
 * is known (NULL: none is) and that is old enough; or that is half as old as it
 * may be, though nothing has come since; or it is broken.
 */
bool checkpoint_is_due(const struct mr_checkpoint_note *newest,
                       const struct shard_sealed *sealed,
                       const struct checkpoint_pace *pace);

/* Copies the store of records into the folder `to`, which it makes. */
typedef enum mr_code checkpoint_copy(void *context, const char *to,
                                     struct mr_err *err);

/*
 * Sends a checkpoint of the shard; `newest` is the one before it, or NULL.
 * *out is what control is to be told, its spans borrowed from the spec; *any
 * false: nothing was ever sealed.  On a failure what was sent is noted.
 * MR_E_CANCELLED: told to end.
 */
MR_MUST_CHECK enum mr_code checkpoint_save(
    const struct checkpoint_spec *spec, struct shard *shard,
    checkpoint_copy *copy, void *context,
    const struct mr_checkpoint_note *newest, struct mr_checkpoint_note *out,
    bool *any, struct mr_err *err);

/* Removes what neither the newest, which control knows by now, nor the one
 * before it names. */
MR_MUST_CHECK enum mr_code checkpoint_collect(
    const struct checkpoint_spec *spec, const struct mr_checkpoint_note *newest,
    struct mr_err *err);

/* Whether the shard's folder is not there, or holds nothing. */
bool checkpoint_is_wanted(const struct checkpoint_spec *spec);

/*
 * Makes the shard's folder what the checkpoint says.  On a failure it is as
 * before, and the words say why.  *broken: the checkpoint is to blame, for
 * everybody.
 */
MR_MUST_CHECK enum mr_code checkpoint_fetch(
    const struct checkpoint_spec *spec, const struct mr_checkpoint_note *note,
    bool *broken, struct mr_err *err);

/* Removes the shard's folder, which nobody has open. */
void checkpoint_drop(const struct checkpoint_spec *spec);

#endif
