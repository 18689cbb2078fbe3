// SPDX-License-Identifier: Apache-2.0
/*
 * embedder.h - what other folders may use of the embedder: its models and its
 * stage.
 *
 * A model is used through ports/model.h.  One is opened by a process and
 * shared: by the stage, which embeds documents, and by the retriever, which
 * embeds queries and goes first.
 */
#ifndef EMBEDDER_EMBEDDER_H
#define EMBEDDER_EMBEDDER_H

#include <stddef.h>
#include <stdint.h>

#include "common/ports/model.h"

/* Of the hashing model that stands for a real one in tests. */
#define EMBEDDER_HASHING_DIMENSION 64u

struct embedder_model_spec {
    /* The model's folder (openvino/minilm.h); NULL: embedder_model_folder();
     * "hashing": the model of tests (hashing/hashing.h), which needs none. */
    const char *folder;
    uint32_t threads; /* 0: as many as there are cores */
};

/*
 * Opens a model; closed by embedder_model_close().  MR_E_CONFIG: the folder is
 * not there or not a model's; the message says what is missing.
 */
MR_MUST_CHECK enum mr_code embedder_model_open(
    const struct embedder_model_spec *spec, struct mr_model **out,
    struct mr_err *err);

/* Nobody uses it any more.  NULL does nothing. */
void embedder_model_close(struct mr_model *model);

/*
 * Where a model lies that nobody named, into `out`, which has room for `size`
 * bytes: ../share/millrace/minilm beside the program when it is there, else
 * where the build found it.
 */
void embedder_model_folder(char *out, size_t size);

#endif
