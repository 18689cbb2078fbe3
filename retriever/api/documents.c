// SPDX-License-Identifier: Apache-2.0
/*
 * documents.c - PUT, PATCH, DELETE and GET on /v1/documents/{id}.
 */
#include "retriever/api/api.h"

#include <stdlib.h>

#include "common/base/mr_time.h"
#include "common/runtime/trace.h"
#include "retriever/api/render.h"
#include "retriever/io/front_door.h"
#include "retriever/request/document_request.h"

/* How long a waiting request sleeps before it looks whether we drain. */
#define WAIT_SLICE_MS 200
/* ... and before it asks a shard again that was away. */
#define AWAY_MS 50
/* How long a bulk write is held back before the client is asked to retry. */
#define HOLD_MS_MAX  10000
#define HOLD_STEP_MS 10

/* What ?wait=, ?timeout_ms= and ?lane= say. */
struct wishes {
    bool wait;
    bool dense;
    int64_t timeout_ms;
    enum mr_lane lane;
};

static bool is(struct mr_span value, const char *text)
{
    return mr_span_equal(value, mr_span_str(text));
}

/* A number of milliseconds, and nothing behind it; 0 when it is none. */
static int64_t read_ms(const struct mr_http_call *call, struct mr_span text)
{
    char *end;
    long long number;

    if (text.size == 0 || text.data[0] < '0' || text.data[0] > '9')
        return 0;
    number = strtoll(mr_arena_str(call->arena, text), &end, 10);
    return *end == '\0' ? number : 0;
}

static enum mr_code read_wishes(const struct mr_http_call *call,
                                struct wishes *out, struct mr_err *err)
{
    struct mr_span wait = mr_http_call_query(call, "wait");
    struct mr_span timeout = mr_http_call_query(call, "timeout_ms");
    struct mr_span lane = mr_http_call_query(call, "lane");
    int64_t most = api_retriever(call)->spec.config.wait_ms_max;

    *out = (struct wishes){ .timeout_ms = most, .lane = MR_LANE_PUSH };
    out->dense = is(wait, "true") || is(wait, "1") ||
                 (wait.data != NULL && wait.size == 0);
    out->wait = out->dense || is(wait, "keyword");
    if (wait.data != NULL && !out->wait && !is(wait, "false") && !is(wait, "0"))
        return mr_fail(err, MR_E_INVALID,
                       "?wait= should be true, keyword or false");
    if (timeout.data != NULL) {
        out->timeout_ms = read_ms(call, timeout);
        if (out->timeout_ms < 1 || out->timeout_ms > most)
            return mr_fail(err, MR_E_INVALID,
                           "?timeout_ms= should be from 1 to %lld",
                           (long long)most);
    }
    if (is(lane, "bulk"))
        out->lane = MR_LANE_BULK;
    else if (lane.data != NULL && !is(lane, "push"))
        return mr_fail(err, MR_E_INVALID, "?lane= should be push or bulk");
    return MR_OK;
}

/* Holds a bulk write back while too much is on its way. */
static enum mr_code hold(const struct retriever *retriever,
                         const struct wishes *wishes, struct mr_err *err)
{
    const struct retriever_spec *spec = &retriever->spec;

    if (wishes->lane != MR_LANE_BULK || spec->keyword_lag == NULL)
        return MR_OK;
    for (int held = 0; held < HOLD_MS_MAX; held += HOLD_STEP_MS) {
        if (spec->keyword_lag(spec->context) <= spec->config.bulk_lag_max)
            return MR_OK;
        if (atomic_load(&retriever->draining))
            break;
        mr_clock_sleep_ms(spec->place->clock, HOLD_STEP_MS);
    }
    return mr_fail(err, MR_E_BUSY,
                   "more than %llu documents are on their way; write slower, "
                   "or with ?lane=push",
                   (unsigned long long)spec->config.bulk_lag_max);
}

static void reply_pending(struct mr_http_call *call, struct mr_span id,
                          uint64_t version, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);

    reply->status = 202;
    mr_json_object_begin(&out);
    mr_json_key(&out, "id");
    mr_json_put_text(&out, id);
    mr_json_key(&out, "version");
    mr_json_put_u64(&out, version);
    mr_json_key(&out, "token");
    mr_json_put_str(&out, front_door_token(call->arena, id, version));
    mr_json_object_end(&out);
}

static void reply_fate(struct mr_http_call *call, struct mr_span id,
                       uint64_t version, enum front_door_fate fate,
                       const struct shard_record *record,
                       struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);

    mr_json_object_begin(&out);
    if (fate == FRONT_DOOR_SUPERSEDED) {
        mr_json_key(&out, "id");
        mr_json_put_text(&out, id);
        mr_json_key(&out, "version");
        mr_json_put_u64(&out, version);
        mr_json_key(&out, "state");
        mr_json_put_str(&out, "superseded");
        mr_json_key(&out, "reason");
        mr_json_put_str(
            &out,
            mr_arena_printf(call->arena, "version %llu came after it",
                            (unsigned long long)record->document.version));
    } else {
        render_state(&out, id, record);
    }
    mr_json_key(&out, "token");
    mr_json_put_str(&out, front_door_token(call->arena, id, version));
    mr_json_object_end(&out);
}

/* A shard that is away may come back before the deadline: what was written is
 * written, and at worst the answer is that its fate is not known yet. */
static bool is_away(struct mr_clock *clock, enum mr_code code, int64_t end_us)
{
    if (mr_class_of(code) != MR_CLASS_RETRY)
        return false;
    if (mr_clock_mono_us(clock) < end_us)
        mr_clock_sleep_ms(clock, AWAY_MS);
    return true;
}

static enum mr_code wait_for(struct mr_http_call *call, struct mr_span id,
                             uint64_t version, const struct wishes *wishes,
                             enum front_door_fate *fate,
                             struct shard_record *record, struct mr_err *err)
{
    struct retriever *retriever = api_retriever(call);
    struct mr_clock *clock = retriever->spec.place->clock;
    int64_t end_us = mr_clock_mono_us(clock) + wishes->timeout_ms * 1000;
    enum mr_code code;

    do {
        int64_t left_ms = (end_us - mr_clock_mono_us(clock)) / 1000;
        int slice =
            left_ms > WAIT_SLICE_MS ? WAIT_SLICE_MS : (int)(left_ms + 1);

        code =
            front_door_wait(api_peer(retriever, id), id, version, wishes->dense,
                            slice, call->arena, fate, record, err);
        if (is_away(clock, code, end_us)) {
            *fate = FRONT_DOOR_PENDING;
            code = MR_OK;
        }
    } while (code == MR_OK && *fate == FRONT_DOOR_PENDING &&
             mr_clock_mono_us(clock) < end_us &&
             !atomic_load(&retriever->draining));
    return code;
}

/* What all writes have in common, once the message is made. */
static void write_raw(struct mr_http_call *call, struct mr_raw *raw,
                      const struct wishes *wishes, struct mr_http_reply *reply)
{
    struct retriever *retriever = api_retriever(call);
    enum front_door_fate fate = FRONT_DOOR_PENDING;
    struct shard_record record = { 0 };
    struct mr_err err = { 0 };
    uint64_t version = 0;
    enum mr_code code;

    raw->source = mr_span_str("api");
    raw->source_rank = retriever->spec.config.source_rank;
    raw->lane = wishes->lane;
    raw->id = call->args[0];
    code = hold(retriever, wishes, &err);
    if (code == MR_OK && atomic_load(&retriever->draining))
        code = mr_fail(&err, MR_E_UNAVAILABLE, "the server is stopping");
    if (code == MR_OK && retriever->spec.may_write != NULL)
        code = retriever->spec.may_write(retriever->spec.context, &err);
    if (code == MR_OK)
        code = front_door_append(
            retriever->spec.place, raw,
            mr_trace_of(mr_http_call_header(call, "traceparent")), call->arena,
            &version, &err);
    if (code == MR_OK && wishes->wait)
        code = wait_for(call, raw->id, version, wishes, &fate, &record, &err);
    if (code != MR_OK)
        mr_http_fail(reply, &err);
    else if (fate == FRONT_DOOR_PENDING)
        reply_pending(call, raw->id, version, reply);
    else
        reply_fate(call, raw->id, version, fate, &record, reply);
}

typedef enum mr_code read_body(const struct mr_json *body,
                               struct mr_arena *arena, struct mr_raw *out,
                               struct mr_err *err);

static void write_body(struct mr_http_call *call, read_body *read,
                       struct mr_http_reply *reply)
{
    struct mr_raw raw = { 0 };
    struct mr_err err = { 0 };
    struct wishes wishes;
    struct mr_json *body;
    enum mr_code code;

    if (!api_begin(call, reply))
        return;
    body = mr_http_json(call, reply);
    if (body == NULL)
        return;
    code = read_wishes(call, &wishes, &err);
    if (code == MR_OK)
        code = read(body, call->arena, &raw, &err);
    if (code == MR_OK)
        write_raw(call, &raw, &wishes, reply);
    else
        mr_http_fail(reply, &err);
    mr_json_free(body);
}

void api_document_put(struct mr_http_call *call, struct mr_http_reply *reply)
{
    write_body(call, document_request_put, reply);
}

void api_document_patch(struct mr_http_call *call, struct mr_http_reply *reply)
{
    write_body(call, document_request_patch, reply);
}

void api_document_delete(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_raw raw = { .kind = MR_KIND_DELETE };
    struct mr_err err = { 0 };
    struct wishes wishes;

    if (!api_begin(call, reply))
        return;
    if (read_wishes(call, &wishes, &err) != MR_OK)
        mr_http_fail(reply, &err);
    else
        write_raw(call, &raw, &wishes, reply);
}

static void put_member(struct mr_json_out *out, const char *key,
                       struct mr_span text)
{
    mr_json_key(out, key);
    mr_json_put_text(out, text);
}

static void render_document(struct mr_json_out *out, struct mr_span id,
                            const struct shard_record *record,
                            struct mr_span text)
{
    const struct mr_document *document = &record->document;
    char time[MR_TIME_TEXT_SIZE];

    mr_time_text(document->time_ms, time);
    mr_json_object_begin(out);
    render_state(out, id, record);
    put_member(out, "title", document->title);
    put_member(out, "url", document->url);
    put_member(out, "text", text);
    mr_json_key(out, "metadata");
    render_metadata(out, &document->metadata);
    put_member(out, "language", document->language);
    put_member(out, "source", document->source);
    put_member(out, "time", mr_span_str(time));
    put_member(out, "owner", document->access.owner);
    mr_json_key(out, "passages");
    mr_json_put_u64(out, record->passage_count);
    mr_json_object_end(out);
}

void api_document_get(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct shard_record record = { 0 };
    struct mr_span text = { 0 };
    struct mr_err err = { 0 };
    struct index_peer *peer;
    struct peer_view view;
    enum mr_code code;

    if (!api_begin(call, reply))
        return;
    peer = api_peer(api_retriever(call), call->args[0]);
    peer_hold(peer, PEER_CALL_MS, &view);
    code = peer_get(peer, &view, call->args[0], call->arena, &record, &err);
    if (code == MR_OK && record.found && record.document.state == MR_STATE_LIVE)
        code = peer_text(peer, &view, call->args[0], call->arena, &text, &err);
    peer_release(peer, &view);
    if (code != MR_OK)
        mr_http_fail(reply, &err);
    else if (!record.found)
        mr_http_reply_error(reply, 404, "never_seen",
                            "no document \"%.*s\" was ever seen here",
                            MR_SPAN_ARG(call->args[0]));
    else
        render_document(&out, call->args[0], &record, text);
}
