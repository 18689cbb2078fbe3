// SPDX-License-Identifier: Apache-2.0
/*
 * s3_call.c - see s3_call.h.
 */
#include "common/backends/blob_s3/s3_call.h"

#include "common/base/mr_assert.h"
#include "common/http/client.h"

static const char *const methods[] = {
    [S3_GET] = "GET",
    [S3_HEAD] = "HEAD",
    [S3_PUT] = "PUT",
    [S3_DELETE] = "DELETE",
};

static struct mr_http *take_client(struct mr_blob_s3 *s3)
{
    struct mr_http_client_spec spec = {
        .user_agent = "millrace",
        .connections_max = 1,
        .ca_file = s3->spec.ca_file,
    };
    struct mr_http *client = NULL;

    pthread_mutex_lock(&s3->lock);
    if (s3->idle_count > 0)
        client = s3->idle[--s3->idle_count];
    pthread_mutex_unlock(&s3->lock);
    return client != NULL ? client : mr_http_client_new(&spec);
}

static void give_client(struct mr_blob_s3 *s3, struct mr_http *client)
{
    pthread_mutex_lock(&s3->lock);
    if (s3->idle_count < S3_IDLE_MAX) {
        s3->idle[s3->idle_count++] = client;
        client = NULL;
    }
    pthread_mutex_unlock(&s3->lock);
    mr_http_client_free(client);
}

void s3_call_close(struct mr_blob_s3 *s3)
{
    while (s3->idle_count > 0)
        mr_http_client_free(s3->idle[--s3->idle_count]);
}

void s3_call_end(struct mr_blob_s3 *s3, struct s3_answered *answered)
{
    mr_http_free_response(answered->client, answered->response);
    answered->response = NULL;
    if (answered->client != NULL)
        give_client(s3, answered->client);
    answered->client = NULL;
}

/* One request and its response, whatever that is. */
static enum mr_code ask(struct mr_blob_s3 *s3,
                        const struct s3_question *question, int64_t left_ms,
                        struct s3_answered *out, struct mr_err *err)
{
    const struct mr_http_header type = { "Content-Type",
                                         "application/octet-stream" };
    const struct mr_http_sign sign = {
        .service = "s3",
        .region = s3->spec.region,
        .key_id = s3->spec.key_id,
        .secret = s3->spec.secret,
        .token = s3->spec.token,
    };
    struct mr_http_request request = {
        .method = methods[question->method],
        .url = question->url,
        .headers = &type,
        .header_count = question->method == S3_PUT ? 1 : 0,
        .body = question->body,
        .bytes_max = question->bytes_max,
        .total_ms = left_ms,
        .stall_ms = s3->spec.stall_ms,
        .allow_private = true,
        .sign = &sign,
    };

    mr_http_free_response(out->client, out->response);
    out->response = NULL;
    return mr_http_call_once(out->client, &request, &out->response, err);
}

static enum mr_code fail_judged(struct mr_blob_s3 *s3,
                                const struct s3_question *question,
                                enum s3_verdict verdict, int status,
                                const struct s3_error *error,
                                struct mr_err *err)
{
    const char *endpoint = s3->address.endpoint;
    const char *bucket = s3->address.bucket;
    const char *method = methods[question->method];

    switch (verdict) {
    case S3_DONE:
        return MR_OK;
    case S3_ABSENT:
    case S3_STRANGE:
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "blob: %s does not answer as an object store (bucket "
                       "%s): status %d to %s %s",
                       endpoint, bucket, status, method, question->url);
    case S3_AGAIN:
        return mr_fail(err, MR_E_UNAVAILABLE,
                       "blob: %s, bucket %s: the store fails for now: %d "
                       "%s %s",
                       endpoint, bucket, status, error->code, error->message);
    case S3_TOO_BIG:
        return mr_fail(err, MR_E_LIMIT,
                       "blob: %s, bucket %s: the store takes no object of %zu "
                       "bytes: %d %s %s",
                       endpoint, bucket, question->body.size, status,
                       error->code, error->message);
    case S3_SKEWED:
    case S3_REFUSED:
        return mr_fail(
            err, verdict == S3_SKEWED ? MR_E_UNAVAILABLE : MR_E_CONFIG,
            "blob: %s, bucket %s: %s (%d %s %s)", endpoint, bucket,
            s3_answer_advice(error->code), status, error->code, error->message);
    }
    MR_UNREACHABLE();
}

/* No response, or half a one. */
static enum mr_code fail_unanswered(struct mr_blob_s3 *s3,
                                    enum s3_method method,
                                    const struct mr_http_response *response,
                                    struct mr_err *err)
{
    enum mr_code code = response->code;

    /* The URL is good, so the peer is not; and only a blob may be too long. */
    if (code == MR_E_INVALID || (code == MR_E_LIMIT && method != S3_GET))
        code = MR_E_UNAVAILABLE;
    return mr_fail(err, code, "blob: %s, bucket %s: %s", s3->address.endpoint,
                   s3->address.bucket, response->err.text);
}

/* What the response means, and its words when that is not good. */
static enum mr_code judge(struct mr_blob_s3 *s3,
                          const struct s3_question *question,
                          struct s3_answered *out, struct mr_err *err)
{
    struct mr_http_response *response = out->response;
    struct s3_error error;

    /* An error may have more words than we want: its beginning is enough. */
    if (response->code != MR_OK &&
        (response->code != MR_E_LIMIT || response->status < 300)) {
        out->verdict =
            response->code == MR_E_TIMEOUT || response->code == MR_E_UNAVAILABLE
                ? S3_AGAIN
                : S3_STRANGE;
        return fail_unanswered(s3, question->method, response, err);
    }
    s3_answer_error(mr_span(response->body, response->body_size), &error);
    out->verdict = s3_answer_judge(question->method, response->status, &error);
    if (out->verdict == S3_ABSENT && question->method != S3_PUT)
        return MR_OK;
    return fail_judged(s3, question, out->verdict, response->status, &error,
                       err);
}

static uint64_t draw(struct mr_blob_s3 *s3)
{
    return mr_mix64(atomic_fetch_add(&s3->random, 1));
}

static int64_t left_ms(struct mr_blob_s3 *s3, int64_t end_us)
{
    return (end_us - mr_clock_mono_us(s3->spec.clock)) / 1000;
}

enum mr_code s3_call(struct mr_blob_s3 *s3, const struct s3_question *question,
                     struct s3_answered *out, struct mr_err *err)
{
    int64_t begin_us = mr_clock_mono_us(s3->spec.clock);
    int64_t end_us = begin_us + s3->spec.timeout_ms * 1000;
    int64_t again_us = begin_us + s3->spec.again_ms * 1000;
    int64_t left = s3->spec.timeout_ms;
    struct mr_err own;
    enum mr_code code;
    uint32_t tries = 0;

    *out = (struct s3_answered){ .client = take_client(s3) };
    for (;;) {
        int64_t wait_ms;

        code = ask(s3, question, left, out, &own);
        if (code == MR_OK)
            code = judge(s3, question, out, &own);
        else
            out->verdict = S3_STRANGE;
        tries++;
        if (code == MR_OK)
            return MR_OK;
        if (out->verdict != S3_AGAIN || tries == s3->spec.tries_max)
            break;
        wait_ms = s3_answer_wait_ms(tries,
                                    s3_answer_asked_ms(mr_http_response_header(
                                        out->response, "retry-after")),
                                    draw(s3));
        if (wait_ms >= left_ms(s3, end_us) || wait_ms >= left_ms(s3, again_us))
            break;
        mr_clock_sleep_ms(s3->spec.clock, wait_ms);
        left = left_ms(s3, end_us);
        if (left <= 0)
            break;
    }
    s3_call_end(s3, out);
    if (out->verdict == S3_AGAIN)
        return mr_fail(err, code, "%.1100s; tried %u times", own.text, tries);
    return mr_fail(err, code, "%s", own.text);
}
