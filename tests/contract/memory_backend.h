// SPDX-License-Identifier: Apache-2.0
/*
 * memory_backend.h - the backend in memory, for the suites.
 */
#ifndef TESTS_CONTRACT_MEMORY_BACKEND_H
#define TESTS_CONTRACT_MEMORY_BACKEND_H

#include "tests/contract/contract.h"

extern const struct contract_backend contract_memory;

#endif
