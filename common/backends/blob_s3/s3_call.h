// SPDX-License-Identifier: Apache-2.0
/*
 * s3_call.h - one question to the store, asked until it is answered.
 *
 * Memory:  keeps the connections that are idle.
 * Threads: any; each call has a client of its own.
 * I/O:     the network, and sleeps on the clock between tries.
 */
#ifndef COMMON_BACKENDS_BLOB_S3_S3_CALL_H
#define COMMON_BACKENDS_BLOB_S3_S3_CALL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/backends/blob_s3/mr_blob_s3.h"
#include "common/backends/blob_s3/s3_address.h"
#include "common/backends/blob_s3/s3_answer.h"
#include "common/ports/http.h"

#define S3_IDLE_MAX 8u

struct mr_blob_s3 {
    struct mr_blob port;
    struct mr_blob_s3_spec spec; /* its texts are our copies */
    struct s3_address address;
    atomic_uint_fast64_t random; /* the next number is drawn from it */
    pthread_mutex_t lock;        /* of what follows */
    struct mr_http *idle[S3_IDLE_MAX];
    uint32_t idle_count;
};

struct s3_question {
    enum s3_method method;
    const char *url;
    struct mr_span body; /* of a put */
    size_t bytes_max;    /* of the answer */
};

/* The store's last answer; given back by s3_call_end(). */
struct s3_answered {
    enum s3_verdict verdict;
    struct mr_http *client;
    struct mr_http_response *response;
};

/*
 * MR_OK with an answer that is S3_DONE or S3_ABSENT.  MR_E_LIMIT: the store
 * takes nothing of that size, or its answer has more than bytes_max.  Else as
 * mr_blob_s3.h says.
 */
MR_MUST_CHECK enum mr_code s3_call(struct mr_blob_s3 *s3,
                                   const struct s3_question *question,
                                   struct s3_answered *out, struct mr_err *err);

/* Gives the answer and its connection back. */
void s3_call_end(struct mr_blob_s3 *s3, struct s3_answered *answered);

/* Closes what is idle. */
void s3_call_close(struct mr_blob_s3 *s3);

#endif
