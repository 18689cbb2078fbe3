// SPDX-License-Identifier: Apache-2.0
/*
 * event.c - see event.h.
 */
#include "common/wire/event.h"

#include <math.h>

#include "common/wire/check.h"
#include "common/wire/pack.h"
#include "common/wire/parts.h"
#include "proto/event.pb-c.h"

#define ID_DIGITS 32u

static bool is_event_id(struct mr_span id)
{
    if (id.size != ID_DIGITS)
        return false;
    for (size_t i = 0; i < id.size; i++) {
        uint8_t digit = id.data[i];

        if ((digit < '0' || digit > '9') && (digit < 'a' || digit > 'f'))
            return false;
    }
    return true;
}

static void check_hits(struct mr_wire_check *c, const struct mr_event *event)
{
    mr_wire_check_size(c, "hits", event->hit_count, MR_EVENT_HITS_MAX);
    for (size_t i = 0; i < event->hit_count && c->code == MR_OK; i++) {
        mr_wire_check_id(c, "id of a hit", event->hits[i].document);
        mr_wire_check(c, isfinite(event->hits[i].score), "scores are finite");
    }
}

static void check_pieces(struct mr_wire_check *c, const struct mr_event *event)
{
    uint32_t source = 1;

    mr_wire_check_size(c, "pieces", event->piece_count, MR_EVENT_PIECES_MAX);
    for (size_t i = 0; i < event->piece_count && c->code == MR_OK; i++) {
        const struct mr_event_piece *piece = &event->pieces[i];

        mr_wire_check_id(c, "id of a piece", piece->document);
        mr_wire_check(c, piece->start <= piece->end,
                      "a piece ends behind its start");
        mr_wire_check(c, piece->source >= source,
                      "pieces are in order of their sources");
        source = piece->source;
    }
}

static void check(struct mr_wire_check *c, const struct mr_event *event)
{
    mr_wire_check(c, is_event_id(event->id),
                  "an event's id is 32 hexadecimal digits");
    mr_wire_check_enum(c, "kind", (int)event->kind, MR_EVENT_QUERY,
                       MR_EVENT_FEEDBACK);
    mr_wire_check_text(c, "owner", event->owner, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "query", event->query, MR_INLINE_BYTES_MAX);
    mr_wire_check_text(c, "mode", event->mode, MR_NAME_BYTES_MAX);
    check_hits(c, event);
    mr_wire_check_text(c, "model", event->model, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "prompt", event->prompt, MR_INLINE_BYTES_MAX);
    mr_wire_check_text(c, "answer", event->answer, MR_INLINE_BYTES_MAX);
    mr_wire_check_text(c, "generator", event->generator, MR_NAME_BYTES_MAX);
    mr_wire_check_text(c, "template", event->template_name, MR_NAME_BYTES_MAX);
    check_pieces(c, event);
    mr_wire_check(c, event->about.size == 0 || is_event_id(event->about),
                  "feedback is about an event's id");
    mr_wire_check_enum(c, "rating", event->rating, -1, 1);
    mr_wire_check_text(c, "text", event->text, MR_INLINE_BYTES_MAX);
    mr_wire_check_text(c, "correction", event->correction, MR_INLINE_BYTES_MAX);
}

static Millrace__EventHit **put_hits(struct mr_arena *arena,
                                     const struct mr_event *event)
{
    Millrace__EventHit *parts =
        mr_arena_calloc(arena, event->hit_count, sizeof(*parts));
    Millrace__EventHit **list =
        mr_arena_calloc(arena, event->hit_count, sizeof(*list));

    for (size_t i = 0; i < event->hit_count; i++) {
        const struct mr_event_hit *hit = &event->hits[i];

        list[i] = &parts[i];
        millrace__event_hit__init(&parts[i]);
        parts[i].document = mr_wire_put(hit->document);
        parts[i].content_version = hit->content_version;
        parts[i].passage = mr_wire_put_hash(arena, hit->passage);
        parts[i].score = hit->score;
    }
    return list;
}

static Millrace__EventPiece **put_pieces(struct mr_arena *arena,
                                         const struct mr_event *event)
{
    Millrace__EventPiece *parts =
        mr_arena_calloc(arena, event->piece_count, sizeof(*parts));
    Millrace__EventPiece **list =
        mr_arena_calloc(arena, event->piece_count, sizeof(*list));

    for (size_t i = 0; i < event->piece_count; i++) {
        const struct mr_event_piece *piece = &event->pieces[i];

        list[i] = &parts[i];
        millrace__event_piece__init(&parts[i]);
        parts[i].document = mr_wire_put(piece->document);
        parts[i].content_version = piece->content_version;
        parts[i].passage = piece->passage;
        parts[i].source = piece->source;
        parts[i].start = piece->start;
        parts[i].end = piece->end;
    }
    return list;
}

static void put_context(struct mr_arena *arena, const struct mr_event *event,
                        Millrace__Event *message)
{
    if (event->template_name.size == 0)
        return;
    message->template_name = mr_wire_put(event->template_name);
    message->template_hash = mr_wire_put_hash(arena, event->template_hash);
    message->prompt_hash = mr_wire_put_hash(arena, event->prompt_hash);
    message->prompt_tokens = event->prompt_tokens;
    message->n_pieces = event->piece_count;
    message->pieces = put_pieces(arena, event);
}

static void put(struct mr_arena *arena, const struct mr_event *event,
                Millrace__Event *message)
{
    message->major = MR_WIRE_MAJOR;
    message->id = mr_wire_put(event->id);
    message->kind = (Millrace__EventKind)event->kind;
    message->time_ms = event->time_ms;
    message->owner = mr_wire_put(event->owner);
    message->query = mr_wire_put(event->query);
    message->mode = mr_wire_put(event->mode);
    message->top_k = event->top_k;
    message->n_hits = event->hit_count;
    message->hits = put_hits(arena, event);
    message->took_ms = event->took_ms;
    message->partial = event->partial;
    message->model = mr_wire_put(event->model);
    message->index_version = event->index_version;
    message->prompt = mr_wire_put(event->prompt);
    message->answer = mr_wire_put(event->answer);
    message->generator = mr_wire_put(event->generator);
    put_context(arena, event, message);
    message->about = mr_wire_put(event->about);
    message->rating = event->rating;
    message->text = mr_wire_put(event->text);
    message->correction = mr_wire_put(event->correction);
}

enum mr_code mr_event_encode(const struct mr_event *event,
                             struct mr_arena *arena, struct mr_span *out,
                             struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("event", err);
    Millrace__Event message = MILLRACE__EVENT__INIT;

    check(&c, event);
    if (c.code != MR_OK)
        return c.code;
    put(arena, event, &message);
    return mr_wire_pack(&c, &message.base, arena, out);
}

static struct mr_event_hit *get_hits(struct mr_wire_check *c,
                                     struct mr_arena *arena,
                                     Millrace__EventHit **list, size_t count)
{
    struct mr_event_hit *hits = mr_arena_calloc(arena, count, sizeof(*hits));

    for (size_t i = 0; i < count; i++)
        hits[i] = (struct mr_event_hit){
            .document = mr_wire_get(list[i]->document),
            .content_version = list[i]->content_version,
            .passage = mr_wire_get_hash(c, list[i]->passage),
            .score = list[i]->score,
        };
    return hits;
}

static struct mr_event_piece *get_pieces(struct mr_arena *arena,
                                         Millrace__EventPiece **list,
                                         size_t count)
{
    struct mr_event_piece *pieces =
        mr_arena_calloc(arena, count, sizeof(*pieces));

    for (size_t i = 0; i < count; i++)
        pieces[i] = (struct mr_event_piece){
            .document = mr_wire_get(list[i]->document),
            .content_version = list[i]->content_version,
            .passage = list[i]->passage,
            .source = list[i]->source,
            .start = list[i]->start,
            .end = list[i]->end,
        };
    return pieces;
}

/* Earlier builds did not write any of it. */
static void get_context(struct mr_wire_check *c, struct mr_arena *arena,
                        const Millrace__Event *message, struct mr_event *out)
{
    out->template_name = mr_wire_get(message->template_name);
    if (out->template_name.size == 0)
        return;
    out->template_hash = mr_wire_get_hash(c, message->template_hash);
    out->prompt_hash = mr_wire_get_hash(c, message->prompt_hash);
    out->prompt_tokens = message->prompt_tokens;
    out->pieces = get_pieces(arena, message->pieces, message->n_pieces);
    out->piece_count = message->n_pieces;
}

enum mr_code mr_event_parse(struct mr_span bytes, struct mr_arena *arena,
                            struct mr_event *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("event", err);
    const Millrace__Event *message =
        mr_wire_unpack(&c, &millrace__event__descriptor, bytes, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_event){
        .id = mr_wire_get(message->id),
        .kind = (enum mr_event_kind)message->kind,
        .time_ms = message->time_ms,
        .owner = mr_wire_get(message->owner),
        .query = mr_wire_get(message->query),
        .mode = mr_wire_get(message->mode),
        .top_k = message->top_k,
        .hits = get_hits(&c, arena, message->hits, message->n_hits),
        .hit_count = message->n_hits,
        .took_ms = message->took_ms,
        .partial = message->partial != 0,
        .model = mr_wire_get(message->model),
        .index_version = message->index_version,
        .prompt = mr_wire_get(message->prompt),
        .answer = mr_wire_get(message->answer),
        .generator = mr_wire_get(message->generator),
        .about = mr_wire_get(message->about),
        .rating = message->rating,
        .text = mr_wire_get(message->text),
        .correction = mr_wire_get(message->correction),
    };
    get_context(&c, arena, message, out);
    check(&c, out);
    return c.code;
}
