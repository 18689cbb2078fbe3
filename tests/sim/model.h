// SPDX-License-Identifier: Apache-2.0
/*
 * model.h - what must have become of every document, from the history alone.
 *
 * The definition, not the machinery: actions of an id are folded in the order
 * of the log; then every pair of documents is looked at, in order of priority,
 * to say who is whose duplicate.  It shares with the product what similarity
 * is (curate/similar.h) and the texts' MinHash, read from `signatures`.
 *
 * Memory:  in the caller's arena.
 * Threads: one.
 * I/O:     reads the memory bus.
 */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H

#include "tests/sim/history.h"
#include "tests/sim/world.h"

struct model_document {
    struct mr_span id;
    uint32_t partition;
    enum mr_doc_state state; /* 0: never on the log */
    uint64_t version;
    uint64_t content_version;
    const struct action *put; /* its content, unless deleted or failed */
    int64_t time_ms;          /* of the newest message that changed it */
    bool gone;                /* deleted so long ago that nothing is left */

    /* From its put and the patches since. */
    struct mr_pairs metadata;
    struct mr_access access;
    bool has_first_seen;
    int64_t first_seen_ms;

    /* When it is a duplicate. */
    struct mr_span duplicate_of;
    uint8_t rows;
};

struct model {
    struct model_document documents[HISTORY_IDS_MAX];
    uint32_t count;
};

/* One document by the actions up to now, duplicates aside: what is live may
 * turn out a duplicate. */
struct model_document model_fold(const struct history *history, uint32_t nth,
                                 struct mr_arena *arena);

/* All of them, at the end. */
void model_make(struct model *model, struct history *history,
                struct world *world, struct mr_arena *arena);

#endif
