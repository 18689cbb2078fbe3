// SPDX-License-Identifier: Apache-2.0
/*
 * engine_guard.c - who may talk to a server without keys.
 */
#include <string.h>

#include "cli/engine_parts.h"

/* The host of "host:port", "[host]:port" or "host". */
static struct mr_span host_of(struct mr_span text)
{
    size_t size = text.size;

    if (size > 0 && text.data[0] == '[') {
        for (size_t i = 0; i < size; i++) {
            if (text.data[i] == ']')
                return mr_span(text.data, i + 1);
        }
        return text;
    }
    for (size_t i = 0; i < size; i++) {
        if (text.data[i] == ':')
            return mr_span(text.data, i);
    }
    return text;
}

static bool is_loopback(struct mr_span host)
{
    static const char *const names[] = { "localhost", "[::1]", "127.0.0.1" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (mr_span_equal(host, mr_span_str(names[i])))
            return true;
    }
    if (!mr_span_starts(host, mr_span_str("127.")))
        return false;
    for (size_t i = 0; i < host.size; i++) {
        if (host.data[i] != '.' && (host.data[i] < '0' || host.data[i] > '9'))
            return false;
    }
    return true;
}

enum mr_code engine_check_listen(const char *listen, struct mr_err *err)
{
    if (is_loopback(host_of(mr_span_str(listen))))
        return MR_OK;
    return mr_fail(err, MR_E_CONFIG,
                   "listen: %s is not a loopback address, and nothing but "
                   "loopback may be listened on without API keys, which this "
                   "version does not have",
                   listen);
}

/* The host in "http://host:port". */
static bool is_own_origin(struct mr_span origin)
{
    static const char prefix[] = "http://";

    if (!mr_span_starts(origin, mr_span_str(prefix)))
        return false;
    return is_loopback(host_of(mr_span(origin.data + sizeof(prefix) - 1,
                                       origin.size - sizeof(prefix) + 1)));
}

bool engine_guard(void *context, struct mr_http_call *call,
                  struct mr_http_reply *reply)
{
    struct mr_span host = mr_http_call_header(call, "Host");
    struct mr_span origin = mr_http_call_header(call, "Origin");

    (void)context;
    if (host.data != NULL && !is_loopback(host_of(host))) {
        mr_http_reply_error(reply, 403, "foreign_host",
                            "this server answers to loopback names only, not "
                            "to \"%.*s\"",
                            MR_SPAN_ARG(host));
        return false;
    }
    if (origin.data != NULL && !is_own_origin(origin)) {
        mr_http_reply_error(reply, 403, "foreign_origin",
                            "pages of \"%.*s\" may not talk to this server",
                            MR_SPAN_ARG(origin));
        return false;
    }
    return true;
}
