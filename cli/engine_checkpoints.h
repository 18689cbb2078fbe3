// SPDX-License-Identifier: Apache-2.0
/*
 * engine_checkpoints.h - a part of engine_parts.h: shards of a cluster begin
 * with a checkpoint, and are written from time to time.
 *
 * Threads: one of its own, which writes.
 * I/O:     the blob store, the bus, the shards' folders.
 */
#ifndef CLI_ENGINE_CHECKPOINTS_H
#define CLI_ENGINE_CHECKPOINTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/notes.h"
#include "common/base/mr_status.h"
#include "common/json/json.h"

struct engine;
struct turn;

struct engine_saver {
    struct notes *notes; /* what is known of checkpoints */
    int64_t age_max_ms;  /* older ones are not used; 0: not asked yet */
    struct turn *turns;  /* of each shard */
    pthread_t thread;
    bool started;
    atomic_bool ending;
};

/* Makes an empty folder of a shard what the newest checkpoint says, if there is
 * one that can be used. */
bool engine_fetch_checkpoint(struct engine *engine, const char *folder,
                             uint32_t partition);

/* Drops a folder that was fetched and cannot be opened: `err` says why. */
void engine_refuse_checkpoint(struct engine *engine, const char *folder,
                              uint32_t partition, const struct mr_err *err);

MR_MUST_CHECK enum mr_code engine_start_checkpoints(struct engine *engine,
                                                    struct mr_err *err);
void engine_stop_checkpoints(struct engine *engine);

/* "checkpoints" of the status. */
void engine_render_checkpoints(struct engine *engine, struct mr_json_out *out);

#endif
