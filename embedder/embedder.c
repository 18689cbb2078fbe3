// SPDX-License-Identifier: Apache-2.0
/*
 * embedder.c - see embedder.h.
 */
#include "embedder/embedder.h"

#include <string.h>

#include "embedder/hashing/hashing.h"
#include "embedder/io/model_place.h"
#include "embedder/openvino/minilm.h"

#define HASHING "hashing"

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
