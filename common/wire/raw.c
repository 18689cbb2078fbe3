// SPDX-License-Identifier: Apache-2.0
/*
 * raw.c - see raw.h.
 */
#include "common/wire/raw.h"

#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/raw.pb-c.h"

static void check_put(struct mr_wire_check *c, const struct mr_raw_put *put)
{
    mr_wire_check_text(c, "content type", put->content_type, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "charset", put->charset, MR_NAME_BYTES_MAX);
    mr_wire_check_payload(c, "body", &put->body);
    mr_wire_check_text(c, "title", put->title, MR_TITLE_BYTES_MAX);
    mr_wire_check_text(c, "url", put->url, MR_URL_BYTES_MAX);
    mr_wire_check_pairs(c, &put->metadata, false);
}

static void check(struct mr_wire_check *c, const struct mr_raw *raw)
{
    mr_wire_check_id(c, "id", raw->id);
    mr_wire_check_enum(c, "kind", (int)raw->kind, MR_KIND_PUT, MR_KIND_PATCH);
    mr_wire_check_text(c, "source", raw->source, MR_SOURCE_BYTES_MAX);
    mr_wire_check_enum(c, "lane", (int)raw->lane, MR_LANE_PUSH, MR_LANE_BULK);
    mr_wire_check_access(c, &raw->access);
    check_put(c, &raw->put);
    mr_wire_check_pairs(c, &raw->patch.metadata, true);
    mr_wire_check_text(c, "source of a sweep", raw->del.source,
                       MR_SOURCE_BYTES_MAX);
}

static Millrace__RawPut *put_put(struct mr_arena *arena,
                                 const struct mr_raw_put *put)
{
    Millrace__RawPut *message = mr_arena_alloc(arena, sizeof(*message));

    millrace__raw_put__init(message);
    message->content_type = mr_wire_put(put->content_type);
    message->charset = mr_wire_put(put->charset);
    message->body = mr_wire_put_payload(arena, &put->body);
    message->title = mr_wire_put(put->title);
    message->url = mr_wire_put(put->url);
    message->n_metadata = put->metadata.count;
    message->metadata = mr_wire_put_pairs(arena, &put->metadata);
    return message;
}

static Millrace__RawPatch *put_patch(struct mr_arena *arena,
                                     const struct mr_raw_patch *patch)
{
    Millrace__RawPatch *message = mr_arena_alloc(arena, sizeof(*message));

    millrace__raw_patch__init(message);
    message->n_metadata = patch->metadata.count;
    message->metadata = mr_wire_put_pairs(arena, &patch->metadata);
    message->has_access = patch->has_access;
    return message;
}

static Millrace__RawDelete *put_delete(struct mr_arena *arena,
                                       const struct mr_raw_delete *del)
{
    Millrace__RawDelete *message = mr_arena_alloc(arena, sizeof(*message));

    millrace__raw_delete__init(message);
    message->source = mr_wire_put(del->source);
    message->before = del->before;
    return message;
}

enum mr_code mr_raw_encode(const struct mr_raw *raw, struct mr_arena *arena,
                           struct mr_span *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("raw", err);
    struct mr_raw sorted = *raw;
    Millrace__Raw message = MILLRACE__RAW__INIT;

    sorted.put.body = mr_wire_present(raw->put.body);
    sorted.put.metadata = mr_wire_sorted(arena, raw->put.metadata);
    sorted.patch.metadata = mr_wire_sorted(arena, raw->patch.metadata);
    check(&c, &sorted);
    if (c.code != MR_OK)
        return c.code;
    message.major = MR_WIRE_MAJOR;
    message.id = mr_wire_put(raw->id);
    message.time_ms = raw->time_ms;
    message.source = mr_wire_put(raw->source);
    message.source_rank = raw->source_rank;
    message.lane = (Millrace__Lane)raw->lane;
    message.access = mr_wire_put_access(arena, &raw->access);
    if (raw->kind == MR_KIND_PUT)
        message.put = put_put(arena, &sorted.put);
    else if (raw->kind == MR_KIND_PATCH)
        message.patch = put_patch(arena, &sorted.patch);
    else
        message.delete_ = put_delete(arena, &raw->del);
    return mr_wire_pack(&c, &message.base, arena, out);
}

static struct mr_raw_put get_put(struct mr_wire_check *c,
                                 struct mr_arena *arena,
                                 const Millrace__RawPut *message)
{
    return (struct mr_raw_put){
        .content_type = mr_wire_get(message->content_type),
        .charset = mr_wire_get(message->charset),
        .body = mr_wire_present(mr_wire_get_payload(c, message->body)),
        .title = mr_wire_get(message->title),
        .url = mr_wire_get(message->url),
        .metadata =
            mr_wire_get_pairs(arena, message->metadata, message->n_metadata),
    };
}

static void get_kind(struct mr_wire_check *c, struct mr_arena *arena,
                     const Millrace__Raw *message, struct mr_raw *out)
{
    const Millrace__RawPatch *patch = message->patch;
    const Millrace__RawDelete *del = message->delete_;

    mr_wire_check(c,
                  (message->put != NULL) + (patch != NULL) + (del != NULL) == 1,
                  "there is one of put, patch and delete");
    if (message->put != NULL) {
        out->kind = MR_KIND_PUT;
        out->put = get_put(c, arena, message->put);
    } else if (patch != NULL) {
        out->kind = MR_KIND_PATCH;
        out->patch.metadata =
            mr_wire_get_pairs(arena, patch->metadata, patch->n_metadata);
        out->patch.has_access = patch->has_access != 0;
    } else if (del != NULL) {
        out->kind = MR_KIND_DELETE;
        out->del.source = mr_wire_get(del->source);
        out->del.before = del->before;
    }
}

enum mr_code mr_raw_parse(struct mr_span bytes, struct mr_arena *arena,
                          struct mr_raw *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("raw", err);
    const Millrace__Raw *message =
        mr_wire_unpack(&c, &millrace__raw__descriptor, bytes, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_raw){
        .id = mr_wire_get(message->id),
        .time_ms = message->time_ms,
        .source = mr_wire_get(message->source),
        .source_rank = message->source_rank,
        .lane = (enum mr_lane)message->lane,
        .access = mr_wire_get_access(arena, message->access),
    };
    get_kind(&c, arena, message, out);
    check(&c, out);
    return c.code;
}
