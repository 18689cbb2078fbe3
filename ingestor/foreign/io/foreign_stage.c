// SPDX-License-Identifier: Apache-2.0
/*
 * foreign_stage.c - see foreign_stage.h.
 */
#include "ingestor/foreign/io/foreign_stage.h"

#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/base/mr_reader.h"
#include "common/wire/dead.h"

#define BATCH_RECORDS 256u
#define BATCH_BYTES   ((size_t)8 * 1024 * 1024)
#define FORGET_IDS    1000u
/* Later than every put that came before, whatever its offset is. */
#define OFFSET_LAST ((UINT64_C(1) << 48) - 1)

enum {
    SPACE_IDS,
    SPACE_COUNT
};

struct foreign_stage {
    struct mr_stage stage;
    struct foreign_stage_spec spec;
    char name[MR_SOURCE_BYTES_MAX + 16];
    struct foreign_tally tally;
    bool done;
};

/* What a step works with. */
struct step {
    struct foreign_stage *stage;
    struct mr_state *state;
    struct mr_effects *effects;
    struct mr_arena *arena;
};

/* --- the number of documents --- */

static struct mr_span count_key(void)
{
    return mr_span_str("documents");
}

static enum mr_code load_count(const struct step *step, struct mr_err *err)
{
    struct mr_span value;
    enum mr_code code =
        mr_state_get(step->state, SPACE_COUNT, count_key(), &value, err);
    struct mr_reader in = mr_reader(value);

    step->stage->tally.documents =
        code == MR_OK && value.size > 0 ? mr_read_varint(&in) : 0;
    return code;
}

static void save_count(const struct step *step)
{
    struct mr_buf value = mr_buf(16);

    mr_buf_varint(&value, step->stage->tally.documents);
    mr_effects_put(step->effects, SPACE_COUNT, count_key(),
                   mr_buf_bytes(&value));
    mr_buf_deinit(&value);
}

/* --- failures --- */

static void tell(struct foreign_tally *tally, const struct mr_record *record,
                 const char *text)
{
    tally->failed++;
    if (tally->told_count == FOREIGN_TOLD_MAX)
        return;
    tally->told[tally->told_count].partition = record->partition;
    tally->told[tally->told_count].offset = record->offset;
    (void)snprintf(tally->told[tally->told_count].text, MR_ERR_TEXT_MAX, "%s",
                   text);
    tally->told_count++;
}

static enum mr_code bury(const struct step *step, const struct mr_input *input,
                         const struct mr_err *cause, struct mr_err *err)
{
    const struct mr_record *record = &input->record;
    struct mr_span key = record->key;
    struct mr_dead dead;
    struct mr_emit emit;
    enum mr_code code;

    if (key.size > MR_KEY_BYTES_MAX)
        key.size = MR_KEY_BYTES_MAX;
    dead = (struct mr_dead){
        .id = key,
        .stage = mr_span_str(step->stage->name),
        .topic = mr_span_str(step->stage->spec.topic->name),
        .partition = record->partition,
        .offset = record->offset,
        .code = mr_span_str(mr_code_name(cause->code)),
        .error = mr_span_str(cause->text),
        .time_ms = record->append_ms,
        .value = { .bytes = record->value },
    };
    emit =
        (struct mr_emit){ .key = key, .time_ms = dead.time_ms, .cause = input };
    mr_effects_claim(step->effects, &dead.value);
    code = mr_dead_encode(&dead, step->arena, &emit.value, err);
    if (code != MR_OK)
        return code;
    mr_effects_emit(step->effects, MR_TOPIC_DEAD, &emit);
    tell(&step->stage->tally, record, cause->text);
    return MR_OK;
}

/* --- records --- */

static enum mr_code encode(const struct step *step, struct mr_raw *raw,
                           struct mr_span *value, struct mr_err *err)
{
    struct mr_payload *body = &raw->put.body;
    enum mr_code code;

    if (raw->kind == MR_KIND_PUT)
        mr_effects_claim(step->effects, body);
    code = mr_raw_encode(raw, step->arena, value, err);
    /* Much metadata and a body that is just inline. */
    if (code == MR_E_LIMIT && raw->kind == MR_KIND_PUT &&
        body->bytes.size > 0) {
        mr_effects_claim_any(step->effects, body);
        code = mr_raw_encode(raw, step->arena, value, err);
    }
    return code;
}

static enum mr_code emit(const struct step *step, struct mr_raw *raw,
                         const struct mr_input *input, struct mr_err *err)
{
    const struct source_config *config = step->stage->spec.config;
    struct mr_emit emit = { .key = raw->id, .cause = input };
    enum mr_code code;

    raw->source = mr_span_str(config->name);
    raw->source_rank = config->rank;
    if (input != NULL && raw->time_ms == 0 && input->record.append_ms > 0)
        raw->time_ms = input->record.append_ms;
    emit.time_ms = raw->time_ms;
    code = encode(step, raw, &emit.value, err);
    if (code == MR_OK)
        mr_effects_emit(step->effects, MR_TOPIC_RAW, &emit);
    return code;
}

static enum mr_code is_known(const struct step *step, struct mr_span id,
                             bool *known, struct mr_err *err)
{
    struct mr_span value;
    enum mr_code code = mr_state_get(step->state, SPACE_IDS, id, &value, err);

    *known = code == MR_OK && value.data != NULL;
    return code;
}

static enum mr_code put(const struct step *step, struct mr_raw *raw,
                        const struct mr_input *input, struct mr_err *err)
{
    size_t bytes_max = step->stage->spec.config->bytes_max;
    enum mr_code code = MR_OK;
    bool known;

    raw->lane = MR_LANE_BULK;
    if (raw->put.body.bytes.size > bytes_max)
        code = mr_fail(err, MR_E_LIMIT, "the body has %zu bytes, at most %zu",
                       raw->put.body.bytes.size, bytes_max);
    if (code == MR_OK)
        code = emit(step, raw, input, err);
    if (code == MR_OK)
        code = is_known(step, raw->id, &known, err);
    if (code != MR_OK)
        return code;
    step->stage->tally.sent++;
    if (known)
        return MR_OK;
    mr_effects_put(step->effects, SPACE_IDS, raw->id, mr_span_str(""));
    step->stage->tally.documents++;
    return MR_OK;
}

/* The delete of what this source sent of the id until now. */
static enum mr_code emit_delete(const struct step *step, struct mr_span id,
                                const struct mr_input *input,
                                struct mr_err *err)
{
    const struct foreign_stage_spec *spec = &step->stage->spec;
    struct mr_raw raw = {
        .id = id,
        .kind = MR_KIND_DELETE,
        .lane = MR_LANE_PUSH, /* a deletion is never held back */
        .del = { .source = mr_span_str(spec->config->name),
                 .before = mr_place_version(spec->place, OFFSET_LAST) },
    };

    return emit(step, &raw, input, err);
}

static enum mr_code remove_id(const struct step *step, struct mr_span id,
                              const struct mr_input *input, struct mr_err *err)
{
    struct foreign_tally *tally = &step->stage->tally;
    bool known;
    enum mr_code code = is_known(step, id, &known, err);

    if (code != MR_OK)
        return code;
    if (!known) {
        tally->unchanged++;
        return MR_OK;
    }
    code = emit_delete(step, id, input, err);
    if (code != MR_OK)
        return code;
    mr_effects_delete(step->effects, SPACE_IDS, id);
    tally->deleted++;
    tally->documents -= tally->documents > 0;
    return MR_OK;
}

static enum mr_code handle(const struct step *step,
                           const struct mr_input *input, struct mr_err *err)
{
    const struct foreign_stage_spec *spec = &step->stage->spec;
    struct mr_json *keep = NULL;
    struct mr_err why = { 0 };
    struct mr_raw raw;
    enum mr_code code =
        foreign_map_record(spec->map, spec->schema, &input->record, step->arena,
                           &raw, &keep, &why);

    step->stage->tally.read++;
    if (code == MR_OK && raw.kind == MR_KIND_DELETE)
        code = remove_id(step, raw.id, input, &why);
    else if (code == MR_OK)
        code = put(step, &raw, input, &why);
    mr_json_free(keep);
    if (mr_class_of(code) == MR_CLASS_POISON)
        return bury(step, input, &why, err);
    return code == MR_OK ? code : mr_fail(err, code, "%s", why.text);
}

/* --- forgetting --- */

struct some_ids {
    struct mr_arena *arena;
    struct mr_span ids[FORGET_IDS];
    size_t count;
};

static enum mr_code collect(void *context, struct mr_span key,
                            struct mr_span value, bool *stop,
                            struct mr_err *err)
{
    struct some_ids *some = context;

    (void)value;
    (void)err;
    some->ids[some->count++] = mr_arena_copy(some->arena, key);
    *stop = some->count == FORGET_IDS;
    return MR_OK;
}

static enum mr_code forget(const struct step *step, struct mr_err *err)
{
    struct foreign_stage *stage = step->stage;
    struct some_ids *some = mr_arena_calloc(step->arena, 1, sizeof(*some));
    enum mr_code code;

    some->arena = step->arena;
    code = mr_state_scan(step->state, SPACE_IDS, (struct mr_range){ 0 },
                         collect, some, err);
    for (size_t i = 0; code == MR_OK && i < some->count; i++) {
        if (stage->spec.forget_documents)
            code = emit_delete(step, some->ids[i], NULL, err);
        mr_effects_delete(step->effects, SPACE_IDS, some->ids[i]);
    }
    if (code != MR_OK)
        return code;
    stage->tally.deleted = stage->spec.forget_documents ? some->count : 0;
    mr_effects_delete(step->effects, SPACE_COUNT, count_key());
    stage->done = some->count < FORGET_IDS;
    if (!stage->done)
        mr_effects_wake(step->effects, 0);
    return MR_OK;
}

/* --- the stage --- */

static struct foreign_stage *stage_of(struct mr_stage *port)
{
    return (struct foreign_stage *)port;
}

static enum mr_code work(struct mr_stage *port, struct mr_state *state,
                         const struct mr_input *inputs, size_t count,
                         struct mr_effects *effects, struct mr_err *err)
{
    struct foreign_stage *stage = stage_of(port);
    const struct step step = { .stage = stage,
                               .state = state,
                               .effects = effects,
                               .arena = mr_state_arena(state) };
    enum mr_code code;

    stage->tally = (struct foreign_tally){ .made = true };
    if (stage->spec.forget)
        return forget(&step, err);
    code = load_count(&step, err);
    for (size_t i = 0; code == MR_OK && i < count; i++)
        code = handle(&step, &inputs[i], err);
    for (uint64_t i = 0; i < count - stage->tally.failed && code == MR_OK; i++)
        mr_effects_account(effects, MR_OUTCOME_PASSED, NULL);
    if (code == MR_OK && count > 0)
        save_count(&step);
    return code;
}

/* Its letter is the worker's; no later stage knows of it. */
static enum mr_code fail(struct mr_stage *port, struct mr_state *state,
                         const struct mr_input *input,
                         const struct mr_err *cause, struct mr_effects *effects,
                         struct mr_err *err)
{
    struct foreign_stage *stage = stage_of(port);
    const struct step step = { .stage = stage, .state = state };

    (void)effects;
    stage->tally = (struct foreign_tally){ .made = true, .read = 1 };
    tell(&stage->tally, &input->record, cause->text);
    return load_count(&step, err);
}

static void free_stage(struct mr_stage *port)
{
    mr_free(stage_of(port));
}

struct foreign_stage *foreign_stage_new(const struct foreign_stage_spec *spec)
{
    static const struct mr_stage_ops ops = { .step = work,
                                             .fail = fail,
                                             .free = free_stage };
    struct foreign_stage *stage = mr_calloc(1, sizeof(*stage));

    MR_ASSERT(spec->forget || spec->map != NULL);
    stage->spec = *spec;
    (void)snprintf(stage->name, sizeof(stage->name), "source.%s",
                   spec->config->name);
    stage->stage = (struct mr_stage){
        .ops = &ops,
        .name = stage->name,
        .foreign = spec->topic,
        .spaces = { [SPACE_IDS] = "ids", [SPACE_COUNT] = "count" },
        .space_count = 2,
        .batch_records_max = BATCH_RECORDS,
        .batch_bytes_max = BATCH_BYTES,
    };
    return stage;
}

struct mr_stage *foreign_stage_port(struct foreign_stage *stage)
{
    return &stage->stage;
}

struct foreign_tally *foreign_stage_tally(struct foreign_stage *stage)
{
    return &stage->tally;
}

bool foreign_stage_is_done(const struct foreign_stage *stage)
{
    return stage->done;
}
