// SPDX-License-Identifier: Apache-2.0
/*
 * client_sign.c - see client_sign.h.
 *
 * libcurl from 7.86 on signs every header of the list, and takes the body's
 * hash from x-amz-content-sha256, which S3 wants to see anyhow.
 */
#include "common/http/client_sign.h"

#include "common/base/mr_arena.h"
#include "common/base/mr_assert.h"
#include "common/http/digest.h"

struct curl_slist *client_sign(CURL *easy, const struct mr_http_sign *sign,
                               struct mr_span body, struct curl_slist *headers)
{
    struct mr_arena *arena = mr_arena_new();
    char digest[MR_HTTP_SHA256_SIZE];
    const char *how =
        mr_arena_printf(arena, "aws:amz:%s:%s", sign->region, sign->service);

    MR_ASSERT(curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, how) == CURLE_OK);
    MR_ASSERT(curl_easy_setopt(easy, CURLOPT_USERNAME, sign->key_id) ==
              CURLE_OK);
    MR_ASSERT(curl_easy_setopt(easy, CURLOPT_PASSWORD, sign->secret) ==
              CURLE_OK);
    mr_http_sha256_hex(body, digest);
    headers = curl_slist_append(
        headers, mr_arena_printf(arena, "x-amz-content-sha256: %s", digest));
    if (sign->token != NULL)
        headers = curl_slist_append(
            headers,
            mr_arena_printf(arena, "x-amz-security-token: %s", sign->token));
    mr_arena_free(arena);
    return headers;
}
