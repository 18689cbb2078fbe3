// SPDX-License-Identifier: Apache-2.0
/*
 * server.h - answers HTTP: routes to handlers, over libmicrohttpd.
 *
 * A route is a method and a path; `{name}` stands for one segment, and as the
 * last segment for all that is left, so that an id may hold slashes.  Paths
 * and query parameters are percent-decoded once.  A handler runs on its
 * connection's thread and may block; the number of connections is bounded.
 *
 * Each route says which scope it needs (scope.h); the server does not judge
 * it, but asks its guard before a body is read, and never starts with a route
 * that says none.
 *
 * Errors of the server itself (no route, a body that is too long) are JSON:
 * {"error": {"code": "...", "message": "..."}}.
 *
 * Memory:  a request lives in its arena until the handler has returned; the
 *          reply's body is the server's after that.
 * Threads: handlers run on many threads at once.
 * I/O:     a listening socket.
 */
#ifndef COMMON_HTTP_SERVER_H
#define COMMON_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"
#include "common/http/scope.h"

#define MR_HTTP_REPLY_BYTES_MAX   ((size_t)256 * 1024 * 1024)
#define MR_HTTP_REPLY_HEADERS_MAX 8u

struct mr_http_server;
struct MHD_Connection;

struct mr_http_call {
    struct mr_arena *arena;
    const char *method;
    const char *path;       /* as sent, for logs */
    struct mr_span args[4]; /* what stood for each {name}, decoded */
    size_t arg_count;
    /* What the route needs; where there is none it is MR_SCOPE_READ, so that
     * strangers do not learn what there is. */
    enum mr_scope scope;
    struct mr_span body;
    struct MHD_Connection *connection; /* for the functions below */
    void *context;                     /* of the table of routes */
};

struct mr_http_reply {
    int status;               /* 200 unless set */
    const char *content_type; /* "application/json" unless set; static */
    struct mr_buf body;       /* taken by the server */
    struct {
        const char *name; /* static */
        char value[256];
    } headers[MR_HTTP_REPLY_HEADERS_MAX];
    size_t header_count;
};

typedef void mr_http_handler(struct mr_http_call *call,
                             struct mr_http_reply *reply);

struct mr_http_route {
    const char *method;
    const char *path; /* "/v1/documents/{id}" */
    enum mr_scope scope;
    mr_http_handler *handler;
};

/* Routes that share a context. */
struct mr_http_table {
    const struct mr_http_route *routes; /* static; the first match counts */
    size_t count;
    void *context; /* their calls' */
};

#define MR_HTTP_TABLES_MAX 6u

struct mr_http_server_spec {
    const char *listen; /* "127.0.0.1:7700", "[::1]:0"; port 0: a free one */
    struct mr_http_table tables[MR_HTTP_TABLES_MAX]; /* tried in order */
    size_t table_count;
    void *context; /* of guard and done */
    size_t body_bytes_max;
    uint32_t connections_max;
    /* PEM: TLS 1.2 and 1.3 with them (tls.h); both NULL: none.  Borrowed. */
    const char *tls_cert;
    const char *tls_key;
    /* Before each body and handler: false when it has put a refusal into the
     * reply.  `call` has no body yet.  May be NULL. */
    bool (*guard)(void *context, struct mr_http_call *call,
                  struct mr_http_reply *reply);
    /* After each reply, on the connection's thread; may be NULL. */
    void (*done)(void *context, const char *method, const char *route,
                 int status, int64_t took_us);
};

/*
 * Listens and serves.  MR_E_CONFIG: `listen` is no address of this machine;
 * MR_E_BUSY: the port is taken.
 */
MR_MUST_CHECK enum mr_code mr_http_server_start(
    const struct mr_http_server_spec *spec, struct mr_http_server **out,
    struct mr_err *err);

/* "127.0.0.1:7700" with the real port; lives as long as the server. */
const char *mr_http_server_address(const struct mr_http_server *server);

/* Takes no new connection, waits for the handlers that run.  NULL does
 * nothing. */
void mr_http_server_stop(struct mr_http_server *server);

/* A query parameter, decoded; absent when not given. */
struct mr_span mr_http_call_query(const struct mr_http_call *call,
                                  const char *name);

/* A request header, or absent. */
struct mr_span mr_http_call_header(const struct mr_http_call *call,
                                   const char *name);

/* Who calls: the address as text without its port, "?" when unknown. */
struct mr_http_peer {
    char address[64];
    bool loopback;
};

struct mr_http_peer mr_http_call_peer(const struct mr_http_call *call);

void mr_http_reply_header(struct mr_http_reply *reply, const char *name,
                          const char *fmt, ...) MR_PRINTF(3, 4);

/* {"error": {"code", "message"}} with `status`, instead of what is there. */
void mr_http_reply_error(struct mr_http_reply *reply, int status,
                         const char *code, const char *fmt, ...)
    MR_PRINTF(4, 5);

#endif
