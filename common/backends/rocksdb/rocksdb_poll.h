// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_poll.h - the records of one poll, read in one sweep.
 *
 * Private to this folder.
 */
#ifndef COMMON_BACKENDS_ROCKSDB_ROCKSDB_POLL_H
#define COMMON_BACKENDS_ROCKSDB_ROCKSDB_POLL_H

#include "common/backends/rocksdb/rocksdb_reader.h"

/*
 * Fills `out` from the reader's places up to their ends, beginning with the
 * one whose turn it is, and moves them on.
 */
MR_MUST_CHECK enum mr_code rocks_read_batch(struct rocks_reader *reader,
                                            const struct mr_poll_limits *limits,
                                            struct mr_arena *arena,
                                            struct mr_batch_in *out,
                                            struct mr_err *err);

#endif
