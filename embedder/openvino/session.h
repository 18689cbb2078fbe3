// SPDX-License-Identifier: Apache-2.0
/*
 * session.h - one compiled model of OpenVINO, through its C API.
 *
 * The model takes token ids and a mask of what is no padding, both of
 * [rows, length] 64-bit integers, named "input_ids" and "attention_mask", and
 * gives vectors of [rows, dimension] floats.
 *
 * Memory:  about 150 MB for all-MiniLM-L6-v2, most of it the mapped weights.
 * Threads: one at a time; OpenVINO brings `threads` of its own.
 * I/O:     reads the model's files and loads OpenVINO's plugin for the
 *          processor, when opened.
 */
#ifndef EMBEDDER_OPENVINO_SESSION_H
#define EMBEDDER_OPENVINO_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_status.h"

struct session;

/*
 * Reads `xml` with the .bin beside it.  `threads` 0 means as many as there are
 * cores.  MR_E_CONFIG: not a model that can be read, or one of another shape.
 * Closed by session_close().
 */
MR_MUST_CHECK enum mr_code session_open(const char *xml, uint32_t threads,
                                        struct session **out,
                                        struct mr_err *err);

/* NULL does nothing. */
void session_close(struct session *session);

/* Floats of a vector. */
size_t session_dimension(const struct session *session);

/*
 * Runs `rows` texts of `length` ids each, and copies their vectors to `out`:
 * rows * dimension floats.  MR_E_UNAVAILABLE: OpenVINO failed.
 */
MR_MUST_CHECK enum mr_code session_run(struct session *session,
                                       const int64_t *ids, const int64_t *mask,
                                       size_t rows, size_t length, float *out,
                                       struct mr_err *err);

#endif
