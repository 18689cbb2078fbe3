// SPDX-License-Identifier: Apache-2.0
/*
 * admit_stage.c - the stage `admit`: texts and verdicts in, documents out.
 */
#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "preprocessor/admit/admission.h"
#include "preprocessor/preprocessor.h"

#define ADMIT_BATCH_RECORDS 500u
#define ADMIT_BATCH_BYTES   ((size_t)16 * 1024 * 1024)
#define DAY_MS              (INT64_C(24) * 60 * 60 * 1000)

struct admit {
    struct mr_stage stage;
    int64_t deleted_keep_ms;
};

static struct admission admission_of(const struct mr_stage *stage,
                                     struct mr_state *state,
                                     struct mr_effects *effects)
{
    return (struct admission){
        .state = state,
        .effects = effects,
        .deleted_keep_ms =
            ((const struct admit *)(const void *)stage)->deleted_keep_ms,
    };
}

static enum mr_code one_input(const struct admission *admission,
                              const struct mr_input *input, struct mr_err *err)
{
    enum mr_code code;

    if (input->topic == MR_TOPIC_CLEAN) {
        code = admission_text(admission, input, err);
    } else {
        MR_ASSERT(input->topic == MR_TOPIC_VERDICTS);
        code = admission_verdict(admission, input, err);
    }
    if (code == MR_OK)
        mr_effects_account(admission->effects, MR_OUTCOME_PASSED, NULL);
    return code;
}

static enum mr_code forget_due(const struct admission *admission,
                               int64_t time_ms, struct mr_err *err)
{
    struct due_entry *entries;
    size_t count;
    enum mr_code code =
        due_list(admission->state, time_ms, &entries, &count, err);

    for (size_t i = 0; i < count && code == MR_OK; i++)
        code = admission_forget(admission, &entries[i], time_ms, err);
    if (code == MR_OK && count == DUE_STEP_MAX)
        mr_effects_wake(admission->effects, 0);
    return code;
}

static enum mr_code admit_step(struct mr_stage *stage, struct mr_state *state,
                               const struct mr_input *inputs, size_t count,
                               struct mr_effects *effects, struct mr_err *err)
{
    struct admission admission = admission_of(stage, state, effects);
    int64_t before;
    int64_t time_ms;
    enum mr_code code = due_time(state, &before, err);

    time_ms = before;
    for (size_t i = 0; i < count && code == MR_OK; i++) {
        int64_t of_input = due_time_of(&inputs[i].record);

        if (of_input > time_ms)
            time_ms = of_input;
        code = one_input(&admission, &inputs[i], err);
    }
    if (code != MR_OK)
        return code;
    if (time_ms > before)
        due_set_time(effects, time_ms);
    return forget_due(&admission, time_ms, err);
}

static enum mr_code admit_fail(struct mr_stage *stage, struct mr_state *state,
                               const struct mr_input *input,
                               const struct mr_err *cause,
                               struct mr_effects *effects, struct mr_err *err)
{
    struct admission admission = admission_of(stage, state, effects);

    if (input->record.version == 0 || input->record.key.size == 0)
        return MR_OK; /* nobody's document */
    if (input->topic == MR_TOPIC_CLEAN)
        return admission_text_failed(&admission, input, cause, err);
    return admission_verdict_failed(&admission, input, cause, err);
}

static void admit_free(struct mr_stage *stage)
{
    mr_free(stage);
}

static const struct mr_stage_ops stage_ops = { admit_step, admit_fail,
                                               admit_free };

struct admit_config admit_config_default(void)
{
    return (struct admit_config){ .deleted_keep_ms = 30 * DAY_MS };
}

enum mr_code admit_stage_new(const struct admit_config *config,
                             struct mr_stage **out, struct mr_err *err)
{
    struct admit *admit;

    if (config->deleted_keep_ms < 0)
        return mr_fail(err, MR_E_CONFIG,
                       "admit: deleted documents are to be kept for %lld ms; "
                       "give at least 0",
                       (long long)config->deleted_keep_ms);
    admit = mr_calloc(1, sizeof(*admit));
    admit->deleted_keep_ms = config->deleted_keep_ms;
    admit->stage = (struct mr_stage){
        .ops = &stage_ops,
        .name = "admit",
        .reads = { MR_TOPIC_CLEAN, MR_TOPIC_VERDICTS },
        .read_count = 2,
        .spaces = { "records", "due", "meta" },
        .space_count = ADMIT_SPACE_COUNT,
        .batch_records_max = ADMIT_BATCH_RECORDS,
        .batch_bytes_max = ADMIT_BATCH_BYTES,
    };
    *out = &admit->stage;
    return MR_OK;
}
