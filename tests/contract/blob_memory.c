// SPDX-License-Identifier: Apache-2.0
/*
 * blob_memory.c - the contract of the blob on the backend in memory.
 */
#include "tests/contract/memory_backend.h"

int main(void)
{
    return contract_run(&contract_memory, contract_blob_suite());
}
