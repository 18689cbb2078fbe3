// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_error.h - librdkafka's codes as ours, with its words.
 *
 * Threads: any.  I/O: none.
 */
#ifndef COMMON_BACKENDS_KAFKA_KAFKA_ERROR_H
#define COMMON_BACKENDS_KAFKA_KAFKA_ERROR_H

#include <librdkafka/rdkafka.h>

#include "common/base/mr_status.h"

/* What a code of the client or a broker means to the pipeline. */
enum mr_code kafka_code(rd_kafka_resp_err_t code);

/* Fails with kafka_code() and "<what>: <the client's words>". */
enum mr_code kafka_fail(struct mr_err *err, rd_kafka_resp_err_t code,
                        const char *what, const char *words);

/* As kafka_fail(), and ends the error object. */
enum mr_code kafka_fail_error(struct mr_err *err, rd_kafka_error_t *error,
                              const char *what);

#endif
