// SPDX-License-Identifier: Apache-2.0
/*
 * mr_memory.c - life, faults and crashes of the state in memory.
 */
#include "common/backends/memory/mr_memory.h"

#include <inttypes.h>
#include <time.h>

#include "common/backends/memory/memory_state.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_hash.h"
#include "common/base/mr_mem.h"

static void init_waiting(struct mr_memory *memory)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&memory->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&memory->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct mr_memory *mr_memory_new(struct mr_clock *clock)
{
    struct mr_memory *memory = mr_calloc(1, sizeof(*memory));

    memory->bus = (struct memory_bus){ { .ops = &memory_bus_ops }, memory };
    memory->store = (struct memory_store){ { &memory_store_ops }, memory };
    memory->blob = (struct memory_blob){ { &memory_blob_ops }, memory };
    memory->clock = clock;
    memory->positions = memory_map_new();
    memory->blobs = memory_map_new();
    init_waiting(memory);
    return memory;
}

static void free_topic(struct memory_topic *topic)
{
    for (uint32_t p = 0; p < topic->spec.partitions; p++) {
        struct memory_partition *partition = &topic->partitions[p];

        for (size_t i = 0; i < partition->count; i++)
            mr_free(partition->at[i]);
        mr_free(partition->at);
    }
    mr_free(topic->partitions);
    mr_free((void *)(uintptr_t)topic->spec.name);
}

void mr_memory_free(struct mr_memory *memory)
{
    if (memory == NULL)
        return;
    MR_ASSERT(memory->readers == NULL);
    memory_history_deinit(&memory->history);
    for (size_t i = 0; i < memory->topic_count; i++)
        free_topic(&memory->topics[i]);
    mr_free(memory->topics);
    for (size_t i = 0; i < memory->space_count; i++) {
        memory_map_free(memory->spaces[i].map);
        mr_free(memory->spaces[i].name);
    }
    mr_free(memory->spaces);
    memory_map_free(memory->positions);
    memory_map_free(memory->blobs);
    pthread_cond_destroy(&memory->changed);
    pthread_mutex_destroy(&memory->lock);
    mr_free(memory);
}

struct mr_bus *mr_memory_bus(struct mr_memory *memory)
{
    return &memory->bus.port;
}

struct mr_store *mr_memory_store(struct mr_memory *memory)
{
    return &memory->store.port;
}

struct mr_blob *mr_memory_blob(struct mr_memory *memory)
{
    return &memory->blob.port;
}

int64_t memory_now_ms(struct mr_memory *memory)
{
    struct timespec now;

    if (memory->clock != NULL)
        return mr_clock_wall_ms(memory->clock);
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum mr_code fail_dead(struct mr_err *err)
{
    return mr_fail(err, MR_E_CANCELLED, "memory: the process has died");
}

/* The fault strikes; what it leaves behind is a failure or a death. */
static enum mr_code strike(struct mr_memory *memory, uint64_t call,
                           struct mr_err *err)
{
    struct memory_fault fault = memory->fault;

    memory->fault = (struct memory_fault){ 0 };
    if (fault.dies) {
        memory->dead = true;
        pthread_cond_broadcast(&memory->changed);
        return fail_dead(err);
    }
    return mr_fail(err, fault.code, "memory: call %" PRIu64 " was told to fail",
                   call);
}

enum mr_code memory_enter(struct mr_memory *memory, uint64_t *call,
                          struct mr_err *err)
{
    enum mr_code code = MR_OK;

    pthread_mutex_lock(&memory->lock);
    *call = ++memory->calls;
    if (memory->dead)
        code = fail_dead(err);
    else if (memory->fault.at == *call && !memory->fault.after)
        code = strike(memory, *call, err);
    if (code != MR_OK)
        pthread_mutex_unlock(&memory->lock);
    return code;
}

enum mr_code memory_leave(struct mr_memory *memory, uint64_t call,
                          enum mr_code code, struct mr_err *err)
{
    if (memory->fault.at == call && memory->fault.after)
        code = strike(memory, call, err);
    pthread_mutex_unlock(&memory->lock);
    return code;
}

static void set_fault(struct mr_memory *memory, uint64_t nth,
                      struct memory_fault fault)
{
    pthread_mutex_lock(&memory->lock);
    fault.at = nth == 0 ? 0 : memory->calls + nth;
    memory->fault = fault;
    pthread_mutex_unlock(&memory->lock);
}

void mr_memory_fault(struct mr_memory *memory, uint64_t nth, enum mr_code code)
{
    set_fault(memory, nth, (struct memory_fault){ .code = code });
}

void mr_memory_fault_after(struct mr_memory *memory, uint64_t nth,
                           enum mr_code code)
{
    set_fault(memory, nth,
              (struct memory_fault){ .code = code, .after = true });
}

void mr_memory_die(struct mr_memory *memory, uint64_t nth, bool after)
{
    set_fault(memory, nth,
              (struct memory_fault){ .dies = true, .after = after });
}

bool mr_memory_is_dead(struct mr_memory *memory)
{
    bool dead;

    pthread_mutex_lock(&memory->lock);
    dead = memory->dead;
    pthread_mutex_unlock(&memory->lock);
    return dead;
}

uint64_t mr_memory_calls(struct mr_memory *memory)
{
    uint64_t calls;

    pthread_mutex_lock(&memory->lock);
    calls = memory->calls;
    pthread_mutex_unlock(&memory->lock);
    return calls;
}

size_t mr_memory_unsynced(struct mr_memory *memory)
{
    size_t writes;

    pthread_mutex_lock(&memory->lock);
    writes = memory->history.writes;
    pthread_mutex_unlock(&memory->lock);
    return writes;
}

void mr_memory_fence_readers(struct mr_memory *memory)
{
    pthread_mutex_lock(&memory->lock);
    memory->fences = true;
    pthread_mutex_unlock(&memory->lock);
}

/* A new process: nobody reads, nothing is pending, all that is left is on
 * the disk. */
static void restart(struct mr_memory *memory)
{
    for (struct memory_reader *reader = memory->readers; reader != NULL;
         reader = reader->older)
        reader->fenced = true;
    memory_history_sync(&memory->history);
    memory->fault = (struct memory_fault){ 0 };
    memory->dead = false;
    pthread_cond_broadcast(&memory->changed);
}

void mr_memory_crash(struct mr_memory *memory, size_t keep)
{
    pthread_mutex_lock(&memory->lock);
    memory_history_undo(&memory->history, keep);
    restart(memory);
    pthread_mutex_unlock(&memory->lock);
}

void mr_memory_kill(struct mr_memory *memory)
{
    mr_memory_crash(memory, SIZE_MAX);
}
