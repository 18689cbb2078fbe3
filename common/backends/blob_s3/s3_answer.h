// SPDX-License-Identifier: Apache-2.0
/*
 * s3_answer.h - what an answer of an object store means.
 *
 * Statuses and codes are those of the S3 API Reference, "Error responses".
 * Of an error's XML only <Code> and <Message> are taken, from its beginning,
 * without a parser: whatever is not <Error> with a plain code is no error of
 * S3.
 *
 * Memory:  nothing is kept.  Threads: any.  I/O: none.
 */
#ifndef COMMON_BACKENDS_BLOB_S3_S3_ANSWER_H
#define COMMON_BACKENDS_BLOB_S3_S3_ANSWER_H

#include <stdint.h>

#include "common/base/mr_span.h"

#define S3_XML_BYTES_MAX ((size_t)16 * 1024)

struct s3_error {
    char code[64];     /* letters, digits and "."; "" when there is none */
    char message[300]; /* printable ASCII, cut */
};

enum s3_method {
    S3_GET,
    S3_HEAD,
    S3_PUT,
    S3_DELETE
};

enum s3_verdict {
    S3_DONE,
    S3_ABSENT,  /* there is no such object */
    S3_AGAIN,   /* may pass: ask again */
    S3_TOO_BIG, /* the store takes no object of that size */
    S3_REFUSED, /* the store will not, whatever the object */
    S3_SKEWED,  /* this machine's clock is not the store's */
    S3_STRANGE, /* no answer that an object store gives */
};

/* Both texts are "" for a body that is no S3 error. */
void s3_answer_error(struct mr_span body, struct s3_error *out);

enum s3_verdict s3_answer_judge(enum s3_method method, int status,
                                const struct s3_error *error);

/* What an operator does about a code of S3_REFUSED or S3_SKEWED; static. */
const char *s3_answer_advice(const char *code);

/* How long to wait before try `number` + 1, the first being 1: 200 ms that
 * double up to 10 s, or what the store asks for (0: nothing) up to 30 s; half
 * of it is `random`, so that many do not come back at once. */
int64_t s3_answer_wait_ms(uint32_t number, int64_t asked_ms, uint64_t random);

/* The value of Retry-After in ms; 0 when it is absent or no seconds. */
int64_t s3_answer_asked_ms(const char *retry_after);

#endif
