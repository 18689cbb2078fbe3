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
#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/http/client.h"
#include "common/runtime/config.h"

#define BODY_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define POLL_MS        1000

struct remote {
    struct mr_http *http;
    const char *server;
    char *authorization; /* "Bearer KEY", or NULL */
    bool no_key;         /* it cannot be read, which was printed */
};

struct remote_access remote_access;

struct inside {
    struct remote *own; /* when the call was the only one */
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

/* The first that is given, or NULL; an empty variable is none. */
static const char *given_or(const char *given, const char *variable)
{
    const char *named = getenv(variable);

    if (given != NULL)
        return given;
    return named != NULL && named[0] != '\0' ? named : NULL;
}

/* Takes --key off the command line, which others can read. */
static char *take_key(const char *key)
{
    union {
        const char *from;
        char *to;
    } given = { .from = key };
    static char *taken;

    if (key == taken)
        return mr_strdup(key);
    taken = mr_strdup(key);
    memset(given.to, 'x', strlen(key));
    remote_access.key = taken;
    return mr_strdup(taken);
}

static enum mr_code read_key(char **key, struct mr_err *err)
{
    const char *file = remote_access.key_file;
    const char *variable = getenv("MILLRACE_KEY");

    *key = NULL;
    if (remote_access.key != NULL) {
        *key = take_key(remote_access.key);
        return MR_OK;
    }
    if (file == NULL && variable != NULL && variable[0] != '\0') {
        *key = mr_strdup(variable);
        return MR_OK;
    }
    return mr_config_secret(NULL, given_or(file, "MILLRACE_KEY_FILE"), key,
                            err);
}

/* Letters that can stand in a header. */
static bool is_key(const char *key)
{
    for (; *key != '\0'; key++) {
        if (!isgraph((unsigned char)*key))
            return false;
    }
    return true;
}

static void set_key(struct remote *remote)
{
    struct mr_err err = { 0 };
    struct mr_buf buf = mr_buf(MR_SECRET_BYTES_MAX + 16);
    enum mr_code code;
    char *key;

    code = read_key(&key, &err);
    if (code == MR_OK && key != NULL && (key[0] == '\0' || !is_key(key)))
        code = mr_fail(&err, MR_E_CONFIG,
                       "the API key holds a space or is empty: it is the one "
                       "line that `millrace key create` printed");
    remote->no_key = code != MR_OK;
    if (remote->no_key)
        (void)fprintf(stderr, "millrace: %s\n", err.text);
    if (!remote->no_key && key != NULL) {
        mr_buf_printf(&buf, "Bearer %s", key);
        remote->authorization = mr_strdup(mr_buf_text(&buf));
        explicit_bzero(buf.data, buf.size);
        explicit_bzero(key, strlen(key));
    }
    mr_buf_deinit(&buf);
    mr_free(key);
}

struct mr_span remote_words(const struct remote_reply *reply)
{
    const struct mr_json *error =
        reply->json == NULL ? NULL : mr_json_get(reply->json, "error");

    return mr_json_text(mr_json_get(error, "message"));
}

/* Why there was no answer, without the URL ("http: URL: why"): the server was
 * named already. */
static const char *reason_of(const struct mr_err *err)
{
    const char *url = strstr(err->text, "://");
    const char *end = url == NULL ? NULL : strstr(url, ": ");

    return end == NULL ? err->text : end + 2;
}

static void print_no_address(const char *server)
{
    (void)fprintf(stderr,
                  "millrace: \"%s\" is no address of a server; write such as "
                  "http://127.0.0.1:7700\n",
                  server);
}

static void print_no_answer(const char *server, const char *why)
{
    (void)fprintf(stderr, "millrace: no answer from %s (%s)\n", server, why);
    if (strstr(why, "certificate") != NULL)
        (void)fprintf(stderr, "--cacert FILE names a certificate to trust, "
                              "such as the server's own\n");
    else
        (void)fprintf(stderr, "is it running? `millrace up` starts it; "
                              "--server URL names another\n");
}

void remote_print(const struct remote_reply *reply, const char *server,
                  const char *path)
{
    const struct inside *inside = reply->inside;
    struct mr_span words = remote_words(reply);

    if (reply->exit_code == CLI_NO_SERVER)
        print_no_answer(server_of(server), reason_of(&inside->response->err));
    else if (reply->exit_code == CLI_USAGE)
        print_no_address(server_of(server));
    else if (words.data != NULL)
        (void)fprintf(stderr, "millrace: %.*s\n%s", (int)words.size,
                      (const char *)words.data,
                      reply->status == 401 ? "give a key with --key-file FILE, "
                                             "or in MILLRACE_KEY\n"
                                           : "");
    else if (reply->json == NULL)
        (void)fprintf(stderr,
                      "millrace: what answers at %s is no millrace (%s, %d)\n",
                      server_of(server), path, reply->status);
    else
        (void)fprintf(stderr, "millrace: %s was answered with %d\n", path,
                      reply->status);
}

static struct remote_reply reply_of(struct remote *remote,
                                    struct mr_http_response *response)
{
    struct inside *inside = mr_calloc(1, sizeof(*inside));
    struct remote_reply reply = { .tag = response->tag, .inside = inside };

    *inside = (struct inside){ .http = remote->http, .response = response };
    if (response->code != MR_OK) {
        reply.exit_code =
            response->code == MR_E_INVALID ? CLI_USAGE : CLI_NO_SERVER;
        return reply;
    }
    reply.status = response->status;
    reply.body = mr_span(response->body, response->body_size);
    if (mr_json_parse(reply.body, &reply.json, NULL) != MR_OK)
        reply.json = NULL;
    if (response->status / 100 != 2 || reply.json == NULL)
        reply.exit_code = CLI_FAILED;
    return reply;
}

struct remote *remote_open(const char *server, uint32_t at_once)
{
    struct remote *remote = mr_calloc(1, sizeof(*remote));

    remote->server = server_of(server);
    remote->http = mr_http_client_new(&(struct mr_http_client_spec){
        .user_agent = "millrace-cli",
        .connections_max = at_once,
        .ca_file = given_or(remote_access.ca_file, "MILLRACE_CACERT") });
    set_key(remote);
    return remote;
}

bool remote_begin(struct remote *remote, const char *method, const char *path,
                  struct mr_span body, long timeout_ms, void *tag)
{
    const struct mr_http_header headers[] = {
        { "Content-Type", "application/json" },
        { "Authorization", remote->authorization },
    };
    struct mr_buf url = mr_buf(64 * 1024);
    struct mr_err err = { 0 };
    struct mr_http_request request = {
        .method = method,
        .headers = headers,
        .header_count = remote->authorization == NULL ? 1 : 2,
        .body = body,
        .bytes_max = BODY_BYTES_MAX,
        .total_ms = timeout_ms,
        .allow_private = true,
        .tag = tag,
    };
    bool good;

    if (remote->no_key)
        return false;
    mr_buf_printf(&url, "%s%s",
                  strstr(remote->server, "://") == NULL ? "http://" : "",
                  remote->server);
    while (url.size > 0 && url.data[url.size - 1] == '/')
        url.size--;
    mr_buf_str(&url, path);
    request.url = mr_buf_text(&url);
    good = mr_http_start(remote->http, &request, &err) == MR_OK;
    if (!good)
        print_no_address(remote->server);
    mr_buf_deinit(&url);
    return good;
}

struct remote_reply remote_next(struct remote *remote)
{
    struct mr_http_response *response = NULL;
    struct mr_err err = { 0 };

    while (response == NULL)
        MR_ASSERT(mr_http_poll(remote->http, POLL_MS, &response, &err) ==
                  MR_OK);
    return reply_of(remote, response);
}

void remote_close(struct remote *remote)
{
    if (remote == NULL)
        return;
    mr_http_client_free(remote->http);
    if (remote->authorization != NULL)
        explicit_bzero(remote->authorization, strlen(remote->authorization));
    mr_free(remote->authorization);
    mr_free(remote);
}

static struct remote_reply call(const char *server, const char *method,
                                const char *path, struct mr_span body,
                                long timeout_ms, bool quiet)
{
    struct remote *remote = remote_open(server, 1);
    struct remote_reply reply = { .exit_code = CLI_USAGE };

    if (!remote_begin(remote, method, path, body, timeout_ms, NULL)) {
        remote_close(remote);
        return reply;
    }
    reply = remote_next(remote);
    ((struct inside *)reply.inside)->own = remote;
    if (reply.exit_code != CLI_OK && !quiet)
        remote_print(&reply, server, path);
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
    remote_close(inside->own);
    mr_free(inside);
    reply->inside = NULL;
}
