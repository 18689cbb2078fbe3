// SPDX-License-Identifier: Apache-2.0
/*
 * history.h - what people and sources do to `raw`, made from a seed.
 *
 * Puts and updates of texts that are often equal or nearly equal, patches,
 * deletes, sweeps, and bytes that nobody can read, over a few ids.  A history
 * is a list of actions in the order of their making; those that reached the
 * log know their place in it.
 *
 * Memory:  actions live in the history's arena.
 * Threads: one at a time.
 * I/O:     none.
 */
#ifndef TESTS_SIM_HISTORY_H
#define TESTS_SIM_HISTORY_H

#include "common/base/mr_arena.h"
#include "common/wire/raw.h"
#include "tests/sim/sim_random.h"

#define HISTORY_IDS_MAX 24u

enum action_kind {
    ACTION_PUT,
    ACTION_PATCH,
    ACTION_DELETE,
    ACTION_SWEEP,
    ACTION_POISON,  /* bytes that are no message, under a good id */
    ACTION_BAD_KEY, /* and under a key that can be no id */
};

struct action {
    enum action_kind kind;
    uint32_t nth;         /* of the id */
    struct mr_span id;    /* the record's key */
    struct mr_raw raw;    /* what it says; zero for poison */
    char word[24];        /* put: stands in no text of another family */
    bool empty;           /* put: of no text, so that it is rejected */
    bool too_long;        /* put: of more passages than a document may have */
    struct mr_span body;  /* put */
    struct mr_span value; /* the record's */
    int64_t append_ms;
    bool appended;
    uint32_t partition;
    uint64_t offset;
};

struct history_spec {
    uint32_t partitions;
    uint32_t ids;
    uint32_t families; /* of texts */
    uint32_t passage_words;
    bool large; /* now and then a text that goes to the blob store */
};

struct history {
    struct history_spec spec;
    struct mr_arena *arena;
    struct action *actions;
    size_t count;
    size_t room;
};

void history_init(struct history *history, const struct history_spec *spec);
void history_deinit(struct history *history);

/* Makes the next action, to be appended now: `ends` are the ends of the
 * partitions of raw, which sweeps refer to. */
struct action *history_next(struct history *history, struct sim_random *random,
                            const uint64_t *ends, int64_t now_ms);

/* The id's name; in the arena. */
struct mr_span history_id(struct history *history, uint32_t nth);

/* "put doc-3 v2.17 fam1" for people, in the arena. */
const char *history_words(struct history *history, const struct action *action);

#endif
