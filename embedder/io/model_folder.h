// SPDX-License-Identifier: Apache-2.0
/*
 * model_folder.h - the files of a model, mapped, and the hash that names them.
 *
 * Memory:  maps the files until model_folder_close().
 * Threads: one at a time.
 * I/O:     opens and maps files.
 */
#ifndef EMBEDDER_IO_MODEL_FOLDER_H
#define EMBEDDER_IO_MODEL_FOLDER_H

#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

#define MODEL_PATH_MAX         1024u
#define MODEL_FINGERPRINT_SIZE 13u /* 12 digits and a zero */

struct model_folder {
    const char *path; /* borrowed */
    char xml[MODEL_PATH_MAX];
    struct mr_span weights;    /* model.bin */
    struct mr_span vocabulary; /* vocab.txt */
};

/*
 * MR_E_CONFIG: the folder or one of model.xml, model.bin and vocab.txt is not
 * there, cannot be read or is empty; the message names it.
 */
MR_MUST_CHECK enum mr_code model_folder_open(struct model_folder *folder,
                                             const char *path,
                                             struct mr_err *err);
void model_folder_close(struct model_folder *folder);

/* 12 hexadecimal digits over weights, vocabulary and `settings`. */
void model_folder_fingerprint(const struct model_folder *folder,
                              const char *settings,
                              char out[MODEL_FINGERPRINT_SIZE]);

#endif
