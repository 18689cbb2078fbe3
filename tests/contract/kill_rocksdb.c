// SPDX-License-Identifier: Apache-2.0
/*
 * kill_rocksdb.c - kill -9 on RocksDB.
 */
#include "tests/contract/rocksdb_backend.h"

int main(void)
{
    return contract_run(&contract_rocksdb, contract_kill_suite());
}
