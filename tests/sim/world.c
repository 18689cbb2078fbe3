// SPDX-License-Identifier: Apache-2.0
/*
 * world.c - see world.h.
 */
#include "tests/sim/world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "embedder/embedder.h"
#include "tests/sim/world_workers.h"

#define IDLE_ROUNDS 3u
#define ROUNDS_MAX  5000u

/* In memory if it may be: a shard syncs its files, and no power is cut here
 * but that of the memory backends. */
static void make_folder(struct world *world)
{
    const char *where = getenv("TMPDIR");

    if (where == NULL || where[0] == '\0')
        where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(world->folder, sizeof(world->folder),
                   "%.80s/millrace-sim-XXXXXX", where);
    if (mkdtemp(world->folder) == NULL)
        world_fail("no temporary folder %s", world->folder);
}

static void shard_folder(const struct world *world, uint32_t partition,
                         char out[160])
{
    (void)snprintf(out, 160, "%s/%u", world->folder, partition);
}

void world_init(struct world *world, const struct world_spec *spec,
                struct sim_random *random)
{
    struct embedder_model_spec model = { .folder = "hashing" };
    struct mr_err err;
    char name[160];

    *world = (struct world){ .spec = *spec, .random = random };
    world->clock = mr_virtual_clock_new(WORLD_BEGIN_MS, false);
    world->log = mr_memory_new(mr_virtual_clock_port(world->clock));
    if (spec->fences)
        mr_memory_fence_readers(world->log);
    world->telemetry = mr_telemetry_new(&(struct mr_telemetry_spec){
        .clock = mr_virtual_clock_port(world->clock), .fd = -1 });
    if (embedder_model_open(&model, &world->model, &err) != MR_OK)
        world_fail("no model: %s", err.text);
    make_folder(world);
    for (uint32_t i = 0; i < spec->partitions; i++) {
        world->records[i] = mr_memory_new(mr_virtual_clock_port(world->clock));
        shard_folder(world, i, name);
        if (mkdir(name, 0700) != 0)
            world_fail("no folder %s", name);
    }
}

static void empty_folder(const char *name)
{
    DIR *dir = opendir(name);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        (void)closedir(dir);
}

void world_deinit(struct world *world)
{
    char name[160];

    world_stop(world);
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        mr_memory_free(world->records[i]);
        shard_folder(world, i, name);
        empty_folder(name);
        (void)rmdir(name);
    }
    (void)rmdir(world->folder);
    embedder_model_close(world->model);
    mr_telemetry_free(world->telemetry);
    mr_memory_free(world->log);
    mr_virtual_clock_free(world->clock);
}

static enum mr_code open_place(struct world *world, struct mr_err *err)
{
    struct mr_place_spec spec = {
        .bus = mr_memory_bus(world->log),
        .store = mr_memory_store(world->log),
        .blob = mr_memory_blob(world->log),
        .clock = mr_virtual_clock_port(world->clock),
        .collection = "main",
        .generation = 1,
        .model = world->model->fingerprint,
        .partitions = world->spec.partitions,
    };

    return mr_place_init(&world->place, &spec, err);
}

static enum mr_code open_shard(struct world *world, uint32_t partition,
                               struct mr_err *err)
{
    char folder[160];
    struct shard_spec spec = {
        .place = &world->place,
        .partition = partition,
        .folder = folder,
        .records = mr_memory_store(world->records[partition]),
        .dimension = world->model->dimension,
        .language = "en",
        .config = index_config_default(),
        .batch_records = world->spec.shard_batch,
    };

    shard_folder(world, partition, folder);
    spec.config.seal_passages = world->spec.seal_passages;
    spec.config.merge_fan_in = 2;
    spec.config.build_threads = 0;
    return shard_open(&spec, &world->shards[partition], err);
}

/* In the order in which `millrace up` does it. */
enum mr_code world_start(struct world *world, struct mr_err *err)
{
    enum mr_code code = open_place(world, err);

    MR_ASSERT(!world->running);
    world->running = true;
    for (uint32_t i = 0; code == MR_OK && i < world->spec.partitions; i++)
        code = open_shard(world, i, err);
    for (int stage = 0; code == MR_OK && stage < WORLD_STAGES; stage++)
        code = world_open_workers(world, (enum world_stage)stage, err);
    return code;
}

void world_stop(struct world *world)
{
    if (!world->running)
        return;
    world_close_workers(world);
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        shard_close(world->shards[i]);
        world->shards[i] = NULL;
    }
    world->running = false;
}

void world_kill(struct world *world)
{
    mr_memory_kill(world->log);
    for (uint32_t i = 0; i < world->spec.partitions; i++)
        mr_memory_kill(world->records[i]);
    world_stop(world);
}

void world_lose_index(struct world *world)
{
    char name[160];

    world_stop(world);
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        mr_memory_free(world->records[i]);
        world->records[i] = mr_memory_new(mr_virtual_clock_port(world->clock));
        shard_folder(world, i, name);
        empty_folder(name);
    }
}

static void cut(struct world *world, struct mr_memory *memory)
{
    size_t unsynced = mr_memory_unsynced(memory);

    /* One file may keep all and another nothing. */
    switch (sim_below(world->random, 4)) {
    case 0:
        mr_memory_crash(memory, 0);
        return;
    case 1:
        mr_memory_crash(memory, unsynced);
        return;
    default:
        mr_memory_crash(memory,
                        sim_below(world->random, (uint32_t)unsynced + 1));
    }
}

void world_cut_power(struct world *world)
{
    cut(world, world->log);
    for (uint32_t i = 0; i < world->spec.partitions; i++)
        cut(world, world->records[i]);
    world_stop(world);
}

bool world_is_dead(const struct world *world)
{
    bool dead = mr_memory_is_dead(world->log);

    for (uint32_t i = 0; i < world->spec.partitions; i++)
        dead = dead || mr_memory_is_dead(world->records[i]);
    return dead;
}

enum mr_code world_reopen_shard(struct world *world, uint32_t partition,
                                struct mr_err *err)
{
    shard_close(world->shards[partition]);
    world->shards[partition] = NULL;
    return open_shard(world, partition, err);
}

uint64_t world_end(struct world *world, enum mr_topic topic, uint32_t partition)
{
    uint64_t begin;
    uint64_t end;
    struct mr_err err;

    if (mr_bus_bounds(world->place.bus, world->place.topics[topic], partition,
                      &begin, &end, &err) != MR_OK)
        world_fail("no bounds of %s: %s", mr_topic_short_name(topic), err.text);
    return end;
}

enum mr_code world_append(struct world *world, struct action *action,
                          struct mr_err *err)
{
    struct mr_record record = {
        .topic = world->place.topics[MR_TOPIC_RAW],
        .partition = MR_PARTITION_BY_KEY,
        .key = action->id,
        .value = action->value,
        .time_ms = action->raw.time_ms,
    };
    struct mr_hash128 hash;
    uint64_t begin;
    enum mr_code code;

    action->offset = UINT64_MAX;
    code = mr_bus_bounds(world->place.bus, record.topic, action->partition,
                         &begin, &action->offset, err);
    if (code == MR_OK && action->body.size > MR_INLINE_BYTES_MAX)
        code = mr_blob_put(world->place.blob, action->body, &hash, err);
    if (code == MR_OK)
        code = mr_bus_append(world->place.bus, &record, 1, err);
    if (code != MR_OK)
        return code;
    MR_ASSERT(record.partition == action->partition);
    MR_ASSERT(record.offset == action->offset);
    action->appended = true;
    return MR_OK;
}

void world_settle(struct world *world, struct action *action)
{
    uint64_t end = world_end(world, MR_TOPIC_RAW, action->partition);

    action->appended = end > action->offset;
}

bool world_pass(struct world *world)
{
    struct mr_err err = { 0 };
    bool any = false;
    bool worked;

    for (size_t i = 0; i < world->worker_count; i++) {
        if (world_step(world->workers[i], 500, &worked, &err) != MR_OK)
            world_fail("a worker stops: %s", err.text);
        any = any || worked;
    }
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        if (shard_step(world->shards[i], 0, &worked, &err) != MR_OK)
            world_fail("a shard stops: %s", err.text);
        any = any || worked;
    }
    return any;
}

void world_finish(struct world *world)
{
    unsigned idle = 0;

    for (unsigned round = 0; idle < IDLE_ROUNDS; round++) {
        idle = world_pass(world) ? 0 : idle + 1;
        mr_virtual_clock_advance(world->clock, 1000);
        if (round > ROUNDS_MAX)
            world_fail("it does not come to rest");
    }
}
