// SPDX-License-Identifier: Apache-2.0
/*
 * rocksdb_backend.c - see rocksdb_backend.h.
 */
#include "tests/contract/rocksdb_backend.h"

#include "common/backends/rocksdb/mr_rocksdb.h"

static void *open_rocksdb(const char *folder)
{
    struct mr_rocksdb_spec spec = { .path = folder };
    struct mr_rocksdb *db = NULL;

    CONTRACT_OK(mr_rocksdb_open(&spec, &db, &contract.err));
    return db;
}

static void close_rocksdb(void *self)
{
    mr_rocksdb_close(self);
}

static void *reopen_rocksdb(void *self, const char *folder)
{
    close_rocksdb(self);
    return open_rocksdb(folder);
}

static struct mr_bus *bus(void *self)
{
    return mr_rocksdb_bus(self);
}

static struct mr_store *store(void *self)
{
    return mr_rocksdb_store(self);
}

static void trim(void *self, mr_topic_id topic, uint32_t partition,
                 uint64_t begin)
{
    CONTRACT_OK(mr_rocksdb_trim(self, topic, partition, begin, &contract.err));
}

static void compact(void *self, mr_topic_id topic)
{
    CONTRACT_OK(mr_rocksdb_clean(self, topic, 0, NULL, &contract.err));
}

const struct contract_backend contract_rocksdb = {
    .name = "rocksdb",
    .can = CONTRACT_CAN_STATE | CONTRACT_CAN_TRIM | CONTRACT_CAN_COMPACT |
           CONTRACT_CAN_DENSE,
    .open = open_rocksdb,
    .reopen = reopen_rocksdb,
    .close = close_rocksdb,
    .bus = bus,
    .store = store,
    .trim = trim,
    .compact = compact,
};
