// SPDX-License-Identifier: Apache-2.0
/*
 * mr_blob_s3.h - blobs as objects of an S3-compatible store.
 *
 *   <bucket>/<prefix>/3f/3f0c...  32 hexadecimal digits, high half first; the
 *                                 object's bytes are the blob's
 *
 * The names are those of blob_folder, so that a folder can be copied into a
 * bucket and back.  A put of 64 KiB or more first asks whether the object is
 * there (its size and ETag, which is the MD5 of the bytes on most stores) and
 * saves the upload then; where the ETag is something else it uploads, which is
 * as right.  What is read is compared with its name, once more after a second
 * reading.
 *
 * Every call ends by its deadline.  Answers that may pass (429, 5xx, no
 * connection) are asked for again, waiting longer each time; MR_E_UNAVAILABLE
 * or MR_E_TIMEOUT with the last words when they do not.  MR_E_CONFIG: the store
 * refuses us (the key, the secret, the bucket, what the key may do).  Words
 * name endpoint, bucket and object and never the secret or the token.
 *
 * The key must be allowed s3:GetObject, s3:PutObject, s3:DeleteObject and
 * s3:ListBucket; without the last one S3 answers "forbidden" for an object that
 * is not there.
 *
 * Memory:  an idle connection for each thread that called at once, up to 8; a
 *          blob is held twice while it moves.
 * Threads: any.
 * I/O:     the network; see ports/http.h for proxies of the environment.
 */
#ifndef COMMON_BACKENDS_BLOB_S3_MR_BLOB_S3_H
#define COMMON_BACKENDS_BLOB_S3_MR_BLOB_S3_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ports/blob.h"
#include "common/ports/clock.h"

struct mr_blob_s3;

struct mr_blob_s3_spec {
    const char *endpoint; /* "https://host[:port][/path]" */
    const char *region;   /* NULL: us-east-1 */
    const char *bucket;
    const char *prefix;     /* of the objects' names; NULL or "": none */
    bool virtual_hosted;    /* bucket.host/name instead of host/bucket/name */
    const char *key_id;     /* the access key */
    const char *secret;     /* its secret; copied, never told */
    const char *token;      /* of a session; NULL: none */
    const char *ca_file;    /* PEM: trusted instead of the system's; or NULL */
    int64_t timeout_ms;     /* of a call with all its tries; 0: 120 s */
    int64_t stall_ms;       /* the longest time without a byte; 0: 10 s */
    int64_t again_ms;       /* after it none is tried again; 0: 15 s */
    uint32_t tries_max;     /* 0: 6 */
    struct mr_clock *clock; /* borrowed until close */
};

/* Opens the store, and asks it for an object that is not there, so that what is
 * wrong with the spec is said now.  MR_E_CONFIG, MR_E_UNAVAILABLE or
 * MR_E_TIMEOUT as above. */
MR_MUST_CHECK enum mr_code mr_blob_s3_open(const struct mr_blob_s3_spec *spec,
                                           struct mr_blob_s3 **out,
                                           struct mr_err *err);

/* NULL does nothing.  Nobody may be in a call any more. */
void mr_blob_s3_close(struct mr_blob_s3 *s3);

/* The port; borrowed until close. */
struct mr_blob *mr_blob_s3_port(struct mr_blob_s3 *s3);

#endif
