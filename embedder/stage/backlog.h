// SPDX-License-Identifier: Apache-2.0
/*
 * backlog.h - documents that are still to be embedded, by their place in
 * `documents`.
 *
 * Pushed ones come before bulk ones, and of either kind the older first.  An
 * id is there at most once: its newest record.
 *
 * Memory:  what is handed out lives in the step's arena.
 * Threads: those of the step.
 * I/O:     reads state, appends effects.
 */
#ifndef EMBEDDER_STAGE_BACKLOG_H
#define EMBEDDER_STAGE_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#include "common/runtime/stage.h"

struct backlog_entry {
    struct mr_span id;
    enum mr_lane lane;
    uint64_t offset;
    uint32_t partition;
};

/* Puts the document of an input last in its lane; its id is not there. */
void backlog_add(struct mr_effects *effects, const struct backlog_entry *entry);

void backlog_remove(struct mr_effects *effects,
                    const struct backlog_entry *entry);

/* Removes the entry of an id if there is one. */
MR_MUST_CHECK enum mr_code backlog_cancel(struct mr_state *state,
                                          struct mr_effects *effects,
                                          struct mr_span id,
                                          struct mr_err *err);

/* The first entries, at most `max`.  MR_E_DAMAGED: state that isn't ours. */
MR_MUST_CHECK enum mr_code backlog_list(struct mr_state *state, size_t max,
                                        struct backlog_entry **entries,
                                        size_t *count, struct mr_err *err);

#endif
