// SPDX-License-Identifier: Apache-2.0
/*
 * effects.c - what a step appends; see stage.h and effects_internal.h.
 *
 * An effect that cannot be (a key or value past the bus' limits, more bytes
 * than a step may hold) is remembered as the step's failure and left out; the
 * worker looks at it when the step has returned.
 */
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/effects_internal.h"

void mr_effects_init(struct mr_effects *effects, const struct mr_place *place,
                     const struct mr_stage *stage, struct mr_arena *arena)
{
    MR_ASSERT(stage->space_count <= MR_STAGE_SPACES_MAX);

    *effects = (struct mr_effects){
        .place = place,
        .stage = stage,
        .arena = arena,
    };
    mr_effects_reset(effects);
}

void mr_effects_deinit(struct mr_effects *effects)
{
    mr_free(effects->outputs);
    mr_free(effects->claims);
}

void mr_effects_reset(struct mr_effects *effects)
{
    for (size_t i = 0; i < effects->stage->space_count; i++)
        mr_overlay_init(&effects->changes[i], effects->arena);
    effects->output_count = 0;
    effects->claim_count = 0;
    effects->tally_count = 0;
    effects->passed = 0;
    effects->rejected = 0;
    effects->wake_ms = MR_WAKE_NEVER;
    effects->bytes = 0;
    effects->frozen = false;
    effects->failure.code = MR_OK;
}

bool mr_effects_empty(const struct mr_effects *effects)
{
    size_t changes = 0;

    for (size_t i = 0; i < effects->stage->space_count; i++)
        changes += effects->changes[i].count;
    return effects->output_count == 0 && changes == 0;
}

/* Counts the bytes; false when the step has failed, now or before. */
static bool take_room(struct mr_effects *effects, size_t bytes)
{
    if (effects->failure.code != MR_OK)
        return false;
    if (bytes > MR_EFFECTS_BYTES_MAX - effects->bytes) {
        (void)mr_fail(&effects->failure, MR_E_LIMIT,
                      "%s: the effects of one step exceed %zu bytes",
                      effects->stage->name, MR_EFFECTS_BYTES_MAX);
        return false;
    }
    effects->bytes += bytes;
    return true;
}

static bool check_emit(struct mr_effects *effects, enum mr_topic topic,
                       const struct mr_emit *emit)
{
    if (emit->key.size > MR_KEY_BYTES_MAX)
        (void)mr_fail(&effects->failure, MR_E_LIMIT,
                      "%s: a key of %zu bytes for %s, at most %u",
                      effects->stage->name, emit->key.size,
                      mr_topic_short_name(topic), MR_KEY_BYTES_MAX);
    else if (emit->value.size > (size_t)MR_VALUE_BYTES_MAX)
        (void)mr_fail(&effects->failure, MR_E_LIMIT,
                      "%s: a value of %zu bytes for %s, at most %u",
                      effects->stage->name, emit->value.size,
                      mr_topic_short_name(topic), MR_VALUE_BYTES_MAX);
    return effects->failure.code == MR_OK;
}

void mr_effects_emit(struct mr_effects *effects, enum mr_topic topic,
                     const struct mr_emit *emit)
{
    struct mr_span trace = { 0 };

    MR_ASSERT(topic < MR_TOPIC_COUNT);
    if (!take_room(effects, emit->key.size + emit->value.size) ||
        !check_emit(effects, topic, emit))
        return;
    if (effects->output_count == effects->output_room) {
        effects->output_room =
            effects->output_room > 0 ? 2 * effects->output_room : 64;
        effects->outputs = mr_realloc_array(
            effects->outputs, effects->output_room, sizeof(*effects->outputs));
    }
    if (emit->cause != NULL)
        trace = emit->cause->record.trace;
    effects->outputs[effects->output_count++] = (struct mr_record){
        .topic = effects->place->topics[topic],
        .partition = MR_PARTITION_BY_KEY,
        .version = emit->version,
        .time_ms = emit->time_ms,
        .key = mr_arena_copy(effects->arena, emit->key),
        .value = mr_arena_copy(effects->arena, emit->value),
        .trace = mr_arena_copy(effects->arena, trace),
    };
}

static void set(struct mr_effects *effects, size_t space, struct mr_span key,
                struct mr_span value)
{
    MR_ASSERT(space < effects->stage->space_count);
    MR_ASSERT(!effects->frozen); /* a visitor must not change state */

    if (take_room(effects, key.size + value.size))
        mr_overlay_set(&effects->changes[space], key, value);
}

void mr_effects_put(struct mr_effects *effects, size_t space,
                    struct mr_span key, struct mr_span value)
{
    static const uint8_t empty[1];

    if (value.data == NULL)
        value = mr_span(empty, 0);
    set(effects, space, key, value);
}

void mr_effects_delete(struct mr_effects *effects, size_t space,
                       struct mr_span key)
{
    set(effects, space, key, (struct mr_span){ 0 });
}

static bool is_claimed(const struct mr_effects *effects, struct mr_hash128 hash)
{
    for (size_t i = 0; i < effects->claim_count; i++) {
        if (effects->claims[i].hash.low == hash.low &&
            effects->claims[i].hash.high == hash.high)
            return true;
    }
    return false;
}

static void add_claim(struct mr_effects *effects, struct mr_span bytes,
                      struct mr_hash128 hash)
{
    if (effects->claim_count == effects->claim_room) {
        effects->claim_room =
            effects->claim_room > 0 ? 2 * effects->claim_room : 8;
        effects->claims = mr_realloc_array(effects->claims, effects->claim_room,
                                           sizeof(*effects->claims));
    }
    effects->claims[effects->claim_count++] = (struct mr_claim){
        .bytes = mr_arena_copy(effects->arena, bytes),
        .hash = hash,
    };
}

void mr_effects_claim(struct mr_effects *effects, struct mr_payload *payload)
{
    if (payload->bytes.size > (size_t)MR_INLINE_BYTES_MAX)
        mr_effects_claim_any(effects, payload);
}

void mr_effects_claim_any(struct mr_effects *effects,
                          struct mr_payload *payload)
{
    struct mr_span bytes = payload->bytes;

    if (payload->in_blob || bytes.size == 0)
        return;
    if (bytes.size > MR_BLOB_BYTES_MAX && effects->failure.code == MR_OK)
        (void)mr_fail(&effects->failure, MR_E_LIMIT,
                      "%s: a blob of %zu bytes, at most %zu",
                      effects->stage->name, bytes.size, MR_BLOB_BYTES_MAX);
    payload->hash = mr_hash128(bytes);
    payload->size = bytes.size;
    payload->in_blob = true;
    payload->bytes = (struct mr_span){ 0 };
    if (!is_claimed(effects, payload->hash) && take_room(effects, bytes.size))
        add_claim(effects, bytes, payload->hash);
}

static void tally(struct mr_effects *effects, const char *reason)
{
    size_t nth = 0;

    while (nth < effects->tally_count &&
           strcmp(effects->tallies[nth].reason, reason) != 0)
        nth++;
    if (nth == MR_TALLIES_MAX) {
        nth--;
        effects->tallies[nth].reason = "other";
    }
    if (nth == effects->tally_count)
        effects->tallies[effects->tally_count++] =
            (struct mr_tally){ .reason = reason };
    effects->tallies[nth].count++;
}

void mr_effects_account(struct mr_effects *effects, enum mr_outcome outcome,
                        const char *reason)
{
    switch (outcome) {
    case MR_OUTCOME_PASSED:
        effects->passed++;
        return;
    case MR_OUTCOME_REJECTED:
        MR_ASSERT(reason != NULL);
        effects->rejected++;
        tally(effects, reason);
        return;
    case MR_OUTCOME_FAILED:
        return; /* the worker knows what it put on `dead` */
    }
    MR_UNREACHABLE();
}

void mr_effects_wake(struct mr_effects *effects, int64_t delay_ms)
{
    MR_ASSERT(delay_ms >= 0);

    if (delay_ms < effects->wake_ms)
        effects->wake_ms = delay_ms;
}

enum mr_code mr_effects_put_blobs(const struct mr_effects *effects,
                                  struct mr_err *err)
{
    for (size_t i = 0; i < effects->claim_count; i++) {
        const struct mr_claim *claim = &effects->claims[i];
        struct mr_hash128 hash;
        enum mr_code code =
            mr_blob_put(effects->place->blob, claim->bytes, &hash, err);

        if (code != MR_OK)
            return code;
        /* Messages name blobs before they are put: by the one hash. */
        MR_ASSERT(hash.low == claim->hash.low && hash.high == claim->hash.high);
    }
    return MR_OK;
}
