// SPDX-License-Identifier: Apache-2.0
/*
 * shard.h - the inside of a shard.  Private to indexer/shard; the manual is
 * indexer/indexer.h.
 *
 * Three kinds of state: what is on disk (folder, records), what the writer
 * works on (sides, table), and the snapshot that readers see.  A batch goes
 *
 *   poll -> apply to table and sides -> records -> publish -> wake waiters
 *
 * Locks: `table_lock` is held for writing while records are applied and for
 * reading by shard_get() and filters; `publish_lock` only while the pointer to
 * the snapshot is read or replaced; `wait_lock` by those who wait.
 */
#ifndef INDEXER_SHARD_SHARD_H
#define INDEXER_SHARD_SHARD_H

#include <pthread.h>
#include <stdatomic.h>

#include "indexer/analysis/analyzer.h"
#include "indexer/indexer.h"
#include "indexer/shard/records.h"
#include "indexer/shard/side.h"

#define SIDE_KEYWORD 0
#define SIDE_DENSE   1

struct shard_snapshot {
    atomic_uint refs;
    struct shard *shard;
    uint64_t version;
    struct view *views[MANIFEST_SIDES]; /* with references */
    size_t counts[MANIFEST_SIDES];
    const char *languages[TABLE_LANGUAGES_MAX];
    size_t language_count;
};

struct shard {
    struct shard_spec spec;
    char *folder_name;
    char *language;
    struct shard_folder *folder;
    struct records records;
    uint64_t records_next; /* `documents` below it is in `records` */
    struct table *table;
    struct side *sides[MANIFEST_SIDES];
    struct analyzer *analyzer; /* the writer's */
    struct mr_bus_reader *reader;
    struct mr_arena *arena;   /* of the batch in hand */
    struct mr_arena *scratch; /* of the record in hand: texts can be long */
    struct mr_batch *batch;   /* changes to records */
    /* Held while files that the manifest has left behind are removed, and while
     * those that it names are linked. */
    pthread_mutex_t files_lock;
    atomic_ullong sealed[MANIFEST_SIDES]; /* what the manifest goes up to */
    pthread_rwlock_t table_lock;
    pthread_mutex_t publish_lock;
    struct shard_snapshot *current;
    pthread_mutex_t wait_lock;
    pthread_cond_t applied;
    /* Records below these offsets are in `current`. */
    atomic_ullong published[MANIFEST_SIDES];
    /* Where a remote log ended when it was last asked. */
    atomic_ullong ends[MANIFEST_SIDES];
    int64_t ends_at_us; /* the writer's; 0: never */
    pthread_t thread;
    bool started;
    atomic_bool ending;
};

/* Applies one record of either topic to table, sides and `batch`. */
MR_MUST_CHECK enum mr_code shard_apply(struct shard *shard,
                                       const struct mr_record *record,
                                       struct mr_err *err);

/* Asks a remote log where it ends, now and then. */
void shard_note_ends(struct shard *shard);

/* The folder's manifest is this one. */
void shard_note_sealed(struct shard *shard, const struct manifest *manifest);

/* Replaces the snapshot by one of the present sides. */
void shard_publish(struct shard *shard);

/* Makes what the last seals left behind the folder's state, if there is
 * something. */
MR_MUST_CHECK enum mr_code shard_write_manifest(struct shard *shard,
                                                struct mr_err *err);

#endif
