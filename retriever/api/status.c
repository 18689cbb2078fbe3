// SPDX-License-Identifier: Apache-2.0
/*
 * status.c - GET /v1/status, /v1/why/{id}, /metrics, /healthz, /readyz.
 */
#include <stdio.h>

#include "common/base/mr_time.h"
#include "common/wire/raw.h"
#include "retriever/api/api.h"
#include "retriever/api/render.h"
#include "retriever/search/scatter.h"

/* A page that shows how things are does not wait long for what is away. */
#define STATUS_WITHIN_MS 1000

static void put_count(struct mr_json_out *out, const char *key, uint64_t value)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, value);
}

/* What the shards say of themselves. */
struct states {
    struct scatter scatter;
    struct shard_status sum;
};

static void add_status(struct shard_status *sum, const struct shard_status *one)
{
    sum->live += one->live;
    sum->rejected += one->rejected;
    sum->duplicate += one->duplicate;
    sum->deleted += one->deleted;
    sum->failed += one->failed;
    sum->passages += one->passages;
    sum->passages_dense += one->passages_dense;
    sum->documents_dense += one->documents_dense;
    sum->keyword_segments += one->keyword_segments;
    sum->dense_segments += one->dense_segments;
    sum->keyword_lag += one->keyword_lag;
    sum->dense_lag += one->dense_lag;
    sum->bytes += one->bytes;
    sum->recall = one->recall < sum->recall ? one->recall : sum->recall;
}

/* Those that are away count as nothing. */
static void ask_states(struct mr_http_call *call, struct states *out)
{
    const struct retriever_spec *spec = &api_retriever(call)->spec;

    out->sum = (struct shard_status){ .recall = 1 };
    scatter_hold(&out->scatter, spec->peers, spec->peer_count, STATUS_WITHIN_MS,
                 call->arena);
    for (size_t i = 0; i < out->scatter.count; i++)
        scatter_call(&out->scatter, i, PEER_INFO)->want_status = true;
    scatter_begin(&out->scatter);
    (void)!scatter_finish(&out->scatter, NULL);
    for (size_t i = 0; i < out->scatter.count; i++) {
        const struct peer_call *one = scatter_result(&out->scatter, i);

        if (one != NULL)
            add_status(&out->sum, &one->info.status);
    }
    scatter_release(&out->scatter);
}

static void render_documents(struct mr_json_out *out,
                             const struct shard_status *sum)
{
    mr_json_key(out, "documents");
    mr_json_object_begin(out);
    put_count(out, "live", sum->live);
    put_count(out, "rejected", sum->rejected);
    put_count(out, "duplicate", sum->duplicate);
    put_count(out, "deleted", sum->deleted);
    put_count(out, "failed", sum->failed);
    mr_json_object_end(out);
    mr_json_key(out, "searchable");
    mr_json_object_begin(out);
    put_count(out, "keyword", sum->live);
    put_count(out, "dense", sum->documents_dense);
    mr_json_object_end(out);
}

static void render_missing(struct mr_json_out *out,
                           const struct scatter *scatter)
{
    const uint32_t *away = scatter_away(scatter);

    if (scatter->away_count == 0)
        return;
    mr_json_key(out, "missing_shards");
    mr_json_array_begin(out);
    for (size_t i = 0; i < scatter->away_count; i++)
        mr_json_put_u64(out, away[i]);
    mr_json_array_end(out);
}

static void render_replica(struct mr_json_out *out, uint32_t partition,
                           const struct peer_replica *replica)
{
    mr_json_object_begin(out);
    put_count(out, "shard", partition);
    mr_json_key(out, "name");
    mr_json_put_str(out, replica->name);
    mr_json_key(out, "address");
    mr_json_put_str(out, replica->address);
    mr_json_key(out, "healthy");
    mr_json_put_bool(out, replica->healthy);
    mr_json_key(out, "lag");
    if (replica->lag_known)
        mr_json_put_u64(out, replica->lag);
    else
        mr_json_put_null(out);
    put_count(out, "outstanding", replica->outstanding);
    mr_json_object_end(out);
}

/* Where shards are elsewhere. */
static void render_replicas(struct mr_json_out *out, struct mr_arena *arena,
                            const struct retriever_spec *spec)
{
    struct peer_replica *replicas =
        mr_arena_calloc(arena, PEER_REPLICAS_MAX, sizeof(*replicas));
    bool open = false;

    for (uint32_t i = 0; i < spec->peer_count; i++) {
        size_t count =
            peer_replicas(spec->peers[i], replicas, PEER_REPLICAS_MAX);

        for (size_t k = 0; k < count; k++) {
            if (!open) {
                mr_json_key(out, "replicas");
                mr_json_array_begin(out);
            }
            open = true;
            render_replica(out, spec->peers[i]->partition, &replicas[k]);
        }
    }
    if (open)
        mr_json_array_end(out);
}

static void render_index(struct mr_json_out *out, const struct states *states)
{
    const struct shard_status *sum = &states->sum;

    mr_json_key(out, "index");
    mr_json_object_begin(out);
    put_count(out, "shards", states->scatter.count);
    put_count(out, "passages", sum->passages);
    put_count(out, "passages_dense", sum->passages_dense);
    put_count(out, "keyword_segments", sum->keyword_segments);
    put_count(out, "dense_segments", sum->dense_segments);
    put_count(out, "keyword_lag", sum->keyword_lag);
    put_count(out, "dense_lag", sum->dense_lag);
    put_count(out, "bytes", sum->bytes);
    mr_json_key(out, "recall");
    mr_json_put_number(out, sum->recall);
    render_missing(out, &states->scatter);
    mr_json_object_end(out);
}

void api_status(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct retriever *retriever = api_retriever(call);
    const struct retriever_spec *spec = &retriever->spec;
    struct mr_json_out out = mr_json_out(&reply->body);
    int64_t up_us =
        mr_clock_mono_us(spec->place->clock) - retriever->started_us;
    struct states states;

    ask_states(call, &states);
    mr_json_object_begin(&out);
    mr_json_key(&out, "version");
    mr_json_put_str(&out, MILLRACE_VERSION);
    mr_json_key(&out, "collection");
    mr_json_put_str(&out, spec->place->collection);
    mr_json_key(&out, "model");
    mr_json_put_str(&out, spec->model->name);
    mr_json_key(&out, "uptime_s");
    mr_json_put_i64(&out, up_us / 1000000);
    mr_json_key(&out, "draining");
    mr_json_put_bool(&out, atomic_load(&retriever->draining));
    render_documents(&out, &states.sum);
    render_index(&out, &states);
    render_replicas(&out, call->arena, spec);
    if (spec->status != NULL)
        spec->status(spec->context, &out);
    mr_json_object_end(&out);
}

static const char *kind_name(enum mr_kind kind)
{
    switch (kind) {
    case MR_KIND_PUT:
        return "put";
    case MR_KIND_DELETE:
        return "delete";
    case MR_KIND_PATCH:
        return "patch";
    case MR_KIND_FAILED:
        return "failed";
    }
    return "unknown";
}

/* Who had it deleted: a source that found it gone, the source's own input, or
 * somebody who asked for it. */
static const char *deleter_of(const struct mr_raw *raw)
{
    if (raw->del.source.size > 0)
        return "sweep";
    if (raw->source.size > 0 && !mr_span_equal(raw->source, mr_span_str("api")))
        return "source";
    return "request";
}

/* The record on `raw` that the document's version names. */
static void render_raw(struct mr_json_out *out, struct mr_http_call *call,
                       uint64_t version)
{
    const struct mr_place *place = api_retriever(call)->spec.place;
    struct mr_span id = call->args[0];
    char time[MR_TIME_TEXT_SIZE];
    struct mr_record record;
    struct mr_raw raw;

    mr_json_key(out, "raw");
    if (mr_bus_fetch(place->bus, place->topics[MR_TOPIC_RAW],
                     mr_place_partition(place, id), version & 0xFFFFFFFFFFFFu,
                     call->arena, &record, NULL) != MR_OK ||
        mr_raw_parse(record.value, call->arena, &raw, NULL) != MR_OK) {
        mr_json_put_null(out);
        return;
    }
    mr_time_text(record.append_ms, time);
    mr_json_object_begin(out);
    put_count(out, "partition", record.partition);
    put_count(out, "offset", record.offset);
    mr_json_key(out, "kind");
    mr_json_put_str(out, kind_name(raw.kind));
    mr_json_key(out, "arrived");
    mr_json_put_str(out, time);
    mr_json_key(out, "source");
    mr_json_put_text(out,
                     raw.del.source.size > 0 ? raw.del.source : raw.source);
    if (raw.kind == MR_KIND_DELETE) {
        mr_json_key(out, "deleted_by");
        mr_json_put_str(out, deleter_of(&raw));
    }
    put_count(out, "bytes", record.value.size);
    mr_json_object_end(out);
}

static void render_signals(struct mr_json_out *out,
                           const struct mr_signals *signals)
{
    mr_json_key(out, "signals");
    mr_json_object_begin(out);
    for (size_t i = 0; i < signals->count; i++) {
        mr_json_key_span(out, signals->items[i].name);
        mr_json_put_number(out, signals->items[i].value);
    }
    mr_json_object_end(out);
}

static void render_story(struct mr_json_out *out, struct mr_http_call *call,
                         const struct shard_record *record)
{
    const struct mr_document *document = &record->document;

    mr_json_object_begin(out);
    render_state(out, call->args[0], record);
    mr_json_key(out, "title");
    mr_json_put_text(out, document->title);
    mr_json_key(out, "url");
    mr_json_put_text(out, document->url);
    render_raw(out, call, document->version);
    mr_json_key(out, "lineage");
    mr_json_object_begin(out);
    put_count(out, "clean_offset", document->lineage.clean_offset);
    mr_json_key(out, "clean_config");
    mr_json_put_text(out, document->lineage.clean_config);
    put_count(out, "verdict_offset", document->lineage.verdict_offset);
    mr_json_key(out, "curate_config");
    mr_json_put_text(out, document->lineage.curate_config);
    put_count(out, "documents_offset", record->documents_offset);
    mr_json_object_end(out);
    put_count(out, "passages", record->passage_count);
    render_signals(out, &document->signals);
    mr_json_object_end(out);
}

void api_why(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct mr_json_out out = mr_json_out(&reply->body);
    struct shard_record record = { 0 };
    struct mr_err err = { 0 };

    if (!api_begin(call, reply))
        return;
    if (peer_get(api_peer(api_retriever(call), call->args[0]), NULL,
                 call->args[0], call->arena, &record, &err) != MR_OK)
        mr_http_fail(reply, &err);
    else if (!record.found)
        mr_http_reply_error(reply, 404, "never_seen",
                            "no document \"%.*s\" was ever seen here",
                            MR_SPAN_ARG(call->args[0]));
    else
        render_story(&out, call, &record);
}

static void measure_shard(struct mr_telemetry *telemetry, const char *name,
                          const struct shard_status *status)
{
    mr_gauge(telemetry, MR_M_INDEX_DOCUMENTS, name, "live",
             (double)status->live);
    mr_gauge(telemetry, MR_M_INDEX_DOCUMENTS, name, "rejected",
             (double)status->rejected);
    mr_gauge(telemetry, MR_M_INDEX_DOCUMENTS, name, "duplicate",
             (double)status->duplicate);
    mr_gauge(telemetry, MR_M_INDEX_DOCUMENTS, name, "deleted",
             (double)status->deleted);
    mr_gauge(telemetry, MR_M_INDEX_DOCUMENTS, name, "failed",
             (double)status->failed);
    mr_gauge(telemetry, MR_M_INDEX_SEARCHABLE, name, "keyword",
             (double)status->live);
    mr_gauge(telemetry, MR_M_INDEX_SEARCHABLE, name, "dense",
             (double)status->documents_dense);
    mr_gauge(telemetry, MR_M_INDEX_SEGMENTS, name, "keyword",
             (double)status->keyword_segments);
    mr_gauge(telemetry, MR_M_INDEX_SEGMENTS, name, "dense",
             (double)status->dense_segments);
    mr_gauge(telemetry, MR_M_INDEX_BYTES, name, NULL, (double)status->bytes);
}

void api_metrics(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct retriever *retriever = api_retriever(call);
    struct mr_telemetry *telemetry = retriever->spec.telemetry;
    struct states states;

    ask_states(call, &states);
    for (size_t i = 0; i < states.scatter.count; i++) {
        const struct peer_call *one = scatter_result(&states.scatter, i);
        char name[24];

        (void)snprintf(name, sizeof(name), "%zu", i);
        if (one != NULL)
            measure_shard(telemetry, name, &one->info.status);
    }
    mr_gauge(telemetry, MR_M_SEARCH_RECALL, NULL, NULL, states.sum.recall);
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    mr_telemetry_expose(telemetry, &reply->body);
}

void api_healthz(struct mr_http_call *call, struct mr_http_reply *reply)
{
    (void)call;
    reply->content_type = "text/plain; charset=utf-8";
    mr_buf_str(&reply->body, "alive\n");
}

void api_readyz(struct mr_http_call *call, struct mr_http_reply *reply)
{
    bool draining = atomic_load(&api_retriever(call)->draining);

    reply->content_type = "text/plain; charset=utf-8";
    reply->status = draining ? 503 : 200;
    mr_buf_str(&reply->body, draining ? "stopping\n" : "ready\n");
}
