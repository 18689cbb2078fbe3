// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_backend.h - the embedded bus and store, for the suites.
 */
#ifndef TESTS_CONTRACT_ROCKSDB_BACKEND_H
#define TESTS_CONTRACT_ROCKSDB_BACKEND_H

#include "tests/contract/contract.h"

extern const struct contract_backend contract_rocksdb;

#endif
