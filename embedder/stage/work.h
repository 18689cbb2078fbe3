// SPDX-License-Identifier: Apache-2.0
/*
 * work.h - the jobs of one step, and the texts that the model gets for them.
 *
 * Jobs are added until the step has enough; texts whose vectors are not known
 * go through the model in one call, whatever job they are of; what is then
 * complete is emitted in the order in which it was added.  A long document
 * takes several steps: its first parts are in the cache when the last come.
 *
 * Memory:  everything in the step's arena but the lists, freed by
 *          work_deinit().
 * Threads: those of the step.
 * I/O:     none but the model's.
 */
#ifndef EMBEDDER_STAGE_WORK_H
#define EMBEDDER_STAGE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/telemetry.h"
#include "embedder/stage/cache.h"
#include "embedder/stage/job.h"

struct work {
    struct mr_state *state;
    struct mr_effects *effects;
    struct mr_model *model;
    struct cache *cache;
    struct mr_telemetry *telemetry; /* NULL for none */
    enum mr_model_lane lane;
    uint32_t tokens_left; /* what the step may still give the model */
    size_t parts_left;    /* and look up or emit */
    bool full;            /* the step has enough: add no more */
    struct job *jobs;
    size_t count;
    size_t room;
    struct job_part **todo; /* to be embedded, each text once */
    size_t todo_count;
    size_t todo_room;
};

struct work_limits {
    uint32_t tokens; /* at least one text goes to the model whatever it has */
    size_t parts;    /* at least one job is taken whatever it has */
};

/* `state` to `cache` are set by the caller; the rest is zero. */
void work_begin(struct work *work, enum mr_model_lane lane,
                struct work_limits limits);
void work_deinit(struct work *work);

/* Adds the job of a live document.  Not after `full`. */
MR_MUST_CHECK enum mr_code work_add(struct work *work,
                                    const struct mr_input *input,
                                    struct mr_document *document,
                                    struct mr_err *err);

/* Adds a document of which it is known that it failed. */
void work_add_failed(struct work *work, const struct mr_input *input,
                     uint64_t content_version, const struct mr_err *cause);

/* A newer record of the id came: its job ends without a word. */
void work_cancel(struct work *work, struct mr_span id);

/* Embeds, and settles the jobs: those that are still JOB_OPEN after it need
 * another step. */
MR_MUST_CHECK enum mr_code work_run(struct work *work, struct mr_err *err);

/* Emits what is done or failed. */
MR_MUST_CHECK enum mr_code work_emit(const struct work *work,
                                     struct mr_err *err);

#endif
