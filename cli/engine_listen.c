// SPDX-License-Identifier: Apache-2.0
/*
 * engine_listen.c - where a server may listen: on loopback always; elsewhere
 * with a key and TLS, so that no documents and no key go over a wire in the
 * open.
 */
#include <stdio.h>
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

bool engine_is_loopback(struct mr_span address)
{
    static const char *const names[] = { "localhost", "[::1]", "127.0.0.1" };
    struct mr_span host = host_of(address);

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

/* What is missing for an address that others can reach. */
static enum mr_code check_others(const struct engine_options *options,
                                 size_t keys, struct mr_err *err)
{
    bool safe = options->http.tls_cert != NULL || options->http.insecure;
    char key[700] = "";

    if (keys > 0 && safe)
        return MR_OK;
    if (keys == 0)
        (void)snprintf(
            key, sizeof(key),
            "\nthere is no key yet: `millrace key create NAME "
            "--data %.350s` makes one",
            (options->shared == NULL ? options->data : options->shared));
    return mr_fail(
        err, MR_E_CONFIG,
        "listen: %.100s is not a loopback address: what others can reach needs "
        "API keys and TLS%s%s",
        options->listen, key,
        safe ? ""
             : "\nthere is no certificate: name its files with http.tls_cert "
               "and http.tls_key, or set http.insecure: true where a proxy in "
               "front does TLS");
}

enum mr_code engine_check_listen(const struct engine_options *options,
                                 struct mr_err *err)
{
    struct mr_keys keys;
    struct mr_tls tls = { 0 };
    enum mr_code code;

    mr_keys_init(&keys);
    code = mr_key_file_read(
        (options->shared == NULL ? options->data : options->shared), &keys,
        err);
    if (code == MR_OK && !engine_is_loopback(mr_span_str(options->listen)))
        code = check_others(options, keys.count, err);
    if (code == MR_OK && options->http.tls_cert != NULL)
        code = mr_tls_load(options->http.tls_cert, options->http.tls_key, &tls,
                           err);
    mr_tls_free(&tls);
    mr_keys_deinit(&keys);
    return code;
}
