// SPDX-License-Identifier: Apache-2.0
/*
 * dead.c - see dead.h.
 */
#include "common/wire/dead.h"

#include "common/ports/bus.h"
#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/dead.pb-c.h"

/* The id is whatever key the record had: that may be what was wrong. */
static void check(struct mr_wire_check *c, const struct mr_dead *dead)
{
    mr_wire_check_size(c, "bytes of a key", dead->id.size, MR_KEY_BYTES_MAX);
    mr_wire_check_text(c, "stage", dead->stage, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "topic", dead->topic, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "code", dead->code, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "error", dead->error, MR_ERROR_BYTES_MAX);
    mr_wire_check_payload(c, "value", &dead->value);
}

enum mr_code mr_dead_encode(const struct mr_dead *dead, struct mr_arena *arena,
                            struct mr_span *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("dead", err);
    struct mr_dead given = *dead;
    Millrace__Dead message = MILLRACE__DEAD__INIT;

    given.error = mr_wire_words(arena, dead->error, MR_ERROR_BYTES_MAX);
    check(&c, &given);
    if (c.code != MR_OK)
        return c.code;
    message.major = MR_WIRE_MAJOR;
    message.id = mr_wire_put(given.id);
    message.stage = mr_wire_put(given.stage);
    message.topic = mr_wire_put(given.topic);
    message.partition = given.partition;
    message.offset = given.offset;
    message.version = given.version;
    message.code = mr_wire_put(given.code);
    message.error = mr_wire_put(given.error);
    message.time_ms = given.time_ms;
    message.value = mr_wire_put_payload(arena, &given.value);
    return mr_wire_pack(&c, &message.base, arena, out);
}

enum mr_code mr_dead_parse(struct mr_span bytes, struct mr_arena *arena,
                           struct mr_dead *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("dead", err);
    const Millrace__Dead *message =
        mr_wire_unpack(&c, &millrace__dead__descriptor, bytes, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_dead){
        .id = mr_wire_get(message->id),
        .stage = mr_wire_get(message->stage),
        .topic = mr_wire_get(message->topic),
        .partition = message->partition,
        .offset = message->offset,
        .version = message->version,
        .code = mr_wire_get(message->code),
        .error = mr_wire_get(message->error),
        .time_ms = message->time_ms,
        .value = mr_wire_get_payload(&c, message->value),
    };
    check(&c, out);
    return c.code;
}
