// SPDX-License-Identifier: Apache-2.0
/*
 * s3_answer.c - see s3_answer.h.
 */
#include "common/backends/blob_s3/s3_answer.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mr_assert.h"

#define WAIT_FIRST_MS INT64_C(200)
#define WAIT_MAX_MS   INT64_C(10000)
#define ASKED_MAX_MS  INT64_C(30000)

#define CODE_LETTERS                                                 \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" \
    "."

static struct mr_span after(struct mr_span text, size_t size)
{
    return mr_span(text.data + size, text.size - size);
}

static struct mr_span skip_space(struct mr_span text)
{
    while (text.size > 0 && isspace(text.data[0]))
        text = after(text, 1);
    return text;
}

/* What follows `mark`; absent when it does not occur. */
static struct mr_span find(struct mr_span text, const char *mark)
{
    const uint8_t *at = text.size == 0
                            ? NULL
                            : memmem(text.data, text.size, mark, strlen(mark));

    if (at == NULL)
        return (struct mr_span){ 0 };
    return after(text, (size_t)(at - text.data) + strlen(mark));
}

/* The inside of <Error>; absent when the text is something else. */
static struct mr_span error_of(struct mr_span text)
{
    if (mr_span_starts(text, mr_span_str("\xEF\xBB\xBF")))
        text = after(text, 3);
    text = skip_space(text);
    if (mr_span_starts(text, mr_span_str("<?xml")))
        text = skip_space(find(text, "?>"));
    if (!mr_span_starts(text, mr_span_str("<Error>")) &&
        !mr_span_starts(text, mr_span_str("<Error ")))
        return (struct mr_span){ 0 };
    return find(text, ">");
}

/* The text between two marks; absent when one is missing. */
static struct mr_span between(struct mr_span text, const char *open,
                              const char *close)
{
    struct mr_span from = find(text, open);
    struct mr_span rest = find(from, close);

    if (rest.data == NULL)
        return rest;
    return mr_span(from.data, from.size - rest.size - strlen(close));
}

static const struct {
    const char *name;
    char byte;
} entities[] = {
    { "&lt;", '<' },   { "&gt;", '>' },    { "&amp;", '&' },
    { "&quot;", '"' }, { "&apos;", '\'' }, { "&#39;", '\'' },
};

/* The first character of `text`, and in *size how much of it that is. */
static char character(struct mr_span text, size_t *size)
{
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        *size = strlen(entities[i].name);
        if (mr_span_starts(text, mr_span_str(entities[i].name)))
            return entities[i].byte;
    }
    *size = 1;
    if (text.data[0] >= 0x7F)
        return '?';
    if (text.data[0] < ' ')
        return ' ';
    return (char)text.data[0];
}

void s3_answer_error(struct mr_span body, struct s3_error *out)
{
    struct mr_span inside, code, message;
    size_t to = 0;

    *out = (struct s3_error){ 0 };
    if (body.size > S3_XML_BYTES_MAX)
        body.size = S3_XML_BYTES_MAX;
    inside = error_of(body);
    code = between(inside, "<Code>", "</Code>");
    if (code.size == 0 || code.size >= sizeof(out->code))
        return;
    memcpy(out->code, code.data, code.size);
    if (strspn(out->code, CODE_LETTERS) != code.size) {
        *out = (struct s3_error){ 0 };
        return;
    }
    message = between(inside, "<Message>", "</Message>");
    while (message.size > 0 && to + 1 < sizeof(out->message)) {
        size_t size;

        out->message[to++] = character(message, &size);
        message = after(message, size);
    }
}

/* --- codes --- */

struct known {
    const char *code;
    enum s3_verdict verdict;
    const char *advice;
};

#define ADVICE_REGION  "the bucket is in another region, or region is wrong"
#define ADVICE_SESSION "the session's token is wrong or has expired"

static const struct known known[] = {
    { "NoSuchKey", S3_ABSENT, NULL },
    { "EntityTooLarge", S3_TOO_BIG, NULL },
    { "MaxMessageLengthExceeded", S3_TOO_BIG, NULL },
    /* What may pass, whatever its status. */
    { "BadDigest", S3_AGAIN, NULL },
    { "ConditionalRequestConflict", S3_AGAIN, NULL },
    { "IncompleteBody", S3_AGAIN, NULL },
    { "InternalError", S3_AGAIN, NULL },
    { "OperationAborted", S3_AGAIN, NULL },
    { "RequestTimeout", S3_AGAIN, NULL },
    { "ServiceUnavailable", S3_AGAIN, NULL },
    { "SlowDown", S3_AGAIN, NULL },
    { "XAmzContentSHA256Mismatch", S3_AGAIN, NULL },
    { "RequestTimeTooSkewed", S3_SKEWED,
      "this machine's clock and the store's differ too much; set it" },
    { "AccessDenied", S3_REFUSED,
      "the access key may not do that; it needs s3:GetObject, s3:PutObject, "
      "s3:DeleteObject and s3:ListBucket" },
    { "AllAccessDisabled", S3_REFUSED, "the bucket is closed to everybody" },
    { "AuthorizationHeaderMalformed", S3_REFUSED, ADVICE_REGION },
    { "ExpiredToken", S3_REFUSED, ADVICE_SESSION },
    { "InvalidAccessKeyId", S3_REFUSED,
      "the store does not know the access key" },
    { "InvalidBucketName", S3_REFUSED, "the bucket cannot be called so" },
    { "InvalidToken", S3_REFUSED, ADVICE_SESSION },
    { "NoSuchBucket", S3_REFUSED, "there is no such bucket; make it first" },
    { "PermanentRedirect", S3_REFUSED, ADVICE_REGION },
    { "SignatureDoesNotMatch", S3_REFUSED,
      "the secret is not that of the access key" },
    { "TemporaryRedirect", S3_REFUSED, ADVICE_REGION },
    { "TokenRefreshRequired", S3_REFUSED, ADVICE_SESSION },
};

static const struct known *known_code(const char *code)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].code, code) == 0)
            return &known[i];
    }
    return NULL;
}

const char *s3_answer_advice(const char *code)
{
    const struct known *found = known_code(code);

    return found == NULL || found->advice == NULL ? "the store refuses"
                                                  : found->advice;
}

static bool is_done(enum s3_method method, int status)
{
    switch (method) {
    case S3_GET:
    case S3_HEAD:
        return status == 200;
    case S3_PUT:
        return status == 200 || status == 201 || status == 204;
    case S3_DELETE:
        return status == 200 || status == 202 || status == 204;
    }
    MR_UNREACHABLE();
}

static bool may_pass(int status)
{
    return status == 408 || status == 429 || (status >= 500 && status != 501);
}

enum s3_verdict s3_answer_judge(enum s3_method method, int status,
                                const struct s3_error *error)
{
    const struct known *found = known_code(error->code);

    if (is_done(method, status))
        return S3_DONE;
    if (found != NULL && status >= 300)
        return found->verdict;
    if (may_pass(status))
        return S3_AGAIN;
    if (status == 413)
        return S3_TOO_BIG;
    /* It has no body, so no code: the put that follows will tell. */
    if (method == S3_HEAD && status >= 300)
        return S3_ABSENT;
    return error->code[0] != '\0' && status >= 300 ? S3_REFUSED : S3_STRANGE;
}

/* --- waiting --- */

int64_t s3_answer_wait_ms(uint32_t number, int64_t asked_ms, uint64_t random)
{
    int64_t wait_ms = WAIT_FIRST_MS;

    MR_ASSERT(number > 0 && asked_ms >= 0);
    while (--number > 0 && wait_ms < WAIT_MAX_MS)
        wait_ms *= 2;
    if (wait_ms > WAIT_MAX_MS)
        wait_ms = WAIT_MAX_MS;
    wait_ms = wait_ms / 2 + (int64_t)(random % (uint64_t)(wait_ms / 2 + 1));
    if (asked_ms > ASKED_MAX_MS)
        asked_ms = ASKED_MAX_MS;
    return wait_ms > asked_ms ? wait_ms : asked_ms;
}

int64_t s3_answer_asked_ms(const char *retry_after)
{
    size_t digits = retry_after == NULL ? 0 : strspn(retry_after, "0123456789");

    if (digits == 0 || retry_after[digits] != '\0')
        return 0;
    if (digits > 6)
        return ASKED_MAX_MS;
    return strtol(retry_after, NULL, 10) * 1000;
}
