// SPDX-License-Identifier: Apache-2.0
/*
 * reply.c - the reply of a shard elsewhere, into the call that it answers.
 */
#include "common/wire/shard.h"
#include "indexer/peer.h"
#include "indexer/shard/query.h"

static enum mr_code refuse(struct mr_err *err, const char *fact)
{
    return mr_fail(err, MR_E_CORRUPT, "reply of a shard: %s", fact);
}

static void get_status(const struct mr_shard_counts *counts,
                       struct shard_status *out)
{
    *out = (struct shard_status){
        .live = counts->live,
        .rejected = counts->rejected,
        .duplicate = counts->duplicate,
        .deleted = counts->deleted,
        .failed = counts->failed,
        .passages = counts->passages,
        .passages_dense = counts->passages_dense,
        .documents_dense = counts->documents_dense,
        .keyword_segments = counts->keyword_segments,
        .dense_segments = counts->dense_segments,
        .keyword_lag = counts->keyword_lag,
        .dense_lag = counts->dense_lag,
        .bytes = counts->bytes,
        .recall = counts->recall,
    };
}

static void get_info(const struct mr_shard_reply *reply, struct peer_call *call)
{
    struct peer_info *info = &call->info;

    *info = (struct peer_info){ .version = reply->version };
    info->language_count = reply->language_count;
    for (size_t i = 0; i < reply->language_count; i++)
        info->languages[i] = mr_arena_str(call->arena, reply->languages[i]);
    get_status(&reply->counts, &info->status);
}

static enum mr_code get_stats(const struct mr_shard_reply *reply,
                              struct peer_call *call, struct mr_err *err)
{
    if (reply->frequency_count != call->query->count)
        return refuse(err, "there is not one frequency for each term");
    call->stats->passages += reply->passages;
    call->stats->length += reply->length;
    for (size_t i = 0; i < reply->frequency_count; i++)
        call->stats->frequency[i] += reply->frequency[i];
    return MR_OK;
}

/* One side; `parts` is how many of them a hit has, 0 for none. */
static enum mr_code get_hits(const struct peer_call *call, struct mr_span error,
                             const struct mr_shard_hit *hits, size_t count,
                             size_t parts, struct peer_hits *out,
                             struct mr_err *err)
{
    *out = (struct peer_hits){ .count = count };
    if (error.data != NULL) {
        out->count = 0;
        out->code = MR_E_UNAVAILABLE;
        return MR_OK;
    }
    if (count > call->search->top_k)
        return refuse(err, "there are more hits than were asked for");
    out->items = mr_arena_calloc(call->arena, count, sizeof(*out->items));
    for (size_t i = 0; i < count; i++) {
        out->items[i] = (struct shard_hit){
            .document = hits[i].place.document,
            .content_version = hits[i].place.content_version,
            .passage = hits[i].place.passage,
            .score = hits[i].score,
        };
        if (hits[i].parts.size != parts * sizeof(double))
            return refuse(err, "a score has not the parts of its terms");
        if (parts == 0)
            continue;
        /* Doubles want to be aligned; bytes of a message are not. */
        out->items[i].parts =
            mr_arena_alloc(call->arena, parts * sizeof(double));
        memcpy(out->items[i].parts, hits[i].parts.data, parts * sizeof(double));
    }
    return MR_OK;
}

static enum mr_code get_search(const struct mr_shard_reply *reply,
                               struct peer_call *call, struct mr_err *err)
{
    bool explained = call->search->explain && call->query != NULL;
    size_t parts = explained ? call->query->count : 0;
    struct mr_span error = reply->keyword_error.data != NULL
                               ? reply->keyword_error
                               : reply->dense_error;
    enum mr_code code =
        get_hits(call, reply->keyword_error, reply->keyword,
                 reply->keyword_count, parts, &call->keyword, err);

    if (code == MR_OK)
        code = get_hits(call, reply->dense_error, reply->dense,
                        reply->dense_count, 0, &call->dense, err);
    if (code == MR_OK && error.data != NULL)
        (void)mr_fail(&call->err, MR_E_UNAVAILABLE, "%.*s", MR_SPAN_ARG(error));
    call->version = reply->version;
    return code;
}

static enum mr_code get_passage(const struct peer_call *call,
                                const struct mr_shard_passage *from,
                                struct shard_passage *to, struct mr_err *err)
{
    *to = (struct shard_passage){ 0 };
    if (from->document.data == NULL)
        return MR_OK;
    to->found = true;
    to->passage = from->passage;
    to->text = from->text.data == NULL ? mr_span("", 0) : from->text;
    return mr_document_parse(from->document, call->arena, &to->document, err);
}

static enum mr_code get_loaded(const struct mr_shard_reply *reply,
                               struct peer_call *call, struct mr_err *err)
{
    size_t count = reply->loaded_count;
    enum mr_code code = MR_OK;

    if (count > call->place_count || (count == 0 && call->place_count > 0))
        return refuse(err, "there is not one passage for each place");
    call->loaded = count;
    call->passages =
        mr_arena_calloc(call->arena, count, sizeof(*call->passages));
    for (size_t i = 0; code == MR_OK && i < count; i++) {
        struct shard_passage *to = &call->passages[i];

        code = get_passage(call, &reply->loaded[i], to, err);
        to->document.text.bytes = (struct mr_span){ 0 };
        if (code == MR_OK && to->found &&
            !mr_span_equal(to->document.id, call->places[i]->document))
            return refuse(err, "a passage is of another document");
    }
    return code;
}

static enum mr_code get_record(const struct mr_shard_reply *reply,
                               struct peer_call *call, struct mr_err *err)
{
    struct shard_record *record = &call->record;
    enum mr_code code;

    *record = (struct shard_record){ 0 };
    if (reply->document.data == NULL)
        return MR_OK;
    code =
        mr_document_parse(reply->document, call->arena, &record->document, err);
    if (code != MR_OK)
        return code;
    if (!mr_span_equal(record->document.id, call->id))
        return refuse(err, "it is about another document");
    record->document.text.bytes = (struct mr_span){ 0 };
    record->found = true;
    record->dense = reply->has_dense;
    record->dense_failed = reply->dense_failed;
    record->dense_error = reply->failed_error;
    record->documents_offset = reply->documents_offset;
    record->passage_count = (size_t)reply->passage_count;
    return MR_OK;
}

static enum mr_code get(const struct mr_shard_reply *reply,
                        struct peer_call *call, struct mr_err *err)
{
    if ((int)reply->verb != (int)call->verb)
        return refuse(err, "it answers another call");
    switch (call->verb) {
    case PEER_INFO:
        get_info(reply, call);
        return MR_OK;
    case PEER_STATS:
        return get_stats(reply, call, err);
    case PEER_SEARCH:
        return get_search(reply, call, err);
    case PEER_LOAD:
        return get_loaded(reply, call, err);
    case PEER_GET:
        return get_record(reply, call, err);
    case PEER_TEXT:
        call->text = reply->text;
        if (reply->has_text && reply->text.data == NULL)
            call->text = mr_span("", 0);
        return MR_OK;
    case PEER_WAIT:
        call->done = reply->done;
        return MR_OK;
    }
    return refuse(err, "it answers nothing");
}

enum mr_code peer_call_parse(struct peer_call *call, struct mr_span bytes,
                             struct mr_err *err)
{
    struct mr_shard_reply reply;
    enum mr_code code = mr_shard_reply_parse(bytes, call->arena, &reply, err);

    if (code == MR_OK)
        code = get(&reply, call, err);
    return code;
}
