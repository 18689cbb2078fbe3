// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_backend.h - the Kafka backend for the suites, on the brokers that
 * MILLRACE_KAFKA names ("host:port,host:port").
 */
#ifndef TESTS_CONTRACT_KAFKA_BACKEND_H
#define TESTS_CONTRACT_KAFKA_BACKEND_H

#include "common/backends/kafka/mr_kafka.h"
#include "tests/contract/contract.h"

extern const struct contract_backend contract_kafka;

/* Of the running test. */
struct mr_kafka *contract_kafka_of(void *self);

/* contract_run(); what ctest counts as skipped, when there is no broker. */
int contract_kafka_run(Suite *suite);

#endif
