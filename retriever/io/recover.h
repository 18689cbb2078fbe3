// SPDX-License-Identifier: Apache-2.0
/*
 * recover.h - pieces of a prompt whose document was replaced since: out of the
 * log.  Private to replay.c.
 *
 * Memory:  in the arena.
 * Threads: any.
 * I/O:     the peers', and the log.
 */
#ifndef RETRIEVER_IO_RECOVER_H
#define RETRIEVER_IO_RECOVER_H

#include "retriever/io/replay.h"

/*
 * Makes loaded[i] what piece i is of, where the shards did not have it any
 * more, and counts those in *from_log.  MR_E_LOST: one is nowhere, or its
 * document is not live; the words are of the first, and say how many more
 * there are.
 */
MR_MUST_CHECK enum mr_code recover_pieces(const struct replay_place *place,
                                          const struct mr_event *event,
                                          struct mr_arena *arena,
                                          struct shard_passage *loaded,
                                          size_t *from_log, struct mr_err *err);

#endif
