// SPDX-License-Identifier: Apache-2.0
/*
 * origin.h - where a generation begins on `raw`: at the log's beginning, or
 * later, as `millrace replay --from` was told.
 *
 *   beginning            every partition at its first record
 *   0:120,1:98           partition:offset; those not named at their first
 *   2026-01-31T12:00Z    what was appended at that time or later (RFC 3339)
 *   7d, 12 h, 30 min     the same, that long ago
 *
 * It is kept on `control`: whoever works at the generation begins where the
 * first one did, and a second beginning is refused.
 *
 * Memory:  what is found lives in the caller's arena.
 * Threads: any.
 * I/O:     the bus, but for mr_origin_parse().
 */
#ifndef COMMON_RUNTIME_ORIGIN_H
#define COMMON_RUNTIME_ORIGIN_H

#include <stdbool.h>

#include "common/runtime/place.h"
#include "common/wire/control.h"

enum mr_origin_kind {
    MR_ORIGIN_BEGINNING,
    MR_ORIGIN_OFFSETS,
    MR_ORIGIN_TIME,
};

/* A wish, as read. */
struct mr_origin_wish {
    enum mr_origin_kind kind;
    const char *text; /* as it was given; borrowed */
    int64_t time_ms;
    uint32_t count; /* of offsets */
    uint32_t partitions[MR_PARTITIONS_MAX];
    uint64_t offsets[MR_PARTITIONS_MAX];
};

/* MR_E_INVALID: it is none of the forms above, names a partition twice, or a
 * time that is to come. */
MR_MUST_CHECK enum mr_code mr_origin_parse(const char *text, int64_t now_ms,
                                           struct mr_origin_wish *out,
                                           struct mr_err *err);

/* What is kept of the place's generation; *found false: nothing, so it begins
 * at the log's beginning. */
MR_MUST_CHECK enum mr_code mr_origin_find(const struct mr_place *place,
                                          struct mr_arena *arena,
                                          struct mr_origin *out, bool *found,
                                          struct mr_err *err);

/*
 * Finds the offsets of the wish, keeps them, and gives them out; what is kept
 * already is given instead, when it is the same.  MR_E_CONFIG: an offset is
 * not on the log (the words have the range), or the generation has begun
 * elsewhere.
 */
MR_MUST_CHECK enum mr_code mr_origin_settle(const struct mr_place *place,
                                            const struct mr_origin_wish *wish,
                                            struct mr_arena *arena,
                                            struct mr_origin *out,
                                            struct mr_err *err);

/* "since 2026-01-31T12:00:00.000Z (from 7d)", into the arena. */
const char *mr_origin_words(const struct mr_origin *origin,
                            struct mr_arena *arena);

#endif
