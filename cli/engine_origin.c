// SPDX-License-Identifier: Apache-2.0
/*
 * engine_origin.c - which generations are there, and which are partial because
 * they begin later than the log.
 */
#include "cli/engine_parts.h"
#include "common/base/mr_time.h"

#define GENERATIONS_MAX 64u /* more are not listed */

enum mr_code engine_open_origin(struct engine *engine, struct mr_err *err)
{
    struct mr_place *place = &engine->place;
    struct mr_origin *origin = &engine->origin;
    bool found = true;
    enum mr_code code;

    if (engine->options.from != NULL)
        code = mr_origin_settle(place, engine->options.from, engine->arena,
                                origin, err);
    else
        code = mr_origin_find(place, engine->arena, origin, &found, err);
    if (code != MR_OK || !found || !origin->partial)
        return code;
    place->raw_from = origin->offsets;
    mr_log(engine->telemetry, MR_EV_NOTE, NULL,
           "generation %u is partial: it holds what was written %s",
           place->generation, mr_origin_words(origin, engine->arena));
    return MR_OK;
}

const struct mr_origin *engine_origin(const struct engine *engine)
{
    return engine->place.raw_from == NULL ? NULL : &engine->origin;
}

bool engine_find_origin(struct engine *engine, uint32_t generation,
                        struct mr_arena *arena, struct mr_origin *out)
{
    if (engine->origin.partial && engine->origin.generation == generation) {
        *out = engine->origin;
        return true;
    }
    return engine->members != NULL &&
           members_origin(engine->members, generation, arena, out) &&
           out->partial;
}

static void put_origin(struct mr_json_out *out, const struct mr_origin *origin)
{
    char since[MR_TIME_TEXT_SIZE];

    mr_time_text(origin->since_ms, since);
    mr_json_key(out, "since");
    mr_json_put_str(out, since);
    mr_json_key(out, "from");
    mr_json_put_text(out, origin->from);
    mr_json_key(out, "offsets");
    mr_json_array_begin(out);
    for (size_t i = 0; i < origin->offset_count; i++)
        mr_json_put_u64(out, origin->offsets[i]);
    mr_json_array_end(out);
}

static void put_generation(struct mr_json_out *out, uint32_t generation)
{
    mr_json_key(out, "generation");
    mr_json_put_u64(out, generation);
}

void engine_render_origin(struct engine *engine, struct mr_json_out *out)
{
    uint32_t generation = engine->members == NULL
                              ? engine->place.generation
                              : atomic_load(&engine->serving);
    struct mr_arena *arena = mr_arena_new();
    struct mr_origin origin;

    if (engine_find_origin(engine, generation, arena, &origin)) {
        mr_json_key(out, "partial");
        mr_json_object_begin(out);
        put_generation(out, generation);
        put_origin(out, &origin);
        mr_json_object_end(out);
    }
    mr_arena_free(arena);
}

/* --- the list --- */

struct listing {
    uint32_t list[GENERATIONS_MAX];
    size_t count;
};

/* In order of their numbers, each once. */
static void note(struct listing *listing, uint32_t generation)
{
    size_t at = 0;

    while (at < listing->count && listing->list[at] < generation)
        at++;
    if (generation == 0 || listing->count == GENERATIONS_MAX ||
        (at < listing->count && listing->list[at] == generation))
        return;
    for (size_t i = listing->count++; i > at; i--)
        listing->list[i] = listing->list[i - 1];
    listing->list[at] = generation;
}

static void note_member(void *context, const struct members_heard *heard)
{
    note(context, heard->member->generation);
}

static void put_one(struct engine *engine, uint32_t generation,
                    struct mr_arena *arena, struct mr_json_out *out)
{
    struct mr_origin origin;
    bool partial = engine_find_origin(engine, generation, arena, &origin);

    mr_json_object_begin(out);
    put_generation(out, generation);
    mr_json_key(out, "served");
    mr_json_put_bool(out, engine_count_missing(engine, generation) == 0);
    mr_json_key(out, "partial");
    mr_json_put_bool(out, partial);
    if (partial)
        put_origin(out, &origin);
    mr_json_object_end(out);
}

void engine_render_generations(struct engine *engine, struct mr_json_out *out)
{
    struct mr_arena *arena = mr_arena_new();
    struct listing listing = { 0 };

    note(&listing, atomic_load(&engine->serving));
    members_each(engine->members, note_member, &listing);
    mr_json_key(out, "generations");
    mr_json_array_begin(out);
    for (size_t i = 0; i < listing.count; i++)
        put_one(engine, listing.list[i], arena, out);
    mr_json_array_end(out);
    mr_arena_free(arena);
}
