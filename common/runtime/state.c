// SPDX-License-Identifier: Apache-2.0
/*
 * state.c - what a step reads: the store under this step's changes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/runtime/effects_internal.h"

void mr_state_prefix(const struct mr_effects *effects, uint32_t lane,
                     char out[MR_SPACE_NAME_MAX + 1])
{
    const struct mr_place *place = effects->place;
    const struct mr_stage *stage = effects->stage;

    if (stage->foreign != NULL)
        (void)snprintf(out, MR_SPACE_NAME_MAX + 1, "%s.%s.%u.",
                       place->collection, stage->name, lane);
    else
        (void)snprintf(out, MR_SPACE_NAME_MAX + 1, "%s.%u.%s.%u.",
                       place->collection, place->generation, stage->name, lane);
}

enum mr_code mr_state_init(struct mr_state *state, struct mr_effects *effects,
                           uint32_t lane, struct mr_err *err)
{
    const struct mr_place *place = effects->place;
    const struct mr_stage *stage = effects->stage;

    *state = (struct mr_state){ .effects = effects };
    for (size_t i = 0; i < stage->space_count; i++) {
        char name[MR_SPACE_NAME_MAX + 1];
        mr_space_id id;
        enum mr_code code;
        int size;

        mr_state_prefix(effects, lane, name);
        size = snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s",
                        stage->spaces[i]);
        MR_ASSERT(strlen(name) < sizeof(name) - 1 &&
                  (size_t)size == strlen(stage->spaces[i]));
        code = mr_store_space(place->store, name, &id, err);
        if (code != MR_OK)
            return code;
        mr_stored_init(&state->spaces[i], place->store, id);
    }
    return MR_OK;
}

void mr_state_write(struct mr_state *state, struct mr_batch *batch)
{
    const struct mr_effects *effects = state->effects;

    MR_ASSERT(mr_batch_count(batch) == 0);
    for (size_t i = 0; i < effects->stage->space_count; i++)
        mr_overlay_write(&effects->changes[i], &state->spaces[i], batch);
}

struct mr_arena *mr_state_arena(struct mr_state *state)
{
    return state->effects->arena;
}

enum mr_code mr_state_get(struct mr_state *state, size_t space,
                          struct mr_span key, struct mr_span *out,
                          struct mr_err *err)
{
    struct mr_effects *effects = state->effects;
    const struct mr_overlay_entry *entry;

    MR_ASSERT(space < effects->stage->space_count);
    entry = mr_overlay_find(&effects->changes[space], key);
    if (entry != NULL) {
        *out = entry->value;
        return MR_OK;
    }
    return mr_store_get(effects->place->store, state->spaces[space].space, key,
                        effects->arena, out, err);
}

enum mr_code mr_state_scan(struct mr_state *state, size_t space,
                           struct mr_range range, mr_store_visit *visit,
                           void *context, struct mr_err *err)
{
    struct mr_effects *effects = state->effects;
    bool outer = effects->frozen;
    enum mr_code code;

    MR_ASSERT(space < effects->stage->space_count);
    effects->frozen = true;
    code = mr_overlay_scan(&effects->changes[space], &state->spaces[space],
                           range, visit, context, err);
    effects->frozen = outer;
    return code;
}

static bool is_read(const struct mr_stage *stage, enum mr_topic topic)
{
    for (size_t i = 0; i < stage->read_count; i++) {
        if (stage->reads[i] == topic)
            return true;
    }
    return false;
}

enum mr_code mr_state_fetch(struct mr_state *state, enum mr_topic topic,
                            struct mr_span key, uint64_t offset,
                            struct mr_record *out, struct mr_err *err)
{
    const struct mr_effects *effects = state->effects;
    const struct mr_place *place = effects->place;

    MR_ASSERT(is_read(effects->stage, topic));
    return mr_bus_fetch(place->bus, place->topics[topic],
                        mr_place_partition(place, key), offset, effects->arena,
                        out, err);
}

/* The bytes that this very step claimed, which are not stored yet. */
static struct mr_span find_claim(const struct mr_effects *effects,
                                 struct mr_hash128 hash)
{
    for (size_t i = 0; i < effects->claim_count; i++) {
        if (effects->claims[i].hash.low == hash.low &&
            effects->claims[i].hash.high == hash.high)
            return effects->claims[i].bytes;
    }
    return (struct mr_span){ 0 };
}

enum mr_code mr_state_load(struct mr_state *state, struct mr_payload *payload,
                           struct mr_err *err)
{
    const struct mr_effects *effects = state->effects;
    struct mr_span bytes;
    enum mr_code code;

    if (payload->bytes.data != NULL || !payload->in_blob)
        return MR_OK;
    bytes = find_claim(effects, payload->hash);
    if (bytes.data == NULL) {
        code = mr_blob_get(effects->place->blob, payload->hash, effects->arena,
                           &bytes, err);
        if (code != MR_OK)
            return code;
    }
    if (bytes.size != payload->size)
        return mr_fail(err, MR_E_CORRUPT,
                       "%s: a blob has %zu bytes, its message says %" PRIu64,
                       effects->stage->name, bytes.size, payload->size);
    payload->bytes = bytes;
    return MR_OK;
}
