// SPDX-License-Identifier: Apache-2.0
/*
 * store_rocksdb.c - the contract of the store on RocksDB.
 */
#include "tests/contract/rocksdb_backend.h"

int main(void)
{
    return contract_run(&contract_rocksdb, contract_store_suite());
}
