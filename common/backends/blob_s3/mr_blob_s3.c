// SPDX-License-Identifier: Apache-2.0
/*
 * mr_blob_s3.c - see mr_blob_s3.h.
 */
#include "common/backends/blob_s3/mr_blob_s3.h"

#include <ctype.h>
#include <stdlib.h>

#include "common/backends/blob_s3/s3_call.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/http/client.h"
#include "common/http/digest.h"

#define TIMEOUT_MS ((int64_t)120 * 1000)
#define STALL_MS   ((int64_t)10 * 1000)
#define AGAIN_MS   ((int64_t)15 * 1000)
#define TRIES      6u

/* Below it the question whether the object is there costs as much as a put. */
#define ASK_FIRST_BYTES ((size_t)64 * 1024)

/* Of an answer without an object: room for the words of an error. */
#define WORDS_BYTES_MAX ((size_t)64 * 1024)

#define CREDENTIAL_MAX 4096u

static struct mr_blob_s3 *s3_of(struct mr_blob *port)
{
    return (struct mr_blob_s3 *)port;
}

static bool same_hash(struct mr_hash128 a, struct mr_hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

/* --- put --- */

/* The header without the quotes around it. */
static bool etag_is(const struct mr_http_response *response, const char *md5)
{
    const char *etag = mr_http_response_header(response, "etag");

    if (etag == NULL)
        return false;
    return strspn(etag, "\"") <= 1 && strlen(etag) <= strlen(md5) + 2 &&
           strncasecmp(etag + strspn(etag, "\""), md5, strlen(md5)) == 0;
}

static bool size_is(const struct mr_http_response *response, size_t size)
{
    const char *length = mr_http_response_header(response, "content-length");

    return length != NULL && isdigit((unsigned char)length[0]) &&
           strtoull(length, NULL, 10) == size;
}

/* *there: the store has an object of that name with these very bytes. */
static enum mr_code look(struct mr_blob_s3 *s3, const char *url,
                         struct mr_span bytes, bool *there, struct mr_err *err)
{
    struct s3_question question = { .method = S3_HEAD,
                                    .url = url,
                                    .bytes_max = WORDS_BYTES_MAX };
    char md5[MR_HTTP_MD5_SIZE];
    struct s3_answered answered;
    enum mr_code code;

    *there = false;
    if (bytes.size < ASK_FIRST_BYTES || !mr_http_md5_hex(bytes, md5))
        return MR_OK;
    code = s3_call(s3, &question, &answered, err);
    if (code != MR_OK)
        return code;
    *there = answered.verdict == S3_DONE &&
             size_is(answered.response, bytes.size) &&
             etag_is(answered.response, md5);
    s3_call_end(s3, &answered);
    return MR_OK;
}

static enum mr_code upload(struct mr_blob_s3 *s3, const char *url,
                           struct mr_span bytes, struct mr_err *err)
{
    struct s3_question question = {
        .method = S3_PUT,
        .url = url,
        .body = bytes.size > 0 ? bytes : mr_span_str(""),
        .bytes_max = WORDS_BYTES_MAX,
    };
    struct s3_answered answered;
    enum mr_code code = s3_call(s3, &question, &answered, err);

    if (code != MR_OK)
        return code;
    /* Every store gives one; who says yes to everything is none. */
    if (mr_http_response_header(answered.response, "etag") == NULL)
        code = mr_fail(err, MR_E_UNAVAILABLE,
                       "blob: %s does not answer as an object store (bucket "
                       "%s): no ETag for %s",
                       s3->address.endpoint, s3->address.bucket, url);
    s3_call_end(s3, &answered);
    return code;
}

static enum mr_code blob_put(struct mr_blob *port, struct mr_span bytes,
                             struct mr_hash128 *out, struct mr_err *err)
{
    struct mr_blob_s3 *s3 = s3_of(port);
    struct mr_arena *arena;
    enum mr_code code;
    const char *url;
    bool there;

    if (bytes.size > MR_BLOB_BYTES_MAX)
        return mr_fail(err, MR_E_LIMIT, "blob: %zu bytes, at most %zu",
                       bytes.size, MR_BLOB_BYTES_MAX);
    arena = mr_arena_new();
    *out = mr_hash128(bytes);
    url = s3_address_blob(&s3->address, *out, arena);
    code = look(s3, url, bytes, &there, err);
    if (code == MR_OK && !there)
        code = upload(s3, url, bytes, err);
    mr_arena_free(arena);
    return code;
}

/* --- get --- */

/* A copy that is there also when it is empty. */
static struct mr_span kept(struct mr_arena *arena, struct mr_span bytes)
{
    uint8_t *to = mr_arena_alloc(arena, bytes.size);

    if (bytes.size > 0)
        memcpy(to, bytes.data, bytes.size);
    return mr_span(to, bytes.size);
}

/* *out stays absent when the bytes do not have the hash. */
static enum mr_code download(struct mr_blob_s3 *s3, const char *url,
                             struct mr_hash128 hash, struct mr_arena *arena,
                             struct mr_span *out, struct mr_err *err)
{
    struct s3_question question = { .method = S3_GET,
                                    .url = url,
                                    .bytes_max = MR_BLOB_BYTES_MAX };
    struct s3_answered answered;
    enum mr_code code = s3_call(s3, &question, &answered, err);
    struct mr_span bytes;

    if (code == MR_E_LIMIT)
        return mr_fail(err, MR_E_DAMAGED,
                       "blob: %s holds more than the %zu bytes of a blob", url,
                       MR_BLOB_BYTES_MAX);
    if (code != MR_OK)
        return code;
    bytes = mr_span(answered.response->body, answered.response->body_size);
    if (answered.verdict == S3_ABSENT)
        code = mr_fail(err, MR_E_LOST, "blob: there is no %s in bucket %s", url,
                       s3->address.bucket);
    else if (same_hash(mr_hash128(bytes), hash))
        *out = kept(arena, bytes);
    s3_call_end(s3, &answered);
    return code;
}

static enum mr_code blob_get(struct mr_blob *port, struct mr_hash128 hash,
                             struct mr_arena *arena, struct mr_span *out,
                             struct mr_err *err)
{
    struct mr_blob_s3 *s3 = s3_of(port);
    struct mr_arena *own = mr_arena_new();
    const char *url = s3_address_blob(&s3->address, hash, own);
    struct mr_span bytes = { 0 };
    enum mr_code code = MR_OK;

    /* Bytes may be damaged on their way too. */
    for (int i = 0; i < 2 && code == MR_OK && bytes.data == NULL; i++)
        code = download(s3, url, hash, arena, &bytes, err);
    if (code == MR_OK && bytes.data == NULL)
        code = mr_fail(err, MR_E_DAMAGED,
                       "blob: %s holds other bytes than its name says", url);
    if (code == MR_OK)
        *out = bytes;
    mr_arena_free(own);
    return code;
}

static enum mr_code blob_remove(struct mr_blob *port, struct mr_hash128 hash,
                                struct mr_err *err)
{
    struct mr_blob_s3 *s3 = s3_of(port);
    struct mr_arena *arena = mr_arena_new();
    struct s3_question question = {
        .method = S3_DELETE,
        .url = s3_address_blob(&s3->address, hash, arena),
        .bytes_max = WORDS_BYTES_MAX,
    };
    struct s3_answered answered;
    enum mr_code code = s3_call(s3, &question, &answered, err);

    if (code == MR_OK)
        s3_call_end(s3, &answered);
    mr_arena_free(arena);
    return code;
}

/* --- open --- */

/* They travel in headers, and a line's end is what a file leaves behind. */
static bool is_plain(const char *text)
{
    size_t size = text == NULL ? 0 : strlen(text);

    for (size_t i = 0; i < size; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return size > 0 && size <= CREDENTIAL_MAX;
}

static enum mr_code check_spec(const struct mr_blob_s3_spec *spec,
                               struct mr_err *err)
{
    static const char *const words =
        "blob: the %s of the object store is empty, longer than %u bytes, or "
        "has a space or the end of a line in it";

    if (!is_plain(spec->key_id))
        return mr_fail(err, MR_E_CONFIG, words, "access key", CREDENTIAL_MAX);
    if (!is_plain(spec->secret))
        return mr_fail(err, MR_E_CONFIG, words, "secret", CREDENTIAL_MAX);
    if (spec->token != NULL && !is_plain(spec->token))
        return mr_fail(err, MR_E_CONFIG, words, "session token",
                       CREDENTIAL_MAX);
    if (spec->region != NULL &&
        (spec->region[0] == '\0' || strlen(spec->region) > 64 ||
         spec->region[strspn(
             spec->region, "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] != '\0'))
        return mr_fail(err, MR_E_CONFIG,
                       "blob: \"%.350s\" is no region of an object store, "
                       "which looks like us-east-1",
                       spec->region);
    return MR_OK;
}

/* Nothing is there, and the store must say so in its own words. */
static enum mr_code probe(struct mr_blob_s3 *s3, struct mr_err *err)
{
    struct mr_arena *arena = mr_arena_new();
    struct s3_question question = {
        .method = S3_GET,
        .url = s3_address_none(&s3->address, arena),
        .bytes_max = WORDS_BYTES_MAX,
    };
    struct s3_answered answered;
    enum mr_code code = s3_call(s3, &question, &answered, err);

    if (code == MR_OK && answered.verdict != S3_ABSENT)
        code = mr_fail(err, MR_E_CONFIG,
                       "blob: %s does not answer as an object store (bucket "
                       "%s): it has %s, which nobody put there",
                       s3->address.endpoint, s3->address.bucket, question.url);
    if (answered.client != NULL)
        s3_call_end(s3, &answered);
    mr_arena_free(arena);
    return code;
}

static char *copy_of(const char *text)
{
    return text == NULL ? NULL : mr_strdup(text);
}

static void free_text(const char *text)
{
    union {
        const char *from;
        char *to;
    } held = { .from = text };

    mr_free(held.to);
}

static void free_secret(const char *text)
{
    union {
        const char *from;
        char *to;
    } held = { .from = text };

    if (text != NULL)
        explicit_bzero(held.to, strlen(text));
    mr_free(held.to);
}

static struct mr_blob_s3 *make(const struct mr_blob_s3_spec *spec)
{
    static const struct mr_blob_ops ops = {
        .put = blob_put,
        .get = blob_get,
        .remove = blob_remove,
    };
    struct mr_blob_s3 *s3 = mr_calloc(1, sizeof(*s3));

    s3->port.ops = &ops;
    s3->spec = (struct mr_blob_s3_spec){
        .region = mr_strdup(spec->region == NULL ? "us-east-1" : spec->region),
        .key_id = mr_strdup(spec->key_id),
        .secret = mr_strdup(spec->secret),
        .token = copy_of(spec->token),
        .ca_file = copy_of(spec->ca_file),
        .timeout_ms = spec->timeout_ms > 0 ? spec->timeout_ms : TIMEOUT_MS,
        .stall_ms = spec->stall_ms > 0 ? spec->stall_ms : STALL_MS,
        .again_ms = spec->again_ms > 0 ? spec->again_ms : AGAIN_MS,
        .tries_max = spec->tries_max > 0 ? spec->tries_max : TRIES,
        .clock = spec->clock,
    };
    atomic_init(&s3->random,
                (uint64_t)mr_clock_mono_us(spec->clock) ^
                    mr_mix64((uint64_t)mr_clock_wall_ms(spec->clock)));
    pthread_mutex_init(&s3->lock, NULL);
    return s3;
}

enum mr_code mr_blob_s3_open(const struct mr_blob_s3_spec *spec,
                             struct mr_blob_s3 **out, struct mr_err *err)
{
    enum mr_code code = check_spec(spec, err);
    struct mr_blob_s3 *s3;

    MR_ASSERT(spec->clock != NULL);
    if (code != MR_OK)
        return code;
    s3 = make(spec);
    code = s3_address_init(&s3->address, spec->endpoint, spec->bucket,
                           spec->prefix, spec->virtual_hosted, err);
    if (code == MR_OK)
        code = probe(s3, err);
    if (code != MR_OK) {
        mr_blob_s3_close(s3);
        return code;
    }
    *out = s3;
    return MR_OK;
}

void mr_blob_s3_close(struct mr_blob_s3 *s3)
{
    if (s3 == NULL)
        return;
    s3_call_close(s3);
    pthread_mutex_destroy(&s3->lock);
    s3_address_deinit(&s3->address);
    free_text(s3->spec.region);
    free_text(s3->spec.key_id);
    free_secret(s3->spec.secret);
    free_secret(s3->spec.token);
    free_text(s3->spec.ca_file);
    mr_free(s3);
}

struct mr_blob *mr_blob_s3_port(struct mr_blob_s3 *s3)
{
    return &s3->port;
}
