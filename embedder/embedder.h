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
#include "common/runtime/stage.h"
#include "common/runtime/telemetry.h"

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

/* What tells models apart, without one. */
struct embedder_identity {
    char name[64];        /* for people */
    char fingerprint[33]; /* of struct mr_model */
    uint32_t dimension;
};

/* Reads the model's folder, and loads nothing; errors as of
 * embedder_model_open(). */
MR_MUST_CHECK enum mr_code embedder_model_identify(
    const struct embedder_model_spec *spec, struct embedder_identity *out,
    struct mr_err *err);

/* Nobody uses it any more.  NULL does nothing. */
void embedder_model_close(struct mr_model *model);

/*
 * Where a model lies that nobody named, into `out`, which has room for `size`
 * bytes: ../share/millrace/minilm beside the program when it is there, else
 * where the build found it.
 */
void embedder_model_folder(char *out, size_t size);

/*
 * The tokenizer of the model in a folder, without the model: for those who
 * want to see ids.
 */
struct embedder_tokenizer;

/* `folder` as in embedder_model_spec, but for "hashing", which has no ids.
 * Errors as of embedder_model_open().  Closed by embedder_tokenizer_close(). */
MR_MUST_CHECK enum mr_code embedder_tokenizer_open(
    const char *folder, struct embedder_tokenizer **out, struct mr_err *err);

/* NULL does nothing. */
void embedder_tokenizer_close(struct embedder_tokenizer *tokenizer);

#define EMBEDDER_IDS_MAX 256u

/* What the model gets for a text: its ids with [CLS] and [SEP], cut at its
 * window.  Gives how many. */
size_t embedder_tokenize(const struct embedder_tokenizer *tokenizer,
                         struct mr_span text, int32_t ids[EMBEDDER_IDS_MAX]);

struct embed_config {
    struct mr_model *model; /* borrowed for the stage's life */
    /* Vectors kept by the hash of their text; at least what the two largest
     * documents have. */
    uint64_t cache_bytes;
    /* What one step gives the model at most, but for one text: pushed
     * documents, and bulk ones, behind which a push may have to wait. */
    uint32_t push_tokens;
    uint32_t bulk_tokens;
    struct mr_telemetry *telemetry; /* borrowed; NULL for none */
};

/* 256 MiB, 8,192 and 2,048 tokens (about 1.2 and .3 s on two cores). */
struct embed_config embed_config_default(struct mr_model *model);

/*
 * documents -> vectors.<model>.  The stage's name is "embed.<fingerprint>", so
 * each model has a group and a state of its own, and a new model begins with
 * the first document.  MR_E_CONFIG: tokens of 0.
 */
MR_MUST_CHECK enum mr_code embed_stage_new(const struct embed_config *config,
                                           struct mr_stage **out,
                                           struct mr_err *err);

#endif
