// SPDX-License-Identifier: Apache-2.0
/*
 * model.h - the port to an embedding model: texts in, unit vectors out.
 *
 * A model is named by its fingerprint, which is part of a topic's name
 * (vectors.<fingerprint>): two models with one fingerprint give equal vectors
 * but for rounding.
 *
 * Threads: any; a query overtakes the batches that wait, never the one that
 *          runs, so callers keep bulk batches short.
 * I/O:     none, or a request to a serving process.
 */
#ifndef COMMON_PORTS_MODEL_H
#define COMMON_PORTS_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

/* In rising order of patience. */
enum mr_model_lane {
    MR_MODEL_QUERY, /* somebody waits for an answer */
    MR_MODEL_PUSH,  /* somebody waits for a document to be found */
    MR_MODEL_BULK,
};

struct mr_model;

struct mr_model_ops {
    enum mr_code (*split)(struct mr_model *model, struct mr_span text,
                          struct mr_arena *arena, struct mr_span **parts,
                          uint32_t **tokens, size_t *count, struct mr_err *err);
    enum mr_code (*embed)(struct mr_model *model, enum mr_model_lane lane,
                          const struct mr_span *texts, size_t count, float *out,
                          struct mr_err *err);
};

struct mr_model {
    const struct mr_model_ops *ops;
    const char *name;        /* for people, such as "all-MiniLM-L6-v2" */
    const char *fingerprint; /* [a-z0-9]{4,32} */
    uint32_t dimension;
    uint32_t tokens_max; /* of one text, special tokens included */
};

/*
 * Cuts a text into parts that each fit the model's window, at word borders;
 * at least one part, also of an empty text.  `tokens` gives the size of each
 * with its special tokens.  Parts are borrowed from `text`, the arrays live
 * in `arena`.
 */
MR_MUST_CHECK static inline enum mr_code mr_model_split(
    struct mr_model *model, struct mr_span text, struct mr_arena *arena,
    struct mr_span **parts, uint32_t **tokens, size_t *count,
    struct mr_err *err)
{
    return model->ops->split(model, text, arena, parts, tokens, count, err);
}

/*
 * `count` texts of UTF-8 to `count` vectors of `dimension` floats of length 1,
 * in their order, into `out`, which the caller owns.  A text beyond the window
 * is cut at it.
 */
MR_MUST_CHECK static inline enum mr_code mr_model_embed(
    struct mr_model *model, enum mr_model_lane lane,
    const struct mr_span *texts, size_t count, float *out, struct mr_err *err)
{
    return model->ops->embed(model, lane, texts, count, out, err);
}

#endif
