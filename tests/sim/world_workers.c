// SPDX-License-Identifier: Apache-2.0
/*
 * world_workers.c - workers that are opened, stepped and replaced.
 *
 * Every stage runs inside another one that does nothing but give the world a
 * moment between the step and its commit: what happens there is what others
 * do while a batch is in hand.
 */
#include "tests/sim/world_workers.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "embedder/embedder.h"
#include "preprocessor/preprocessor.h"

struct outer {
    struct mr_stage stage;
    struct mr_stage *inner;
    struct world_worker *worker;
};

static enum mr_code outer_step(struct mr_stage *stage, struct mr_state *state,
                               const struct mr_input *inputs, size_t count,
                               struct mr_effects *effects, struct mr_err *err)
{
    struct outer *outer = (struct outer *)stage;
    struct world *world = outer->worker->world;
    void (*meanwhile)(struct world *, struct world_worker *) = NULL;
    enum mr_code code =
        mr_stage_step(outer->inner, state, inputs, count, effects, err);

    if (code == MR_OK && count > 0) {
        meanwhile = world->meanwhile;
        world->meanwhile = NULL;
    }
    if (meanwhile != NULL)
        meanwhile(world, outer->worker);
    return code;
}

static enum mr_code outer_fail(struct mr_stage *stage, struct mr_state *state,
                               const struct mr_input *input,
                               const struct mr_err *cause,
                               struct mr_effects *effects, struct mr_err *err)
{
    struct outer *outer = (struct outer *)stage;

    return outer->inner->ops->fail(outer->inner, state, input, cause, effects,
                                   err);
}

static void outer_free(struct mr_stage *stage)
{
    struct outer *outer = (struct outer *)stage;

    mr_stage_free(outer->inner);
    mr_free(outer);
}

static const struct mr_stage_ops outer_ops = { outer_step, outer_fail,
                                               outer_free };

static enum mr_code make_inner(struct world *world, enum world_stage stage,
                               struct mr_stage **out, struct mr_err *err)
{
    const struct world_spec *spec = &world->spec;
    struct clean_config clean = clean_config_default(&world->place);
    struct curate_config curate = curate_config_default();
    struct admit_config admit = admit_config_default();
    struct embed_config embed = embed_config_default(world->model);

    clean.passage_words_target = spec->passage_words;
    clean.passage_words_max = spec->passage_words + spec->passage_words / 3;
    curate.work_max = spec->curate_work;
    admit.deleted_keep_ms = spec->deleted_keep_ms;
    embed.push_tokens = spec->embed_tokens;
    embed.bulk_tokens = spec->embed_tokens;
    switch (stage) {
    case WORLD_CLEAN:
        return clean_stage_new(&clean, out, err);
    case WORLD_CURATE:
        return curate_stage_new(&curate, out, err);
    case WORLD_ADMIT:
        return admit_stage_new(&admit, out, err);
    case WORLD_EMBED:
        return embed_stage_new(&embed, out, err);
    case WORLD_STAGES:
        break;
    }
    MR_UNREACHABLE();
}

static enum mr_code make_stage(struct world_worker *worker,
                               struct mr_stage **out, struct mr_err *err)
{
    struct outer *outer = mr_calloc(1, sizeof(*outer));
    enum mr_code code =
        make_inner(worker->world, worker->stage, &outer->inner, err);

    if (code != MR_OK) {
        mr_free(outer);
        return code;
    }
    outer->stage = *outer->inner;
    outer->stage.ops = &outer_ops;
    outer->worker = worker;
    *out = &outer->stage;
    return MR_OK;
}

/* Opens a worker of the partitions that `worker` names; takes it. */
static enum mr_code open_one(struct world_worker *worker, struct mr_err *err)
{
    struct world *world = worker->world;
    struct mr_worker_spec spec = {
        .place = &world->place,
        .partitions = worker->partitions,
        .partition_count = worker->partition_count,
        .lane = worker->partitions[0],
        .telemetry = world->telemetry,
    };
    enum mr_code code = make_stage(worker, &spec.stage, err);

    worker->inside = spec.stage;
    if (code == MR_OK)
        code = mr_worker_new(&spec, &worker->worker, err);
    if (code != MR_OK) {
        mr_free(worker);
        return code;
    }
    MR_ASSERT(world->worker_count < WORLD_WORKERS_MAX);
    world->workers[world->worker_count++] = worker;
    return MR_OK;
}

static struct world_worker *worker_of(struct world *world,
                                      enum world_stage stage)
{
    struct world_worker *worker = mr_calloc(1, sizeof(*worker));

    worker->world = world;
    worker->stage = stage;
    return worker;
}

/* Curate is one worker; admit and embed are one a partition, as their state
 * is; clean has none, and may be dealt out in any way. */
enum mr_code world_open_workers(struct world *world, enum world_stage stage,
                                struct mr_err *err)
{
    uint32_t groups = stage == WORLD_CURATE ? 1 : world->spec.partitions;
    struct world_worker *workers[WORLD_PARTITIONS_MAX] = { NULL };
    enum mr_code code = MR_OK;

    for (uint32_t i = 0; i < groups; i++)
        workers[i] = worker_of(world, stage);
    for (uint32_t i = 0; i < world->spec.partitions; i++) {
        uint32_t nth = stage == WORLD_CLEAN ? sim_below(world->random, groups)
                                            : i % groups;
        struct world_worker *worker = workers[nth];

        worker->partitions[worker->partition_count++] = i;
    }
    for (uint32_t i = 0; i < groups; i++) {
        if (code == MR_OK && workers[i]->partition_count > 0)
            code = open_one(workers[i], err);
        else
            mr_free(workers[i]);
    }
    return code;
}

static void close_one(struct world_worker *worker)
{
    mr_worker_free(worker->worker);
    mr_free(worker);
}

void world_close_workers(struct world *world)
{
    while (world->worker_count > 0)
        close_one(world->workers[--world->worker_count]);
    while (world->zombie_count > 0)
        close_one(world->zombies[--world->zombie_count]);
}

enum mr_code world_rebalance(struct world *world, enum world_stage stage,
                             struct mr_err *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < world->worker_count; i++) {
        struct world_worker *worker = world->workers[i];

        if (worker->stage != stage)
            world->workers[kept++] = worker;
        else if (world->spec.fences && world->zombie_count < WORLD_WORKERS_MAX)
            world->zombies[world->zombie_count++] = worker;
        else
            close_one(worker);
    }
    world->worker_count = kept;
    return world_open_workers(world, stage, err);
}

enum mr_code world_step(struct world_worker *worker, uint32_t records_max,
                        bool *worked, struct mr_err *err)
{
    worker->inside->batch_records_max = records_max;
    return mr_worker_step(worker->worker, 0, worked, err);
}

void world_step_zombie(struct world *world, size_t nth)
{
    struct world_worker *zombie = world->zombies[nth];
    struct mr_err err = { 0 };
    bool worked;
    enum mr_code code = world_step(zombie, 100, &worked, &err);

    if (code == MR_E_CANCELLED || (code == MR_OK && !worked))
        return; /* the whole process died, or it has not looked yet */
    if (code != MR_E_FENCED)
        world_fail("a worker whose partitions were taken away goes on: %s %s",
                   mr_code_name(code), err.text);
    close_one(zombie);
    world->zombies[nth] = world->zombies[--world->zombie_count];
}
