// SPDX-License-Identifier: Apache-2.0
/*
 * embedder.c - see embedder.h.
 */
#include "embedder/embedder.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "embedder/hashing/hashing.h"
#include "embedder/io/model_folder.h"
#include "embedder/io/model_place.h"
#include "embedder/openvino/minilm.h"
#include "embedder/wordpiece/wordpiece.h"

#define HASHING "hashing"

static_assert(EMBEDDER_IDS_MAX == MINILM_TOKENS_MAX, "the model's window");

enum mr_code embedder_model_open(const struct embedder_model_spec *spec,
                                 struct mr_model **out, struct mr_err *err)
{
    char folder[MODEL_PLACE_MAX];
    struct minilm_spec minilm = {
        .folder = spec->folder,
        .threads = spec->threads,
    };

    if (spec->folder != NULL && strcmp(spec->folder, HASHING) == 0) {
        *out = hashing_new(&(struct hashing_spec){
            .dimension = EMBEDDER_HASHING_DIMENSION,
            .tokens_max = MINILM_TOKENS_MAX,
        });
        return MR_OK;
    }
    if (minilm.folder == NULL) {
        model_place(folder, sizeof(folder));
        minilm.folder = folder;
    }
    return minilm_open(&minilm, out, err);
}

/* One that needs no files says it by itself. */
static enum mr_code identify_hashing(const struct embedder_model_spec *spec,
                                     struct embedder_identity *out,
                                     struct mr_err *err)
{
    struct mr_model *model;
    enum mr_code code = embedder_model_open(spec, &model, err);

    if (code != MR_OK)
        return code;
    (void)snprintf(out->name, sizeof(out->name), "%s", model->name);
    (void)snprintf(out->fingerprint, sizeof(out->fingerprint), "%s",
                   model->fingerprint);
    out->dimension = model->dimension;
    embedder_model_close(model);
    return MR_OK;
}

enum mr_code embedder_model_identify(const struct embedder_model_spec *spec,
                                     struct embedder_identity *out,
                                     struct mr_err *err)
{
    char folder[MODEL_PLACE_MAX];

    if (spec->folder != NULL && strcmp(spec->folder, HASHING) == 0)
        return identify_hashing(spec, out, err);
    model_place(folder, sizeof(folder));
    (void)snprintf(out->name, sizeof(out->name), "%s", MINILM_NAME);
    out->dimension = MINILM_DIMENSION;
    return minilm_fingerprint(spec->folder != NULL ? spec->folder : folder,
                              out->fingerprint, err);
}

void embedder_model_close(struct mr_model *model)
{
    if (model != NULL && hashing_is(model))
        hashing_free(model);
    else
        minilm_close(model);
}

void embedder_model_folder(char *out, size_t size)
{
    model_place(out, size);
}

static struct embedder_tokenizer *tokenizer_of(struct wordpiece *wordpiece)
{
    return (struct embedder_tokenizer *)wordpiece;
}

static const struct wordpiece *wordpiece_of(
    const struct embedder_tokenizer *tokenizer)
{
    return (const struct wordpiece *)tokenizer;
}

enum mr_code embedder_tokenizer_open(const char *folder,
                                     struct embedder_tokenizer **out,
                                     struct mr_err *err)
{
    char place[MODEL_PLACE_MAX];
    struct model_folder files;
    struct wordpiece *wordpiece;
    struct mr_err why;
    enum mr_code code;

    *out = NULL;
    model_place(place, sizeof(place));
    code = model_folder_open(&files, folder != NULL ? folder : place, err);
    if (code != MR_OK)
        return code;
    code = wordpiece_parse(files.vocabulary, &wordpiece, &why);
    if (code != MR_OK)
        code = mr_fail(err, MR_E_CONFIG, "tokenizer: %s: %s", files.path,
                       why.text);
    else
        *out = tokenizer_of(wordpiece);
    model_folder_close(&files);
    return code;
}

void embedder_tokenizer_close(struct embedder_tokenizer *tokenizer)
{
    wordpiece_free((struct wordpiece *)tokenizer);
}

size_t embedder_tokenize(const struct embedder_tokenizer *tokenizer,
                         struct mr_span text, int32_t ids[EMBEDDER_IDS_MAX])
{
    return wordpiece_encode(wordpiece_of(tokenizer), text, ids,
                            EMBEDDER_IDS_MAX);
}
