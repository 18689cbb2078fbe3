// SPDX-License-Identifier: Apache-2.0
/*
 * minilm.h - all-MiniLM-L6-v2 in this process, behind ports/model.h.
 *
 * A model folder holds model.xml and model.bin (OpenVINO IR, see session.h)
 * and vocab.txt.  Texts are cut at 256 tokens, as the model was published.
 *
 * Its fingerprint is 12 hexadecimal digits of a hash over model.bin, vocab.txt
 * and what is fixed here: the weights as they lie in the file, not the words
 * of model.xml, which change with OpenVINO's version though no vector does.
 *
 * One inference runs at a time, on all threads of the model.  Texts of one
 * call are run in batches of at most MINILM_BATCH_TOKENS, and between any two
 * of them whoever waits in a more urgent lane goes first; so a query waits for
 * the batch that runs, never for a call.
 *
 * Memory:  about 200 MB; a call takes 700 KiB more.
 * Threads: any.
 * I/O:     reads the folder when opened; see session.h.
 */
#ifndef EMBEDDER_OPENVINO_MINILM_H
#define EMBEDDER_OPENVINO_MINILM_H

#include <stdint.h>

#include "common/ports/model.h"

#define MINILM_NAME       "all-MiniLM-L6-v2"
#define MINILM_DIMENSION  384u
#define MINILM_TOKENS_MAX 256u

/* About 35 ms on two cores: what a query may wait for.  Larger ones are not
 * faster a token. */
#define MINILM_BATCH_TOKENS 256u

struct minilm_spec {
    const char *folder;
    uint32_t threads; /* 0: as many as there are cores */
};

/*
 * MR_E_CONFIG: the folder or a file of it is missing, broken, or of another
 * model; the message names it.  Closed by minilm_close().
 */
MR_MUST_CHECK enum mr_code minilm_open(const struct minilm_spec *spec,
                                       struct mr_model **out,
                                       struct mr_err *err);

/* The fingerprint of the model in the folder, without loading it; errors as of
 * minilm_open(). */
#define MINILM_FINGERPRINT_SIZE 13u
MR_MUST_CHECK enum mr_code minilm_fingerprint(const char *folder,
                                              char out[MINILM_FINGERPRINT_SIZE],
                                              struct mr_err *err);

/* No call is running.  NULL does nothing. */
void minilm_close(struct mr_model *model);

#endif
