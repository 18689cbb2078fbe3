// SPDX-License-Identifier: Apache-2.0
/*
 * blob.h - the port to large bytes that a message only names.
 *
 * What is larger than a message may be lies here under its hash
 * (wire/payload.h).  Blobs never change, and putting the same bytes twice is
 * the same as once.
 *
 * Contract: a blob that was put is found by every process from then on and
 * survives a power cut; half a blob is never seen; bytes that do not have the
 * hash of their name are MR_E_DAMAGED.
 *
 * Threads: any.  I/O: that of the backend.
 */
#ifndef COMMON_PORTS_BLOB_H
#define COMMON_PORTS_BLOB_H

#include "common/base/mr_arena.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

/* The largest body that a source or the front door takes. */
#define MR_BLOB_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct mr_blob;

struct mr_blob_ops {
    enum mr_code (*put)(struct mr_blob *blob, struct mr_span bytes,
                        struct mr_hash128 *out, struct mr_err *err);
    enum mr_code (*get)(struct mr_blob *blob, struct mr_hash128 hash,
                        struct mr_arena *arena, struct mr_span *out,
                        struct mr_err *err);
    enum mr_code (*remove)(struct mr_blob *blob, struct mr_hash128 hash,
                           struct mr_err *err);
};

struct mr_blob {
    const struct mr_blob_ops *ops;
};

/* Stores the bytes and gives their name.  MR_E_LIMIT past
 * MR_BLOB_BYTES_MAX. */
MR_MUST_CHECK static inline enum mr_code mr_blob_put(struct mr_blob *blob,
                                                     struct mr_span bytes,
                                                     struct mr_hash128 *out,
                                                     struct mr_err *err)
{
    return blob->ops->put(blob, bytes, out, err);
}

/* The bytes into `arena`.  MR_E_LOST: no such blob. */
MR_MUST_CHECK static inline enum mr_code mr_blob_get(struct mr_blob *blob,
                                                     struct mr_hash128 hash,
                                                     struct mr_arena *arena,
                                                     struct mr_span *out,
                                                     struct mr_err *err)
{
    return blob->ops->get(blob, hash, arena, out, err);
}

/* Removes it; that it is not there is no failure. */
MR_MUST_CHECK static inline enum mr_code mr_blob_remove(struct mr_blob *blob,
                                                        struct mr_hash128 hash,
                                                        struct mr_err *err)
{
    return blob->ops->remove(blob, hash, err);
}

#endif
