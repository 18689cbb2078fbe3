// SPDX-License-Identifier: Apache-2.0
/*
 * engine_members.c - what an engine tells others of itself, and does because of
 * what it hears: a retriever learns where the replicas of shards are.
 */
#include <string.h>
#include <unistd.h>

#include "cli/engine_parts.h"

#define INDEXER  "indexer"
#define HEARD_US INT64_C(3000000)
#define LOOK_MS  20

/* --- what is told --- */

static void fill_stages(struct engine *engine, struct mr_arena *arena,
                        struct mr_member *self)
{
    struct mr_member_stage *stages =
        mr_arena_calloc(arena, ENGINE_STAGES, sizeof(*stages));
    size_t count = 0;

    for (size_t i = 0; i < ENGINE_STAGES; i++) {
        struct mr_worker_status status;

        if (!engine_stage(engine, i, &status))
            continue;
        stages[count++] = (struct mr_member_stage){
            .name = mr_span_str(status.stage),
            .inputs = status.inputs,
            .outputs = status.outputs,
            .rejected = status.rejected,
            .failed = status.failed,
            .retries = status.retries,
            .lag = status.lag,
            .oldest_ms = status.oldest_ms,
            .error = mr_arena_copy(arena, mr_span_str(status.error.text)),
        };
    }
    self->stages = stages;
    self->stage_count = count;
}

static void fill_partitions(const struct engine *engine, struct mr_arena *arena,
                            struct mr_member *self)
{
    uint32_t total = engine->place.partitions;
    uint32_t *partitions = mr_arena_calloc(arena, total, sizeof(*partitions));
    size_t count = 0;

    if (engine_does(engine, ENGINE_RETRIEVER) ||
        engine_does(engine, ENGINE_INGESTOR))
        return;
    for (uint32_t i = 0; i < total; i++) {
        if (engine_has(engine, i))
            partitions[count++] = i;
    }
    self->partitions = partitions;
    self->partition_count = count;
}

/* Whether it goes with the alias instead of working at a generation. */
static bool follows(const struct engine *engine)
{
    return engine->options.generation == 0 &&
           (engine_does(engine, ENGINE_RETRIEVER) ||
            engine_does(engine, ENGINE_INGESTOR));
}

static void describe(void *context, struct mr_arena *arena,
                     struct mr_member *self)
{
    struct engine *engine = context;
    const struct engine_member *member = engine->options.member;
    const char *address = member->advertise;

    if (address == NULL)
        address = mr_arena_printf(arena, "%s://%s", engine_scheme(engine),
                                  engine_address(engine));
    self->role = mr_span_str(member->role);
    self->host = mr_span_str(engine->host);
    self->address = mr_span_str(address);
    self->number = member->number;
    self->members = member->members;
    self->generation = follows(engine) ? 0 : engine->place.generation;
    self->keyword_lag = engine_own_lag(engine);
    fill_partitions(engine, arena, self);
    fill_stages(engine, arena, self);
}

/* --- what is heard --- */

/* A retriever that is not bound to a generation answers from the one that the
 * alias names. */
static void follow_alias(struct engine *engine, struct members *members)
{
    uint32_t serving = members_alias(members).generation;

    if (serving == 0 || engine->options.generation != 0)
        serving = engine->place.generation;
    if (atomic_exchange(&engine->serving, serving) != serving)
        mr_log(engine->telemetry, MR_EV_NOTE, "index",
               "generation %u answers from now on", serving);
}

/* The replicas of one partition among the members. */
struct gathering {
    uint32_t generation;
    uint32_t partition;
    struct mr_arena *arena;
    struct replica *list;
    size_t count;
};

static bool has_partition(const struct mr_member *member, uint32_t partition)
{
    for (size_t i = 0; i < member->partition_count; i++) {
        if (member->partitions[i] == partition)
            return true;
    }
    return false;
}

static void gather(void *context, const struct members_heard *heard)
{
    struct gathering *gathering = context;
    const struct mr_member *member = heard->member;

    /* One that is silent may well answer: the bus can be away. */
    if (!mr_span_equal(member->role, mr_span_str(INDEXER)) ||
        member->generation != gathering->generation ||
        !has_partition(member, gathering->partition) ||
        gathering->count == PEER_REPLICAS_MAX)
        return;
    gathering->list[gathering->count++] = (struct replica){
        .address = mr_arena_str(gathering->arena, member->address),
        .name = mr_arena_str(gathering->arena, member->name),
    };
}

static void set_replicas(void *context, struct members *members)
{
    struct engine *engine = context;
    struct mr_arena *arena = mr_arena_new();

    follow_alias(engine, members);
    for (uint32_t i = 0;
         engine->replicas != NULL && i < engine->place.partitions; i++) {
        struct gathering gathering = {
            .generation = atomic_load(&engine->serving),
            .partition = i,
            .arena = arena,
            .list = mr_arena_calloc(arena, PEER_REPLICAS_MAX,
                                    sizeof(struct replica)),
        };
        struct mr_err err = { 0 };

        members_each(members, gather, &gathering);
        if (replicas_set(engine->replicas, i, gathering.list, gathering.count,
                         &err) != MR_OK)
            mr_log(engine->telemetry, MR_EV_NOTE, "index", "shard %u: %s", i,
                   err.text);
    }
    mr_arena_free(arena);
}

static void hear_checkpoint(void *context,
                            const struct mr_checkpoint_note *note)
{
    struct engine *engine = context;

    notes_hear(engine->saver.notes, note);
}

/* Sums over those who work at the generation that answers. */
struct summing {
    uint32_t generation;
    uint64_t lag;
    struct mr_worker_status *sum; /* NULL: only the lag */
};

static bool counts(const struct summing *summing,
                   const struct members_heard *heard)
{
    return !heard->self && (heard->member->generation == 0 ||
                            heard->member->generation == summing->generation);
}

static void count_lag(void *context, const struct members_heard *heard)
{
    struct summing *summing = context;

    if (counts(summing, heard) && !heard->away)
        summing->lag += heard->member->keyword_lag;
}

uint64_t engine_others_lag(struct engine *engine)
{
    struct summing summing = { .generation = atomic_load(&engine->serving) };

    if (engine->members != NULL)
        members_each(engine->members, count_lag, &summing);
    return summing.lag;
}

static void add_stages(void *context, const struct members_heard *heard)
{
    struct summing *summing = context;
    struct mr_worker_status *sum = summing->sum;

    if (!counts(summing, heard))
        return;
    for (size_t i = 0; i < heard->member->stage_count; i++) {
        const struct mr_member_stage *stage = &heard->member->stages[i];

        if (!mr_span_equal(stage->name, mr_span_str(sum->stage)))
            continue;
        sum->inputs += stage->inputs;
        sum->outputs += stage->outputs;
        sum->rejected += stage->rejected;
        sum->failed += stage->failed;
        sum->retries += stage->retries;
        sum->lag += stage->lag;
        if (stage->oldest_ms > 0 &&
            (sum->oldest_ms == 0 || stage->oldest_ms < sum->oldest_ms))
            sum->oldest_ms = stage->oldest_ms;
        if (stage->error.size > 0)
            (void)mr_fail(&sum->error, MR_E_UNAVAILABLE, "%.*s",
                          MR_SPAN_ARG(stage->error));
    }
}

void engine_add_others(struct engine *engine, struct mr_worker_status *sum)
{
    struct summing summing = { .generation = atomic_load(&engine->serving),
                               .sum = sum };

    if (engine->members != NULL)
        members_each(engine->members, add_stages, &summing);
}

struct serving {
    uint32_t generation;
    bool shards[MR_PARTITIONS_MAX];
};

static void note_served(void *context, const struct members_heard *heard)
{
    struct serving *serving = context;
    const struct mr_member *member = heard->member;

    for (size_t i = 0; i < member->partition_count; i++) {
        if (mr_span_equal(member->role, mr_span_str(INDEXER)) &&
            member->generation == serving->generation &&
            member->partitions[i] < MR_PARTITIONS_MAX)
            serving->shards[member->partitions[i]] = true;
    }
}

size_t engine_count_missing(struct engine *engine, uint32_t generation)
{
    struct serving serving = { .generation = generation };
    size_t missing = 0;

    members_each(engine->members, note_served, &serving);
    for (uint32_t i = 0; i < engine->place.partitions; i++)
        missing += !serving.shards[i];
    return missing;
}

static void put_text(struct mr_json_out *out, const char *key,
                     struct mr_span text)
{
    mr_json_key(out, key);
    mr_json_put_text(out, text);
}

static void put_number(struct mr_json_out *out, const char *key, uint64_t value)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, value);
}

static void render(void *context, const struct members_heard *heard)
{
    struct mr_json_out *out = context;
    const struct mr_member *member = heard->member;

    mr_json_object_begin(out);
    put_text(out, "name", member->name);
    put_text(out, "role", member->role);
    put_text(out, "host", member->host);
    put_text(out, "address", member->address);
    put_number(out, "number", member->number);
    put_number(out, "members", member->members);
    put_number(out, "generation", member->generation);
    mr_json_key(out, "partitions");
    mr_json_array_begin(out);
    for (size_t i = 0; i < member->partition_count; i++)
        mr_json_put_u64(out, member->partitions[i]);
    mr_json_array_end(out);
    put_number(out, "lag", member->keyword_lag);
    put_number(out, "silent_ms", (uint64_t)heard->silent_ms);
    mr_json_key(out, "away");
    mr_json_put_bool(out, heard->away);
    mr_json_object_end(out);
}

void engine_render_members(struct engine *engine, struct mr_json_out *out)
{
    if (engine->members == NULL)
        return;
    put_number(out, "generation", atomic_load(&engine->serving));
    mr_json_key(out, "members");
    mr_json_array_begin(out);
    members_each(engine->members, render, out);
    mr_json_array_end(out);
    engine_render_checkpoints(engine, out);
}

/* --- */

/* Whoever lives is heard within a beat: then the first query is whole. */
static void wait_for_shards(struct engine *engine)
{
    struct mr_clock *clock = mr_system_clock_port(engine->clock);
    int64_t until_us = mr_clock_mono_us(clock) + HEARD_US;
    size_t missing;

    while ((missing = engine_count_missing(
                engine, atomic_load(&engine->serving))) > 0 &&
           mr_clock_mono_us(clock) < until_us)
        mr_clock_sleep_ms(clock, LOOK_MS);
    if (missing > 0)
        mr_log(engine->telemetry, MR_EV_NOTE, "index",
               "no indexer was heard of %zu of %u shards: results are partial "
               "until one is",
               missing, engine->place.partitions);
}

enum mr_code engine_start_members(struct engine *engine, struct mr_err *err)
{
    struct members_spec spec = {
        .place = &engine->place,
        .telemetry = engine->telemetry,
        .describe = describe,
        .changed = set_replicas,
        .checkpoint = hear_checkpoint,
        .context = engine,
    };

    enum mr_code code;

    if (engine->options.member == NULL)
        return MR_OK;
    spec.name = engine->options.member->name;
    if (gethostname(engine->host, sizeof(engine->host) - 1) != 0)
        (void)strcpy(engine->host, "?");
    atomic_store(&engine->serving, engine->place.generation);
    code = members_open(&spec, &engine->members, err);
    if (code == MR_OK)
        follow_alias(engine, engine->members);
    if (code == MR_OK && engine->replicas != NULL)
        wait_for_shards(engine);
    return code;
}
