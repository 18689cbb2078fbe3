// SPDX-License-Identifier: Apache-2.0
/*
 * server.c - see server.h.
 *
 * libmicrohttpd calls access() first without and then with the body in
 * pieces; a struct work carries what is known of the call between.  Decoding
 * is ours (route.h), so that an id keeps its encoded slashes apart.
 */
#include "common/http/server.h"

#include <microhttpd.h>
#include <stdarg.h>
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

#define IDLE_SECONDS_MAX 60u
#define STACK_BYTES      ((size_t)512 * 1024)

struct mr_http_server {
    struct mr_http_server_spec spec;
    struct MHD_Daemon *daemon;
    char address[LISTEN_ADDRESS_MAX];
};

struct work {
    struct mr_arena *arena;
    struct mr_buf body;
    struct mr_http_call call;
    const struct mr_http_route *route;
    bool known_path; /* but another method */
    bool too_long;
    size_t discarded; /* bytes beyond the limit */
    int status;
    int64_t began_us;
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
        .connection = connection,
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

static void answer(struct mr_http_server *server, struct work *work,
                   struct mr_http_reply *reply)
{
    if (work->too_long)
        mr_http_reply_error(reply, 413, "too_large",
                            "the body is longer than %zu bytes; see "
                            "limits.body_bytes",
                            server->spec.body_bytes_max);
    else if (server->spec.guard != NULL &&
             !server->spec.guard(server->spec.context, &work->call, reply))
        return;
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

static enum MHD_Result send_reply(struct work *work,
                                  struct mr_http_reply *reply)
{
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
    if (work->too_long)
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
    struct mr_http_reply reply = {
        .status = 200,
        .content_type = "application/json",
        .body = mr_buf(MR_HTTP_REPLY_BYTES_MAX),
    };

    work->call.body = mr_buf_bytes(&work->body);
    answer(server, work, &reply);
    return send_reply(work, &reply);
}

static enum MHD_Result access_handler(void *context,
                                      struct MHD_Connection *connection,
                                      const char *url, const char *method,
                                      const char *version, const char *data,
                                      size_t *size, void **own)
{
    struct mr_http_server *server = context;
    struct work *work = *own;

    (void)version;
    if (work == NULL) {
        work = work_new(server, connection, url, method);
        *own = work;
        work->too_long = announced(connection) > server->spec.body_bytes_max;
        return work->too_long ? reply_to(server, work) : MHD_YES;
    }
    if (*size == 0)
        return work->status != 0 ? MHD_YES : reply_to(server, work);
    mr_buf_append(&work->body, data, *size);
    work->too_long = work->body.full;
    work->discarded += work->too_long ? *size : 0;
    *size = 0;
    /* A body without announced length is read on so that the client hears
     * why, but not for ever. */
    return work->discarded > server->spec.body_bytes_max ? MHD_NO : MHD_YES;
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

enum mr_code mr_http_server_start(const struct mr_http_server_spec *spec,
                                  struct mr_http_server **out,
                                  struct mr_err *err)
{
    struct mr_http_server *server = mr_calloc(1, sizeof(*server));
    enum mr_code code;
    int fd;

    *out = NULL;
    server->spec = *spec;
    code = listen_open(spec->listen, &fd, server->address, err);
    if (code != MR_OK) {
        mr_free(server);
        return code;
    }
    server->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
            MHD_USE_POLL | MHD_USE_ITC,
        0, NULL, NULL, access_handler, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)spec->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS_MAX,
        MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, MHD_OPTION_NOTIFY_COMPLETED,
        completed, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
        MHD_OPTION_END);
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
