// SPDX-License-Identifier: Apache-2.0
/*
 * answer.c - see answer.h.
 */
#include "indexer/serve/answer.h"

#include <math.h>

#include "common/base/mr_assert.h"
#include "indexer/peer.h"
#include "indexer/shard/query.h"
#include "indexer/shard/shard.h"

/* A reply with more is cut at the last passage that began below it. */
#define LOAD_BYTES ((size_t)8 * 1024 * 1024)
/* How long a search waits for what it stands on, before another replica is
 * asked, which may have it. */
#define BEHIND_MS 100
/* How long a waiting request sleeps before it looks whether we end. */
#define WAIT_SLICE_MS 200

/* One request while it is worked on. */
struct work {
    struct shard *shard;
    const struct mr_shard_request *request;
    const atomic_bool *ending;
    struct mr_arena *arena;
    struct mr_shard_reply *out;
};

static void info(const struct work *work)
{
    struct mr_shard_reply *out = work->out;
    struct shard_snapshot *snapshot = shard_acquire(work->shard);
    const char *languages[PEER_LANGUAGES_MAX];
    struct shard_status status;

    shard_status(work->shard, &status);
    out->version = shard_snapshot_version(snapshot);
    out->language_count =
        shard_languages(snapshot, languages, PEER_LANGUAGES_MAX);
    out->languages = mr_arena_calloc(work->arena, out->language_count,
                                     sizeof(*out->languages));
    for (size_t i = 0; i < out->language_count; i++)
        out->languages[i] =
            mr_arena_copy(work->arena, mr_span_str(languages[i]));
    shard_release(snapshot);
    out->counts = (struct mr_shard_counts){
        .live = status.live,
        .rejected = status.rejected,
        .duplicate = status.duplicate,
        .deleted = status.deleted,
        .failed = status.failed,
        .passages = status.passages,
        .passages_dense = status.passages_dense,
        .documents_dense = status.documents_dense,
        .keyword_segments = status.keyword_segments,
        .dense_segments = status.dense_segments,
        .keyword_lag = status.keyword_lag,
        .dense_lag = status.dense_lag,
        .bytes = status.bytes,
        .recall = status.recall,
    };
}

/* The query that the request's terms were taken from. */
static enum mr_code query_of(const struct work *work, struct index_query *out,
                             struct mr_err *err)
{
    const struct mr_shard_request *request = work->request;

    out->count = request->term_count;
    out->terms = mr_arena_calloc(work->arena, out->count, sizeof(*out->terms));
    for (size_t i = 0; i < out->count; i++) {
        if (request->terms[i].word >= INDEX_QUERY_TERMS_MAX)
            return mr_fail(err, MR_E_INVALID, "a term is of word %u",
                           request->terms[i].word);
        out->terms[i] = (struct query_term){
            .term = request->terms[i].term,
            .weight = request->terms[i].weight,
            .word = request->terms[i].word,
        };
    }
    return MR_OK;
}

static enum mr_code stats(const struct work *work, struct mr_err *err)
{
    struct index_query *query = mr_arena_calloc(work->arena, 1, sizeof(*query));
    struct index_stats *sum = mr_arena_calloc(work->arena, 1, sizeof(*sum));
    struct shard_snapshot *snapshot;
    enum mr_code code = query_of(work, query, err);

    if (code != MR_OK)
        return code;
    snapshot = shard_acquire(work->shard);
    shard_add_stats(snapshot, query, sum);
    work->out->version = shard_snapshot_version(snapshot);
    shard_release(snapshot);
    work->out->passages = sum->passages;
    work->out->length = sum->length;
    work->out->frequency = sum->frequency;
    work->out->frequency_count = query->count;
    return MR_OK;
}

static const struct index_filter *filter_of(const struct work *work)
{
    const struct mr_shard_request *request = work->request;
    struct index_filter *filter =
        mr_arena_calloc(work->arena, 1, sizeof(*filter));
    struct index_condition *conditions = mr_arena_calloc(
        work->arena, request->condition_count, sizeof(*conditions));

    for (size_t i = 0; i < request->condition_count; i++)
        conditions[i] = (struct index_condition){
            .key = request->conditions[i].key,
            .op = (enum index_op)request->conditions[i].op,
            .values = request->conditions[i].values.items,
            .value_count = request->conditions[i].values.count,
        };
    filter->conditions = conditions;
    filter->count = request->condition_count;
    if (request->has_principals)
        filter->principals = request->principals;
    filter->principal_count = request->principal_count;
    return filter->count > 0 || request->has_principals ? filter : NULL;
}

/* The vector, aligned; NULL with a code other than MR_OK when it is none. */
static enum mr_code vector_of(const struct work *work, const float **out,
                              struct mr_err *err)
{
    struct mr_span bytes = work->request->vector;
    uint32_t dimension = work->shard->spec.dimension;
    float *vector = mr_arena_alloc(work->arena, bytes.size);

    if (bytes.size != dimension * sizeof(float))
        return mr_fail(err, MR_E_INVALID,
                       "a vector of %zu floats, the shard's have %u",
                       bytes.size / sizeof(float), dimension);
    memcpy(vector, bytes.data, bytes.size);
    for (uint32_t i = 0; i < dimension; i++) {
        if (!isfinite(vector[i]))
            return mr_fail(err, MR_E_INVALID, "a vector is not of numbers");
    }
    *out = vector;
    return MR_OK;
}

static struct mr_shard_hit *hits_of(const struct work *work,
                                    const struct shard_hit *hits, size_t count)
{
    struct mr_shard_hit *out =
        mr_arena_calloc(work->arena, count, sizeof(*out));

    for (size_t i = 0; i < count; i++) {
        out[i] = (struct mr_shard_hit){
            .place = { .document = hits[i].document,
                       .content_version = hits[i].content_version,
                       .passage = hits[i].passage },
            .score = hits[i].score,
        };
        if (hits[i].parts != NULL)
            out[i].parts = mr_span(hits[i].parts, work->request->term_count *
                                                      sizeof(*hits[i].parts));
    }
    return out;
}

static struct mr_span words_of(const struct work *work,
                               const struct mr_err *err)
{
    return mr_arena_copy(work->arena, mr_span_str(err->text));
}

/* A side that fails says so in the reply; the other one may be good. */
static void search_keyword(const struct work *work,
                           struct shard_snapshot *snapshot,
                           const struct index_query *query,
                           const struct shard_search *search)
{
    const struct mr_shard_request *request = work->request;
    struct index_stats *totals =
        mr_arena_calloc(work->arena, 1, sizeof(*totals));
    struct mr_err err = { 0 };
    struct shard_hit *hits;
    size_t count;

    totals->passages = request->passages;
    totals->length = request->length;
    for (size_t i = 0; i < request->term_count; i++)
        totals->frequency[i] = request->terms[i].frequency;
    if (shard_search_keyword(snapshot, query, totals, search, work->arena,
                             &hits, &count, &err) != MR_OK) {
        work->out->keyword_error = words_of(work, &err);
        return;
    }
    work->out->keyword = hits_of(work, hits, count);
    work->out->keyword_count = count;
}

static void search_dense(const struct work *work,
                         struct shard_snapshot *snapshot, const float *vector,
                         const struct shard_search *search)
{
    struct mr_err err = { 0 };
    struct shard_hit *hits;
    size_t count;

    if (shard_search_dense(snapshot, vector, search, work->arena, &hits, &count,
                           &err) != MR_OK) {
        work->out->dense_error = words_of(work, &err);
        return;
    }
    work->out->dense = hits_of(work, hits, count);
    work->out->dense_count = count;
}

/* Until the version is known, or `wait_ms` are over, or we end. */
static enum mr_code await(const struct work *work, uint32_t wait_ms, bool *done,
                          struct mr_err *err)
{
    const struct mr_shard_request *request = work->request;
    uint32_t left = wait_ms < request->left_ms ? wait_ms : request->left_ms;
    enum mr_code code;

    left = left < PEER_WAIT_MS_MAX ? left : PEER_WAIT_MS_MAX;
    do {
        uint32_t slice = left < WAIT_SLICE_MS ? left : WAIT_SLICE_MS;

        code = shard_wait(work->shard, request->id, request->version,
                          request->dense, (int)slice, done, err);
        left -= slice;
    } while (code == MR_OK && !*done && left > 0 && !atomic_load(work->ending));
    return code;
}

static enum mr_code search(const struct work *work, struct mr_err *err)
{
    const struct mr_shard_request *request = work->request;
    struct index_query *query = mr_arena_calloc(work->arena, 1, sizeof(*query));
    struct shard_search search = { .top_k = request->top_k,
                                   .per_document = request->per_document,
                                   .exact = request->exact,
                                   .explain = request->explain,
                                   .filter = filter_of(work) };
    const float *vector = NULL;
    struct shard_snapshot *snapshot;
    bool known = true;
    enum mr_code code = query_of(work, query, err);

    if (code == MR_OK && request->vector.data != NULL)
        code = vector_of(work, &vector, err);
    if (code == MR_OK && request->id.data != NULL)
        code = await(work, BEHIND_MS, &known, err);
    if (code == MR_OK && !known)
        code = mr_fail(err, MR_E_TIMEOUT,
                       "the shard has not yet seen what the search wants to "
                       "find");
    if (code != MR_OK)
        return code;
    snapshot = shard_acquire(work->shard);
    work->out->version = shard_snapshot_version(snapshot);
    if (request->keyword)
        search_keyword(work, snapshot, query, &search);
    if (vector != NULL)
        search_dense(work, snapshot, vector, &search);
    shard_release(snapshot);
    return MR_OK;
}

/* A document as bytes, without its text and passages. */
static enum mr_code encode(const struct work *work,
                           const struct mr_document *document,
                           struct mr_span *out, struct mr_err *err)
{
    struct mr_document slim = *document;

    slim.passages = (struct mr_passages){ 0 };
    slim.source_map = (struct mr_span){ 0 };
    slim.text.bytes = (struct mr_span){ 0 };
    return mr_document_encode(&slim, work->arena, out, err);
}

static enum mr_code load(const struct work *work, struct mr_err *err)
{
    const struct mr_shard_request *request = work->request;
    struct mr_shard_reply *out = work->out;
    size_t bytes = 0;
    enum mr_code code = MR_OK;

    out->loaded = mr_arena_calloc(work->arena, request->place_count,
                                  sizeof(*out->loaded));
    for (size_t i = 0;
         code == MR_OK && i < request->place_count && bytes < LOAD_BYTES; i++) {
        const struct mr_shard_place *place = &request->places[i];
        struct mr_shard_passage *to = &out->loaded[i];
        struct shard_hit hit = { .document = place->document,
                                 .content_version = place->content_version,
                                 .passage = place->passage };
        struct shard_passage found;

        code = shard_load_hit(work->shard, &hit, work->arena, &found, err);
        if (code == MR_OK && found.found) {
            to->passage = found.passage;
            to->text = found.text;
            code = encode(work, &found.document, &to->document, err);
        }
        bytes += to->document.size + to->text.size;
        out->loaded_count = i + 1;
    }
    return code;
}

static enum mr_code get(const struct work *work, struct mr_err *err)
{
    struct mr_shard_reply *out = work->out;
    struct shard_record record;
    enum mr_code code =
        shard_get(work->shard, work->request->id, work->arena, &record, err);

    if (code != MR_OK || !record.found)
        return code;
    out->has_dense = record.dense;
    out->dense_failed = record.dense_failed;
    out->failed_error = record.dense_error;
    out->documents_offset = record.documents_offset;
    out->passage_count = record.passage_count;
    return encode(work, &record.document, &out->document, err);
}

static enum mr_code text(const struct work *work, struct mr_err *err)
{
    struct mr_shard_reply *out = work->out;
    enum mr_code code = shard_text(work->shard, work->request->id, work->arena,
                                   &out->text, err);

    out->has_text = code == MR_OK && out->text.data != NULL;
    return code;
}

enum mr_code answer_request(struct shard *shard,
                            const struct mr_shard_request *request,
                            const atomic_bool *ending, struct mr_arena *arena,
                            struct mr_shard_reply *out, struct mr_err *err)
{
    struct work work = { .shard = shard,
                         .request = request,
                         .ending = ending,
                         .arena = arena,
                         .out = out };

    *out = (struct mr_shard_reply){ .verb = request->verb };
    switch (request->verb) {
    case MR_SHARD_INFO:
        info(&work);
        return MR_OK;
    case MR_SHARD_STATS:
        return stats(&work, err);
    case MR_SHARD_SEARCH:
        return search(&work, err);
    case MR_SHARD_LOAD:
        return load(&work, err);
    case MR_SHARD_GET:
        return get(&work, err);
    case MR_SHARD_TEXT:
        return text(&work, err);
    case MR_SHARD_WAIT:
        return await(&work, request->wait_ms, &out->done, err);
    }
    MR_UNREACHABLE();
}
