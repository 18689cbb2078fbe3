// SPDX-License-Identifier: Apache-2.0
/*
 * vectors.c - see vectors.h.
 */
#include "common/wire/vectors.h"

#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/vectors.pb-c.h"

static uint64_t payload_size(const struct mr_payload *payload)
{
    return payload->in_blob ? payload->size : payload->bytes.size;
}

/* `count` is within its limit. */
static void check_ordinals(struct mr_wire_check *c,
                           const struct mr_vectors *vectors)
{
    for (size_t i = 0; i < vectors->count; i++) {
        mr_wire_check_size(c, "as the number of a passage",
                           vectors->passages[i], MR_PASSAGES_MAX - 1);
        mr_wire_check(
            c, i == 0 || vectors->passages[i - 1] <= vectors->passages[i],
            "vectors are in order of their passages");
    }
}

static void check_floats(struct mr_wire_check *c,
                         const struct mr_vectors *vectors)
{
    mr_wire_check_size(c, "dimensions", vectors->dimension, MR_DIMENSION_MAX);
    mr_wire_check_size(c, "vectors", vectors->count, MR_VECTORS_MAX);
    mr_wire_check_payload(c, "floats", &vectors->floats);
    if (c->code != MR_OK)
        return;
    mr_wire_check(c, vectors->count == 0 || vectors->dimension > 0,
                  "vectors have a dimension");
    mr_wire_check(c, vectors->count == 0 || vectors->state == MR_STATE_LIVE,
                  "only a live document has vectors");
    mr_wire_check(c,
                  payload_size(&vectors->floats) == (uint64_t)vectors->count *
                                                        vectors->dimension *
                                                        sizeof(float),
                  "there are floats for count and dimension");
    check_ordinals(c, vectors);
}

static void check(struct mr_wire_check *c, const struct mr_vectors *vectors)
{
    mr_wire_check_id(c, "id", vectors->id);
    mr_wire_check(c, vectors->version != 0, "vectors have a version");
    mr_wire_check_enum(c, "state", (int)vectors->state, MR_STATE_LIVE,
                       MR_STATE_FAILED);
    mr_wire_check_text(c, "error", vectors->error, MR_ERROR_BYTES_MAX);
    check_floats(c, vectors);
}

enum mr_code mr_vectors_encode(const struct mr_vectors *vectors,
                               struct mr_arena *arena, struct mr_span *out,
                               struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("vectors", err);
    struct mr_vectors given = *vectors;
    Millrace__Vectors message = MILLRACE__VECTORS__INIT;

    given.error = mr_wire_words(arena, vectors->error, MR_ERROR_BYTES_MAX);
    check(&c, &given);
    if (c.code != MR_OK)
        return c.code;
    message.major = MR_WIRE_MAJOR;
    message.id = mr_wire_put(given.id);
    message.version = given.version;
    message.content_version = given.content_version;
    message.state = (Millrace__State)given.state;
    message.error = mr_wire_put(given.error);
    message.time_ms = given.time_ms;
    message.dimension = given.dimension;
    message.n_passages = given.count;
    message.passages = given.passages;
    message.floats = mr_wire_put_payload(arena, &given.floats);
    return mr_wire_pack(&c, &message.base, arena, out);
}

enum mr_code mr_vectors_parse(struct mr_span bytes, struct mr_arena *arena,
                              struct mr_vectors *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("vectors", err);
    const Millrace__Vectors *message =
        mr_wire_unpack(&c, &millrace__vectors__descriptor, bytes, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_vectors){
        .id = mr_wire_get(message->id),
        .version = message->version,
        .content_version = message->content_version,
        .state = (enum mr_doc_state)message->state,
        .error = mr_wire_get(message->error),
        .time_ms = message->time_ms,
        .dimension = message->dimension,
        .passages = message->passages,
        .count = message->n_passages,
        .floats = mr_wire_get_payload(&c, message->floats),
    };
    check(&c, out);
    return c.code;
}
