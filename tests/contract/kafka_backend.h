// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_backend.h - the Kafka backend for the suites, on the brokers that
 * MILLRACE_KAFKA names ("host:port,host:port").
 */
#ifndef TESTS_CONTRACT_KAFKA_BACKEND_H
#define TESTS_CONTRACT_KAFKA_BACKEND_H

#include "tests/contract/contract.h"

extern const struct contract_backend contract_kafka;

/* contract_run(); what ctest counts as skipped, when there is no broker. */
int contract_kafka_run(Suite *suite);

#endif
