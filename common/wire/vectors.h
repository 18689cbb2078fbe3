// SPDX-License-Identifier: Apache-2.0
/*
 * vectors.h - the message on `vectors.<model>`: a document's vectors.
 *
 * One for every record on `documents`, in the order of each id: vectors, a
 * tombstone (state not live), or failed with its error.  A passage longer than
 * the model's window has several vectors; its score is the best of them.
 */
#ifndef COMMON_WIRE_VECTORS_H
#define COMMON_WIRE_VECTORS_H

#include "common/wire/types.h"

/* Passages may have parts; together a document has at most this many. */
#define MR_VECTORS_MAX   (4u * MR_PASSAGES_MAX)
#define MR_DIMENSION_MAX 8192u

struct mr_vectors {
    struct mr_span id;
    uint64_t version;
    uint64_t content_version;
    enum mr_doc_state state; /* live, failed, or the document's own */
    struct mr_span error;    /* when failed */
    int64_t time_ms;
    uint32_t dimension;
    /* For each vector the ordinal of its passage, rising; `count` of them. */
    uint32_t *passages;
    size_t count;
    /* count * dimension floats, little-endian, of length 1 each. */
    struct mr_payload floats;
};

MR_MUST_CHECK enum mr_code mr_vectors_encode(const struct mr_vectors *vectors,
                                             struct mr_arena *arena,
                                             struct mr_span *out,
                                             struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_vectors_parse(struct mr_span bytes,
                                            struct mr_arena *arena,
                                            struct mr_vectors *out,
                                            struct mr_err *err);

#endif
