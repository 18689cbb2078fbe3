// SPDX-License-Identifier: Apache-2.0
/*
 * ask.c - see ask.h.
 */
#include "retriever/api/ask.h"

#include "retriever/api/render.h"
#include "retriever/io/front_door.h"

/* How long a search waits for what `at_least` names. */
#define AT_LEAST_MS 10000
/* How long it sleeps before it looks whether we drain. */
#define WAIT_SLICE_MS 500

static enum mr_code wait_for_token(const struct retriever *retriever,
                                   struct search_request *request,
                                   struct mr_arena *arena, struct mr_err *err)
{
    struct peer_at_least *least = mr_arena_calloc(arena, 1, sizeof(*least));
    struct mr_clock *clock = retriever->spec.place->clock;
    int64_t end_us = mr_clock_mono_us(clock) + AT_LEAST_MS * INT64_C(1000);
    enum mr_code code;
    bool done;

    if (!front_door_token_parse(request->at_least, &least->id, &least->version))
        return mr_fail(err, MR_E_INVALID,
                       "\"at_least\" is no token that a write answered with");
    least->dense = request->mode != SEARCH_KEYWORD;
    request->least = least;
    do {
        code = peer_wait(api_peer(retriever, least->id), NULL, least,
                         WAIT_SLICE_MS, arena, &done, err);
    } while (code == MR_OK && !done && mr_clock_mono_us(clock) < end_us &&
             !atomic_load(&retriever->draining));
    if (code != MR_OK || done)
        return code;
    return mr_fail(err, MR_E_TIMEOUT,
                   "the document that \"at_least\" names is not searchable "
                   "after %d s; try again",
                   AT_LEAST_MS / 1000);
}

static enum mr_code run(struct ask *ask, struct mr_http_call *call,
                        struct mr_err *err)
{
    struct retriever *retriever = api_retriever(call);
    const struct retriever_config *config = &retriever->spec.config;
    enum mr_code code;

    ask->request = (struct search_request){
        .mode = retriever->mode,
        .top_k = config->top_k,
        .per_document = config->per_document,
    };
    code = search_request_parse(ask->body, call->arena, &ask->request, err);
    if (code == MR_OK && ask->request.at_least.data != NULL)
        code = wait_for_token(retriever, &ask->request, call->arena, err);
    if (code == MR_OK)
        code = search_run(&retriever->search, &ask->request, call->arena,
                          &ask->result, err);
    if (code == MR_OK)
        mr_observe(retriever->spec.telemetry, MR_M_SEARCH_SECONDS,
                   search_mode_name(ask->request.mode), NULL,
                   (double)(mr_clock_mono_us(retriever->spec.place->clock) -
                            ask->began_us) /
                       1e6);
    return code;
}

bool ask_begin(struct ask *ask, struct mr_http_call *call,
               struct mr_http_reply *reply)
{
    struct mr_err err = { 0 };

    *ask = (struct ask){
        .began_us = mr_clock_mono_us(api_retriever(call)->spec.place->clock),
    };
    if (!api_begin(call, reply))
        return false;
    ask->body = mr_http_json(call, reply);
    if (ask->body == NULL)
        return false;
    if (run(ask, call, &err) == MR_OK)
        return true;
    mr_http_fail(reply, &err);
    return false;
}

void ask_end(struct ask *ask)
{
    search_free(&ask->result);
    mr_json_free(ask->body);
}

uint32_t ask_took_ms(const struct ask *ask, const struct mr_http_call *call)
{
    int64_t now_us = mr_clock_mono_us(api_retriever(call)->spec.place->clock);

    return (uint32_t)((now_us - ask->began_us) / 1000);
}

void ask_render(const struct ask *ask, const struct mr_http_call *call,
                struct mr_json_out *out)
{
    mr_json_key(out, "hits");
    mr_json_array_begin(out);
    for (size_t i = 0; i < ask->result.count; i++)
        render_hit(out, &ask->result, &ask->result.hits[i],
                   ask->request.explain);
    mr_json_array_end(out);
    mr_json_key(out, "mode");
    mr_json_put_str(out, search_mode_name(ask->request.mode));
    mr_json_key(out, "took_ms");
    mr_json_put_u64(out, ask_took_ms(ask, call));
    mr_json_key(out, "partial");
    mr_json_put_bool(out, ask->result.partial);
    if (ask->result.partial) {
        mr_json_key(out, "problem");
        mr_json_put_str(out, ask->result.problem.text);
    }
    if (ask->result.missing_count > 0) {
        mr_json_key(out, "missing_shards");
        mr_json_array_begin(out);
        for (size_t i = 0; i < ask->result.missing_count; i++)
            mr_json_put_u64(out, ask->result.missing[i]);
        mr_json_array_end(out);
    }
    mr_json_key(out, "recall");
    mr_json_put_number(out, ask->result.recall);
    mr_json_key(out, "index_version");
    mr_json_put_u64(out, ask->result.index_version);
}

void ask_event(struct ask *ask, const struct mr_http_call *call,
               enum mr_event_kind kind, struct mr_event *out)
{
    const struct retriever_spec *spec = &api_retriever(call)->spec;
    int64_t time_ms = mr_clock_wall_ms(spec->place->clock);
    size_t count = ask->result.count;

    event_log_id(time_ms, ask->id);
    *out = (struct mr_event){
        .id = mr_span_str(ask->id),
        .kind = kind,
        .time_ms = time_ms,
        .query = ask->request.query,
        .mode = mr_span_str(search_mode_name(ask->request.mode)),
        .top_k = ask->request.top_k,
        .took_ms = ask_took_ms(ask, call),
        .partial = ask->result.partial,
        .model = mr_span_str(spec->model->fingerprint),
        .index_version = ask->result.index_version,
    };
    out->hits = mr_arena_calloc(call->arena, count, sizeof(*out->hits));
    for (size_t i = 0; i < count && i < MR_EVENT_HITS_MAX; i++) {
        const struct search_hit *hit = &ask->result.hits[i];

        out->hits[out->hit_count++] = (struct mr_event_hit){
            .document = hit->fused.hit->document,
            .content_version = hit->fused.hit->content_version,
            .passage = hit->passage.passage.id,
            .score = hit->fused.score,
        };
    }
}
