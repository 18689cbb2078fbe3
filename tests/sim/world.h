// SPDX-License-Identifier: Apache-2.0
/*
 * world.h - the whole pipeline in one thread: the real stages and shards on
 * the memory backends, which outlive the "process" that works on them.
 *
 * A process is started, works when it is stepped, and ends in one of three
 * ways: it is told to stop, it is killed (everything written stays), or the
 * power goes (what was not synced is lost, from a random write on).
 *
 * Memory:  all of it, until world_deinit().
 * Threads: one.
 * I/O:     the shards' files, in a temporary folder.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "common/backends/memory/mr_memory.h"
#include "common/backends/memory/mr_virtual_clock.h"
#include "common/ports/model.h"
#include "common/runtime/worker.h"
#include "indexer/indexer.h"
#include "tests/sim/history.h"
#include "tests/sim/sim_random.h"

#define WORLD_PARTITIONS_MAX 3u
#define WORLD_WORKERS_MAX    (4u * WORLD_PARTITIONS_MAX)
#define WORLD_BEGIN_MS       INT64_C(1700000000000)

enum world_stage {
    WORLD_CLEAN,
    WORLD_CURATE,
    WORLD_ADMIT,
    WORLD_EMBED,
    WORLD_STAGES,
};

struct world_spec {
    uint32_t partitions;
    int64_t deleted_keep_ms;
    uint32_t passage_words;
    uint32_t seal_passages;
    uint32_t shard_batch;  /* records in a shard's step */
    uint32_t curate_work;  /* documents judged in a step */
    uint32_t embed_tokens; /* given to the model in a step */
    bool fences;           /* a second reader fences the first */
};

struct world;

/* A worker and the stage that it took. */
struct world_worker {
    struct world *world;
    enum world_stage stage;
    struct mr_worker *worker;
    struct mr_stage *inside;
    uint32_t partitions[WORLD_PARTITIONS_MAX];
    size_t partition_count;
};

struct world {
    struct world_spec spec;
    struct sim_random *random; /* borrowed */
    struct mr_virtual_clock *clock;
    struct mr_memory *log;
    struct mr_memory *records[WORLD_PARTITIONS_MAX];
    struct mr_model *model;
    char folder[128];
    bool running;
    struct mr_place place;
    struct mr_telemetry *telemetry; /* counts over all processes */
    struct world_worker *workers[WORLD_WORKERS_MAX];
    size_t worker_count;
    /* Workers whose partitions were given to others, and who don't know it. */
    struct world_worker *zombies[WORLD_WORKERS_MAX];
    size_t zombie_count;
    struct shard *shards[WORLD_PARTITIONS_MAX];
    bool compacted; /* the log has lost what was replaced */
    void *context;  /* of whoever runs the world */
    /* Called once between a stage's step and its commit, then NULL. */
    void (*meanwhile)(struct world *world, struct world_worker *in);
};

void world_init(struct world *world, const struct world_spec *spec,
                struct sim_random *random);
void world_deinit(struct world *world);

/* Starts a process.  MR_E_CANCELLED: it died on the way. */
MR_MUST_CHECK enum mr_code world_start(struct world *world, struct mr_err *err);

/* The process is told to stop. */
void world_stop(struct world *world);

/* Ends the process as kill -9 does, or as a power cut. */
void world_kill(struct world *world);
void world_cut_power(struct world *world);

/* The process is told to stop; then somebody deletes its index. */
void world_lose_index(struct world *world);

/* Whether a death that was arranged (mr_memory_die()) has come. */
bool world_is_dead(const struct world *world);

/* Opens the workers of a stage anew, for partitions that are dealt out anew
 * where it may: the old ones become zombies, or are closed before. */
MR_MUST_CHECK enum mr_code world_rebalance(struct world *world,
                                           enum world_stage stage,
                                           struct mr_err *err);

/* Closes and opens one shard. */
MR_MUST_CHECK enum mr_code world_reopen_shard(struct world *world,
                                              uint32_t partition,
                                              struct mr_err *err);

/* One round of a worker, of at most `records_max` records. */
MR_MUST_CHECK enum mr_code world_step(struct world_worker *worker,
                                      uint32_t records_max, bool *worked,
                                      struct mr_err *err);

/* Steps zombie `nth`: it must find that it is fenced, and ends. */
void world_step_zombie(struct world *world, size_t nth);

/* Appends the action; sets where it lies and when.  On failure it may be there
 * or not: world_settle() knows. */
MR_MUST_CHECK enum mr_code world_append(struct world *world,
                                        struct action *action,
                                        struct mr_err *err);
void world_settle(struct world *world, struct action *action);

/* The end of a partition of a topic. */
uint64_t world_end(struct world *world, enum mr_topic topic,
                   uint32_t partition);

/* Every worker and shard works once; false: there was nothing to do. */
bool world_pass(struct world *world);

/* Works until nothing is left to do. */
void world_finish(struct world *world);

/* Ends the program with the seed and the words. */
void world_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
