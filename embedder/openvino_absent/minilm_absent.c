// SPDX-License-Identifier: Apache-2.0
/*
 * minilm_absent.c - minilm.h in a build without OpenVINO: there is no model.
 */
#include "common/base/mr_assert.h"
#include "embedder/openvino/minilm.h"

enum mr_code minilm_open(const struct minilm_spec *spec, struct mr_model **out,
                         struct mr_err *err)
{
    (void)spec;
    *out = NULL;
    return mr_fail(err, MR_E_CONFIG,
                   "minilm: this program was built without OpenVINO "
                   "(MILLRACE_MODEL=OFF)");
}

enum mr_code minilm_fingerprint(const char *folder,
                                char out[MINILM_FINGERPRINT_SIZE],
                                struct mr_err *err)
{
    (void)folder;
    out[0] = '\0';
    return minilm_open(NULL, &(struct mr_model *){ NULL }, err);
}

void minilm_close(struct mr_model *model)
{
    MR_ASSERT(model == NULL);
}
