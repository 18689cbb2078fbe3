// SPDX-License-Identifier: Apache-2.0
/*
 * model_place.h - where the model lies that came with the program.
 *
 * Threads: any.
 * I/O:     asks for the program's own path, and whether a folder is there.
 */
#ifndef EMBEDDER_IO_MODEL_PLACE_H
#define EMBEDDER_IO_MODEL_PLACE_H

#include <stddef.h>

#define MODEL_PLACE_MAX 1024u

/* The folder into `out`, which has room for `size` bytes, at least 1: see
 * embedder_model_folder(). */
void model_place(char *out, size_t size);

#endif
