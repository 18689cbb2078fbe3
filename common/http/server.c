// SPDX-License-Identifier: Apache-2.0
/*
 * server.c - see server.h.
 *
 * libmicrohttpd calls access() first without and then with the body in
 * pieces; a struct work carries what is known of the call between.  Decoding
 * is ours (route.h), so that an id keeps its encoded slashes apart.
 *
 * A call that the guard refuses has its body read and dropped, so that the
 * client hears why, unless it announces a long one.
 */
#include "common/http/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/http/listen.h"
#include "common/http/route.h"
#include "common/json/json.h"

#define IDLE_SECONDS_MAX  60u
#define SPARE_CONNECTIONS 64u /* that are told that there are too many */
#define STACK_BYTES       ((size_t)512 * 1024)
#define DROPPED_BYTES_MAX ((size_t)1024 * 1024)
#define TLS_PRIORITIES    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct mr_http_server {
    struct mr_http_server_spec spec;
    struct MHD_Daemon *daemon;
    char address[LISTEN_ADDRESS_MAX];
    atomic_uint open; /* connections */
};

struct work {
    struct mr_arena *arena;
    struct mr_buf body;
    struct mr_http_call call;
    struct mr_http_reply reply;
    const struct mr_http_route *route;
    bool known_path; /* but another method */
    bool refused;    /* by the guard: `reply` says how */
    bool too_long;
    bool close;       /* the connection, after the reply */
    size_t discarded; /* bytes beyond the limit */
    int status;
    int64_t began_us;
    bool crowded; /* of a connection that is one too many */
};

static int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void find_in(const struct mr_http_table *table, struct work *work)
{
    for (size_t i = 0; i < table->count && work->route == NULL; i++) {
        const struct mr_http_route *route = &table->routes[i];

        if (!route_match(route->path, work->call.path, work->arena,
                         work->call.args, &work->call.arg_count))
            continue;
        work->known_path = true;
        if (strcmp(route->method, work->call.method) == 0 ||
            (strcmp(work->call.method, "HEAD") == 0 &&
             strcmp(route->method, "GET") == 0)) {
            work->route = route;
            work->call.scope = route->scope;
            work->call.context = table->context;
        }
    }
}

static struct work *work_new(struct mr_http_server *server,
                             struct MHD_Connection *connection,
                             const char *path, const char *method)
{
    struct work *work = mr_calloc(1, sizeof(*work));

    work->arena = mr_arena_new();
    work->body = mr_buf(server->spec.body_bytes_max);
    work->call = (struct mr_http_call){
        .arena = work->arena,
        .method = mr_arena_str(work->arena, mr_span_str(method)),
        .path = mr_arena_str(work->arena, mr_span_str(path)),
        .scope = MR_SCOPE_READ,
        .connection = connection,
    };
    work->reply = (struct mr_http_reply){
        .status = 200,
        .content_type = "application/json",
        .body = mr_buf(MR_HTTP_REPLY_BYTES_MAX),
    };
    work->began_us = now_us();
    for (size_t i = 0; i < server->spec.table_count && work->route == NULL; i++)
        find_in(&server->spec.tables[i], work);
    return work;
}

/* What the client says that it will send, or 0. */
static uint64_t announced(struct MHD_Connection *connection)
{
    const char *text = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long size = 0;

    if (text == NULL || sscanf(text, "%llu", &size) != 1)
        return 0;
    return size;
}

static void answer(struct mr_http_server *server, struct work *work)
{
    struct mr_http_reply *reply = &work->reply;

    if (work->refused)
        return;
    if (work->too_long)
        mr_http_reply_error(reply, 413, "too_large",
                            "the body is longer than %zu bytes; see "
                            "limits.body_bytes",
                            server->spec.body_bytes_max);
    else if (work->route != NULL)
        work->route->handler(&work->call, reply);
    else if (work->known_path)
        mr_http_reply_error(reply, 405, "method_not_allowed",
                            "%s is not a method of %s", work->call.method,
                            work->call.path);
    else
        mr_http_reply_error(reply, 404, "no_such_path",
                            "there is nothing at %s", work->call.path);
}

static enum MHD_Result send_reply(struct work *work)
{
    struct mr_http_reply *reply = &work->reply;
    size_t size;
    struct MHD_Response *response;
    enum MHD_Result result;

    if (reply->body.full)
        mr_http_reply_error(reply, 500, "too_large", "the answer is too long");
    size = reply->body.size;
    /* The body becomes the response's and is freed with it. */
    response = MHD_create_response_from_buffer_with_free_callback(
        size, reply->body.data == NULL ? mr_malloc(1) : reply->body.data,
        mr_free);
    reply->body = mr_buf(0);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                  reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        (void)MHD_add_response_header(response, reply->headers[i].name,
                                      reply->headers[i].value);
    if (work->close || work->too_long || work->crowded)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION,
                                      "close");
    work->status = reply->status;
    result = MHD_queue_response(work->call.connection, (unsigned)reply->status,
                                response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result reply_to(struct mr_http_server *server,
                                struct work *work)
{
    work->call.body = mr_buf_bytes(&work->body);
    answer(server, work);
    return send_reply(work);
}

/* Beyond the limit there is room to say so, and for nothing else. */
static void note_connection(void *context, struct MHD_Connection *connection,
                            void **own,
                            enum MHD_ConnectionNotificationCode what)
{
    struct mr_http_server *server = context;

    (void)connection;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        (void)atomic_fetch_sub(&server->open, 1);
    else if (atomic_fetch_add(&server->open, 1) >= server->spec.connections_max)
        *own = server; /* anything: it is one too many */
}

static bool is_crowded(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL && info->socket_context != NULL;
}

static bool is_let_in(const struct mr_http_server_spec *spec, struct work *work)
{
    work->crowded = is_crowded(work->call.connection);
    if (!work->crowded)
        return spec->guard == NULL ||
               spec->guard(spec->context, &work->call, &work->reply);
    mr_http_reply_header(&work->reply, "Retry-After", "1");
    mr_http_reply_error(&work->reply, 503, "busy",
                        "more than %u connections are open; see "
                        "limits.http_connections",
                        spec->connections_max);
    return false;
}

/* With the headers there, and no body yet. */
static enum MHD_Result begin(struct mr_http_server *server, struct work *work)
{
    const struct mr_http_server_spec *spec = &server->spec;
    uint64_t size = announced(work->call.connection);

    work->refused = !is_let_in(spec, work);
    work->too_long = size > spec->body_bytes_max;
    work->close = work->refused && size > DROPPED_BYTES_MAX;
    return work->close || work->too_long ? reply_to(server, work) : MHD_YES;
}

/* A piece of the body.  What is too long or refused is read on so that the
 * client hears why, but not for ever. */
static enum MHD_Result take_piece(const struct mr_http_server *server,
                                  struct work *work, const char *data,
                                  size_t size)
{
    if (!work->refused) {
        mr_buf_append(&work->body, data, size);
        work->too_long = work->body.full;
    }
    if (work->refused || work->too_long)
        work->discarded += size;
    return work->discarded > (work->refused ? DROPPED_BYTES_MAX
                                            : server->spec.body_bytes_max)
               ? MHD_NO
               : MHD_YES;
}

static enum MHD_Result access_handler(void *context,
                                      struct MHD_Connection *connection,
                                      const char *url, const char *method,
                                      const char *version, const char *data,
                                      size_t *size, void **own)
{
    struct mr_http_server *server = context;
    struct work *work = *own;
    size_t taken;

    (void)version;
    if (work == NULL) {
        work = work_new(server, connection, url, method);
        *own = work;
        return begin(server, work);
    }
    if (*size == 0)
        return work->status != 0 ? MHD_YES : reply_to(server, work);
    taken = *size;
    *size = 0;
    return take_piece(server, work, data, taken);
}

static void completed(void *context, struct MHD_Connection *connection,
                      void **own, enum MHD_RequestTerminationCode why)
{
    struct mr_http_server *server = context;
    struct work *work = *own;

    (void)connection;
    (void)why;
    if (work == NULL)
        return;
    if (server->spec.done != NULL && work->status != 0)
        server->spec.done(server->spec.context, work->call.method,
                          work->route == NULL ? "none" : work->route->path,
                          work->status, now_us() - work->began_us);
    mr_buf_deinit(&work->body);
    mr_buf_deinit(&work->reply.body);
    mr_arena_free(work->arena);
    mr_free(work);
    *own = NULL;
}

static size_t keep_encoded(void *context, struct MHD_Connection *connection,
                           char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* A route without a scope would be open to everybody, or to nobody. */
static void check_scopes(const struct mr_http_server_spec *spec)
{
    for (size_t i = 0; i < spec->table_count; i++) {
        for (size_t k = 0; k < spec->tables[i].count; k++)
            MR_ASSERT(spec->tables[i].routes[k].scope != MR_SCOPE_UNSET);
    }
}

static struct MHD_Daemon *start_daemon(struct mr_http_server *server, int fd)
{
    const struct mr_http_server_spec *spec = &server->spec;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC;
    union {
        const char *from;
        void *to;
    } cert = { .from = spec->tls_cert }, key = { .from = spec->tls_key },
      priorities = { .from = TLS_PRIORITIES };
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, cert.to },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, key.to },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, priorities.to },
        { MHD_OPTION_END, 0, NULL },
    };
    bool is_tls = spec->tls_cert != NULL;

    return MHD_start_daemon(
        is_tls ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, access_handler,
        server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)spec->connections_max + SPARE_CONNECTIONS,
        MHD_OPTION_NOTIFY_CONNECTION, note_connection, server,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS_MAX,
        MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, MHD_OPTION_NOTIFY_COMPLETED,
        completed, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
        MHD_OPTION_ARRAY, is_tls ? tls : &tls[3], MHD_OPTION_END);
}

enum mr_code mr_http_server_start(const struct mr_http_server_spec *spec,
                                  struct mr_http_server **out,
                                  struct mr_err *err)
{
    struct mr_http_server *server = mr_calloc(1, sizeof(*server));
    enum mr_code code;
    int fd;

    *out = NULL;
    check_scopes(spec);
    MR_ASSERT((spec->tls_cert == NULL) == (spec->tls_key == NULL));
    server->spec = *spec;
    code = listen_open(spec->listen, &fd, server->address, err);
    if (code != MR_OK) {
        mr_free(server);
        return code;
    }
    server->daemon = start_daemon(server, fd);
    if (server->daemon == NULL) {
        (void)close(fd);
        mr_free(server);
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "http: the server did not start on %s", spec->listen);
    }
    *out = server;
    return MR_OK;
}

const char *mr_http_server_address(const struct mr_http_server *server)
{
    return server->address;
}

void mr_http_server_stop(struct mr_http_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    mr_free(server);
}

struct mr_span mr_http_call_query(const struct mr_http_call *call,
                                  const char *name)
{
    const char *value = MHD_lookup_connection_value(
        call->connection, MHD_GET_ARGUMENT_KIND, name);

    if (value == NULL)
        return (struct mr_span){ 0 };
    return route_decode(mr_span_str(value), true, call->arena);
}

struct mr_span mr_http_call_header(const struct mr_http_call *call,
                                   const char *name)
{
    return mr_span_str(
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name));
}

/* Also IPv4 within IPv6, as a socket of both families shows it. */
static bool is_loopback(const struct sockaddr *address)
{
    union {
        const struct sockaddr *any;
        const struct sockaddr_in *four;
        const struct sockaddr_in6 *six;
    } of = { .any = address };

    if (address->sa_family == AF_INET)
        return ntohl(of.four->sin_addr.s_addr) >> 24 == 127;
    if (address->sa_family != AF_INET6)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&of.six->sin6_addr))
        return of.six->sin6_addr.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&of.six->sin6_addr);
}

struct mr_http_peer mr_http_call_peer(const struct mr_http_call *call)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        call->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct mr_http_peer peer = { .address = "?" };
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;

    if (address == NULL)
        return peer;
    if (getnameinfo(address,
                    address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                   : sizeof(struct sockaddr_in),
                    peer.address, sizeof(peer.address), NULL, 0,
                    NI_NUMERICHOST) != 0)
        (void)snprintf(peer.address, sizeof(peer.address), "?");
    peer.loopback = is_loopback(address);
    return peer;
}

void mr_http_reply_header(struct mr_http_reply *reply, const char *name,
                          const char *fmt, ...)
{
    size_t nth = reply->header_count++;
    va_list args;

    MR_ASSERT(nth < MR_HTTP_REPLY_HEADERS_MAX);
    reply->headers[nth].name = name;
    va_start(args, fmt);
    (void)vsnprintf(reply->headers[nth].value,
                    sizeof(reply->headers[nth].value), fmt, args);
    va_end(args);
}

void mr_http_reply_error(struct mr_http_reply *reply, int status,
                         const char *code, const char *fmt, ...)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    char message[MR_ERR_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    mr_buf_reset(&reply->body);
    reply->status = status;
    reply->content_type = "application/json";
    mr_json_object_begin(&out);
    mr_json_key(&out, "error");
    mr_json_object_begin(&out);
    mr_json_key(&out, "code");
    mr_json_put_str(&out, code);
    mr_json_key(&out, "message");
    mr_json_put_str(&out, message);
    mr_json_object_end(&out);
    mr_json_object_end(&out);
    mr_buf_byte(&reply->body, '\n');
}
