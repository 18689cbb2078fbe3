// SPDX-License-Identifier: Apache-2.0
/*
 * front_door.c - see front_door.h.
 */
#include "retriever/io/front_door.h"

#include <inttypes.h>

#include "common/base/mr_assert.h"

#define VERSION_DIGITS 16u

/* What a signature holds beside a patch and who may see the document. */
#define SIGNATURE_REST_BYTES 512u

static enum mr_code check_id(struct mr_span id, struct mr_err *err)
{
    if (id.size == 0 || id.size > MR_ID_BYTES_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "the id has %zu bytes, should have 1 to %u", id.size,
                       MR_ID_BYTES_MAX);
    for (size_t i = 0; i < id.size; i++) {
        if (id.data[i] < 0x20 || id.data[i] == 0x7F)
            return mr_fail(err, MR_E_INVALID,
                           "the id has a control character at byte %zu", i);
    }
    return MR_OK;
}

static enum mr_code claim(const struct mr_place *place,
                          struct mr_payload *payload, struct mr_err *err)
{
    enum mr_code code =
        mr_blob_put(place->blob, payload->bytes, &payload->hash, err);

    payload->in_blob = true;
    payload->size = payload->bytes.size;
    payload->bytes = (struct mr_span){ 0 };
    return code;
}

/* A body that is too long for a message, alone or beside its metadata, goes to
 * the blob store first. */
static enum mr_code encode(const struct mr_place *place, struct mr_raw *raw,
                           struct mr_arena *arena, struct mr_span *out,
                           struct mr_err *err)
{
    struct mr_payload *body = &raw->put.body;
    enum mr_code code = MR_OK;

    if (raw->kind != MR_KIND_PUT)
        return mr_raw_encode(raw, arena, out, err);
    if (body->bytes.size > MR_INLINE_BYTES_MAX)
        code = claim(place, body, err);
    if (code == MR_OK)
        code = mr_raw_encode(raw, arena, out, err);
    if (code != MR_E_LIMIT || body->bytes.size == 0)
        return code;
    code = claim(place, body, err);
    return code == MR_OK ? mr_raw_encode(raw, arena, out, err) : code;
}

/* A patch travels in a signature, which has its own limit: one that is too long
 * is refused here, since behind here it would fail the document. */
static enum mr_code check_patch(const struct mr_raw *raw, size_t bytes,
                                struct mr_err *err)
{
    size_t most = MR_SIGNATURE_BYTES_MAX - SIGNATURE_REST_BYTES;

    if (raw->kind != MR_KIND_PATCH || bytes <= most)
        return MR_OK;
    return mr_fail(err, MR_E_LIMIT,
                   "a patch of %zu bytes, at most %zu are taken; put the "
                   "document anew",
                   bytes, most);
}

enum mr_code front_door_append(const struct mr_place *place, struct mr_raw *raw,
                               struct mr_span trace, struct mr_arena *arena,
                               uint64_t *version, struct mr_err *err)
{
    struct mr_record record = {
        .topic = place->topics[MR_TOPIC_RAW],
        .partition = MR_PARTITION_BY_KEY,
        .key = raw->id,
        .time_ms = raw->time_ms,
        .trace = trace,
    };
    enum mr_code code = check_id(raw->id, err);

    if (code == MR_OK)
        code = encode(place, raw, arena, &record.value, err);
    if (code == MR_OK)
        code = check_patch(raw, record.value.size, err);
    if (code == MR_OK)
        code = mr_bus_append(place->bus, &record, 1, err);
    if (code == MR_OK)
        *version = mr_place_version(place, record.offset);
    return code;
}

enum mr_code front_door_wait(struct index_peer *peer, struct mr_span id,
                             uint64_t version, bool dense, int wait_ms,
                             struct mr_arena *arena, enum front_door_fate *fate,
                             struct shard_record *record, struct mr_err *err)
{
    struct peer_at_least least = { .id = id,
                                   .version = version,
                                   .dense = dense };
    struct peer_view view;
    bool done;
    enum mr_code code;

    *fate = FRONT_DOOR_PENDING;
    peer_hold(peer, wait_ms + PEER_CALL_MS, &view);
    code = peer_wait(peer, &view, &least, wait_ms, arena, &done, err);
    if (code == MR_OK && done)
        code = peer_get(peer, &view, id, arena, record, err);
    peer_release(peer, &view);
    /* Another replica may have answered, which has not seen it yet. */
    if (code != MR_OK || !done || !record->found ||
        record->document.version < version)
        return code;
    *fate = record->document.version > version ? FRONT_DOOR_SUPERSEDED
                                               : FRONT_DOOR_DONE;
    return MR_OK;
}

char *front_door_token(struct mr_arena *arena, struct mr_span id,
                       uint64_t version)
{
    return mr_arena_printf(arena, "%016" PRIx64 "-%.*s", version,
                           MR_SPAN_ARG(id));
}

bool front_door_token_parse(struct mr_span token, struct mr_span *id,
                            uint64_t *version)
{
    *version = 0;
    if (token.size <= VERSION_DIGITS + 1 || token.data[VERSION_DIGITS] != '-')
        return false;
    for (size_t i = 0; i < VERSION_DIGITS; i++) {
        uint8_t byte = token.data[i];
        uint64_t digit = byte >= '0' && byte <= '9' ? (uint64_t)byte - '0'
                         : byte >= 'a' && byte <= 'f'
                             ? (uint64_t)byte - 'a' + 10
                             : 16;

        if (digit == 16)
            return false;
        *version = *version * 16 + digit;
    }
    *id = mr_span(token.data + VERSION_DIGITS + 1,
                  token.size - VERSION_DIGITS - 1);
    return true;
}

static_assert(MR_ID_BYTES_MAX <= 512, "MR_SPAN_ARG cuts at 512 bytes");
