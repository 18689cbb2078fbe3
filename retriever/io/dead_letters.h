// SPDX-License-Identifier: Apache-2.0
/*
 * dead_letters.h - what failed for good: listing it, and trying it again.
 *
 * A letter is named by its place on `dead`.  A listing goes from the newest
 * letter to the oldest over all partitions, by the time of its append; where
 * it stopped is a cursor, which is a text for whoever goes on.
 *
 * To try again is to append once more what was on `raw` when it failed, as a
 * new version; it is refused when something newer of the id came, since that
 * would bring back what was replaced.
 *
 * Memory:  letters live in the arena.
 * Threads: any.
 * I/O:     the bus.
 */
#ifndef RETRIEVER_IO_DEAD_LETTERS_H
#define RETRIEVER_IO_DEAD_LETTERS_H

#include "common/runtime/place.h"
#include "common/wire/dead.h"
#include "indexer/peer.h"

struct dead_letter {
    uint32_t partition; /* its place on `dead` */
    uint64_t offset;
    int64_t append_ms;
    struct mr_dead dead;
};

/* One offset a partition: letters before it are still to be shown. */
struct dead_cursor {
    uint64_t *next;
    uint32_t count;
};

/* At the newest letter, or where `text` says.  MR_E_INVALID: it is no cursor
 * of this place. */
MR_MUST_CHECK enum mr_code dead_cursor_open(const struct mr_place *place,
                                            struct mr_span text,
                                            struct mr_arena *arena,
                                            struct dead_cursor *out,
                                            struct mr_err *err);
char *dead_cursor_text(const struct dead_cursor *cursor,
                       struct mr_arena *arena);

/* The next older letter; *found false: there is none. */
MR_MUST_CHECK enum mr_code dead_letters_next(const struct mr_place *place,
                                             struct dead_cursor *cursor,
                                             struct mr_arena *arena,
                                             struct dead_letter *out,
                                             bool *found, struct mr_err *err);

/* The letter at a place.  MR_E_LOST: there is none. */
MR_MUST_CHECK enum mr_code dead_letters_get(const struct mr_place *place,
                                            uint32_t partition, uint64_t offset,
                                            struct mr_arena *arena,
                                            struct dead_letter *out,
                                            struct mr_err *err);

enum dead_fate {
    DEAD_RETRIED,
    DEAD_SUPERSEDED, /* something newer of the id came; nothing was done */
    DEAD_GONE,       /* `raw` does not hold it any more */
    DEAD_FOREIGN,    /* it never was on `raw`, but on a topic of others */
};

struct dead_retry {
    const struct dead_letter *letter;
    struct index_peer *peer; /* of the letter's id */
    uint64_t lag;            /* records that the shard may not know of yet */
};

/* Tries the letter again.  *version: the new one, or the newer one that came.
 * Between the look at `raw` and the append somebody else may write. */
MR_MUST_CHECK enum mr_code dead_letters_retry(const struct mr_place *place,
                                              const struct dead_retry *retry,
                                              struct mr_arena *arena,
                                              enum dead_fate *fate,
                                              uint64_t *version,
                                              struct mr_err *err);

#endif
