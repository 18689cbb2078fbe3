// SPDX-License-Identifier: Apache-2.0
/*
 * document.c - see document.h.
 */
#include "common/wire/document.h"

#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/document.pb-c.h"

/* A tombstone of what was deleted before it was seen knows no lane. */
static void check_state(struct mr_wire_check *c,
                        const struct mr_document *document)
{
    const struct mr_payload *text = &document->text;
    bool live = document->state == MR_STATE_LIVE;

    mr_wire_check_enum(c, "state", (int)document->state, MR_STATE_LIVE,
                       MR_STATE_FAILED);
    mr_wire_check_enum(c, "lane", (int)document->lane, live ? MR_LANE_PUSH : 0,
                       MR_LANE_BULK);
    mr_wire_check(c, !live || document->content_version != 0,
                  "a live document has a content version");
    mr_wire_check(c,
                  live || (!text->in_blob && text->bytes.data == NULL &&
                           document->passages.count == 0 &&
                           document->source_map.size == 0),
                  "a tombstone has neither text nor passages");
}

static void check(struct mr_wire_check *c, const struct mr_document *document)
{
    mr_wire_check_id(c, "id", document->id);
    mr_wire_check(c, document->version != 0, "a document has a version");
    check_state(c, document);
    mr_wire_check_reason(c, &document->reason);
    mr_wire_check_text(c, "source", document->source, MR_SOURCE_BYTES_MAX);
    mr_wire_check_access(c, &document->access);
    mr_wire_check_text(c, "title", document->title, MR_TITLE_BYTES_MAX);
    mr_wire_check_text(c, "url", document->url, MR_URL_BYTES_MAX);
    mr_wire_check_pairs(c, &document->metadata, false);
    mr_wire_check_text(c, "language", document->language, MR_NAME_BYTES_MAX);
    mr_wire_check_signals(c, &document->signals);
    mr_wire_check_passages(c, &document->text, &document->passages);
    mr_wire_check_text(c, "fingerprint", document->lineage.clean_config,
                       MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "fingerprint", document->lineage.curate_config,
                       MR_NAME_BYTES_MAX);
}

static Millrace__Lineage *put_lineage(struct mr_arena *arena,
                                      const struct mr_lineage *lineage)
{
    Millrace__Lineage *message = mr_arena_alloc(arena, sizeof(*message));

    millrace__lineage__init(message);
    message->clean_offset = lineage->clean_offset;
    message->verdict_offset = lineage->verdict_offset;
    message->clean_config = mr_wire_put(lineage->clean_config);
    message->curate_config = mr_wire_put(lineage->curate_config);
    return message;
}

static void put(struct mr_arena *arena, const struct mr_document *document,
                Millrace__Document *message)
{
    message->major = MR_WIRE_MAJOR;
    message->id = mr_wire_put(document->id);
    message->version = document->version;
    message->content_version = document->content_version;
    message->state = (Millrace__State)document->state;
    message->reason = mr_wire_put_reason(arena, &document->reason);
    message->time_ms = document->time_ms;
    message->source = mr_wire_put(document->source);
    message->lane = (Millrace__Lane)document->lane;
    message->access = mr_wire_put_access(arena, &document->access);
    message->title = mr_wire_put(document->title);
    message->url = mr_wire_put(document->url);
    message->n_metadata = document->metadata.count;
    message->metadata = mr_wire_put_pairs(arena, &document->metadata);
    message->language = mr_wire_put(document->language);
    message->n_signals = document->signals.count;
    message->signals = mr_wire_put_signals(arena, &document->signals);
    message->text = mr_wire_put_payload(arena, &document->text);
    message->n_passages = document->passages.count;
    message->passages = mr_wire_put_passages(arena, &document->passages);
    message->source_map = mr_wire_put(document->source_map);
    message->lineage = put_lineage(arena, &document->lineage);
}

enum mr_code mr_document_encode(const struct mr_document *document,
                                struct mr_arena *arena, struct mr_span *out,
                                struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("document", err);
    struct mr_document sorted = *document;
    Millrace__Document message = MILLRACE__DOCUMENT__INIT;

    if (document->state == MR_STATE_LIVE)
        sorted.text = mr_wire_present(document->text);
    sorted.metadata = mr_wire_sorted(arena, document->metadata);
    sorted.reason.value =
        mr_wire_words(arena, document->reason.value, MR_ERROR_BYTES_MAX);
    check(&c, &sorted);
    if (c.code != MR_OK)
        return c.code;
    put(arena, &sorted, &message);
    return mr_wire_pack(&c, &message.base, arena, out);
}

static struct mr_lineage get_lineage(const Millrace__Lineage *message)
{
    if (message == NULL)
        return (struct mr_lineage){ 0 };
    return (struct mr_lineage){
        .clean_offset = message->clean_offset,
        .verdict_offset = message->verdict_offset,
        .clean_config = mr_wire_get(message->clean_config),
        .curate_config = mr_wire_get(message->curate_config),
    };
}

enum mr_code mr_document_parse(struct mr_span bytes, struct mr_arena *arena,
                               struct mr_document *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("document", err);
    const Millrace__Document *message =
        mr_wire_unpack(&c, &millrace__document__descriptor, bytes, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_document){
        .id = mr_wire_get(message->id),
        .version = message->version,
        .content_version = message->content_version,
        .state = (enum mr_doc_state)message->state,
        .reason = mr_wire_get_reason(message->reason),
        .time_ms = message->time_ms,
        .source = mr_wire_get(message->source),
        .lane = (enum mr_lane)message->lane,
        .access = mr_wire_get_access(arena, message->access),
        .title = mr_wire_get(message->title),
        .url = mr_wire_get(message->url),
        .metadata =
            mr_wire_get_pairs(arena, message->metadata, message->n_metadata),
        .language = mr_wire_get(message->language),
        .signals =
            mr_wire_get_signals(arena, message->signals, message->n_signals),
        .text = mr_wire_get_payload(&c, message->text),
        .passages = mr_wire_get_passages(&c, arena, message->passages,
                                         message->n_passages),
        .source_map = mr_wire_get(message->source_map),
        .lineage = get_lineage(message->lineage),
    };
    if (out->state == MR_STATE_LIVE)
        out->text = mr_wire_present(out->text);
    check(&c, out);
    return c.code;
}
