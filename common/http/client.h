// SPDX-License-Identifier: Apache-2.0
/*
 * client.h - the port ports/http.h over libcurl: many fetches, one thread.
 *
 * Compressed answers are decoded; certificates are checked; only http and
 * https are spoken; redirects are handed to the caller.  Connections are kept
 * for the next request to the same host.
 *
 * Memory:  see the port.
 * Threads: one at a time; different clients on different threads.
 * I/O:     the network.
 */
#ifndef COMMON_HTTP_CLIENT_H
#define COMMON_HTTP_CLIENT_H

#include <stdint.h>

#include "common/ports/http.h"

struct mr_http_client_spec {
    const char *user_agent;
    uint32_t connections_max;          /* in all; 0: 64 */
    uint32_t connections_per_host_max; /* 0: no other limit */
    const char *ca_file; /* PEM: trusted instead of the system's; NULL: those */
};

/* Freed by mr_http_client_free(). */
struct mr_http *mr_http_client_new(const struct mr_http_client_spec *spec);

/* Breaks off what is under way.  NULL does nothing. */
void mr_http_client_free(struct mr_http *http);

/* Ends a poll that waits, or else the next one, at once.  From any thread. */
void mr_http_client_wake(struct mr_http *http);

/* For a caller with one request: starts it and polls until it has ended.
 * MR_OK with *out, freed by mr_http_free_response(); no other request may be
 * under way. */
MR_MUST_CHECK enum mr_code mr_http_call_once(
    struct mr_http *http, const struct mr_http_request *request,
    struct mr_http_response **out, struct mr_err *err);

/* The first header of that (lower-case) name, NULL when there is none. */
const char *mr_http_response_header(const struct mr_http_response *response,
                                    const char *name);

#endif
