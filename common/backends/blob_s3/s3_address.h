// SPDX-License-Identifier: Apache-2.0
/*
 * s3_address.h - where the objects of a bucket lie.
 *
 * Names are percent-encoded as S3's signature wants it (AWS General Reference,
 * "Create a canonical request"): all but A-Z a-z 0-9 - . _ ~ and the slash,
 * with upper-case digits.
 *
 * Memory:  an address owns its texts; freed by s3_address_deinit().
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_BACKENDS_BLOB_S3_S3_ADDRESS_H
#define COMMON_BACKENDS_BLOB_S3_S3_ADDRESS_H

#include <stdbool.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_status.h"

#define S3_ENDPOINT_MAX 300u
#define S3_BUCKET_MAX   255u
#define S3_PREFIX_MAX   900u /* S3: a name has at most 1024 bytes */

struct s3_address {
    char *endpoint; /* as given, without a slash at its end; for words too */
    char *bucket;
    char *base; /* of all objects, "https://host/bucket/prefix/" */
};

/* MR_E_CONFIG: which part cannot be, and why; user names and passwords in an
 * endpoint are refused without being told. */
MR_MUST_CHECK enum mr_code s3_address_init(
    struct s3_address *address, const char *endpoint, const char *bucket,
    const char *prefix, bool virtual_hosted, struct mr_err *err);

void s3_address_deinit(struct s3_address *address);

/* The URL of a blob, in the arena. */
const char *s3_address_blob(const struct s3_address *address,
                            struct mr_hash128 hash, struct mr_arena *arena);

/* The URL of an object that no blob is called by, in the arena. */
const char *s3_address_none(const struct s3_address *address,
                            struct mr_arena *arena);

/* Appends the text encoded; slashes stay. */
void s3_address_encode(struct mr_buf *buf, struct mr_span text);

#endif
