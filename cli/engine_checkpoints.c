// SPDX-License-Identifier: Apache-2.0
/*
 * engine_checkpoints.c - shards of a cluster begin with a checkpoint, and
 * write them.
 *
 * The thread that writes is one for all shards, of the lowest priority; it
 * also measures what is known of them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/engine_parts.h"
#include "common/base/mr_mem.h"
#include "indexer/checkpoint.h"

#define ROUND_MS 200
#define TRIES    3
#define NICENESS 19
#define AGAIN_US INT64_C(60000000) /* after a failure */
#define TOLD_US  INT64_C(5000000)  /* by then control has come back */

/* Half of the time for which the log is sure to tell of deletions. */
static int64_t age_max_ms(struct engine *engine)
{
    const struct mr_place *place = &engine->place;
    int64_t documents = mr_kafka_tombstones_ms(
        engine->kafka, place->topics[MR_TOPIC_DOCUMENTS]);
    int64_t vectors =
        mr_kafka_tombstones_ms(engine->kafka, place->topics[MR_TOPIC_VECTORS]);

    return (documents < vectors ? documents : vectors) / 2;
}

static bool has_checkpoints(const struct engine *engine)
{
    return engine->kafka != NULL && engine->options.member != NULL &&
           engine_does(engine, ENGINE_INDEXER);
}

/* The specification of a shard whose folder it is, in the engine's arena. */
static struct checkpoint_spec spec_of(struct engine *engine, const char *folder,
                                      uint32_t partition)
{
    return (struct checkpoint_spec){
        .place = &engine->place,
        .partition = partition,
        .index = engine_index_name(engine),
        .folder = folder,
        .member = engine->options.member->name,
        .age_max_ms = engine->saver.age_max_ms,
        .telemetry = engine->telemetry,
        .ending = &engine->saver.ending,
    };
}

/* --- a shard begins --- */

static bool is_same(const struct mr_checkpoint_note *a,
                    const struct mr_checkpoint_note *b)
{
    return a->manifest.low == b->manifest.low &&
           a->manifest.high == b->manifest.high;
}

/* So that somebody writes one that can be read, all of it. */
static void tell_broken(struct engine *engine,
                        const struct mr_checkpoint_note *note)
{
    struct mr_checkpoint_note broken = *note;
    struct mr_err err = { 0 };

    broken.broken = true;
    if (notes_tell(&engine->place, &broken, &err) != MR_OK)
        mr_log(engine->telemetry, MR_EV_NOTE, "index",
               "others cannot be told of a broken checkpoint: %s", err.text);
}

static void refuse(struct engine *engine, uint32_t partition,
                   const struct mr_err *err)
{
    mr_log(engine->telemetry, MR_EV_CHECKPOINT_REFUSED, "index",
           "shard %u is built from the log, its checkpoint cannot be used: %s",
           partition, err->text);
}

/* One that was the newest may be gone before it is read: then there is another.
 */
static bool fetch(struct engine *engine, const struct checkpoint_spec *spec,
                  struct mr_arena *arena, struct mr_err *err)
{
    struct mr_checkpoint_note tried = { 0 };
    struct mr_checkpoint_note note = { 0 };
    bool broken = false;

    for (int i = 0; i < TRIES; i++) {
        if (notes_read(engine->saver.notes, &engine->place, err) != MR_OK)
            return false;
        if (!notes_find(engine->saver.notes, &engine->place, spec->partition,
                        arena, &note) ||
            note.broken || (i > 0 && is_same(&note, &tried)))
            break;
        if (checkpoint_fetch(spec, &note, &broken, err) == MR_OK)
            return true;
        tried = note;
        if (!broken)
            break;
    }
    if (broken && !note.broken)
        tell_broken(engine, &note);
    return false;
}

bool engine_fetch_checkpoint(struct engine *engine, const char *folder,
                             uint32_t partition)
{
    struct checkpoint_spec spec;
    struct mr_arena *arena;
    struct mr_err err = { 0 };
    bool fetched;

    if (!has_checkpoints(engine))
        return false;
    if (engine->saver.age_max_ms == 0)
        engine->saver.age_max_ms = age_max_ms(engine);
    spec = spec_of(engine, folder, partition);
    if (!checkpoint_is_wanted(&spec))
        return false;
    arena = mr_arena_new();
    fetched = fetch(engine, &spec, arena, &err);
    if (!fetched && err.code != MR_OK)
        refuse(engine, partition, &err);
    mr_arena_free(arena);
    return fetched;
}

void engine_refuse_checkpoint(struct engine *engine, const char *folder,
                              uint32_t partition, const struct mr_err *err)
{
    struct checkpoint_spec spec = spec_of(engine, folder, partition);
    struct mr_arena *arena = mr_arena_new();
    struct mr_checkpoint_note note;

    refuse(engine, partition, err);
    if (notes_find(engine->saver.notes, &engine->place, partition, arena,
                   &note))
        tell_broken(engine, &note);
    checkpoint_drop(&spec);
    mr_arena_free(arena);
}

/* --- shards are written --- */

struct turn {
    struct engine *engine;
    size_t nth; /* of the shards */
    struct checkpoint_spec spec;
    int64_t next_us; /* not tried before */
};

static enum mr_code copy_records(void *context, const char *to,
                                 struct mr_err *err)
{
    const struct turn *turn = context;

    return mr_rocksdb_copy(turn->engine->records[turn->nth], to, err);
}

static enum mr_code save(struct turn *turn, struct mr_arena *arena,
                         const struct mr_checkpoint_note *newest,
                         struct mr_err *err)
{
    struct engine *engine = turn->engine;
    struct mr_checkpoint_note note;
    struct mr_checkpoint_note other;
    bool any;
    enum mr_code code =
        checkpoint_save(&turn->spec, engine->shards[turn->nth], copy_records,
                        turn, newest, &note, &any, err);

    if (code != MR_OK || !any)
        return code;
    if (notes_find(engine->saver.notes, &engine->place, note.partition, arena,
                   &other) &&
        (newest == NULL || !is_same(&other, newest))) {
        mr_log(engine->telemetry, MR_EV_NOTE, "index",
               "shard %u: %.*s has written a checkpoint meanwhile, and this "
               "one is not told",
               note.partition, MR_SPAN_ARG(other.member));
        return MR_OK;
    }
    code = notes_tell(&engine->place, &note, err);
    return code == MR_OK ? checkpoint_collect(&turn->spec, &note, err) : code;
}

static void measure(const struct turn *turn,
                    const struct mr_checkpoint_note *newest)
{
    const struct engine *engine = turn->engine;
    const struct mr_place *place = &engine->place;
    int64_t age_ms = mr_clock_wall_ms(place->clock) - newest->taken_ms;
    char name[16];

    (void)snprintf(name, sizeof(name), "%u", turn->spec.partition);
    mr_gauge(engine->telemetry, MR_M_CHECKPOINT_AGE, name, NULL,
             (double)age_ms / 1e3);
    mr_gauge(engine->telemetry, MR_M_CHECKPOINT_OFFSET, name, "keyword",
             (double)newest->documents_next);
    mr_gauge(engine->telemetry, MR_M_CHECKPOINT_OFFSET, name, "dense",
             (double)newest->vectors_next);
    mr_gauge(engine->telemetry, MR_M_CHECKPOINT_BYTES, name, NULL,
             (double)newest->bytes);
}

static bool is_due(const struct turn *turn,
                   const struct mr_checkpoint_note *newest)
{
    struct engine *engine = turn->engine;
    const struct mr_place *place = &engine->place;
    struct checkpoint_pace pace = {
        .now_ms = mr_clock_wall_ms(place->clock),
        .every_ms = engine->options.checkpoint_every_ms,
        .age_max_ms = engine->saver.age_max_ms,
        .stagger =
            mr_hash64(mr_span_str(turn->spec.member), turn->spec.partition),
    };
    struct shard_sealed sealed;

    shard_sealed(engine->shards[turn->nth], &sealed);
    return pace.every_ms > 0 &&
           mr_clock_mono_us(place->clock) >= turn->next_us &&
           checkpoint_is_due(newest, &sealed, &pace);
}

static void take_turn(struct turn *turn)
{
    struct engine *engine = turn->engine;
    struct mr_clock *clock = engine->place.clock;
    struct mr_arena *arena = mr_arena_new();
    struct mr_checkpoint_note note;
    struct mr_err err = { 0 };
    enum mr_code code = MR_OK;
    bool known = notes_find(engine->saver.notes, &engine->place,
                            turn->spec.partition, arena, &note);

    if (known)
        measure(turn, &note);
    if (is_due(turn, known ? &note : NULL)) {
        code = save(turn, arena, known ? &note : NULL, &err);
        turn->next_us =
            mr_clock_mono_us(clock) + (code == MR_OK ? TOLD_US : AGAIN_US);
    }
    if (code != MR_OK && code != MR_E_CANCELLED)
        mr_log(engine->telemetry, MR_EV_CHECKPOINT_FAILED, "index",
               "shard %u: %s; it is tried again", turn->spec.partition,
               err.text);
    mr_arena_free(arena);
}

static void *run(void *context)
{
    struct engine *engine = context;
    struct turn *turns = engine->saver.turns;

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    while (!atomic_load(&engine->saver.ending)) {
        mr_clock_sleep_ms(engine->place.clock, ROUND_MS);
        for (size_t i = 0;
             i < engine->shard_count && !atomic_load(&engine->saver.ending);
             i++)
            take_turn(&turns[i]);
    }
    return NULL;
}

static void make_turns(struct engine *engine)
{
    size_t count = 0;

    engine->saver.turns = mr_arena_calloc(engine->arena, engine->shard_count,
                                          sizeof(struct turn));
    for (uint32_t i = 0; i < engine->place.partitions; i++) {
        if (!engine_has(engine, i))
            continue;
        engine->saver.turns[count] = (struct turn){
            .engine = engine,
            .nth = count,
            .spec = spec_of(engine, engine_shard_folder(engine, i), i),
        };
        count++;
    }
}

enum mr_code engine_start_checkpoints(struct engine *engine, struct mr_err *err)
{
    int error;

    if (!has_checkpoints(engine) || engine->shard_count == 0)
        return MR_OK;
    make_turns(engine);
    error = pthread_create(&engine->saver.thread, NULL, run, engine);
    if (error != 0)
        return mr_fail_errno(err, MR_E_UNAVAILABLE, error,
                             "checkpoints: thread");
    engine->saver.started = true;
    return MR_OK;
}

void engine_stop_checkpoints(struct engine *engine)
{
    atomic_store(&engine->saver.ending, true);
    if (engine->saver.started)
        (void)pthread_join(engine->saver.thread, NULL);
    engine->saver.started = false;
}

/* --- what is told of them --- */

static void put_number(struct mr_json_out *out, const char *key, uint64_t value)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, value);
}

static void render(const struct engine *engine, struct mr_json_out *out,
                   const struct mr_checkpoint_note *note)
{
    int64_t age_ms = mr_clock_wall_ms(engine->place.clock) - note->taken_ms;

    mr_json_object_begin(out);
    put_number(out, "shard", note->partition);
    put_number(out, "documents_offset", note->documents_next);
    put_number(out, "vectors_offset", note->vectors_next);
    put_number(out, "age_s", age_ms > 0 ? (uint64_t)age_ms / 1000 : 0);
    put_number(out, "bytes", note->bytes);
    mr_json_key(out, "member");
    mr_json_put_text(out, note->member);
    mr_json_key(out, "broken");
    mr_json_put_bool(out, note->broken);
    mr_json_object_end(out);
}

void engine_render_checkpoints(struct engine *engine, struct mr_json_out *out)
{
    struct mr_place place = engine->place;
    struct mr_arena *arena = mr_arena_new();
    struct mr_checkpoint_note note;

    place.generation = atomic_load(&engine->serving);
    mr_json_key(out, "checkpoints");
    mr_json_array_begin(out);
    for (uint32_t i = 0; i < place.partitions; i++) {
        mr_arena_reset(arena);
        if (notes_find(engine->saver.notes, &place, i, arena, &note))
            render(engine, out, &note);
    }
    mr_json_array_end(out);
    mr_arena_free(arena);
}
