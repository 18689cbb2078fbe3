// SPDX-License-Identifier: Apache-2.0
/*
 * digest.h - SHA-256 and MD5 as lower-case hexadecimal.
 *
 * MD5 is for comparing with what a store says of its objects, not for safety.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_HTTP_DIGEST_H
#define COMMON_HTTP_DIGEST_H

#include <stdbool.h>

#include "common/base/mr_span.h"

#define MR_HTTP_SHA256_SIZE 65
#define MR_HTTP_MD5_SIZE    33

void mr_http_sha256_hex(struct mr_span bytes, char out[MR_HTTP_SHA256_SIZE]);

/* False where the machine's policy forbids MD5. */
bool mr_http_md5_hex(struct mr_span bytes, char out[MR_HTTP_MD5_SIZE]);

#endif
