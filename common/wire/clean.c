// SPDX-License-Identifier: Apache-2.0
/*
 * clean.c - see clean.h.
 */
#include "common/wire/clean.h"

#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/clean.pb-c.h"

static void check(struct mr_wire_check *c, const struct mr_clean *clean)
{
    mr_wire_check_id(c, "id", clean->id);
    mr_wire_check(c, clean->version != 0, "a text has a version");
    mr_wire_check_text(c, "source", clean->source, MR_SOURCE_BYTES_MAX);
    mr_wire_check_enum(c, "lane", (int)clean->lane, MR_LANE_PUSH, MR_LANE_BULK);
    mr_wire_check_access(c, &clean->access);
    mr_wire_check_text(c, "title", clean->title, MR_TITLE_BYTES_MAX);
    mr_wire_check_text(c, "url", clean->url, MR_URL_BYTES_MAX);
    mr_wire_check_pairs(c, &clean->metadata, false);
    mr_wire_check_text(c, "language", clean->language, MR_NAME_BYTES_MAX);
    mr_wire_check_signals(c, &clean->signals);
    mr_wire_check_passages(c, &clean->text, &clean->passages);
    mr_wire_check_text(c, "fingerprint", clean->config, MR_NAME_BYTES_MAX);
}

static void put(struct mr_arena *arena, const struct mr_clean *clean,
                Millrace__Clean *message)
{
    message->major = MR_WIRE_MAJOR;
    message->id = mr_wire_put(clean->id);
    message->version = clean->version;
    message->time_ms = clean->time_ms;
    message->source = mr_wire_put(clean->source);
    message->lane = (Millrace__Lane)clean->lane;
    message->access = mr_wire_put_access(arena, &clean->access);
    message->title = mr_wire_put(clean->title);
    message->url = mr_wire_put(clean->url);
    message->n_metadata = clean->metadata.count;
    message->metadata = mr_wire_put_pairs(arena, &clean->metadata);
    message->text = mr_wire_put_payload(arena, &clean->text);
    message->language = mr_wire_put(clean->language);
    message->n_signals = clean->signals.count;
    message->signals = mr_wire_put_signals(arena, &clean->signals);
    message->n_passages = clean->passages.count;
    message->passages = mr_wire_put_passages(arena, &clean->passages);
    message->source_map = mr_wire_put(clean->source_map);
    message->config = mr_wire_put(clean->config);
}

enum mr_code mr_clean_encode(const struct mr_clean *clean,
                             struct mr_arena *arena, struct mr_span *out,
                             struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("clean", err);
    struct mr_clean sorted = *clean;
    Millrace__Clean message = MILLRACE__CLEAN__INIT;

    sorted.text = mr_wire_present(clean->text);
    sorted.metadata = mr_wire_sorted(arena, clean->metadata);
    check(&c, &sorted);
    if (c.code != MR_OK)
        return c.code;
    put(arena, &sorted, &message);
    return mr_wire_pack(&c, &message.base, arena, out);
}

enum mr_code mr_clean_parse(struct mr_span bytes, struct mr_arena *arena,
                            struct mr_clean *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("clean", err);
    const Millrace__Clean *message =
        mr_wire_unpack(&c, &millrace__clean__descriptor, bytes, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_clean){
        .id = mr_wire_get(message->id),
        .version = message->version,
        .time_ms = message->time_ms,
        .source = mr_wire_get(message->source),
        .lane = (enum mr_lane)message->lane,
        .access = mr_wire_get_access(arena, message->access),
        .title = mr_wire_get(message->title),
        .url = mr_wire_get(message->url),
        .metadata =
            mr_wire_get_pairs(arena, message->metadata, message->n_metadata),
        .text = mr_wire_present(mr_wire_get_payload(&c, message->text)),
        .language = mr_wire_get(message->language),
        .signals =
            mr_wire_get_signals(arena, message->signals, message->n_signals),
        .passages = mr_wire_get_passages(&c, arena, message->passages,
                                         message->n_passages),
        .source_map = mr_wire_get(message->source_map),
        .config = mr_wire_get(message->config),
    };
    check(&c, out);
    return c.code;
}
