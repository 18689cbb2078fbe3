// SPDX-License-Identifier: Apache-2.0
/*
 * secrets.c - see secrets.h.
 */
#include "ingestor/web/secrets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"
#include "ingestor/web/scope.h"

struct header {
    char *name;
    char *value;
};

struct cookie {
    char *domain; /* without the dot that it may begin with */
    bool subdomains;
    char *path;
    bool secure;
    int64_t expires_s; /* 0: at the end of the session, so never here */
    char *name;
    char *value;
};

struct secrets {
    struct header headers[SECRETS_HEADERS_MAX];
    size_t header_count;
    struct cookie *cookies;
    size_t cookie_count;
};

struct secrets *secrets_new(void)
{
    return mr_calloc(1, sizeof(struct secrets));
}

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    mr_free(text);
}

void secrets_free(struct secrets *secrets)
{
    if (secrets == NULL)
        return;
    for (size_t i = 0; i < secrets->header_count; i++) {
        mr_free(secrets->headers[i].name);
        wipe(secrets->headers[i].value);
    }
    for (size_t i = 0; i < secrets->cookie_count; i++) {
        mr_free(secrets->cookies[i].domain);
        mr_free(secrets->cookies[i].path);
        mr_free(secrets->cookies[i].name);
        wipe(secrets->cookies[i].value);
    }
    mr_free(secrets->cookies);
    mr_free(secrets);
}

static char *copy(struct mr_span text)
{
    char *out = mr_calloc(1, text.size + 1);

    if (text.size > 0)
        memcpy(out, text.data, text.size);
    return out;
}

/* Cuts the next line off `rest`, its end and "\r" left out. */
static struct mr_span next_line(struct mr_span *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->size);
    size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
    struct mr_span line = mr_span(rest->data, size);

    size += end != NULL;
    *rest = mr_span(rest->data + size, rest->size - size);
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

static struct mr_span trim(struct mr_span text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = mr_span(text.data + 1, text.size - 1);
    while (text.size > 0 && (text.data[text.size - 1] == ' ' ||
                             text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* A token of RFC 9110, 5.6.2. */
static bool is_token(struct mr_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];

        if (byte <= ' ' || byte >= 0x7F ||
            strchr("\"(),/:;<=>?@[\\]{}", byte) != NULL)
            return false;
    }
    return text.size > 0;
}

static bool is_value(struct mr_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((text.data[i] < ' ' && text.data[i] != '\t') ||
            text.data[i] == 0x7F)
            return false;
    }
    return text.size <= SECRETS_VALUE_BYTES_MAX;
}

static enum mr_code add_header(struct secrets *secrets, struct mr_span line,
                               size_t number, struct mr_err *err)
{
    const uint8_t *colon = memchr(line.data, ':', line.size);
    size_t at = colon == NULL ? 0 : (size_t)(colon - line.data);
    struct mr_span name = trim(mr_span(line.data, at));
    struct mr_span value = { 0 };

    if (colon != NULL)
        value = trim(mr_span(colon + 1, line.size - at - 1));
    if (!is_token(name) || !is_value(value))
        return mr_fail(err, MR_E_CONFIG,
                       "line %zu of the headers is no \"Name: value\" of at "
                       "most %u bytes",
                       number, SECRETS_VALUE_BYTES_MAX);
    if (secrets->header_count == SECRETS_HEADERS_MAX)
        return mr_fail(err, MR_E_CONFIG, "more than %u headers",
                       SECRETS_HEADERS_MAX);
    secrets->headers[secrets->header_count++] =
        (struct header){ .name = copy(name), .value = copy(value) };
    return MR_OK;
}

enum mr_code secrets_add_headers(struct secrets *secrets, struct mr_span text,
                                 struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t number = 1; code == MR_OK && text.size > 0; number++) {
        struct mr_span line = trim(next_line(&text));

        if (line.size > 0 && line.data[0] != '#')
            code = add_header(secrets, line, number, err);
    }
    return code;
}

static bool split(struct mr_span line, struct mr_span fields[7])
{
    for (size_t i = 0; i < 7; i++) {
        const uint8_t *tab = i < 6 ? memchr(line.data, '\t', line.size) : NULL;
        size_t size = tab == NULL ? line.size : (size_t)(tab - line.data);

        if (tab == NULL && i < 6)
            return false;
        fields[i] = mr_span(line.data, size);
        size += tab != NULL;
        line = mr_span(line.data + size, line.size - size);
    }
    return fields[0].size > 0 && fields[5].size > 0 && is_token(fields[5]) &&
           is_value(fields[6]);
}

static void add_cookie(struct secrets *secrets, const struct mr_span fields[7])
{
    struct mr_span domain = fields[0];
    char expires[24] = "";

    if (domain.data[0] == '.')
        domain = mr_span(domain.data + 1, domain.size - 1);
    memcpy(expires, fields[4].data, fields[4].size < 20 ? fields[4].size : 20);
    secrets->cookies = mr_realloc_array(
        secrets->cookies, secrets->cookie_count + 1, sizeof(*secrets->cookies));
    secrets->cookies[secrets->cookie_count++] = (struct cookie){
        .domain = copy(domain),
        .subdomains = mr_span_equal(fields[1], mr_span_str("TRUE")),
        .path = copy(fields[2]),
        .secure = mr_span_equal(fields[3], mr_span_str("TRUE")),
        .expires_s = strtoll(expires, NULL, 10),
        .name = copy(fields[5]),
        .value = copy(fields[6]),
    };
}

enum mr_code secrets_add_cookies(struct secrets *secrets, struct mr_span text,
                                 struct mr_err *err)
{
    static const char http_only[] = "#HttpOnly_";

    for (size_t number = 1; text.size > 0; number++) {
        struct mr_span line = next_line(&text);
        struct mr_span fields[7];

        if (mr_span_starts(line, mr_span_str(http_only)))
            line = mr_span(line.data + sizeof(http_only) - 1,
                           line.size - sizeof(http_only) + 1);
        else if (trim(line).size == 0 || line.data[0] == '#')
            continue;
        if (!split(line, fields))
            return mr_fail(err, MR_E_CONFIG,
                           "line %zu of the cookies has not the seven fields "
                           "of a Netscape cookie file, or a value of more "
                           "than %u bytes",
                           number, SECRETS_VALUE_BYTES_MAX);
        if (secrets->cookie_count == SECRETS_COOKIES_MAX)
            return mr_fail(err, MR_E_CONFIG, "more than %u cookies",
                           SECRETS_COOKIES_MAX);
        add_cookie(secrets, fields);
    }
    return MR_OK;
}

/* RFC 6265, 5.1.3 and 5.1.4. */
static bool goes_to(const struct cookie *cookie, const struct mr_url *url,
                    int64_t now_ms)
{
    struct mr_span domain = mr_span_str(cookie->domain);
    struct mr_span path = mr_span_str(cookie->path);
    size_t before = url->host.size - domain.size; /* read if not negative */

    if ((cookie->secure && url->scheme.size != 5) ||
        (cookie->expires_s > 0 && cookie->expires_s < now_ms / 1000) ||
        url->host.size < domain.size ||
        !mr_span_equal(mr_span(url->host.data + before, domain.size), domain))
        return false;
    if (before > 0 &&
        (!cookie->subdomains || url->host.data[before - 1] != '.'))
        return false;
    return mr_span_starts(url->path, path) &&
           (path.size == url->path.size || path.size == 0 ||
            path.data[path.size - 1] == '/' ||
            url->path.data[path.size] == '/');
}

size_t secrets_for(const struct secrets *secrets, const struct mr_url *seed,
                   const struct mr_url *url, int64_t now_ms,
                   struct mr_arena *arena, struct mr_http_header *out)
{
    struct mr_buf cookies = mr_buf(SECRETS_VALUE_BYTES_MAX);
    size_t count = 0;

    if (scope_same_host(seed, url) && url->scheme.size >= seed->scheme.size) {
        for (size_t i = 0; i < secrets->header_count; i++)
            out[count++] = (struct mr_http_header){
                .name = secrets->headers[i].name,
                .value = secrets->headers[i].value,
            };
    }
    for (size_t i = 0; i < secrets->cookie_count && !cookies.full; i++) {
        const struct cookie *cookie = &secrets->cookies[i];

        if (goes_to(cookie, url, now_ms))
            mr_buf_printf(&cookies, "%s%s=%s", cookies.size > 0 ? "; " : "",
                          cookie->name, cookie->value);
    }
    if (cookies.size > 0)
        out[count++] = (struct mr_http_header){
            .name = "Cookie",
            .value = mr_arena_str(arena, mr_buf_bytes(&cookies)),
        };
    if (cookies.data != NULL)
        explicit_bzero(cookies.data, cookies.size);
    mr_buf_deinit(&cookies);
    return count;
}
