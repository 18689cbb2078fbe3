// SPDX-License-Identifier: Apache-2.0
/*
 * client.c - see client.h.
 *
 * One easy handle a request, all of them in one multi handle, which keeps the
 * connections.  Limits are enforced in the callbacks, so that nothing beyond
 * them is ever held.
 */
#include "common/http/client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "common/http/client_sign.h"
#include "common/http/private_net.h"

#define CONNECTIONS_MAX  64u
#define HEADERS_MAX      256u
#define HEADER_BYTES_MAX ((size_t)256 * 1024)
#define CONNECT_MS_MAX   15000L

struct client {
    struct mr_http port;
    CURLM *multi;
    char *user_agent;
    char *ca_file;         /* or NULL */
    struct fetch *running; /* a list, so that they can be broken off */
};

struct fetch {
    struct fetch *next;
    struct fetch **link; /* what points to this one */
    CURL *easy;
    struct curl_slist *headers;
    struct mr_http_response *response;
    struct mr_buf body;
    struct mr_buf request_body;
    size_t header_bytes;
    bool allow_private;
    bool refused;  /* the address is private */
    bool too_long; /* a limit was met */
    char words[CURL_ERROR_SIZE];
};

static struct client *client_of(struct mr_http *http)
{
    return (struct client *)http;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    size_t room = fetch->body.limit - fetch->body.size;
    size_t bytes = size * count;

    mr_buf_append(&fetch->body, data, bytes < room ? bytes : room);
    fetch->too_long = bytes > room;
    return fetch->too_long ? 0 : bytes;
}

/* "Name: value\r\n"; a new status line (after "100 Continue") starts anew. */
static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    struct mr_http_response *response = fetch->response;
    size_t bytes = size * count;
    const char *colon = memchr(data, ':', bytes);
    size_t from;
    size_t to = bytes;
    char *name;

    fetch->header_bytes += bytes;
    if (fetch->header_bytes > HEADER_BYTES_MAX) {
        fetch->too_long = true;
        return 0;
    }
    if (colon == NULL || response->header_count == HEADERS_MAX)
        return bytes;
    from = (size_t)(colon - data) + 1;
    while (from < to && (data[from] == ' ' || data[from] == '\t'))
        from++;
    while (to > from && isspace((unsigned char)data[to - 1]))
        to--;
    name = mr_calloc(1, (size_t)(colon - data) + 1);
    for (size_t i = 0; data + i < colon; i++)
        name[i] = (char)tolower((unsigned char)data[i]);
    response->headers =
        mr_realloc_array(response->headers, response->header_count + 1,
                         sizeof(*response->headers));
    char *value = mr_calloc(1, to - from + 1);
    memcpy(value, data + from, to - from);
    response->headers[response->header_count++] =
        (struct mr_http_header){ .name = name, .value = value };
    return bytes;
}

static curl_socket_t on_socket(void *context, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    struct fetch *fetch = context;

    (void)purpose;
    if (!fetch->allow_private && private_net_has(&address->addr)) {
        fetch->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

static void free_response(struct mr_http *http,
                          struct mr_http_response *response)
{
    (void)http;
    for (size_t i = 0; i < response->header_count; i++) {
        union {
            const char *from;
            char *to;
        } name = { .from = response->headers[i].name },
          value = { .from = response->headers[i].value };

        mr_free(name.to);
        mr_free(value.to);
    }
    mr_free(response->headers);
    mr_free(response->body);
    mr_free(response);
}

static void fetch_free(struct fetch *fetch)
{
    if (fetch->link != NULL)
        *fetch->link = fetch->next;
    if (fetch->next != NULL)
        fetch->next->link = fetch->link;
    curl_easy_cleanup(fetch->easy);
    curl_slist_free_all(fetch->headers);
    mr_buf_deinit(&fetch->body);
    mr_buf_deinit(&fetch->request_body);
    if (fetch->response != NULL)
        free_response(NULL, fetch->response);
    mr_free(fetch);
}

/* curl_easy_setopt() with the answer looked at: a refusal is a bug of ours. */
#define SET(option, value) \
    MR_ASSERT(curl_easy_setopt(easy, (option), (value)) == CURLE_OK)

static void set_limits(struct fetch *fetch,
                       const struct mr_http_request *request)
{
    CURL *easy = fetch->easy;
    long stall_s = (long)((request->stall_ms + 999) / 1000);

    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_CONNECTTIMEOUT_MS,
        request->total_ms > 0 && request->total_ms < CONNECT_MS_MAX
            ? (long)request->total_ms
            : CONNECT_MS_MAX);
    SET(CURLOPT_TIMEOUT_MS, (long)request->total_ms);
    SET(CURLOPT_LOW_SPEED_LIMIT, stall_s > 0 ? 1L : 0L);
    SET(CURLOPT_LOW_SPEED_TIME, stall_s);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, fetch);
}

static void set_message(struct fetch *fetch,
                        const struct mr_http_request *request)
{
    CURL *easy = fetch->easy;

    for (size_t i = 0; i < request->header_count; i++) {
        char line[8192];

        (void)snprintf(line, sizeof(line), "%s: %s", request->headers[i].name,
                       request->headers[i].value);
        fetch->headers = curl_slist_append(fetch->headers, line);
    }
    if (request->body.data != NULL) {
        mr_buf_span(&fetch->request_body, request->body);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
        SET(CURLOPT_POSTFIELDS, mr_buf_text(&fetch->request_body));
        /* Without it curl waits a second for "100 Continue"; but it would be
         * signed as if it were sent. */
        if (request->sign == NULL)
            fetch->headers = curl_slist_append(fetch->headers, "Expect:");
    }
    if (request->method != NULL && strcmp(request->method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    else if (request->method != NULL)
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    if (request->sign != NULL)
        fetch->headers =
            client_sign(easy, request->sign, request->body, fetch->headers);
    SET(CURLOPT_HTTPHEADER, fetch->headers);
}

static void set_request(struct client *client, struct fetch *fetch,
                        const struct mr_http_request *request)
{
    CURL *easy = fetch->easy;

    set_message(fetch, request);
    SET(CURLOPT_USERAGENT, client->user_agent);
    if (client->ca_file != NULL)
        SET(CURLOPT_CAINFO, client->ca_file);
    SET(CURLOPT_ACCEPT_ENCODING, "");
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, fetch);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, fetch);
    SET(CURLOPT_ERRORBUFFER, fetch->words);
    SET(CURLOPT_PRIVATE, fetch);
}

static enum mr_code start(struct mr_http *http,
                          const struct mr_http_request *request,
                          struct mr_err *err)
{
    struct client *client = client_of(http);
    struct fetch *fetch = mr_calloc(1, sizeof(*fetch));

    fetch->easy = curl_easy_init();
    MR_ASSERT(fetch->easy != NULL);
    fetch->response = mr_calloc(1, sizeof(*fetch->response));
    fetch->response->tag = request->tag;
    fetch->allow_private = request->allow_private;
    fetch->body = mr_buf(request->bytes_max);
    fetch->request_body = mr_buf(request->body.size);
    if (strncmp(request->url, "http", 4) != 0 ||
        curl_easy_setopt(fetch->easy, CURLOPT_URL, request->url) != CURLE_OK) {
        fetch_free(fetch);
        return mr_fail(err, MR_E_INVALID, "http: \"%.350s\" is no http URL",
                       request->url);
    }
    set_limits(fetch, request);
    set_request(client, fetch, request);
    fetch->next = client->running;
    fetch->link = &client->running;
    if (fetch->next != NULL)
        fetch->next->link = &fetch->next;
    client->running = fetch;
    MR_ASSERT(curl_multi_add_handle(client->multi, fetch->easy) == CURLM_OK);
    return MR_OK;
}

/* curl's result in our words. */
static enum mr_code outcome(struct fetch *fetch, CURLcode result,
                            struct mr_err *err)
{
    const char *url = "";

    (void)curl_easy_getinfo(fetch->easy, CURLINFO_EFFECTIVE_URL, &url);
    if (result == CURLE_OK)
        return MR_OK;
    if (fetch->refused)
        return mr_fail(err, MR_E_INVALID,
                       "http: %.350s is at a private or loopback address; "
                       "allow_private permits that",
                       url);
    if (fetch->header_bytes > HEADER_BYTES_MAX)
        return mr_fail(err, MR_E_LIMIT,
                       "http: %.350s sent more than %zu bytes of headers", url,
                       HEADER_BYTES_MAX);
    if (fetch->too_long)
        return mr_fail(err, MR_E_LIMIT,
                       "http: %.350s sent more than the limit of %zu bytes",
                       url, fetch->body.limit);
    if (result == CURLE_URL_MALFORMAT)
        return mr_fail(err, MR_E_INVALID, "http: \"%.350s\" is no http URL",
                       url);
    /* Another scheme, or a peer that does not speak HTTP. */
    if (result == CURLE_UNSUPPORTED_PROTOCOL)
        return mr_fail(err, MR_E_INVALID, "http: %.350s: %.350s", url,
                       fetch->words);
    return mr_fail(
        err,
        result == CURLE_OPERATION_TIMEDOUT ? MR_E_TIMEOUT : MR_E_UNAVAILABLE,
        "http: %.350s: %.350s", url,
        fetch->words[0] != '\0' ? fetch->words : curl_easy_strerror(result));
}

static struct mr_http_response *finish(struct fetch *fetch, CURLcode result)
{
    struct mr_http_response *response = fetch->response;
    curl_off_t took_us = 0;
    long status = 0;

    response->code = outcome(fetch, result, &response->err);
    (void)curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(fetch->easy, CURLINFO_TOTAL_TIME_T, &took_us);
    response->status = (int)status;
    response->took_us = (int64_t)took_us;
    response->body_size = fetch->body.size;
    (void)mr_buf_text(&fetch->body);
    response->body = fetch->body.data;
    fetch->body = mr_buf(0);
    fetch->response = NULL;
    fetch_free(fetch);
    return response;
}

static struct mr_http_response *next_ended(struct client *client)
{
    const struct CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        CURLcode result = message->data.result;
        CURL *easy = message->easy_handle;
        struct fetch *fetch = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &fetch);
        (void)curl_multi_remove_handle(client->multi, easy);
        return finish(fetch, result);
    }
    return NULL;
}

static enum mr_code poll_ended(struct mr_http *http, int wait_ms,
                               struct mr_http_response **out,
                               struct mr_err *err)
{
    struct client *client = client_of(http);
    int running = 0;
    int ready = 0;

    *out = next_ended(client);
    for (int round = 0; *out == NULL && round < 2; round++) {
        CURLMcode result = curl_multi_perform(client->multi, &running);

        if (result != CURLM_OK)
            return mr_fail(err, MR_E_UNAVAILABLE, "http: %s",
                           curl_multi_strerror(result));
        *out = next_ended(client);
        if (*out == NULL && round == 0 && wait_ms > 0)
            (void)curl_multi_poll(client->multi, NULL, 0, wait_ms, &ready);
    }
    return MR_OK;
}

static const struct mr_http_ops client_ops = { .start = start,
                                               .poll = poll_ended,
                                               .free_response = free_response };

struct mr_http *mr_http_client_new(const struct mr_http_client_spec *spec)
{
    struct client *client = mr_calloc(1, sizeof(*client));
    uint32_t max = spec->connections_max;

    MR_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    client->port.ops = &client_ops;
    client->multi = curl_multi_init();
    MR_ASSERT(client->multi != NULL);
    client->user_agent = mr_strdup(spec->user_agent);
    client->ca_file = spec->ca_file == NULL ? NULL : mr_strdup(spec->ca_file);
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                            (long)(max > 0 ? max : CONNECTIONS_MAX));
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                            (long)spec->connections_per_host_max);
    return &client->port;
}

void mr_http_client_free(struct mr_http *http)
{
    struct client *client = client_of(http);

    if (client == NULL)
        return;
    while (client->running != NULL) {
        (void)curl_multi_remove_handle(client->multi, client->running->easy);
        fetch_free(client->running);
    }
    (void)curl_multi_cleanup(client->multi);
    mr_free(client->user_agent);
    mr_free(client->ca_file);
    mr_free(client);
}

void mr_http_client_wake(struct mr_http *http)
{
    (void)curl_multi_wakeup(client_of(http)->multi);
}

enum mr_code mr_http_call_once(struct mr_http *http,
                               const struct mr_http_request *request,
                               struct mr_http_response **out,
                               struct mr_err *err)
{
    enum mr_code code = mr_http_start(http, request, err);

    *out = NULL;
    while (code == MR_OK && *out == NULL)
        code = mr_http_poll(http, 1000, out, err);
    return code;
}

const char *mr_http_response_header(const struct mr_http_response *response,
                                    const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    }
    return NULL;
}
