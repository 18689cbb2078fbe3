// SPDX-License-Identifier: Apache-2.0
/*
 * kafka_backend.c - see kafka_backend.h.
 *
 * Each test has names of its own on the cluster: those of its folder.
 */
#include "tests/contract/kafka_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/backends/rocksdb/mr_rocksdb.h"
#include "common/backends/system/mr_system_clock.h"
#include "common/base/mr_mem.h"

#define SKIPPED 77

struct kafka {
    struct mr_system_clock *clock;
    struct mr_rocksdb *local;
    struct mr_kafka *kafka;
};

static void *open_kafka(const char *folder)
{
    struct kafka *self = mr_calloc(1, sizeof(*self));
    const char *name = strrchr(folder, '/') + 1;
    struct mr_rocksdb_spec local = { .path = folder };
    struct mr_kafka_spec spec = { .brokers = getenv("MILLRACE_KAFKA") };
    char prefix[80];

    (void)snprintf(prefix, sizeof(prefix), "%s.", name);
    CONTRACT_OK(mr_system_clock_open(&self->clock, &contract.err));
    CONTRACT_OK(mr_rocksdb_open(&local, &self->local, &contract.err));
    spec.prefix = prefix;
    spec.clock = mr_system_clock_port(self->clock);
    spec.store = mr_rocksdb_store(self->local);
    CONTRACT_OK(mr_kafka_open(&spec, &self->kafka, &contract.err));
    return self;
}

static void close_kafka(void *context)
{
    struct kafka *self = context;

    mr_kafka_close(self->kafka);
    mr_rocksdb_close(self->local);
    mr_system_clock_close(self->clock);
    mr_free(self);
}

static void *reopen_kafka(void *self, const char *folder)
{
    close_kafka(self);
    return open_kafka(folder);
}

struct mr_kafka *contract_kafka_of(void *self)
{
    return ((struct kafka *)self)->kafka;
}

static struct mr_bus *bus(void *self)
{
    return mr_kafka_bus(((struct kafka *)self)->kafka);
}

static struct mr_store *store(void *self)
{
    return mr_kafka_store(((struct kafka *)self)->kafka);
}

static void trim(void *self, mr_topic_id topic, uint32_t partition,
                 uint64_t begin)
{
    CONTRACT_OK(mr_kafka_trim(((struct kafka *)self)->kafka, topic, partition,
                              begin, &contract.err));
}

const struct contract_backend contract_kafka = {
    .name = "kafka",
    .can = CONTRACT_CAN_STATE | CONTRACT_CAN_TRIM,
    .open = open_kafka,
    .reopen = reopen_kafka,
    .close = close_kafka,
    .bus = bus,
    .store = store,
    .trim = trim,
};

int contract_kafka_run(Suite *suite)
{
    if (getenv("MILLRACE_KAFKA") == NULL) {
        (void)fprintf(stderr, "skipped: MILLRACE_KAFKA names no broker; "
                              "deploy/kafka start prints what to set\n");
        return SKIPPED;
    }
    return contract_run(&contract_kafka, suite);
}
