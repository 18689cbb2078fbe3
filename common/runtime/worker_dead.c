// SPDX-License-Identifier: Apache-2.0
/*
 * worker_dead.c - the input that failed for good; see worker.h.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/base/mr_assert.h"
#include "common/runtime/worker_internal.h"
#include "common/wire/dead.h"

static uint64_t version_of(const struct mr_worker *worker,
                           const struct mr_input *input)
{
    if (input->record.version == 0 && input->topic == MR_TOPIC_RAW)
        return mr_place_version(worker->place, input->record.offset);
    return input->record.version;
}

enum mr_code mr_worker_topic_name(const struct mr_worker *worker,
                                  enum mr_topic topic, char *name,
                                  struct mr_err *err)
{
    const struct mr_topic_scope scope = {
        .collection = worker->place->collection,
        .generation = worker->place->generation,
        .model = worker->place->model,
        .partitions = worker->place->partitions,
    };
    struct mr_topic_spec spec;

    if (topic == MR_TOPIC_COUNT) {
        (void)snprintf(name, MR_TOPIC_NAME_MAX + 1, "%s",
                       worker->stage->foreign->name);
        return MR_OK;
    }
    return mr_topic_spec_of(topic, &scope, name, &spec, err);
}

/* Others may have longer keys than a record on our topics. */
static struct mr_span first_bytes(struct mr_span key)
{
    if (key.size > MR_KEY_BYTES_MAX)
        key.size = MR_KEY_BYTES_MAX;
    return key;
}

/* Puts the input on `dead` with `text` as its error. */
static enum mr_code emit_dead(struct mr_worker *worker,
                              const struct mr_input *input, enum mr_code why,
                              const char *text, struct mr_err *err)
{
    const struct mr_record *record = &input->record;
    char name[MR_TOPIC_NAME_MAX + 1];
    struct mr_span key = first_bytes(record->key);
    struct mr_dead dead = {
        .id = key,
        .stage = mr_span_str(worker->stage->name),
        .partition = record->partition,
        .offset = record->offset,
        .version = version_of(worker, input),
        .code = mr_span_str(mr_code_name(why)),
        .error = mr_span_str(text),
        .time_ms = record->time_ms != 0 ? record->time_ms : record->append_ms,
        .value = { .bytes = record->value },
    };
    struct mr_emit emit = {
        .key = key,
        .version = dead.version,
        .time_ms = dead.time_ms,
        .cause = input,
    };
    enum mr_code code = mr_worker_topic_name(worker, input->topic, name, err);

    if (code != MR_OK)
        return code;
    dead.topic = mr_span_str(name);
    mr_effects_claim(&worker->effects, &dead.value);
    code = mr_dead_encode(&dead, worker->arena, &emit.value, err);
    if (code == MR_OK)
        mr_effects_emit(&worker->effects, MR_TOPIC_DEAD, &emit);
    return code;
}

static enum mr_code tell_later_stages(struct mr_worker *worker,
                                      const struct mr_input *input,
                                      const struct mr_err *cause,
                                      struct mr_err *err)
{
    struct mr_effects *effects = &worker->effects;
    enum mr_code code = worker->stage->ops->fail(worker->stage, &worker->state,
                                                 input, cause, effects, err);

    if (code == MR_OK && effects->failure.code != MR_OK)
        code = mr_fail(err, effects->failure.code, "%s", effects->failure.text);
    return code;
}

enum mr_code mr_worker_bury(struct mr_worker *worker,
                            const struct mr_err *cause, struct mr_err *err)
{
    const struct mr_input *input = &worker->inputs[0];
    const char *text = cause->text;
    enum mr_code code;
    struct mr_err why;

    MR_ASSERT(worker->input_count == 1);
    code = tell_later_stages(worker, input, cause, &why);
    if (mr_class_of(code) == MR_CLASS_POISON) {
        /* Such as a key that can be no id: the letter is all there is. */
        mr_effects_reset(&worker->effects);
        text =
            mr_arena_printf(worker->arena, "%s; later stages were not told: %s",
                            cause->text, why.text);
    } else if (code != MR_OK) {
        *err = why;
        return code;
    }
    code = emit_dead(worker, input, cause->code, text, err);
    if (code != MR_OK)
        return code;
    mr_log(worker->spec.telemetry, MR_EV_DEAD_LETTER, worker->stage->name,
           "\"%.*s\" (%s, partition %u, offset %" PRIu64
           ") failed for good and is kept on dead: %s",
           MR_SPAN_ARG(input->record.key),
           input->topic == MR_TOPIC_COUNT ? worker->stage->foreign->name
                                          : mr_topic_short_name(input->topic),
           input->record.partition, input->record.offset, text);
    return MR_OK;
}
