// SPDX-License-Identifier: Apache-2.0
/*
 * pieces.h - sets of the hashes of blobs: first they are added, then they are
 * asked for.
 *
 * Memory:  16 bytes for each.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef INDEXER_CHECKPOINT_PIECES_H
#define INDEXER_CHECKPOINT_PIECES_H

#include <stdbool.h>

#include "common/wire/checkpoint.h"

struct pieces {
    struct mr_hash128 *items;
    size_t count;
    size_t room;
    bool sorted;
};

void pieces_deinit(struct pieces *pieces);
void pieces_add(struct pieces *pieces, struct mr_hash128 hash);

/* All that the checkpoint's files are made of. */
void pieces_add_all(struct pieces *pieces,
                    const struct mr_checkpoint *checkpoint);

bool pieces_have(struct pieces *pieces, struct mr_hash128 hash);

#endif
