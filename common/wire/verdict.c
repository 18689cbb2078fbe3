// SPDX-License-Identifier: Apache-2.0
/*
 * verdict.c - see verdict.h.
 */
#include "common/wire/verdict.h"

#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/verdict.pb-c.h"

static void check(struct mr_wire_check *c, const struct mr_verdict *verdict)
{
    mr_wire_check_id(c, "id", verdict->id);
    mr_wire_check(c, verdict->version != 0, "a verdict has a version");
    mr_wire_check_enum(c, "state", (int)verdict->state, MR_STATE_LIVE,
                       MR_STATE_FAILED);
    mr_wire_check_reason(c, &verdict->reason);
    mr_wire_check(c,
                  verdict->is_patch ||
                      (verdict->patch.count == 0 && !verdict->has_access),
                  "only a patch's verdict has a patch");
    mr_wire_check_pairs(c, &verdict->patch, true);
    mr_wire_check_access(c, &verdict->access);
    mr_wire_check_text(c, "fingerprint", verdict->config, MR_NAME_BYTES_MAX);
}

static void put(struct mr_arena *arena, const struct mr_verdict *verdict,
                Millrace__Verdict *message)
{
    message->major = MR_WIRE_MAJOR;
    message->id = mr_wire_put(verdict->id);
    message->version = verdict->version;
    message->content_version = verdict->content_version;
    message->state = (Millrace__State)verdict->state;
    message->reason = mr_wire_put_reason(arena, &verdict->reason);
    message->time_ms = verdict->time_ms;
    message->is_patch = verdict->is_patch;
    message->n_patch = verdict->patch.count;
    message->patch = mr_wire_put_pairs(arena, &verdict->patch);
    message->has_access = verdict->has_access;
    if (verdict->has_access)
        message->access = mr_wire_put_access(arena, &verdict->access);
    message->config = mr_wire_put(verdict->config);
}

enum mr_code mr_verdict_encode(const struct mr_verdict *verdict,
                               struct mr_arena *arena, struct mr_span *out,
                               struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("verdict", err);
    struct mr_verdict sorted = *verdict;
    Millrace__Verdict message = MILLRACE__VERDICT__INIT;

    sorted.patch = mr_wire_sorted(arena, verdict->patch);
    sorted.reason.value =
        mr_wire_words(arena, verdict->reason.value, MR_ERROR_BYTES_MAX);
    check(&c, &sorted);
    if (c.code != MR_OK)
        return c.code;
    put(arena, &sorted, &message);
    return mr_wire_pack(&c, &message.base, arena, out);
}

enum mr_code mr_verdict_parse(struct mr_span bytes, struct mr_arena *arena,
                              struct mr_verdict *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("verdict", err);
    const Millrace__Verdict *message =
        mr_wire_unpack(&c, &millrace__verdict__descriptor, bytes, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_verdict){
        .id = mr_wire_get(message->id),
        .version = message->version,
        .content_version = message->content_version,
        .state = (enum mr_doc_state)message->state,
        .reason = mr_wire_get_reason(message->reason),
        .time_ms = message->time_ms,
        .is_patch = message->is_patch != 0,
        .patch = mr_wire_get_pairs(arena, message->patch, message->n_patch),
        .has_access = message->has_access != 0,
        .access = mr_wire_get_access(arena, message->access),
        .config = mr_wire_get(message->config),
    };
    check(&c, out);
    return c.code;
}
