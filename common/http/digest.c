// SPDX-License-Identifier: Apache-2.0
/*
 * digest.c - see digest.h.
 */
#include "common/http/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"

void mr_http_sha256_hex(struct mr_span bytes, char out[MR_HTTP_SHA256_SIZE])
{
    uint8_t digest[32];

    MR_ASSERT(gnutls_hash_fast(GNUTLS_DIG_SHA256,
                               bytes.size > 0 ? (const void *)bytes.data : "",
                               bytes.size, digest) == 0);
    mr_hex(mr_span(digest, sizeof(digest)), out);
}

bool mr_http_md5_hex(struct mr_span bytes, char out[MR_HTTP_MD5_SIZE])
{
    uint8_t digest[16];

    if (gnutls_hash_fast(GNUTLS_DIG_MD5,
                         bytes.size > 0 ? (const void *)bytes.data : "",
                         bytes.size, digest) != 0)
        return false;
    mr_hex(mr_span(digest, sizeof(digest)), out);
    return true;
}
