// SPDX-License-Identifier: Apache-2.0
/*
 * curate_stage.c - the stage `curate`: signatures in, verdicts out.
 *
 * Every message gets a verdict at once, judged by what is there; then the
 * queue is worked off until the bound of a step, and each document whose
 * verdict flips gets another one.  While the queue is not empty the stage asks
 * to be woken at once.
 */
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "preprocessor/curate/document.h"
#include "preprocessor/curate/policy.h"
#include "preprocessor/preprocessor.h"

#define CURATE_BATCH_RECORDS 2000u
#define CURATE_BATCH_BYTES   ((size_t)4 * 1024 * 1024)

struct curate {
    struct mr_stage stage;
    struct curate_policy policy;
    uint32_t work_max;
};

/* The view of a worker's state, and what a step has met. */
struct curate_step {
    struct curate_view view;
    struct mr_state *state;
    struct mr_effects *effects;
    struct groups groups;
    enum mr_code code; /* of a verdict that could not be encoded */
    struct mr_err *err;
};

static struct curate_step *step_of(struct curate_view *view)
{
    return (struct curate_step *)(void *)view; /* its first member */
}

static enum mr_code get(struct curate_view *view, enum curate_space space,
                        struct mr_span key, struct mr_span *out,
                        struct mr_err *err)
{
    return mr_state_get(step_of(view)->state, space, key, out, err);
}

static enum mr_code scan(struct curate_view *view, enum curate_space space,
                         struct mr_range range, mr_store_visit *visit,
                         void *context, struct mr_err *err)
{
    return mr_state_scan(step_of(view)->state, space, range, visit, context,
                         err);
}

static void put(struct curate_view *view, enum curate_space space,
                struct mr_span key, struct mr_span value)
{
    mr_effects_put(step_of(view)->effects, space, key, value);
}

static void del(struct curate_view *view, enum curate_space space,
                struct mr_span key)
{
    mr_effects_delete(step_of(view)->effects, space, key);
}

static const struct curate_view_ops view_ops = { get, scan, put, del };

static enum mr_code emit(struct curate_step *step,
                         const struct mr_verdict *verdict,
                         const struct mr_input *cause, struct mr_err *err)
{
    struct mr_emit out = { .key = verdict->id,
                           .version = verdict->version,
                           .time_ms = verdict->time_ms,
                           .cause = cause };
    enum mr_code code =
        mr_verdict_encode(verdict, step->view.arena, &out.value, err);

    if (code == MR_OK)
        mr_effects_emit(step->effects, MR_TOPIC_VERDICTS, &out);
    return code;
}

static void flipped(void *context, const struct curate_record *record)
{
    struct curate_step *step = context;
    struct mr_verdict verdict = document_verdict(record, step->groups.policy);

    if (step->code == MR_OK)
        step->code = emit(step, &verdict, NULL, step->err);
}

static void begin(struct curate_step *step, const struct curate *curate,
                  struct mr_state *state, struct mr_effects *effects,
                  struct mr_err *err)
{
    *step = (struct curate_step){
        .view = { &view_ops, mr_state_arena(state) },
        .state = state,
        .effects = effects,
        .err = err,
    };
    step->groups = (struct groups){
        .policy = &curate->policy,
        .view = &step->view,
        .queue = queue(&step->view),
        .changed = flipped,
        .context = step,
    };
}

/* What there is to say of an id of which nothing is known, for a sweep that
 * met nothing. */
static struct mr_verdict nothing_there(const struct mr_signature *message,
                                       const struct curate_policy *policy)
{
    return (struct mr_verdict){
        .id = message->id,
        .version = message->version,
        .state = MR_STATE_DELETED,
        .time_ms = message->time_ms,
        .config = mr_span_str(policy->fingerprint),
    };
}

static void account(struct curate_step *step, const struct curate_record *now,
                    bool changed)
{
    if (changed && now->state == MR_STATE_DUPLICATE)
        mr_effects_account(step->effects, MR_OUTCOME_REJECTED, "duplicate");
    else
        mr_effects_account(step->effects, MR_OUTCOME_PASSED, NULL);
}

static enum mr_code apply(struct curate_step *step,
                          const struct mr_signature *message,
                          const struct mr_input *input,
                          struct curate_record *now, bool *changed,
                          struct mr_err *err)
{
    struct mr_verdict verdict;
    enum mr_code code =
        document_apply(&step->groups, message, now, changed, err);

    if (code != MR_OK)
        return code;
    if (now->state == 0)
        verdict = nothing_there(message, step->groups.policy);
    else
        verdict = document_verdict(now, step->groups.policy);
    if (*changed && message->kind == MR_KIND_PATCH) {
        verdict.is_patch = true;
        verdict.patch = message->patch;
        verdict.has_access = message->has_access;
        verdict.access = message->access;
    }
    return emit(step, &verdict, input, err);
}

static enum mr_code one_input(struct curate_step *step,
                              const struct mr_input *input, struct mr_err *err)
{
    struct mr_signature message;
    struct curate_record now;
    bool changed = false;
    enum mr_code code;

    MR_ASSERT(input->topic == MR_TOPIC_SIGNATURES);
    code = mr_signature_parse(input->record.value, step->view.arena, &message,
                              err);
    if (code != MR_OK)
        return code;
    if (!mr_span_equal(message.id, input->record.key))
        return mr_fail(err, MR_E_CORRUPT,
                       "curate: a signature of %.*s has the key %.*s",
                       MR_SPAN_ARG(message.id), MR_SPAN_ARG(input->record.key));
    code = apply(step, &message, input, &now, &changed, err);
    if (code == MR_OK)
        account(step, &now, changed);
    return code;
}

/* Judges everything again when the policy is not that of the last step. */
static enum mr_code follow_policy(struct curate_step *step, struct mr_err *err)
{
    struct mr_span key = mr_span_str("policy");
    struct mr_span now = mr_span_str(step->groups.policy->fingerprint);
    struct mr_span before;
    enum mr_code code =
        mr_state_get(step->state, CURATE_META, key, &before, err);

    if (code != MR_OK || (before.data != NULL && mr_span_equal(before, now)))
        return code;
    if (before.data != NULL)
        groups_judge_all(&step->groups);
    mr_effects_put(step->effects, CURATE_META, key, now);
    return MR_OK;
}

/* Works off the queue as far as a step goes. */
static enum mr_code end(struct curate_step *step, size_t work_max,
                        struct mr_err *err)
{
    bool left = false;
    enum mr_code code = groups_work(&step->groups, work_max, &left, err);

    if (code != MR_OK)
        return code;
    if (left)
        mr_effects_wake(step->effects, 0);
    return step->code;
}

static enum mr_code curate_step(struct mr_stage *stage, struct mr_state *state,
                                const struct mr_input *inputs, size_t count,
                                struct mr_effects *effects, struct mr_err *err)
{
    struct curate *curate = (struct curate *)(void *)stage;
    struct curate_step step;
    enum mr_code code;

    begin(&step, curate, state, effects, err);
    code = follow_policy(&step, err);
    for (size_t i = 0; i < count && code == MR_OK; i++)
        code = one_input(&step, &inputs[i], err);
    if (code != MR_OK)
        return code;
    return end(&step, curate->work_max, err);
}

/* A signature that cannot be worked: the document failed with its version,
 * unless something newer is known. */
static enum mr_code curate_fail(struct mr_stage *stage, struct mr_state *state,
                                const struct mr_input *input,
                                const struct mr_err *cause,
                                struct mr_effects *effects, struct mr_err *err)
{
    struct curate *curate = (struct curate *)(void *)stage;
    struct mr_signature message = {
        .id = input->record.key,
        .version = input->record.version,
        .kind = MR_KIND_FAILED,
        .time_ms = input->record.time_ms,
        .error = mr_span_str(cause->text),
    };
    struct curate_step step;
    struct curate_record now;
    bool changed;
    enum mr_code code;

    if (message.version == 0 || message.id.size == 0)
        return MR_OK; /* nobody's document */
    begin(&step, curate, state, effects, err);
    code = apply(&step, &message, input, &now, &changed, err);
    if (code != MR_OK)
        return code;
    return end(&step, curate->work_max, err);
}

static void curate_free(struct mr_stage *stage)
{
    mr_free(stage);
}

static const struct mr_stage_ops stage_ops = { curate_step, curate_fail,
                                               curate_free };

struct curate_config curate_config_default(void)
{
    return (struct curate_config){
        .duplicates = true,
        .similarity = 0.8,
        .work_max = 1000,
    };
}

enum mr_code curate_stage_new(const struct curate_config *config,
                              struct mr_stage **out, struct mr_err *err)
{
    struct curate_policy policy;
    struct curate *curate;
    enum mr_code code = curate_policy_of(config, &policy, err);

    if (code != MR_OK)
        return code;
    if (config->work_max == 0)
        return mr_fail(err, MR_E_CONFIG,
                       "curate: work_max is 0; give at least 1");
    curate = mr_calloc(1, sizeof(*curate));
    curate->policy = policy;
    curate->work_max = config->work_max;
    curate->stage = (struct mr_stage){
        .ops = &stage_ops,
        .name = "curate",
        .reads = { MR_TOPIC_SIGNATURES },
        .read_count = 1,
        .spaces = { "records", "buckets", "children", "queue", "meta" },
        .space_count = CURATE_SPACE_COUNT,
        .batch_records_max = CURATE_BATCH_RECORDS,
        .batch_bytes_max = CURATE_BATCH_BYTES,
    };
    *out = &curate->stage;
    return MR_OK;
}
