// SPDX-License-Identifier: Apache-2.0
/*
 * job.h - one document as the texts that are embedded for it.
 *
 * The text of a passage is "title. passage", or the passage alone when there
 * is no title; one that exceeds the model's window is parts of equal size, each
 * with the title and a vector of its own.
 *
 * Memory:  everything in the step's arena.
 * Threads: those of the step.
 * I/O:     reads the document's text from the blob store if it is there.
 */
#ifndef EMBEDDER_STAGE_JOB_H
#define EMBEDDER_STAGE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ports/model.h"
#include "common/runtime/stage.h"
#include "common/wire/document.h"
#include "common/wire/vectors.h"

/* More of a title is not embedded with every passage. */
#define JOB_TITLE_BYTES_MAX 256u

struct job_part {
    uint32_t passage; /* its ordinal */
    uint32_t tokens;
    struct mr_span text;
    struct mr_hash128 hash; /* of the text */
    const float *vector;    /* NULL: not known yet */
};

enum job_state {
    JOB_OPEN,   /* vectors are missing */
    JOB_DONE,   /* every part has its vector */
    JOB_FAILED, /* for good: see error */
    JOB_VOID,   /* a newer record of the id came, or this one is gone */
};

struct job {
    struct mr_input input; /* the record of `documents` */
    uint64_t content_version;
    struct job_part *parts;
    size_t count;
    enum job_state state;
    struct mr_err error;
};

/*
 * Makes the job of a live document.  What is wrong with the document for good
 * (its text is not to be had, it has more parts than MR_VECTORS_MAX) is the
 * job's failure; any other failure is returned.
 */
MR_MUST_CHECK enum mr_code job_init(struct job *job, struct mr_state *state,
                                    struct mr_model *model,
                                    const struct mr_input *input,
                                    struct mr_document *document,
                                    struct mr_err *err);

/* Emits a finished job's record: vectors, or failed. */
MR_MUST_CHECK enum mr_code job_emit(const struct job *job,
                                    struct mr_state *state,
                                    struct mr_effects *effects,
                                    uint32_t dimension, struct mr_err *err);

#endif
