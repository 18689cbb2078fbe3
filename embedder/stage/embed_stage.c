// SPDX-License-Identifier: Apache-2.0
/*
 * embed_stage.c - the stage `embed`: documents in, their vectors out.
 *
 * Tombstones go on at once.  A pushed document is embedded in the step that it
 * comes in, as far as the step's budget goes; the rest and all bulk documents
 * go to the backlog.  A step without input, which the worker makes when there
 * is nothing to read, works off a little of it.
 *
 * Every record of an id ends the wait of an older one, which then gets no
 * record on `vectors`: in the order of each id there is one for every record
 * but those that were replaced while they waited.
 *
 * The stage is named by its model: another model begins with the first record
 * of `documents`, with a state of its own.
 */
#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "embedder/embedder.h"
#include "embedder/stage/backlog.h"
#include "embedder/stage/cache.h"
#include "embedder/stage/spaces.h"
#include "embedder/stage/work.h"

#define EMBED_BATCH_RECORDS 500u
#define EMBED_BATCH_BYTES   ((size_t)16 * 1024 * 1024)

/* A step looks at so many parts at most, though all are cached; and so many
 * entries of the backlog. */
#define STEP_PARTS_MAX   4096u
#define STEP_BACKLOG_MAX 256u

/* The largest document's vectors must fit twice. */
#define CACHE_ENTRIES_MIN (2u * MR_VECTORS_MAX)

#define NAME_SIZE 40u

static_assert(EMBED_SPACE_COUNT <= MR_STAGE_SPACES_MAX, "spaces of a stage");

struct embed {
    struct mr_stage stage;
    struct mr_model *model; /* borrowed */
    uint64_t cache_entries;
    uint32_t push_tokens;
    uint32_t bulk_tokens;
    struct mr_telemetry *telemetry;
    char name[NAME_SIZE];
};

/* One step of it. */
struct step {
    const struct embed *embed;
    struct mr_state *state;
    struct mr_effects *effects;
    struct cache cache;
    struct work work;
};

static const struct embed *embed_of(const struct mr_stage *stage)
{
    return (const struct embed *)(const void *)stage;
}

static void emit_null(struct step *step, const struct mr_input *input)
{
    mr_effects_emit(step->effects, MR_TOPIC_VECTORS,
                    &(struct mr_emit){ .key = input->record.key,
                                       .version = input->record.version,
                                       .time_ms = input->record.time_ms,
                                       .cause = input });
}

static enum mr_code emit_tombstone(struct step *step,
                                   const struct mr_input *input,
                                   const struct mr_document *document,
                                   struct mr_err *err)
{
    struct mr_vectors vectors = {
        .id = input->record.key,
        .version = input->record.version,
        .content_version = document->content_version,
        .state = document->state,
        .time_ms = input->record.time_ms,
        .dimension = step->embed->model->dimension,
    };
    struct mr_span value;
    enum mr_code code =
        mr_vectors_encode(&vectors, mr_state_arena(step->state), &value, err);

    if (code != MR_OK)
        return code;
    mr_effects_emit(step->effects, MR_TOPIC_VECTORS,
                    &(struct mr_emit){ .key = input->record.key,
                                       .value = value,
                                       .version = input->record.version,
                                       .time_ms = input->record.time_ms,
                                       .cause = input });
    return MR_OK;
}

static void enqueue(struct step *step, const struct mr_input *input,
                    enum mr_lane lane)
{
    backlog_add(step->effects, &(struct backlog_entry){
                                   .id = input->record.key,
                                   .lane = lane,
                                   .offset = input->record.offset,
                                   .partition = input->record.partition,
                               });
}

static enum mr_code take_input(struct step *step, const struct mr_input *input,
                               struct mr_err *err)
{
    struct mr_span id = input->record.key;
    struct mr_document document;
    enum mr_code code = MR_OK;

    MR_ASSERT(input->topic == MR_TOPIC_DOCUMENTS);
    if (input->record.value.data != NULL)
        code = mr_document_parse(input->record.value,
                                 mr_state_arena(step->state), &document, err);
    if (code == MR_OK)
        code = backlog_cancel(step->state, step->effects, id, err);
    if (code != MR_OK)
        return code;
    work_cancel(&step->work, id);
    if (input->record.value.data == NULL)
        emit_null(step, input);
    else if (document.state != MR_STATE_LIVE)
        code = emit_tombstone(step, input, &document, err);
    else if (document.lane == MR_LANE_PUSH && !step->work.full)
        code = work_add(&step->work, input, &document, err);
    else
        enqueue(step, input,
                document.lane == MR_LANE_PUSH ? MR_LANE_PUSH : MR_LANE_BULK);
    if (code == MR_OK)
        mr_effects_account(step->effects, MR_OUTCOME_PASSED, NULL);
    return code;
}

static enum mr_code take_inputs(struct step *step,
                                const struct mr_input *inputs, size_t count,
                                struct mr_err *err)
{
    enum mr_code code = MR_OK;

    work_begin(
        &step->work, MR_MODEL_PUSH,
        (struct work_limits){ step->embed->push_tokens, STEP_PARTS_MAX });
    for (size_t i = 0; i < count && code == MR_OK; i++)
        code = take_input(step, &inputs[i], err);
    if (code == MR_OK)
        code = work_run(&step->work, err);
    if (code != MR_OK)
        return code;
    for (size_t i = 0; i < step->work.count; i++)
        if (step->work.jobs[i].state == JOB_OPEN)
            enqueue(step, &step->work.jobs[i].input, MR_LANE_PUSH);
    return work_emit(&step->work, err);
}

/* Adds what waits at a place of the backlog. */
static enum mr_code take_entry(struct step *step,
                               const struct backlog_entry *entry,
                               struct mr_err *err)
{
    struct mr_input input = { .topic = MR_TOPIC_DOCUMENTS };
    struct mr_document document;
    struct mr_err why;
    enum mr_code code =
        mr_state_fetch(step->state, MR_TOPIC_DOCUMENTS, entry->id,
                       entry->offset, &input.record, &why);

    if (code == MR_E_LOST) {
        /* Compacted: a newer record of the id is on its way. */
        backlog_remove(step->effects, entry);
        return MR_OK;
    }
    if (code != MR_OK)
        return mr_fail(err, code, "%s", why.text);
    code = mr_document_parse(input.record.value, mr_state_arena(step->state),
                             &document, &why);
    if (code == MR_OK)
        return work_add(&step->work, &input, &document, err);
    work_add_failed(&step->work, &input, input.record.version, &why);
    return MR_OK;
}

/* Removes from the backlog what the step has finished. */
static void settle_entries(struct step *step,
                           const struct backlog_entry *entries, size_t count)
{
    const struct work *work = &step->work;

    for (size_t i = 0, job = 0; i < count && job < work->count; i++) {
        if (!mr_span_equal(work->jobs[job].input.record.key, entries[i].id))
            continue; /* lost */
        if (work->jobs[job++].state != JOB_OPEN)
            backlog_remove(step->effects, &entries[i]);
    }
}

static enum mr_code work_off(struct step *step, struct mr_err *err)
{
    struct backlog_entry *entries;
    size_t count;
    size_t taken = 0;
    bool push;
    enum mr_code code =
        backlog_list(step->state, STEP_BACKLOG_MAX, &entries, &count, err);

    if (code != MR_OK || count == 0)
        return code;
    push = entries[0].lane == MR_LANE_PUSH;
    work_begin(&step->work, push ? MR_MODEL_PUSH : MR_MODEL_BULK,
               (struct work_limits){ push ? step->embed->push_tokens
                                          : step->embed->bulk_tokens,
                                     STEP_PARTS_MAX });
    while (taken < count && entries[taken].lane == entries[0].lane &&
           !step->work.full && code == MR_OK)
        code = take_entry(step, &entries[taken++], err);
    if (code == MR_OK)
        code = work_run(&step->work, err);
    if (code != MR_OK)
        return code;
    settle_entries(step, entries, taken);
    return work_emit(&step->work, err);
}

/* Asks for a step without input while there is a backlog. */
static enum mr_code wake(struct step *step, struct mr_err *err)
{
    struct backlog_entry *entries;
    size_t count;
    enum mr_code code = backlog_list(step->state, 1, &entries, &count, err);

    if (code == MR_OK && count > 0)
        mr_effects_wake(step->effects, 0);
    return code;
}

static enum mr_code embed_step(struct mr_stage *stage, struct mr_state *state,
                               const struct mr_input *inputs, size_t count,
                               struct mr_effects *effects, struct mr_err *err)
{
    const struct embed *embed = embed_of(stage);
    struct step step = {
        .embed = embed,
        .state = state,
        .effects = effects,
        .work = { .state = state,
                  .effects = effects,
                  .model = embed->model,
                  .telemetry = embed->telemetry },
    };
    enum mr_code code =
        cache_begin(&step.cache, state, effects, embed->model->dimension,
                    embed->cache_entries, err);

    step.work.cache = &step.cache;
    if (code == MR_OK)
        code = count > 0 ? take_inputs(&step, inputs, count, err)
                         : work_off(&step, err);
    work_deinit(&step.work);
    if (code == MR_OK)
        code = cache_end(&step.cache, err);
    if (code == MR_OK)
        code = wake(&step, err);
    return code;
}

static enum mr_code embed_fail(struct mr_stage *stage, struct mr_state *state,
                               const struct mr_input *input,
                               const struct mr_err *cause,
                               struct mr_effects *effects, struct mr_err *err)
{
    struct job job = {
        .input = *input,
        .content_version = input->record.version,
        .state = JOB_FAILED,
        .error = *cause,
    };
    struct mr_document document;
    struct mr_err why;
    enum mr_code code;

    if (input->record.version == 0 || input->record.key.size == 0)
        return MR_OK; /* nobody's document */
    if (input->record.value.data != NULL &&
        mr_document_parse(input->record.value, mr_state_arena(state), &document,
                          NULL) == MR_OK)
        job.content_version = document.content_version;
    code = backlog_cancel(state, effects, input->record.key, err);
    if (code != MR_OK)
        return code;
    code =
        job_emit(&job, state, effects, embed_of(stage)->model->dimension, &why);
    if (code != MR_OK && mr_class_of(code) != MR_CLASS_POISON)
        return mr_fail(err, code, "%s", why.text);
    return MR_OK; /* a key that is no id has no document either */
}

static void embed_free(struct mr_stage *stage)
{
    mr_free(stage);
}

static const struct mr_stage_ops stage_ops = { embed_step, embed_fail,
                                               embed_free };

struct embed_config embed_config_default(struct mr_model *model)
{
    return (struct embed_config){
        .model = model,
        .cache_bytes = (uint64_t)256 * 1024 * 1024,
        .push_tokens = 8192,
        .bulk_tokens = 2048,
    };
}

enum mr_code embed_stage_new(const struct embed_config *config,
                             struct mr_stage **out, struct mr_err *err)
{
    size_t entry = config->model->dimension * sizeof(float) + CACHE_ENTRY_BYTES;
    struct embed *embed;

    if (config->push_tokens == 0 || config->bulk_tokens == 0)
        return mr_fail(err, MR_E_CONFIG,
                       "embed: a step of %u tokens for pushed and %u for bulk "
                       "documents; give at least 1",
                       config->push_tokens, config->bulk_tokens);
    embed = mr_calloc(1, sizeof(*embed));
    embed->model = config->model;
    embed->push_tokens = config->push_tokens;
    embed->bulk_tokens = config->bulk_tokens;
    embed->telemetry = config->telemetry;
    embed->cache_entries = config->cache_bytes / entry;
    if (embed->cache_entries < CACHE_ENTRIES_MIN)
        embed->cache_entries = CACHE_ENTRIES_MIN;
    (void)snprintf(embed->name, sizeof(embed->name), "embed.%s",
                   config->model->fingerprint);
    embed->stage = (struct mr_stage){
        .ops = &stage_ops,
        .name = embed->name,
        .reads = { MR_TOPIC_DOCUMENTS },
        .read_count = 1,
        .spaces = { "backlog", "waiting", "cache", "ages", "meta" },
        .space_count = EMBED_SPACE_COUNT,
        .batch_records_max = EMBED_BATCH_RECORDS,
        .batch_bytes_max = EMBED_BATCH_BYTES,
    };
    *out = &embed->stage;
    return MR_OK;
}
