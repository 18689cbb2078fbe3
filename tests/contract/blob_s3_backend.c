// SPDX-License-Identifier: Apache-2.0
/*
 * blob_s3_backend.c - see blob_s3_backend.h.
 */
#include "tests/contract/blob_s3_backend.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/system/mr_system_clock.h"
#include "common/base/mr_mem.h"
#include "common/http/client.h"

#define PUT_MAX 1000u

/* Between the suite and the store, to know what was put. */
struct s3 {
    struct mr_blob port;
    struct mr_blob_s3 *real;
    pthread_mutex_t lock;
    struct mr_hash128 put[PUT_MAX];
    size_t put_count;
};

static struct mr_system_clock *machine_clock;
static char target[1024]; /* MILLRACE_S3 in pieces */
static char prefix[128];

bool contract_blob_s3_is_there(void)
{
    const char *text = getenv("MILLRACE_S3");

    return text != NULL && text[0] != '\0';
}

struct mr_blob_s3_spec contract_blob_s3_spec(void)
{
    struct mr_blob_s3_spec spec = { .prefix = prefix, .timeout_ms = 60000 };
    char *rest = target;

    (void)snprintf(target, sizeof(target), "%s", getenv("MILLRACE_S3"));
    spec.endpoint = strsep(&rest, ",");
    spec.bucket = strsep(&rest, ",");
    spec.key_id = strsep(&rest, ",");
    spec.secret = strsep(&rest, ",");
    ck_assert_msg(spec.secret != NULL && rest == NULL,
                  "MILLRACE_S3 is not endpoint,bucket,key,secret");
    spec.clock = mr_system_clock_port(machine_clock);
    return spec;
}

static enum mr_code s3_put(struct mr_blob *port, struct mr_span bytes,
                           struct mr_hash128 *out, struct mr_err *err)
{
    struct s3 *self = (struct s3 *)port;
    enum mr_code code =
        mr_blob_put(mr_blob_s3_port(self->real), bytes, out, err);

    pthread_mutex_lock(&self->lock);
    if (code == MR_OK && self->put_count < PUT_MAX)
        self->put[self->put_count++] = *out;
    pthread_mutex_unlock(&self->lock);
    return code;
}

static enum mr_code s3_get(struct mr_blob *port, struct mr_hash128 hash,
                           struct mr_arena *arena, struct mr_span *out,
                           struct mr_err *err)
{
    struct s3 *self = (struct s3 *)port;

    return mr_blob_get(mr_blob_s3_port(self->real), hash, arena, out, err);
}

static enum mr_code s3_remove(struct mr_blob *port, struct mr_hash128 hash,
                              struct mr_err *err)
{
    struct s3 *self = (struct s3 *)port;

    return mr_blob_remove(mr_blob_s3_port(self->real), hash, err);
}

static void open_real(struct s3 *self)
{
    struct mr_blob_s3_spec spec = contract_blob_s3_spec();

    CONTRACT_OK(mr_blob_s3_open(&spec, &self->real, &contract.err));
}

static void *open_s3(const char *folder)
{
    static const struct mr_blob_ops ops = {
        .put = s3_put,
        .get = s3_get,
        .remove = s3_remove,
    };
    struct s3 *self = mr_calloc(1, sizeof(*self));

    self->port.ops = &ops;
    pthread_mutex_init(&self->lock, NULL);
    /* With bytes that the signature wants encoded. */
    (void)snprintf(prefix, sizeof(prefix), "contract/a+b c=\xC3\xA9/%s",
                   strrchr(folder, '/') + 1);
    CONTRACT_OK(mr_system_clock_open(&machine_clock, &contract.err));
    open_real(self);
    return self;
}

static void *reopen_s3(void *context, const char *folder)
{
    struct s3 *self = context;

    (void)folder;
    mr_blob_s3_close(self->real);
    open_real(self);
    return self;
}

static void close_s3(void *context)
{
    struct s3 *self = context;

    for (size_t i = 0; i < self->put_count; i++)
        CONTRACT_OK(mr_blob_remove(mr_blob_s3_port(self->real), self->put[i],
                                   &contract.err));
    mr_blob_s3_close(self->real);
    mr_system_clock_close(machine_clock);
    pthread_mutex_destroy(&self->lock);
    mr_free(self);
}

static struct mr_blob *blob(void *self)
{
    return &((struct s3 *)self)->port;
}

/* Another object of the same size under the name, by the store's own means. */
static void damage_blob(void *self, const char *folder, struct mr_hash128 hash)
{
    struct mr_blob_s3_spec spec = contract_blob_s3_spec();
    struct mr_http_client_spec client_spec = { .user_agent = "contract" };
    struct mr_http_sign sign = { "s3", "us-east-1", spec.key_id, spec.secret,
                                 NULL };
    struct mr_http *client = mr_http_client_new(&client_spec);
    struct mr_http_response *response;
    struct mr_span bytes;
    char name[33];

    mr_hash128_hex(hash, name);
    CONTRACT_OK(
        mr_blob_get(blob(self), hash, contract.arena, &bytes, &contract.err));
    uint8_t *other = mr_memdup(bytes.data, bytes.size);
    other[0] ^= 1;
    struct mr_http_request request = {
        .method = "PUT",
        .url = mr_arena_printf(
            contract.arena, "%s/%s/contract/a%%2Bb%%20c%%3D%%C3%%A9/%s/%.2s/%s",
            spec.endpoint, spec.bucket, strrchr(folder, '/') + 1, name, name),
        .body = mr_span(other, bytes.size),
        .bytes_max = 10000,
        .total_ms = 20000,
        .allow_private = true,
        .sign = &sign,
    };
    CONTRACT_OK(mr_http_call_once(client, &request, &response, &contract.err));
    ck_assert_int_eq(response->status, 200);
    mr_http_free_response(client, response);
    mr_http_client_free(client);
    mr_free(other);
}

const struct contract_backend contract_blob_s3 = {
    .name = "blob_s3",
    .can = CONTRACT_CAN_DAMAGE,
    .open = open_s3,
    .reopen = reopen_s3,
    .close = close_s3,
    .blob = blob,
    .damage_blob = damage_blob,
};
