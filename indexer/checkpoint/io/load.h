// SPDX-License-Identifier: Apache-2.0
/*
 * load.h - what a checkpoint holds, out of the blob store.
 *
 * Memory:  the arena.
 * Threads: any.
 * I/O:     the blob store.
 */
#ifndef INDEXER_CHECKPOINT_IO_LOAD_H
#define INDEXER_CHECKPOINT_IO_LOAD_H

#include "common/wire/checkpoint.h"
#include "indexer/checkpoint.h"

/* MR_E_LOST: it is not there.  MR_E_DAMAGED: it is none of this index. */
MR_MUST_CHECK enum mr_code load_checkpoint(const struct checkpoint_spec *spec,
                                           struct mr_hash128 manifest,
                                           struct mr_arena *arena,
                                           struct mr_checkpoint *out,
                                           struct mr_err *err);

/* The path of what lies beside the shard's folder, in the arena. */
const char *load_beside(const struct checkpoint_spec *spec, const char *what,
                        struct mr_arena *arena);

#endif
