// SPDX-License-Identifier: Apache-2.0
/*
 * due.h - deleted documents whose tombstones are to become null, by the time
 * when they are due.
 *
 * Time is that of the messages: the latest seen, where a message's is its
 * event time or that of its append, whichever is earlier, so that a time in
 * the future (which anybody can give) hurries nothing.
 *
 *   space "due"   due_ms:u64 (big-endian)  id -> version:u64
 *   space "meta"  "time" -> time_ms:u64       the latest seen
 *
 * An entry is a promise to look: the tombstone falls only if the document is
 * still deleted with that version.
 *
 * Memory:  works in the step's arena.
 * Threads: one at a time.
 * I/O:     that of the state.
 */
#ifndef PREPROCESSOR_ADMIT_DUE_H
#define PREPROCESSOR_ADMIT_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/runtime/stage.h"

/* The spaces of admit's state. */
enum admit_space {
    ADMIT_RECORDS, /* id -> record.h */
    ADMIT_DUE,
    ADMIT_META,
    ADMIT_SPACE_COUNT,
};

/* Times and durations are cut to this, so that their sums are times. */
#define DUE_TIME_MAX (INT64_MAX / 4)

/* So many are looked at in one step; the rest in the next. */
#define DUE_STEP_MAX 256u

struct due_entry {
    struct mr_span id;
    uint64_t version;
    struct mr_span key; /* of the entry */
};

/* The time of one message; 0 when it has none. */
int64_t due_time_of(const struct mr_record *record);

/* The latest time seen, 0 at the start. */
MR_MUST_CHECK enum mr_code due_time(struct mr_state *state, int64_t *out,
                                    struct mr_err *err);
void due_set_time(struct mr_effects *effects, int64_t time_ms);

/* Asks to look at `id` at `due_ms`. */
void due_add(struct mr_state *state, struct mr_effects *effects, int64_t due_ms,
             struct mr_span id, uint64_t version);

/* The first entries due by `time_ms`, at most DUE_STEP_MAX, in the arena. */
MR_MUST_CHECK enum mr_code due_list(struct mr_state *state, int64_t time_ms,
                                    struct due_entry **out, size_t *count,
                                    struct mr_err *err);

/* Forgets an entry. */
void due_remove(struct mr_effects *effects, const struct due_entry *entry);

#endif
