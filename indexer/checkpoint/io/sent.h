// SPDX-License-Identifier: Apache-2.0
/*
 * sent.h - the blobs that were sent since the last collection: a file of their
 * hashes, written before each is sent, so that none is forgotten in a death.
 *
 * Memory:  none.
 * Threads: one at a time.
 * I/O:     the file.
 */
#ifndef INDEXER_CHECKPOINT_IO_SENT_H
#define INDEXER_CHECKPOINT_IO_SENT_H

#include "indexer/checkpoint.h"
#include "indexer/checkpoint/pieces.h"

/* Opens it to append to; closed by close(). */
MR_MUST_CHECK enum mr_code sent_open(const struct checkpoint_spec *spec,
                                     int *fd, struct mr_err *err);
MR_MUST_CHECK enum mr_code sent_note(int fd, struct mr_hash128 hash,
                                     struct mr_err *err);

/* Adds all of it to a set; what a death cut short is none. */
void sent_read(const struct checkpoint_spec *spec, struct pieces *out);
void sent_forget(const struct checkpoint_spec *spec);

#endif
