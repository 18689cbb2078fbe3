// SPDX-License-Identifier: Apache-2.0
/*
 * engine_workers.c - the stages of an engine, a worker each and, but for
 * curate, one for every partition.
 */
#include <string.h>

#include "cli/engine_parts.h"
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

enum stage {
    STAGE_CLEAN,
    STAGE_CURATE,
    STAGE_ADMIT,
    STAGE_EMBED,
    STAGE_COUNT,
};

static_assert(STAGE_COUNT == ENGINE_STAGES, "as others see them");

static const char *const stage_names[STAGE_COUNT] = { "clean", "curate",
                                                      "admit", "embed" };

static enum mr_code make_stage(struct engine *engine, enum stage stage,
                               struct mr_stage **out, struct mr_err *err)
{
    const struct engine_options *options = &engine->options;
    struct clean_config clean = options->clean;
    struct embed_config embed = embed_config_default(engine->model);

    clean.place = &engine->place;
    embed.cache_bytes = options->embed_cache_bytes;
    embed.telemetry = engine->telemetry;
    switch (stage) {
    case STAGE_CLEAN:
        return clean_stage_new(&clean, out, err);
    case STAGE_CURATE:
        return curate_stage_new(&options->curate, out, err);
    case STAGE_ADMIT:
        return admit_stage_new(&options->admit, out, err);
    case STAGE_EMBED:
        return embed_stage_new(&embed, out, err);
    case STAGE_COUNT:
        break;
    }
    MR_UNREACHABLE();
}

/* A worker that is being made. */
struct making {
    struct engine *engine;
    enum stage stage;
    const uint32_t *partitions;
    size_t count;
    struct mr_worker *worker;
    enum mr_code code;
    struct mr_err err;
    pthread_t thread;
    bool threaded;
};

static void *make_worker(void *context)
{
    struct making *making = context;
    struct engine *engine = making->engine;
    struct mr_worker_spec spec = {
        .place = &engine->place,
        .partitions = making->partitions,
        .partition_count = making->count,
        .lane = making->partitions[0],
        .telemetry = engine->telemetry,
        .flight = engine->flight,
        .ended = engine_part_ended,
        .ended_context = engine,
    };

    making->code = make_stage(engine, making->stage, &spec.stage, &making->err);
    if (making->code == MR_OK)
        making->code = mr_worker_new(&spec, &making->worker, &making->err);
    return NULL;
}

/* A remote bus takes its time for each: they are made side by side. */
static enum mr_code make_all(struct engine *engine, struct making *list,
                             size_t count, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < count; i++) {
        list[i].threaded =
            engine->bus->remote &&
            pthread_create(&list[i].thread, NULL, make_worker, &list[i]) == 0;
        if (!list[i].threaded && code == MR_OK) {
            (void)make_worker(&list[i]);
            code = list[i].code;
        }
    }
    code = MR_OK;
    for (size_t i = 0; i < count; i++) {
        if (list[i].threaded)
            (void)pthread_join(list[i].thread, NULL);
        if (list[i].worker != NULL)
            engine->workers[engine->worker_count++] = list[i].worker;
        if (list[i].code != MR_OK && code == MR_OK)
            code = mr_fail(err, list[i].code, "%s", list[i].err.text);
    }
    return code;
}

/* One for each partition of this member; curate is one for all of them, the
 * first member's. */
static size_t list_workers(struct engine *engine, enum stage stage,
                           const uint32_t *partitions, struct making *out)
{
    uint32_t total = engine->place.partitions;
    struct making making = { .engine = engine, .stage = stage };
    size_t count = 0;

    for (uint32_t i = 0; i < total; i++) {
        if (!engine_has(engine, i) || (stage == STAGE_CURATE && i > 0))
            continue;
        making.partitions = &partitions[i];
        making.count = stage == STAGE_CURATE ? total : 1;
        out[count++] = making;
    }
    return count;
}

enum mr_code engine_make_workers(struct engine *engine, struct mr_err *err)
{
    uint32_t total = engine->place.partitions;
    size_t most = (size_t)STAGE_COUNT * total;
    struct making *list = mr_calloc(most, sizeof(*list));
    uint32_t *partitions =
        mr_arena_calloc(engine->arena, total, sizeof(*partitions));
    size_t count = 0;
    enum mr_code code;

    engine->workers = mr_calloc(most, sizeof(*engine->workers));
    for (uint32_t i = 0; i < total; i++)
        partitions[i] = i;
    for (enum stage stage = STAGE_CLEAN; stage < STAGE_COUNT; stage++) {
        if (engine_does(engine, stage == STAGE_EMBED ? ENGINE_EMBEDDER
                                                     : ENGINE_PREPROCESSOR))
            count += list_workers(engine, stage, partitions, &list[count]);
    }
    code = make_all(engine, list, count, err);
    mr_free(list);
    return code;
}

enum mr_code engine_start_workers(struct engine *engine, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; code == MR_OK && i < engine->worker_count; i++)
        code = mr_worker_start(engine->workers[i], err);
    return code;
}

void engine_stop_workers(struct engine *engine)
{
    for (size_t i = 0; i < engine->worker_count; i++)
        mr_worker_stop(engine->workers[i]);
    for (size_t i = 0; i < engine->worker_count; i++)
        mr_worker_free(engine->workers[i]);
    mr_free(engine->workers);
    engine->worker_count = 0;
    engine->workers = NULL;
}

/* embed's workers are named with their model: "embed.0123abcd". */
static bool is_named(const char *stage, const char *name)
{
    size_t size = strlen(name);

    return strncmp(stage, name, size) == 0 &&
           (stage[size] == '\0' || stage[size] == '.');
}

/* The workers of one stage as one. */
static struct mr_worker_status sum_of(struct engine *engine, const char *name)
{
    struct mr_worker_status sum = { .stage = name };

    for (size_t i = 0; i < engine->worker_count; i++) {
        struct mr_worker_status one;

        mr_worker_status(engine->workers[i], &one);
        if (!is_named(one.stage, name))
            continue;
        sum.inputs += one.inputs;
        sum.outputs += one.outputs;
        sum.rejected += one.rejected;
        sum.failed += one.failed;
        sum.retries += one.retries;
        sum.lag += one.lag;
        if (one.oldest_ms > 0 &&
            (sum.oldest_ms == 0 || one.oldest_ms < sum.oldest_ms))
            sum.oldest_ms = one.oldest_ms;
        if (one.error.code != MR_OK)
            sum.error = one.error;
    }
    return sum;
}

bool engine_stage(struct engine *engine, size_t nth,
                  struct mr_worker_status *out)
{
    bool here = false;

    for (size_t i = 0; i < engine->worker_count && !here; i++) {
        struct mr_worker_status one;

        mr_worker_status(engine->workers[i], &one);
        here = is_named(one.stage, stage_names[nth]);
    }
    if (here)
        *out = sum_of(engine, stage_names[nth]);
    return here;
}

void engine_progress(struct engine *engine, struct engine_progress *out)
{
    struct mr_worker_status embed = { 0 };
    uint64_t waiting = 0;

    *out = (struct engine_progress){ .records_left = engine_own_lag(engine) };
    for (size_t i = 0; i < engine->shard_count; i++) {
        struct shard_status status;

        shard_status(engine->shards[i], &status);
        waiting += status.live - status.documents_dense;
    }
    if (engine_stage(engine, STAGE_EMBED, &embed) && embed.lag > waiting)
        waiting = embed.lag;
    out->vectors_left = waiting;
}

static void put_count(struct mr_json_out *out, const char *key, uint64_t value)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, value);
}

static void render_stage(struct engine *engine, const char *name,
                         struct mr_json_out *out)
{
    struct mr_worker_status sum = sum_of(engine, name);
    struct mr_clock *clock = mr_system_clock_port(engine->clock);

    engine_add_others(engine, &sum);
    mr_json_object_begin(out);
    mr_json_key(out, "stage");
    mr_json_put_str(out, name);
    put_count(out, "inputs", sum.inputs);
    put_count(out, "outputs", sum.outputs);
    put_count(out, "rejected", sum.rejected);
    put_count(out, "failed", sum.failed);
    put_count(out, "retries", sum.retries);
    put_count(out, "lag", sum.lag);
    mr_json_key(out, "behind_ms");
    mr_json_put_i64(
        out, sum.oldest_ms == 0 ? 0 : mr_clock_wall_ms(clock) - sum.oldest_ms);
    if (sum.error.code != MR_OK) {
        mr_json_key(out, "error");
        mr_json_put_str(out, sum.error.text);
    }
    mr_json_object_end(out);
}

void engine_render_stages(void *context, struct mr_json_out *out)
{
    struct engine *engine = context;

    mr_json_key(out, "stages");
    mr_json_array_begin(out);
    for (size_t i = 0; i < STAGE_COUNT; i++)
        render_stage(engine, stage_names[i], out);
    mr_json_array_end(out);
    engine_render_origin(engine, out);
    engine_render_members(engine, out);
    if (engine->ingestor == NULL) {
        if (engine->retriever != NULL)
            engine_render_sources(engine, out);
        return;
    }
    mr_json_key(out, "sources");
    ingestor_status(engine->ingestor, out);
}

uint64_t engine_keyword_lag(void *context)
{
    struct engine *engine = context;

    return engine_own_lag(engine) + engine_others_lag(engine);
}

uint64_t engine_own_lag(struct engine *engine)
{
    uint64_t lag = 0;

    for (size_t i = 0; i < engine->worker_count; i++) {
        struct mr_worker_status status;

        mr_worker_status(engine->workers[i], &status);
        if (!is_named(status.stage, stage_names[STAGE_EMBED]))
            lag += status.lag;
    }
    for (size_t i = 0; i < engine->shard_count; i++) {
        struct shard_status status;

        shard_status(engine->shards[i], &status);
        lag += status.keyword_lag;
    }
    return lag;
}
