// SPDX-License-Identifier: Apache-2.0
/*
 * client_sign.h - a request of the client signed for an object store.
 *
 * libcurl computes the signature (AWS Signature Version 4) from the headers
 * that it is given; the hash of the body and the session's token are among
 * them.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_HTTP_CLIENT_SIGN_H
#define COMMON_HTTP_CLIENT_SIGN_H

#include <curl/curl.h>

#include "common/ports/http.h"

/* Makes `easy` sign; `headers` with what is to be sent besides. */
struct curl_slist *client_sign(CURL *easy, const struct mr_http_sign *sign,
                               struct mr_span body, struct curl_slist *headers);

#endif
