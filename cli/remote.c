// SPDX-License-Identifier: Apache-2.0
/*
 * remote.c - see remote.h.
 */
#include "cli/remote.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/http/client.h"

#define BODY_BYTES_MAX ((size_t)256 * 1024 * 1024)

struct inside {
    struct mr_http *http;
    struct mr_http_response *response;
};

static const char *server_of(const char *given)
{
    const char *named = getenv("MILLRACE_SERVER");

    if (given != NULL)
        return given;
    return named != NULL && named[0] != '\0' ? named : REMOTE_DEFAULT;
}

/* The server's own words when it has some. */
static void print_refusal(const struct remote_reply *reply, const char *path)
{
    const struct mr_json *error =
        reply->json == NULL ? NULL : mr_json_get(reply->json, "error");
    struct mr_span message = mr_json_text(mr_json_get(error, "message"));

    if (message.data != NULL)
        (void)fprintf(stderr, "millrace: %.*s\n", (int)message.size,
                      (const char *)message.data);
    else
        (void)fprintf(stderr, "millrace: %s was answered with %d\n", path,
                      reply->status);
}

static void take(struct remote_reply *reply, struct inside *inside,
                 const char *server, const char *path, bool quiet)
{
    struct mr_http_response *response = inside->response;

    if (response->code != MR_OK) {
        reply->exit_code = CLI_NO_SERVER;
        if (quiet)
            return;
        (void)fprintf(stderr,
                      "millrace: no answer from %s (%s)\nis it running? "
                      "`millrace up` starts it; --server URL names another\n",
                      server, response->err.text);
        return;
    }
    reply->status = response->status;
    reply->body = mr_span(response->body, response->body_size);
    if (mr_json_parse(reply->body, &reply->json, NULL) != MR_OK)
        reply->json = NULL;
    if (response->status / 100 == 2)
        return;
    if (!quiet)
        print_refusal(reply, path);
    reply->exit_code = CLI_FAILED;
}

static struct remote_reply call(const char *server, const char *method,
                                const char *path, struct mr_span body,
                                long timeout_ms, bool quiet)
{
    struct inside *inside = mr_calloc(1, sizeof(*inside));
    struct remote_reply reply = { .inside = inside };
    struct mr_http_header header = { "Content-Type", "application/json" };
    struct mr_buf url = mr_buf(64 * 1024);
    struct mr_err err = { 0 };
    struct mr_http_request request = {
        .method = method,
        .headers = &header,
        .header_count = 1,
        .body = body,
        .bytes_max = BODY_BYTES_MAX,
        .total_ms = timeout_ms,
        .allow_private = true,
    };

    server = server_of(server);
    mr_buf_printf(&url, "%s%s", strstr(server, "://") == NULL ? "http://" : "",
                  server);
    while (url.size > 0 && url.data[url.size - 1] == '/')
        url.size--;
    mr_buf_str(&url, path);
    request.url = mr_buf_text(&url);
    inside->http = mr_http_client_new(
        &(struct mr_http_client_spec){ .user_agent = "millrace-cli" });
    if (mr_http_call_once(inside->http, &request, &inside->response, &err) !=
        MR_OK) {
        (void)fprintf(stderr, "millrace: %s\n", err.text);
        reply.exit_code = CLI_USAGE;
    } else {
        take(&reply, inside, server, path, quiet);
    }
    mr_buf_deinit(&url);
    return reply;
}

struct remote_reply remote_call(const char *server, const char *method,
                                const char *path, struct mr_span body,
                                long timeout_ms)
{
    return call(server, method, path, body, timeout_ms, false);
}

struct remote_reply remote_quiet(const char *server, const char *method,
                                 const char *path, struct mr_span body,
                                 long timeout_ms)
{
    return call(server, method, path, body, timeout_ms, true);
}

char *remote_segment(const char *text)
{
    struct mr_buf buf = mr_buf((size_t)1 << 20);

    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (isalnum(byte) || strchr("-._~", byte) != NULL)
            mr_buf_byte(&buf, byte);
        else
            mr_buf_printf(&buf, "%%%02X", byte);
    }
    (void)mr_buf_text(&buf);
    return (char *)buf.data;
}

void remote_free(struct remote_reply *reply)
{
    struct inside *inside = reply->inside;

    if (inside == NULL)
        return;
    mr_json_free(reply->json);
    mr_http_free_response(inside->http, inside->response);
    mr_http_client_free(inside->http);
    mr_free(inside);
    reply->inside = NULL;
}
