// SPDX-License-Identifier: Apache-2.0
/*
 * notes.h - which checkpoint of each shard is the newest, as `control` says.
 *
 * Memory:  a few hundred bytes a shard; at most NOTES_MAX of them.
 * Threads: any.
 * I/O:     notes_read() and notes_tell(): the bus.
 */
#ifndef CLI_NOTES_H
#define CLI_NOTES_H

#include "common/runtime/place.h"
#include "common/wire/control.h"

#define NOTES_MAX 16384u

struct notes;

struct notes *notes_new(void);
void notes_free(struct notes *notes); /* NULL does nothing */

/* In place of what was known of that shard; copies. */
void notes_hear(struct notes *notes, const struct mr_checkpoint_note *note);

/* All that control holds now. */
MR_MUST_CHECK enum mr_code notes_read(struct notes *notes,
                                      const struct mr_place *place,
                                      struct mr_err *err);

/* Tells everybody. */
MR_MUST_CHECK enum mr_code notes_tell(const struct mr_place *place,
                                      const struct mr_checkpoint_note *note,
                                      struct mr_err *err);

/* That of a shard of the place; its spans lie in `arena`. */
bool notes_find(struct notes *notes, const struct mr_place *place,
                uint32_t partition, struct mr_arena *arena,
                struct mr_checkpoint_note *out);

#endif
