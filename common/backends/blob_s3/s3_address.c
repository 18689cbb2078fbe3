// SPDX-License-Identifier: Apache-2.0
/*
 * s3_address.c - see s3_address.h.
 */
#include "common/backends/blob_s3/s3_address.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mr_mem.h"

#define LETTERS_DIGITS \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define UNRESERVED    LETTERS_DIGITS "-._~"
#define BUCKET        LETTERS_DIGITS "-._"
#define HOST          LETTERS_DIGITS "-._:[]"
#define PATH          UNRESERVED "/%"
#define BLOB_DIGITS   32
#define URL_BYTES_MAX ((size_t)8192)

void s3_address_encode(struct mr_buf *buf, struct mr_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];

        if (byte == '/' || (byte != 0 && strchr(UNRESERVED, byte) != NULL))
            mr_buf_byte(buf, byte);
        else
            mr_buf_printf(buf, "%%%02X", byte);
    }
}

/* Where the host begins; NULL when the endpoint cannot be used. */
static const char *host_of(const char *endpoint)
{
    if (strncmp(endpoint, "https://", 8) == 0)
        return endpoint + 8;
    if (strncmp(endpoint, "http://", 7) == 0)
        return endpoint + 7;
    return NULL;
}

/* "." and ".." would be resolved on the way, and "//" is read differently from
 * store to store. */
static bool has_odd_segment(const char *path)
{
    while (*path != '\0') {
        size_t size = strcspn(path, "/");

        if (size == 0 || (size == 1 && path[0] == '.') ||
            (size == 2 && path[0] == '.' && path[1] == '.'))
            return true;
        path += size;
        path += *path == '/';
    }
    return false;
}

/* "name", "name:9000" or "[::1]:9000". */
static bool is_host(const char *host, size_t size)
{
    const char *end = host + size;
    const char *colon = memrchr(host, ':', size);
    const char *bracket = memrchr(host, ']', size);
    size_t digits;

    if (size == 0 || host[0] == ':')
        return false;
    if (colon == NULL || (bracket != NULL && bracket > colon))
        return true;
    digits = strspn(colon + 1, "0123456789");
    return digits > 0 && digits <= 5 && colon + 1 + digits == end &&
           strtol(colon + 1, NULL, 10) <= 65535;
}

static enum mr_code check_endpoint(const char *endpoint, struct mr_err *err)
{
    const char *host = host_of(endpoint);
    size_t size = host == NULL ? 0 : strspn(host, HOST);

    if (strchr(endpoint, '@') != NULL)
        return mr_fail(err, MR_E_CONFIG,
                       "blob: the endpoint of the object store holds a user; "
                       "the access key is given apart");
    if (host == NULL || !is_host(host, size) ||
        (host[size] != '\0' && host[size] != '/') ||
        strspn(host + size, PATH) != strlen(host + size) ||
        (host[size] == '/' && has_odd_segment(host + size + 1)) ||
        strlen(endpoint) > S3_ENDPOINT_MAX)
        return mr_fail(err, MR_E_CONFIG,
                       "blob: \"%.350s\" is no endpoint of an object store, "
                       "which looks like https://host or http://host:9000",
                       endpoint);
    return MR_OK;
}

static enum mr_code check_names(const char *bucket, const char *prefix,
                                struct mr_err *err)
{
    size_t size = strlen(bucket);

    if (size == 0 || size > S3_BUCKET_MAX || strspn(bucket, BUCKET) != size ||
        has_odd_segment(bucket))
        return mr_fail(err, MR_E_CONFIG,
                       "blob: \"%.350s\" is no name of a bucket: 3 to 63 of "
                       "a-z, 0-9, \"-\" and \".\"",
                       bucket);
    if (strlen(prefix) > S3_PREFIX_MAX || has_odd_segment(prefix))
        return mr_fail(err, MR_E_CONFIG,
                       "blob: \"%.350s\" cannot begin the names of objects: "
                       "at most %u bytes, no \".\", \"..\" or nothing "
                       "between slashes",
                       prefix, S3_PREFIX_MAX);
    return MR_OK;
}

static char *base_of(const char *endpoint, const char *bucket,
                     const char *prefix, bool virtual_hosted)
{
    struct mr_buf buf = mr_buf(URL_BYTES_MAX);
    const char *host = host_of(endpoint);
    char *base;

    if (virtual_hosted)
        mr_buf_printf(&buf, "%.*s%s.%s/", (int)(host - endpoint), endpoint,
                      bucket, host);
    else
        mr_buf_printf(&buf, "%s/%s/", endpoint, bucket);
    s3_address_encode(&buf, mr_span_str(prefix));
    if (prefix[0] != '\0' && prefix[strlen(prefix) - 1] != '/')
        mr_buf_byte(&buf, '/');
    base = mr_strdup(mr_buf_text(&buf));
    mr_buf_deinit(&buf);
    return base;
}

enum mr_code s3_address_init(struct s3_address *address, const char *endpoint,
                             const char *bucket, const char *prefix,
                             bool virtual_hosted, struct mr_err *err)
{
    enum mr_code code;
    size_t size;

    endpoint = endpoint == NULL ? "" : endpoint;
    bucket = bucket == NULL ? "" : bucket;
    prefix = prefix == NULL ? "" : prefix;
    code = check_endpoint(endpoint, err);
    if (code == MR_OK)
        code = check_names(bucket, prefix, err);
    if (code != MR_OK)
        return code;
    size = strlen(endpoint);
    address->endpoint = mr_strdup(endpoint);
    while (address->endpoint[size - 1] == '/')
        address->endpoint[--size] = '\0';
    address->bucket = mr_strdup(bucket);
    address->base = base_of(address->endpoint, bucket, prefix, virtual_hosted);
    return MR_OK;
}

void s3_address_deinit(struct s3_address *address)
{
    mr_free(address->endpoint);
    mr_free(address->bucket);
    mr_free(address->base);
    *address = (struct s3_address){ 0 };
}

const char *s3_address_blob(const struct s3_address *address,
                            struct mr_hash128 hash, struct mr_arena *arena)
{
    char digits[BLOB_DIGITS + 1];

    mr_hash128_hex(hash, digits);
    return mr_arena_printf(arena, "%s%.2s/%s", address->base, digits, digits);
}

const char *s3_address_none(const struct s3_address *address,
                            struct mr_arena *arena)
{
    return mr_arena_printf(arena, "%snone", address->base);
}
