// SPDX-License-Identifier: Apache-2.0
/*
 * events.c - GET /v1/events/{id}: what was asked and said; and its prompt once
 * more.
 */
#include "common/base/mr_time.h"
#include "retriever/api/api.h"
#include "retriever/io/event_find.h"
#include "retriever/io/replay.h"

static void put_text(struct mr_json_out *out, const char *key,
                     struct mr_span text)
{
    if (text.data == NULL)
        return;
    mr_json_key(out, key);
    mr_json_put_text(out, text);
}

static void put_number(struct mr_json_out *out, const char *key,
                       uint64_t number)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, number);
}

static void put_hash(struct mr_json_out *out, const char *key,
                     struct mr_hash128 hash)
{
    char hex[33];

    mr_hash128_hex(hash, hex);
    put_text(out, key, mr_span_str(hex));
}

static const char *kind_name(enum mr_event_kind kind)
{
    switch (kind) {
    case MR_EVENT_QUERY:
        return "query";
    case MR_EVENT_ANSWER:
        return "answer";
    case MR_EVENT_FEEDBACK:
        return "feedback";
    }
    return "unknown";
}

static void render_hits(const struct mr_event *event, struct mr_json_out *out)
{
    mr_json_key(out, "hits");
    mr_json_array_begin(out);
    for (size_t i = 0; i < event->hit_count; i++) {
        const struct mr_event_hit *hit = &event->hits[i];

        mr_json_object_begin(out);
        put_text(out, "document", hit->document);
        put_number(out, "content_version", hit->content_version);
        put_hash(out, "passage", hit->passage);
        mr_json_key(out, "score");
        mr_json_put_number(out, hit->score);
        mr_json_object_end(out);
    }
    mr_json_array_end(out);
}

static void render_context(const struct mr_event *event,
                           struct mr_json_out *out)
{
    if (event->template_name.size == 0)
        return;
    mr_json_key(out, "context");
    mr_json_object_begin(out);
    put_text(out, "template", event->template_name);
    put_hash(out, "template_hash", event->template_hash);
    put_hash(out, "prompt_hash", event->prompt_hash);
    put_number(out, "tokens", event->prompt_tokens);
    mr_json_key(out, "pieces");
    mr_json_array_begin(out);
    for (size_t i = 0; i < event->piece_count; i++) {
        const struct mr_event_piece *piece = &event->pieces[i];

        mr_json_object_begin(out);
        put_number(out, "source", piece->source);
        put_text(out, "document", piece->document);
        put_number(out, "content_version", piece->content_version);
        put_number(out, "start", piece->start);
        put_number(out, "end", piece->end);
        mr_json_object_end(out);
    }
    mr_json_array_end(out);
    mr_json_object_end(out);
}

static void render_question(const struct mr_event *event,
                            struct mr_json_out *out)
{
    put_text(out, "query", event->query);
    put_text(out, "mode", event->mode);
    put_number(out, "top_k", event->top_k);
    put_number(out, "took_ms", event->took_ms);
    mr_json_key(out, "partial");
    mr_json_put_bool(out, event->partial);
    put_text(out, "model", event->model);
    put_number(out, "index_version", event->index_version);
    render_hits(event, out);
    put_text(out, "answer", event->answer);
    put_text(out, "generator", event->generator);
    put_text(out, "prompt", event->prompt);
    render_context(event, out);
}

static void render_event(const struct mr_event *event, struct mr_json_out *out)
{
    char time[MR_TIME_TEXT_SIZE];

    mr_time_text(event->time_ms, time);
    mr_json_object_begin(out);
    put_text(out, "id", event->id);
    put_text(out, "kind", mr_span_str(kind_name(event->kind)));
    put_text(out, "time", mr_span_str(time));
    put_text(out, "owner", event->owner);
    if (event->kind != MR_EVENT_FEEDBACK) {
        render_question(event, out);
    } else {
        put_text(out, "about", event->about);
        mr_json_key(out, "rating");
        mr_json_put_number(out, event->rating);
        put_text(out, "text", event->text);
        put_text(out, "correction", event->correction);
    }
    mr_json_object_end(out);
}

/* The event that the path names; false: the reply says why not. */
static bool find_event(struct mr_http_call *call, struct mr_http_reply *reply,
                       struct mr_event *out)
{
    struct mr_err err = { 0 };
    enum mr_code code;

    if (!api_begin(call, reply))
        return false;
    code = event_find(api_retriever(call)->spec.place, call->args[0],
                      call->arena, out, &err);
    if (code == MR_E_LOST)
        mr_http_reply_error(reply, 404, "no_such_event", "%s", err.text);
    else if (code != MR_OK)
        mr_http_fail(reply, &err);
    return code == MR_OK;
}

void api_event_get(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct mr_event event;

    if (find_event(call, reply, &event))
        render_event(&event, &out);
}

void api_event_prompt(struct mr_http_call *call, struct mr_http_reply *reply)
{
    const struct retriever *retriever = api_retriever(call);
    struct replay_place place = { .peers = retriever->spec.peers,
                                  .peer_count = retriever->spec.peer_count,
                                  .form = &retriever->form,
                                  .earlier = retriever->spec.earlier,
                                  .context = retriever->spec.context };
    struct mr_json_out out = mr_json_out(&reply->body);
    struct mr_err err = { 0 };
    struct mr_event event;
    struct replay replay;

    if (!find_event(call, reply, &event))
        return;
    switch (replay_prompt(&place, &event, call->arena, &replay, &err)) {
    case MR_OK:
        replay_render(&replay, &event, &out);
        return;
    case MR_E_LOST:
        mr_http_reply_error(reply, 410, "gone", "%s", err.text);
        return;
    case MR_E_INVALID:
        mr_http_reply_error(reply, 409, "no_prompt", "%s", err.text);
        return;
    case MR_E_CONFIG:
        mr_http_reply_error(reply, 409, "other_template", "%s", err.text);
        return;
    default:
        mr_http_fail(reply, &err);
        return;
    }
}
