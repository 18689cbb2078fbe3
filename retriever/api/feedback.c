// SPDX-License-Identifier: Apache-2.0
/*
 * feedback.c - POST /v1/feedback {"event", "rating": 1 or -1, "text",
 * "correction"}: what a person says of an answer.
 */
#include "retriever/api/api.h"

#define TEXT_BYTES_MAX (64u * 1024u)

static enum mr_code read_text(const struct mr_json *body, const char *key,
                              struct mr_span *out, struct mr_err *err)
{
    const struct mr_json *value = mr_json_get(body, key);

    *out = mr_json_text(value);
    if (value != NULL && mr_json_kind(value) != MR_JSON_NULL &&
        (out->data == NULL || out->size > TEXT_BYTES_MAX))
        return mr_fail(err, MR_E_INVALID,
                       "\"%s\" should be a text of at most %u bytes", key,
                       TEXT_BYTES_MAX);
    return MR_OK;
}

static enum mr_code read_feedback(const struct mr_json *body,
                                  struct mr_event *out, struct mr_err *err)
{
    const struct mr_json *rating = mr_json_get(body, "rating");
    double number = mr_json_number(rating, 0);
    int64_t made_ms;
    enum mr_code code = read_text(body, "text", &out->text, err);

    if (code == MR_OK)
        code = read_text(body, "correction", &out->correction, err);
    if (code != MR_OK)
        return code;
    out->about = mr_json_text(mr_json_get(body, "event"));
    if (!event_log_id_time(out->about, &made_ms))
        return mr_fail(err, MR_E_INVALID,
                       "\"event\" should be the id that an answer or a search "
                       "came with");
    if (rating != NULL && number != 1 && number != -1)
        return mr_fail(err, MR_E_INVALID, "\"rating\" should be 1 or -1");
    out->rating = (int32_t)number;
    if (rating == NULL && out->text.data == NULL &&
        out->correction.data == NULL)
        return mr_fail(err, MR_E_INVALID,
                       "feedback needs \"rating\", \"text\" or \"correction\"");
    return MR_OK;
}

void api_feedback(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct retriever *retriever = api_retriever(call);
    struct mr_json_out out = mr_json_out(&reply->body);
    struct mr_event event = { .kind = MR_EVENT_FEEDBACK };
    struct mr_err err = { 0 };
    char id[EVENT_ID_SIZE];
    struct mr_json *body;

    if (!api_begin(call, reply))
        return;
    body = mr_http_json(call, reply);
    if (body == NULL)
        return;
    event.time_ms = mr_clock_wall_ms(retriever->spec.place->clock);
    event_log_id(event.time_ms, id);
    event.id = mr_span_str(id);
    if (read_feedback(body, &event, &err) != MR_OK ||
        event_log_append(retriever->events, &event, call->arena, &err) !=
            MR_OK) {
        mr_http_fail(reply, &err);
    } else {
        mr_json_object_begin(&out);
        mr_json_key(&out, "event");
        mr_json_put_str(&out, id);
        mr_json_object_end(&out);
    }
    mr_json_free(body);
}
