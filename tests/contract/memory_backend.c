// SPDX-License-Identifier: Apache-2.0
/*
 * memory_backend.c - see memory_backend.h.
 */
#include "tests/contract/memory_backend.h"

#include "common/backends/memory/mr_memory.h"

static void *open_memory(const char *folder)
{
    (void)folder;
    return mr_memory_new(NULL);
}

static void *reopen_memory(void *self, const char *folder)
{
    (void)folder;
    mr_memory_kill(self);
    return self;
}

static void close_memory(void *self)
{
    mr_memory_free(self);
}

static struct mr_bus *bus(void *self)
{
    return mr_memory_bus(self);
}

static struct mr_store *store(void *self)
{
    return mr_memory_store(self);
}

static struct mr_blob *blob(void *self)
{
    return mr_memory_blob(self);
}

static void trim(void *self, mr_topic_id topic, uint32_t partition,
                 uint64_t begin)
{
    mr_memory_trim(self, topic, partition, begin);
}

static void compact(void *self, mr_topic_id topic)
{
    mr_memory_compact(self, topic);
}

static void damage_blob(void *self, const char *folder, struct mr_hash128 hash)
{
    (void)folder;
    ck_assert(mr_memory_damage_blob(self, hash));
}

const struct contract_backend contract_memory = {
    .name = "memory",
    .can = CONTRACT_CAN_STATE | CONTRACT_CAN_TRIM | CONTRACT_CAN_COMPACT |
           CONTRACT_CAN_DAMAGE | CONTRACT_CAN_DENSE,
    .open = open_memory,
    .reopen = reopen_memory,
    .close = close_memory,
    .bus = bus,
    .store = store,
    .blob = blob,
    .trim = trim,
    .compact = compact,
    .damage_blob = damage_blob,
};
