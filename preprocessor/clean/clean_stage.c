// SPDX-License-Identifier: Apache-2.0
/*
 * clean_stage.c - the stage from `raw` to `clean` and `signatures`.
 *
 *   on raw                 on clean            on signatures
 *   put                    the text            put
 *   put, text refused      no text             put with the rule
 *   patch                  -                   patch
 *   delete by a person     null                delete
 *   delete by a sweep      - (it may not hold) delete, with what it sweeps
 *   what cannot be read    -                   failed
 *
 * A refused put keeps title, URL and metadata, so that its story can be told.
 *
 * Memory:  a scratch arena, reset after each input.
 */
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/wire/clean.h"
#include "common/wire/raw.h"
#include "common/wire/signature.h"
#include "preprocessor/clean/clean.h"
#include "preprocessor/preprocessor.h"

#define BATCH_RECORDS 256u
#define BATCH_BYTES   ((size_t)16 * 1024 * 1024)

/* Bodies that a batch may load from the blob store; with more, each input is
 * worked alone. */
#define BATCH_BLOB_BYTES ((uint64_t)2 * CLEAN_BODY_BYTES_MAX)

struct clean_stage {
    struct mr_stage stage;
    struct clean_config config;
    char *language;
    struct mr_arena *scratch;
    uint64_t blob_bytes; /* loaded in this step */
};

/* What the effects of one input are made of. */
struct job {
    struct clean_stage *self;
    struct mr_state *state;
    struct mr_effects *effects;
    const struct mr_input *input;
    struct mr_raw raw;
    uint64_t version;
    int64_t time_ms;
    struct mr_err *err;
};

static void emit(const struct job *job, enum mr_topic topic,
                 struct mr_span value)
{
    struct mr_emit emit = {
        .key = job->input->record.key,
        .value = value,
        .version = job->version,
        .time_ms = job->time_ms,
        .cause = job->input,
    };

    mr_effects_emit(job->effects, topic, &emit);
}

static struct mr_signature signature_of(const struct job *job)
{
    return (struct mr_signature){
        .id = job->raw.id,
        .version = job->version,
        .kind = job->raw.kind,
        .time_ms = job->time_ms,
        .source = job->raw.source,
        .source_rank = job->raw.source_rank,
    };
}

static enum mr_code emit_signature(const struct job *job,
                                   const struct mr_signature *signature)
{
    struct mr_span value;
    enum mr_code code =
        mr_signature_encode(signature, job->self->scratch, &value, job->err);

    if (code == MR_OK)
        emit(job, MR_TOPIC_SIGNATURES, value);
    return code;
}

static enum mr_code load_body(struct job *job)
{
    struct mr_payload *body = &job->raw.put.body;

    if (body->in_blob) {
        if (body->size > CLEAN_BODY_BYTES_MAX)
            return MR_OK; /* refused unread */
        job->self->blob_bytes += body->size;
        if (job->self->blob_bytes > BATCH_BLOB_BYTES)
            return mr_fail(job->err, MR_E_LIMIT,
                           "clean: more than %llu bytes of bodies in a batch",
                           (unsigned long long)BATCH_BLOB_BYTES);
    }
    return mr_state_load(job->state, body, job->err);
}

static void read_body(const struct job *job, struct clean_document *out)
{
    const struct mr_raw_put *put = &job->raw.put;
    struct clean_source source = {
        .body = put->body.bytes,
        .content_type = put->content_type,
        .charset = put->charset,
        .url = put->url,
    };

    if (put->body.bytes.data == NULL)
        source.body = mr_span(NULL, (size_t)put->body.size);
    clean_document(&job->self->config, job->raw.id, put->title, &source,
                   job->self->scratch, out);
}

static enum mr_code emit_clean(const struct job *job,
                               const struct clean_document *document)
{
    const struct mr_raw *raw = &job->raw;
    struct mr_clean clean = {
        .id = raw->id,
        .version = job->version,
        .time_ms = job->time_ms,
        .source = raw->source,
        .lane = raw->lane,
        .access = raw->access,
        .title = document->title,
        .url = raw->put.url,
        .metadata = raw->put.metadata,
        .text.bytes = mr_span("", 0),
        .language = document->language,
        .signals = document->signals,
        .config = clean_fingerprint(&job->self->config, job->self->scratch),
    };
    struct mr_span value;
    enum mr_code code;

    if (clean.url.data == NULL &&
        document->text.canonical.size <= MR_URL_BYTES_MAX)
        clean.url = document->text.canonical;
    if (document->reject_rule == NULL) {
        clean.text.bytes = document->text.text;
        clean.passages = document->passages;
        clean.source_map = document->text.source_map;
    }
    mr_effects_claim(job->effects, &clean.text);
    code = mr_clean_encode(&clean, job->self->scratch, &value, job->err);
    if (code == MR_E_LIMIT && clean.text.bytes.size > 0) {
        /* Beside much metadata. */
        mr_effects_claim_any(job->effects, &clean.text);
        code = mr_clean_encode(&clean, job->self->scratch, &value, job->err);
    }
    if (code == MR_OK)
        emit(job, MR_TOPIC_CLEAN, value);
    return code;
}

static enum mr_code step_put(struct job *job)
{
    struct mr_signature signature = signature_of(job);
    struct clean_document document;
    enum mr_code code = load_body(job);

    if (code != MR_OK)
        return code;
    read_body(job, &document);
    code = emit_clean(job, &document);
    if (code != MR_OK)
        return code;
    signature.access_hash = mr_access_hash(&job->raw.access);
    signature.text_hash = document.text_hash;
    signature.has_minhash = document.has_minhash;
    memcpy(signature.minhash, document.minhash, sizeof(signature.minhash));
    signature.signals = document.signals;
    if (document.reject_rule != NULL) {
        signature.has_minhash = false;
        signature.reject_rule = mr_span_str(document.reject_rule);
        signature.reject_value = document.reject_value;
    }
    mr_effects_account(job->effects,
                       document.reject_rule == NULL ? MR_OUTCOME_PASSED
                                                    : MR_OUTCOME_REJECTED,
                       document.reject_rule);
    return emit_signature(job, &signature);
}

static enum mr_code step_patch(struct job *job)
{
    struct mr_signature signature = signature_of(job);

    signature.patch = job->raw.patch.metadata;
    signature.has_access = job->raw.patch.has_access;
    if (signature.has_access) {
        signature.access = job->raw.access;
        signature.access_hash = mr_access_hash(&job->raw.access);
    }
    mr_effects_account(job->effects, MR_OUTCOME_PASSED, NULL);
    return emit_signature(job, &signature);
}

static enum mr_code step_delete(struct job *job)
{
    struct mr_signature signature = signature_of(job);

    signature.sweep_source = job->raw.del.source;
    signature.sweep_before = job->raw.del.before;
    if (job->raw.del.source.size == 0)
        emit(job, MR_TOPIC_CLEAN, mr_span(NULL, 0));
    mr_effects_account(job->effects, MR_OUTCOME_PASSED, NULL);
    return emit_signature(job, &signature);
}

static enum mr_code step_one(struct job *job)
{
    const struct mr_record *record = &job->input->record;
    enum mr_code code =
        mr_raw_parse(record->value, job->self->scratch, &job->raw, job->err);

    if (code != MR_OK)
        return code;
    if (!mr_span_equal(job->raw.id, record->key))
        return mr_fail(job->err, MR_E_CORRUPT,
                       "clean: a record with key \"%.*s\" is of \"%.*s\"",
                       MR_SPAN_ARG(record->key), MR_SPAN_ARG(job->raw.id));
    if (job->raw.time_ms != 0)
        job->time_ms = job->raw.time_ms;
    switch (job->raw.kind) {
    case MR_KIND_PUT:
        return step_put(job);
    case MR_KIND_PATCH:
        return step_patch(job);
    case MR_KIND_DELETE:
        return step_delete(job);
    case MR_KIND_FAILED:
        break;
    }
    return mr_fail(job->err, MR_E_CORRUPT,
                   "clean: no record of raw is of kind %d", (int)job->raw.kind);
}

static struct job job_of(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *input,
                         struct mr_effects *effects, struct mr_err *err)
{
    struct clean_stage *self = (struct clean_stage *)stage;

    return (struct job){
        .self = self,
        .state = state,
        .effects = effects,
        .input = input,
        .version = mr_place_version(self->config.place, input->record.offset),
        /* A copy of the log keeps the time of the append in the header. */
        .time_ms = input->record.time_ms != 0 ? input->record.time_ms
                                              : input->record.append_ms,
        .err = err,
    };
}

static enum mr_code step(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *inputs, size_t count,
                         struct mr_effects *effects, struct mr_err *err)
{
    struct clean_stage *self = (struct clean_stage *)stage;
    enum mr_code code = MR_OK;

    self->blob_bytes = 0;
    for (size_t i = 0; i < count && code == MR_OK; i++) {
        struct job job = job_of(stage, state, &inputs[i], effects, err);

        MR_ASSERT(inputs[i].topic == MR_TOPIC_RAW);
        code = step_one(&job);
        mr_arena_reset(self->scratch);
    }
    return code;
}

static enum mr_code fail(struct mr_stage *stage, struct mr_state *state,
                         const struct mr_input *input,
                         const struct mr_err *cause, struct mr_effects *effects,
                         struct mr_err *err)
{
    struct job job = job_of(stage, state, input, effects, err);
    struct mr_signature signature;
    enum mr_code code;

    job.raw.id = input->record.key;
    job.raw.kind = MR_KIND_FAILED;
    signature = signature_of(&job);
    signature.error = mr_span_str(cause->text);
    code = emit_signature(&job, &signature);
    mr_arena_reset(job.self->scratch);
    return code;
}

static void stage_free(struct mr_stage *stage)
{
    struct clean_stage *self = (struct clean_stage *)stage;

    mr_arena_free(self->scratch);
    mr_free(self->language);
    mr_free(self);
}

static const struct mr_stage_ops ops = {
    .step = step,
    .fail = fail,
    .free = stage_free,
};

struct clean_config clean_config_default(const struct mr_place *place)
{
    return (struct clean_config){
        .place = place,
        .passage_words_target = 170,
        .passage_words_max = 200,
        .words_min = 0,
        .language = "en",
    };
}

static enum mr_code check_config(const struct clean_config *config,
                                 struct mr_err *err)
{
    if (config->passage_words_target < 1 ||
        config->passage_words_max < config->passage_words_target ||
        config->passage_words_max > 10000)
        return mr_fail(err, MR_E_CONFIG,
                       "clean: passages of %u words, at most %u: the first "
                       "must be 1 or more and the second no less than it, "
                       "nor above 10000",
                       (unsigned)config->passage_words_target,
                       (unsigned)config->passage_words_max);
    if (config->language == NULL || config->language[0] == '\0' ||
        strlen(config->language) > 32)
        return mr_fail(err, MR_E_CONFIG,
                       "clean: the language must be a code such as \"en\"");
    return MR_OK;
}

enum mr_code clean_stage_new(const struct clean_config *config,
                             struct mr_stage **out, struct mr_err *err)
{
    enum mr_code code = check_config(config, err);
    struct clean_stage *self;

    *out = NULL;
    if (code != MR_OK)
        return code;
    self = mr_calloc(1, sizeof(*self));
    self->stage = (struct mr_stage){
        .ops = &ops,
        .name = "clean",
        .reads = { MR_TOPIC_RAW },
        .read_count = 1,
        .batch_records_max = BATCH_RECORDS,
        .batch_bytes_max = BATCH_BYTES,
    };
    self->config = *config;
    self->language = mr_strdup(config->language);
    self->config.language = self->language;
    self->scratch = mr_arena_new();
    *out = &self->stage;
    return MR_OK;
}
