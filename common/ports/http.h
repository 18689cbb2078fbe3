// SPDX-License-Identifier: Apache-2.0
/*
 * http.h - the port to other people's servers: many fetches at once.
 *
 * One thread starts requests and polls for those that ended.  Limits are per
 * request and hold against a hostile peer: bytes after decompression, total
 * time, time without progress.  Redirects are not followed here: whether the
 * next address may be visited is the caller's decision.
 *
 * Contract: every started request is handed out by a poll exactly once; a
 * response that a limit cut is MR_E_LIMIT with the bytes so far.  An address
 * that resolves into a private, loopback or link-local network is MR_E_INVALID
 * unless the request allows it.
 *
 * Threads: one at a time.  I/O: the network.
 */
#ifndef COMMON_PORTS_HTTP_H
#define COMMON_PORTS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

struct mr_http_header {
    const char *name; /* lower case in responses */
    const char *value;
};

/* AWS Signature Version 4: what object stores want to see. */
struct mr_http_sign {
    const char *service; /* "s3" */
    const char *region;
    const char *key_id;
    const char *secret;
    const char *token; /* of a session, NULL for none */
};

struct mr_http_request {
    const char *method; /* NULL: GET */
    const char *url;    /* absolute http or https */
    const struct mr_http_header *headers;
    size_t header_count;
    struct mr_span body; /* absent for none */
    size_t bytes_max;    /* of the decoded body */
    int64_t total_ms;
    int64_t stall_ms; /* the longest time without a byte */
    bool allow_private;
    const struct mr_http_sign *sign; /* NULL: not signed */
    void *tag;                       /* handed back */
};

/* Owned by the caller of the poll, freed by mr_http_free_response(). */
struct mr_http_response {
    void *tag;
    enum mr_code code; /* MR_OK: a response came whole, whatever its status */
    struct mr_err err; /* when code is not MR_OK */
    int status;        /* 0 when none came */
    struct mr_http_header *headers;
    size_t header_count;
    uint8_t *body;
    size_t body_size;
    int64_t took_us;
};

struct mr_http;

struct mr_http_ops {
    enum mr_code (*start)(struct mr_http *http,
                          const struct mr_http_request *request,
                          struct mr_err *err);
    enum mr_code (*poll)(struct mr_http *http, int wait_ms,
                         struct mr_http_response **out, struct mr_err *err);
    void (*free_response)(struct mr_http *http,
                          struct mr_http_response *response);
};

struct mr_http {
    const struct mr_http_ops *ops;
};

/* Begins a request; everything in it is copied. MR_E_INVALID: a bad URL. */
MR_MUST_CHECK static inline enum mr_code mr_http_start(
    struct mr_http *http, const struct mr_http_request *request,
    struct mr_err *err)
{
    return http->ops->start(http, request, err);
}

/* One ended request, or NULL in *out when none ends within wait_ms. */
MR_MUST_CHECK static inline enum mr_code mr_http_poll(
    struct mr_http *http, int wait_ms, struct mr_http_response **out,
    struct mr_err *err)
{
    return http->ops->poll(http, wait_ms, out, err);
}

/* NULL does nothing. */
static inline void mr_http_free_response(struct mr_http *http,
                                         struct mr_http_response *response)
{
    if (response != NULL)
        http->ops->free_response(http, response);
}

#endif
