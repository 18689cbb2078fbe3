// SPDX-License-Identifier: Apache-2.0
/*
 * control.c - see control.h.
 */
#include "common/wire/control.h"

#include "common/ports/bus.h"
#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/control.pb-c.h"

static void check_stages(struct mr_wire_check *c,
                         const struct mr_member *member)
{
    mr_wire_check_size(c, "stages", member->stage_count, MR_MEMBER_STAGES_MAX);
    for (size_t i = 0; i < member->stage_count && c->code == MR_OK; i++) {
        mr_wire_check_text(c, "name of a stage", member->stages[i].name,
                           MR_NAME_BYTES_MAX);
        mr_wire_check_text(c, "error", member->stages[i].error,
                           MR_ERROR_BYTES_MAX);
    }
}

static void check(struct mr_wire_check *c, const struct mr_member *member)
{
    mr_wire_check(c, member->name.size > 0, "a member has a name");
    mr_wire_check_text(c, "name", member->name, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "role", member->role, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "host", member->host, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "address", member->address, MR_URL_BYTES_MAX);
    mr_wire_check(c, member->number < member->members,
                  "a member's number is below their count");
    mr_wire_check_size(c, "partitions", member->partition_count,
                       MR_MEMBER_PARTITIONS_MAX);
    check_stages(c, member);
}

static Millrace__MemberStage **put_stages(struct mr_arena *arena,
                                          const struct mr_member *member)
{
    Millrace__MemberStage *parts =
        mr_arena_calloc(arena, member->stage_count, sizeof(*parts));
    Millrace__MemberStage **list =
        mr_arena_calloc(arena, member->stage_count, sizeof(*list));

    for (size_t i = 0; i < member->stage_count; i++) {
        const struct mr_member_stage *stage = &member->stages[i];

        list[i] = &parts[i];
        millrace__member_stage__init(&parts[i]);
        parts[i].name = mr_wire_put(stage->name);
        parts[i].inputs = stage->inputs;
        parts[i].outputs = stage->outputs;
        parts[i].rejected = stage->rejected;
        parts[i].failed = stage->failed;
        parts[i].retries = stage->retries;
        parts[i].lag = stage->lag;
        parts[i].oldest_ms = stage->oldest_ms;
        parts[i].error =
            mr_wire_put(mr_wire_words(arena, stage->error, MR_ERROR_BYTES_MAX));
    }
    return list;
}

static uint32_t *put_partitions(struct mr_arena *arena,
                                const struct mr_member *member)
{
    uint32_t *list =
        mr_arena_calloc(arena, member->partition_count, sizeof(*list));

    for (size_t i = 0; i < member->partition_count; i++)
        list[i] = member->partitions[i];
    return list;
}

static void put(struct mr_arena *arena, const struct mr_member *member,
                Millrace__Member *message)
{
    message->name = mr_wire_put(member->name);
    message->role = mr_wire_put(member->role);
    message->host = mr_wire_put(member->host);
    message->address = mr_wire_put(member->address);
    message->number = member->number;
    message->members = member->members;
    message->n_partitions = member->partition_count;
    message->partitions = put_partitions(arena, member);
    message->beat = member->beat;
    message->started_ms = member->started_ms;
    message->leaving = member->leaving;
    message->interval_ms = member->interval_ms;
    message->generation = member->generation;
    message->keyword_lag = member->keyword_lag;
    message->n_stages = member->stage_count;
    message->stages = put_stages(arena, member);
}

static void check_alias(struct mr_wire_check *c, const struct mr_alias *alias)
{
    mr_wire_check(c, alias->generation > 0, "generations count from 1");
}

static void check_checkpoint(struct mr_wire_check *c,
                             const struct mr_checkpoint_note *note)
{
    mr_wire_check(c, note->generation > 0, "generations count from 1");
    mr_wire_check(c, note->partition < MR_PARTITIONS_MAX,
                  "a partition is one that can be");
    mr_wire_check_text(c, "model", note->model, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "member", note->member, MR_NAME_BYTES_MAX);
}

struct mr_span mr_checkpoint_key(const struct mr_checkpoint_note *note,
                                 struct mr_arena *arena)
{
    return mr_span_str(mr_arena_printf(arena, "checkpoint/%u/%u/%.*s",
                                       note->generation, note->partition,
                                       MR_SPAN_ARG(note->model)));
}

static void check_origin(struct mr_wire_check *c,
                         const struct mr_origin *origin)
{
    mr_wire_check(c, origin->generation > 0, "generations count from 1");
    mr_wire_check_text(c, "from", origin->from, MR_URL_BYTES_MAX);
    mr_wire_check_size(c, "offsets", origin->offset_count,
                       MR_MEMBER_PARTITIONS_MAX);
}

static void put_origin(struct mr_arena *arena, const struct mr_origin *origin,
                       Millrace__Origin *message)
{
    message->generation = origin->generation;
    message->from = mr_wire_put(origin->from);
    message->n_offsets = origin->offset_count;
    message->offsets =
        mr_arena_calloc(arena, origin->offset_count, sizeof(*message->offsets));
    for (size_t i = 0; i < origin->offset_count; i++)
        message->offsets[i] = origin->offsets[i];
    message->partial = origin->partial;
    message->since_ms = origin->since_ms;
    message->set_ms = origin->set_ms;
}

static void get_origin(const Millrace__Origin *message, struct mr_origin *out)
{
    *out = (struct mr_origin){
        .generation = message->generation,
        .from = mr_wire_get(message->from),
        .offsets = message->offsets,
        .offset_count = message->n_offsets,
        .partial = message->partial,
        .since_ms = message->since_ms,
        .set_ms = message->set_ms,
    };
}

/* What it is about: one thing, or one that is not known. */
static void check_one(struct mr_wire_check *c, const struct mr_control *control)
{
    mr_wire_check(c,
                  control->is_member + control->is_alias +
                          control->is_checkpoint + control->is_origin <=
                      1,
                  "it is about one thing");
    if (c->code == MR_OK && control->is_member)
        check(c, &control->member);
    if (c->code == MR_OK && control->is_alias)
        check_alias(c, &control->alias);
    if (c->code == MR_OK && control->is_checkpoint)
        check_checkpoint(c, &control->checkpoint);
    if (c->code == MR_OK && control->is_origin)
        check_origin(c, &control->origin);
}

static void put_checkpoint(struct mr_arena *arena,
                           const struct mr_checkpoint_note *note,
                           Millrace__CheckpointNote *message)
{
    message->generation = note->generation;
    message->partition = note->partition;
    message->model = mr_wire_put(note->model);
    message->manifest = mr_wire_put_hash(arena, note->manifest);
    message->documents_next = note->documents_next;
    message->vectors_next = note->vectors_next;
    message->taken_ms = note->taken_ms;
    message->bytes = note->bytes;
    message->member = mr_wire_put(note->member);
    message->broken = note->broken;
}

enum mr_code mr_control_encode(const struct mr_control *control,
                               struct mr_arena *arena, struct mr_span *out,
                               struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("control", err);
    Millrace__Control message = MILLRACE__CONTROL__INIT;
    Millrace__Member member = MILLRACE__MEMBER__INIT;
    Millrace__Alias alias = MILLRACE__ALIAS__INIT;
    Millrace__CheckpointNote checkpoint = MILLRACE__CHECKPOINT_NOTE__INIT;
    Millrace__Origin origin = MILLRACE__ORIGIN__INIT;

    check_one(&c, control);
    if (c.code != MR_OK)
        return c.code;
    message.major = MR_WIRE_MAJOR;
    if (control->is_alias) {
        message.alias = &alias;
        alias.generation = control->alias.generation;
        alias.previous = control->alias.previous;
        alias.set_ms = control->alias.set_ms;
    }
    if (control->is_origin) {
        message.origin = &origin;
        put_origin(arena, &control->origin, &origin);
    }
    if (control->is_member) {
        message.member = &member;
        put(arena, &control->member, &member);
    }
    if (control->is_checkpoint) {
        message.checkpoint = &checkpoint;
        put_checkpoint(arena, &control->checkpoint, &checkpoint);
    }
    return mr_wire_pack(&c, &message.base, arena, out);
}

static const struct mr_member_stage *get_stages(struct mr_arena *arena,
                                                Millrace__MemberStage **list,
                                                size_t count)
{
    struct mr_member_stage *stages =
        mr_arena_calloc(arena, count, sizeof(*stages));

    for (size_t i = 0; i < count; i++)
        stages[i] = (struct mr_member_stage){
            .name = mr_wire_get(list[i]->name),
            .inputs = list[i]->inputs,
            .outputs = list[i]->outputs,
            .rejected = list[i]->rejected,
            .failed = list[i]->failed,
            .retries = list[i]->retries,
            .lag = list[i]->lag,
            .oldest_ms = list[i]->oldest_ms,
            .error = mr_wire_get(list[i]->error),
        };
    return stages;
}

static void get(struct mr_arena *arena, const Millrace__Member *message,
                struct mr_member *out)
{
    *out = (struct mr_member){
        .name = mr_wire_get(message->name),
        .role = mr_wire_get(message->role),
        .host = mr_wire_get(message->host),
        .address = mr_wire_get(message->address),
        .number = message->number,
        .members = message->members,
        .partitions = message->partitions,
        .partition_count = message->n_partitions,
        .beat = message->beat,
        .started_ms = message->started_ms,
        .leaving = message->leaving,
        .interval_ms = message->interval_ms,
        .generation = message->generation,
        .keyword_lag = message->keyword_lag,
        .stages = get_stages(arena, message->stages, message->n_stages),
        .stage_count = message->n_stages,
    };
}

static void get_checkpoint(struct mr_wire_check *c,
                           const Millrace__CheckpointNote *message,
                           struct mr_checkpoint_note *out)
{
    *out = (struct mr_checkpoint_note){
        .generation = message->generation,
        .partition = message->partition,
        .model = mr_wire_get(message->model),
        .manifest = mr_wire_get_hash(c, message->manifest),
        .documents_next = message->documents_next,
        .vectors_next = message->vectors_next,
        .taken_ms = message->taken_ms,
        .bytes = message->bytes,
        .member = mr_wire_get(message->member),
        .broken = message->broken,
    };
}

enum mr_code mr_control_parse(struct mr_span bytes, struct mr_arena *arena,
                              struct mr_control *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("control", err);
    const Millrace__Control *message =
        mr_wire_unpack(&c, &millrace__control__descriptor, bytes, arena);
    const Millrace__Alias *alias;

    if (message == NULL)
        return c.code;
    alias = message->alias;
    *out = (struct mr_control){ .is_member = message->member != NULL,
                                .is_alias = alias != NULL,
                                .is_checkpoint = message->checkpoint != NULL,
                                .is_origin = message->origin != NULL };
    if (message->member != NULL)
        get(arena, message->member, &out->member);
    if (alias != NULL)
        out->alias = (struct mr_alias){ .generation = alias->generation,
                                        .previous = alias->previous,
                                        .set_ms = alias->set_ms };
    if (message->checkpoint != NULL)
        get_checkpoint(&c, message->checkpoint, &out->checkpoint);
    if (message->origin != NULL)
        get_origin(message->origin, &out->origin);
    check_one(&c, out);
    return c.code;
}
