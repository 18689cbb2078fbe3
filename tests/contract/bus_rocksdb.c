// SPDX-License-Identifier: Apache-2.0
/*
 * bus_rocksdb.c - the contract of the bus on RocksDB.
 */
#include "tests/contract/rocksdb_backend.h"

int main(void)
{
    return contract_run(&contract_rocksdb, contract_bus_suite());
}
