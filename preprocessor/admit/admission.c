// SPDX-License-Identifier: Apache-2.0
/*
 * admission.c - see admission.h.
 */
#include "preprocessor/admit/admission.h"

#include "common/wire/clean.h"
#include "common/wire/document.h"
#include "preprocessor/admit/compose.h"
#include "preprocessor/admit/fold.h"
#include "preprocessor/admit/record.h"

static enum mr_code load(const struct admission *admission, struct mr_span id,
                         struct admit_record *out, struct mr_err *err)
{
    struct mr_span bytes;
    enum mr_code code =
        mr_state_get(admission->state, ADMIT_RECORDS, id, &bytes, err);

    if (code != MR_OK)
        return code;
    return admit_record_parse(id, bytes, mr_state_arena(admission->state), out,
                              err);
}

static enum mr_code keep(const struct admission *admission,
                         const struct admit_record *record, struct mr_err *err)
{
    struct mr_span bytes;
    enum mr_code code = admit_record_encode(
        record, mr_state_arena(admission->state), &bytes, err);

    if (code == MR_OK)
        mr_effects_put(admission->effects, ADMIT_RECORDS, record->id, bytes);
    return code;
}

static enum mr_code emit(const struct admission *admission,
                         const struct admit_record *record,
                         const struct mr_clean *text,
                         const struct mr_input *cause, struct mr_err *err)
{
    struct mr_arena *arena = mr_state_arena(admission->state);
    struct mr_document document = compose_document(record, text, arena);
    struct mr_emit out = { .key = record->id,
                           .version = document.version,
                           .time_ms = document.time_ms,
                           .cause = cause };
    enum mr_code code = mr_document_encode(&document, arena, &out.value, err);

    if (code == MR_E_LIMIT && document.text.bytes.size > 0) {
        /* Beside the metadata of patches. */
        mr_effects_claim_any(admission->effects, &document.text);
        code = mr_document_encode(&document, arena, &out.value, err);
    }
    if (code == MR_OK)
        mr_effects_emit(admission->effects, MR_TOPIC_DOCUMENTS, &out);
    return code;
}

/* The record as if its verdict were a failure. */
static struct admit_record failed(const struct admit_record *record,
                                  const char *error)
{
    struct admit_record out = *record;

    out.verdict.state = MR_STATE_FAILED;
    out.verdict.reason = (struct mr_reason){ .value = mr_span_str(error) };
    return out;
}

static bool has_ended(const struct admit_record *record)
{
    return record->verdict.state == MR_STATE_DELETED ||
           record->verdict.state == MR_STATE_FAILED;
}

/* The text of the record from the log. *found false: compaction took it. */
static enum mr_code fetch(const struct admission *admission,
                          const struct admit_record *record,
                          struct mr_clean *out, bool *found, struct mr_err *err)
{
    struct mr_record at;
    struct mr_err lost;
    enum mr_code code =
        mr_state_fetch(admission->state, MR_TOPIC_CLEAN, record->id,
                       record->text_offset, &at, &lost);

    *found = code == MR_OK;
    if (code == MR_E_LOST)
        return MR_OK;
    if (code != MR_OK)
        return mr_fail(err, code, "%s", lost.text);
    if (at.version != record->text_version ||
        !mr_span_equal(at.key, record->id) || at.value.data == NULL)
        return mr_fail(err, MR_E_DAMAGED,
                       "admit: the text of %.*s is not at offset %llu of "
                       "clean; rebuild this stage's state from the log",
                       MR_SPAN_ARG(record->id),
                       (unsigned long long)record->text_offset);
    return mr_clean_parse(at.value, mr_state_arena(admission->state), out, err);
}

/* What a new verdict says, with the text that it is about if that is here. */
static enum mr_code emit_verdict(const struct admission *admission,
                                 const struct admit_record *record,
                                 const struct mr_input *cause,
                                 struct mr_err *err)
{
    struct admit_record lost;
    struct mr_clean text;
    bool found = false;
    enum mr_code code = MR_OK;

    if (!has_ended(record) &&
        (!admit_record_agrees(record) || record->text_gone))
        return MR_OK;
    if (admit_record_agrees(record))
        code = fetch(admission, record, &text, &found, err);
    if (code != MR_OK)
        return code;
    if (found || has_ended(record))
        return emit(admission, record, found ? &text : NULL, cause, err);
    lost = failed(record, "its text is gone from clean: a newer one is on its "
                          "way, or the topic has lost it");
    return emit(admission, &lost, NULL, cause, err);
}

/* Takes note of a text; false: it is older than the one known. */
static bool note_text(struct admit_record *record, const struct mr_input *input)
{
    if (record->has_text && input->record.version < record->text_version)
        return false;
    record->has_text = true;
    record->text_gone = false;
    record->text_offset = input->record.offset;
    record->text_version = input->record.version;
    return true;
}

static enum mr_code text_gone(const struct admission *admission,
                              const struct mr_input *input,
                              struct admit_record *record, struct mr_err *err)
{
    if (!record->has_text || record->text_gone ||
        record->text_version >= input->record.version)
        return MR_OK;
    record->text_gone = true;
    return keep(admission, record, err);
}

enum mr_code admission_text(const struct admission *admission,
                            const struct mr_input *input, struct mr_err *err)
{
    struct admit_record record;
    struct mr_clean text;
    enum mr_code code = load(admission, input->record.key, &record, err);

    if (code != MR_OK)
        return code;
    if (input->record.value.data == NULL)
        return text_gone(admission, input, &record, err);
    if (!note_text(&record, input))
        return MR_OK;
    code = keep(admission, &record, err);
    if (code != MR_OK || !admit_record_agrees(&record))
        return code;
    code = mr_clean_parse(input->record.value, mr_state_arena(admission->state),
                          &text, err);
    if (code != MR_OK)
        return code;
    return emit(admission, &record, &text, input, err);
}

static void add_due(const struct admission *admission,
                    const struct admit_record *record,
                    const struct mr_input *input)
{
    int64_t keep_ms = admission->deleted_keep_ms;

    if (keep_ms > DUE_TIME_MAX)
        keep_ms = DUE_TIME_MAX;
    due_add(admission->state, admission->effects,
            due_time_of(&input->record) + keep_ms, record->id,
            record->verdict.version);
}

enum mr_code admission_verdict(const struct admission *admission,
                               const struct mr_input *input, struct mr_err *err)
{
    struct mr_arena *arena = mr_state_arena(admission->state);
    struct admit_record record;
    struct mr_verdict verdict;
    enum mr_code code =
        mr_verdict_parse(input->record.value, arena, &verdict, err);

    if (code != MR_OK)
        return code;
    if (!mr_span_equal(verdict.id, input->record.key))
        return mr_fail(err, MR_E_CORRUPT,
                       "admit: a verdict on %.*s has the key %.*s",
                       MR_SPAN_ARG(verdict.id), MR_SPAN_ARG(input->record.key));
    code = load(admission, verdict.id, &record, err);
    if (code != MR_OK ||
        (record.has_verdict && verdict.version < record.verdict.version))
        return code;
    record.verdict = fold_verdict(record.has_verdict ? &record.verdict : NULL,
                                  &verdict, arena);
    record.has_verdict = true;
    record.verdict_offset = input->record.offset;
    if (record.verdict.state == MR_STATE_DELETED)
        add_due(admission, &record, input);
    code = keep(admission, &record, err);
    if (code != MR_OK)
        return code;
    return emit_verdict(admission, &record, input, err);
}

enum mr_code admission_text_failed(const struct admission *admission,
                                   const struct mr_input *input,
                                   const struct mr_err *cause,
                                   struct mr_err *err)
{
    struct admit_record record;
    enum mr_code code = load(admission, input->record.key, &record, err);

    if (code != MR_OK || input->record.value.data == NULL)
        return code;
    if (!note_text(&record, input))
        return MR_OK;
    code = keep(admission, &record, err);
    if (code != MR_OK || !admit_record_agrees(&record))
        return code; /* the verdict will meet the same bytes, and fail */
    record = failed(&record, cause->text);
    return emit(admission, &record, NULL, input, err);
}

enum mr_code admission_verdict_failed(const struct admission *admission,
                                      const struct mr_input *input,
                                      const struct mr_err *cause,
                                      struct mr_err *err)
{
    struct admit_record record;
    enum mr_code code = load(admission, input->record.key, &record, err);

    if (code != MR_OK ||
        (record.has_verdict && input->record.version < record.verdict.version))
        return code;
    record = failed(&record, cause->text);
    record.has_verdict = true;
    record.verdict_offset = input->record.offset;
    record.verdict.id = record.id;
    record.verdict.version = input->record.version;
    record.verdict.time_ms = input->record.time_ms;
    code = keep(admission, &record, err);
    if (code != MR_OK)
        return code;
    return emit(admission, &record, NULL, input, err);
}

enum mr_code admission_forget(const struct admission *admission,
                              const struct due_entry *entry, int64_t time_ms,
                              struct mr_err *err)
{
    struct admit_record record;
    struct mr_emit null = { .key = entry->id,
                            .version = entry->version,
                            .time_ms = time_ms };
    enum mr_code code = load(admission, entry->id, &record, err);

    if (code != MR_OK)
        return code;
    due_remove(admission->effects, entry);
    if (!record.has_verdict || record.verdict.state != MR_STATE_DELETED ||
        record.verdict.version != entry->version)
        return MR_OK;
    mr_effects_emit(admission->effects, MR_TOPIC_DOCUMENTS, &null);
    record.has_verdict = false;
    if (record.has_text && record.text_version > entry->version)
        return keep(admission, &record, err); /* a put, still to be judged */
    mr_effects_delete(admission->effects, ADMIT_RECORDS, entry->id);
    return MR_OK;
}
