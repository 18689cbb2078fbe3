// SPDX-License-Identifier: Apache-2.0
/*
 * status.c - GET /v1/status, /v1/why/{id}, /metrics, /healthz, /readyz.
 */
#include <stdio.h>

#include "common/base/mr_time.h"
#include "common/wire/raw.h"
#include "retriever/api/api.h"
#include "retriever/api/render.h"

static void put_count(struct mr_json_out *out, const char *key, uint64_t value)
{
    mr_json_key(out, key);
    mr_json_put_u64(out, value);
}

static struct shard_status sum_of(const struct retriever *retriever)
{
    struct shard_status sum = { .recall = 1 };

    for (size_t i = 0; i < retriever->spec.shard_count; i++) {
        struct shard_status one;

        shard_status(retriever->spec.shards[i], &one);
        sum.live += one.live;
        sum.rejected += one.rejected;
        sum.duplicate += one.duplicate;
        sum.deleted += one.deleted;
        sum.failed += one.failed;
        sum.passages += one.passages;
        sum.passages_dense += one.passages_dense;
        sum.documents_dense += one.documents_dense;
        sum.keyword_segments += one.keyword_segments;
        sum.dense_segments += one.dense_segments;
        sum.keyword_lag += one.keyword_lag;
        sum.dense_lag += one.dense_lag;
        sum.bytes += one.bytes;
        sum.recall = one.recall < sum.recall ? one.recall : sum.recall;
    }
    return sum;
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

static void render_index(struct mr_json_out *out,
                         const struct shard_status *sum, size_t shards)
{
    mr_json_key(out, "index");
    mr_json_object_begin(out);
    put_count(out, "shards", shards);
    put_count(out, "passages", sum->passages);
    put_count(out, "passages_dense", sum->passages_dense);
    put_count(out, "keyword_segments", sum->keyword_segments);
    put_count(out, "dense_segments", sum->dense_segments);
    put_count(out, "keyword_lag", sum->keyword_lag);
    put_count(out, "dense_lag", sum->dense_lag);
    put_count(out, "bytes", sum->bytes);
    mr_json_key(out, "recall");
    mr_json_put_number(out, sum->recall);
    mr_json_object_end(out);
}

void api_status(struct mr_http_call *call, struct mr_http_reply *reply)
{
    struct retriever *retriever = api_retriever(call);
    const struct retriever_spec *spec = &retriever->spec;
    struct mr_json_out out = mr_json_out(&reply->body);
    struct shard_status sum = sum_of(retriever);
    int64_t up_us =
        mr_clock_mono_us(spec->place->clock) - retriever->started_us;

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
    render_documents(&out, &sum);
    render_index(&out, &sum, spec->shard_count);
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
    mr_json_put_text(out, raw.source);
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
    put_count(out, "passages", document->passages.count);
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
    if (shard_get(api_shard(api_retriever(call), call->args[0]), call->args[0],
                  call->arena, &record, &err) != MR_OK)
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

    for (size_t i = 0; i < retriever->spec.shard_count; i++) {
        struct shard_status status;
        char name[24];

        (void)snprintf(name, sizeof(name), "%zu", i);
        shard_status(retriever->spec.shards[i], &status);
        measure_shard(telemetry, name, &status);
    }
    mr_gauge(telemetry, MR_M_SEARCH_RECALL, NULL, NULL,
             sum_of(retriever).recall);
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
