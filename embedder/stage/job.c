// SPDX-License-Identifier: Apache-2.0
/*
 * job.c - see job.h.
 */
#include "embedder/stage/job.h"

#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

/* Longer words, and texts without spaces, are cut inside. */
#define WORD_SEARCH_BYTES ((size_t)64)

/* Whether it is this document's own failure: bad data, or a text that the
 * blob store lost or damaged. */
static bool is_own(enum mr_code code)
{
    return mr_class_of(code) == MR_CLASS_POISON || code == MR_E_LOST ||
           code == MR_E_DAMAGED;
}

static enum mr_code settle(struct job *job, enum mr_code code,
                           const struct mr_err *why, struct mr_err *err)
{
    if (code == MR_OK)
        return MR_OK;
    if (!is_own(code))
        return mr_fail(err, code, "%s", why->text);
    job->state = JOB_FAILED;
    job->error = *why;
    return MR_OK;
}

/* At most so many bytes, whole characters. */
static struct mr_span cut(struct mr_span text, size_t max)
{
    if (text.size <= max)
        return text;
    while (max > 0 && (text.data[max] & 0xC0u) == 0x80u)
        max--;
    return mr_span(text.data, max);
}

static struct mr_span with_title(struct mr_arena *arena, struct mr_span title,
                                 struct mr_span passage)
{
    uint8_t *bytes;

    title = cut(title, JOB_TITLE_BYTES_MAX);
    if (title.size == 0)
        return passage;
    bytes = mr_arena_alloc(arena, title.size + 2 + passage.size);
    memcpy(bytes, title.data, title.size);
    memcpy(bytes + title.size, ". ", 2);
    if (passage.size > 0)
        memcpy(bytes + title.size + 2, passage.data, passage.size);
    return mr_span(bytes, title.size + 2 + passage.size);
}

struct part_list {
    struct job_part *items;
    size_t count;
    size_t room;
};

static struct job_part *add_part(struct part_list *list)
{
    if (list->count == list->room) {
        list->room = list->room == 0 ? 16 : 2 * list->room;
        list->items =
            mr_realloc_array(list->items, list->room, sizeof(*list->items));
    }
    return &list->items[list->count++];
}

/* A place at or behind `at` where a word ends, or at least a character. */
static size_t word_end(struct mr_span text, size_t at)
{
    size_t end = at;

    while (end < text.size && end < at + WORD_SEARCH_BYTES &&
           text.data[end] != ' ' && text.data[end] != '\n')
        end++;
    if (end == at + WORD_SEARCH_BYTES)
        end = at;
    while (end < text.size && (text.data[end] & 0xC0u) == 0x80u)
        end++;
    return end;
}

static enum mr_code add_text(struct part_list *list, struct mr_state *state,
                             struct mr_model *model, uint32_t passage,
                             struct mr_span text, size_t *parts_needed,
                             struct mr_err *err)
{
    struct mr_span *parts;
    uint32_t *tokens;
    size_t count;
    enum mr_code code = mr_model_split(model, text, mr_state_arena(state),
                                       &parts, &tokens, &count, err);

    if (code != MR_OK)
        return code;
    if (parts_needed != NULL) {
        *parts_needed = count;
        if (count > 1)
            return MR_OK;
    }
    if (count > MR_VECTORS_MAX - list->count)
        return mr_fail(err, MR_E_LIMIT,
                       "embed: the document's passages have more than %u "
                       "parts that fit the model",
                       MR_VECTORS_MAX);
    for (size_t i = 0; i < count; i++)
        *add_part(list) = (struct job_part){
            .passage = passage,
            .tokens = tokens[i],
            .text = parts[i],
            .hash = mr_hash128(parts[i]),
        };
    return MR_OK;
}

/* A passage that fits the model's window with its title is one part.  Else it
 * is cut into as many parts of equal size as it takes, each with the title: a
 * rest of a few words would match whatever shares them. */
static enum mr_code add_passage(struct part_list *list, struct mr_state *state,
                                struct mr_model *model, uint32_t passage,
                                struct mr_span title, struct mr_span text,
                                struct mr_err *err)
{
    struct mr_arena *arena = mr_state_arena(state);
    size_t pieces;
    size_t from = 0;
    enum mr_code code = add_text(list, state, model, passage,
                                 with_title(arena, title, text), &pieces, err);

    for (size_t i = 1; code == MR_OK && pieces > 1 && i <= pieces; i++) {
        size_t to =
            i == pieces ? text.size : word_end(text, text.size * i / pieces);

        if (to > from)
            code = add_text(
                list, state, model, passage,
                with_title(arena, title, mr_span(text.data + from, to - from)),
                NULL, err);
        from = to > from ? to : from;
    }
    return code;
}

static enum mr_code add_passages(struct part_list *list, struct mr_state *state,
                                 struct mr_model *model,
                                 struct mr_document *document,
                                 struct mr_err *err)
{
    const struct mr_passages *passages = &document->passages;
    enum mr_code code = MR_OK;
    struct mr_span text;

    if (passages->count > 0)
        code = mr_state_load(state, &document->text, err);
    text = document->text.bytes;
    for (size_t i = 0; i < passages->count && code == MR_OK; i++) {
        const struct mr_passage *passage = &passages->items[i];

        if (passage->start > passage->end || passage->end > text.size)
            return mr_fail(err, MR_E_CORRUPT,
                           "embed: passage %zu ends at %u, the text at %zu", i,
                           passage->end, text.size);
        code = add_passage(
            list, state, model, (uint32_t)i, document->title,
            mr_span(text.data + passage->start, passage->end - passage->start),
            err);
    }
    return code;
}

enum mr_code job_init(struct job *job, struct mr_state *state,
                      struct mr_model *model, const struct mr_input *input,
                      struct mr_document *document, struct mr_err *err)
{
    struct mr_arena *arena = mr_state_arena(state);
    struct part_list list = { 0 };
    struct mr_err why;
    enum mr_code code;

    *job = (struct job){
        .input = *input,
        .content_version = document->content_version,
    };
    code = add_passages(&list, state, model, document, &why);
    job->count = list.count;
    job->parts = mr_arena_calloc(arena, list.count, sizeof(*job->parts));
    if (list.count > 0)
        memcpy(job->parts, list.items, list.count * sizeof(*job->parts));
    mr_free(list.items);
    return settle(job, code, &why, err);
}

static void fill(const struct job *job, struct mr_arena *arena,
                 uint32_t dimension, struct mr_vectors *vectors)
{
    size_t bytes = dimension * sizeof(float);
    uint8_t *floats = mr_arena_alloc(arena, job->count * bytes + 1);

    vectors->passages =
        mr_arena_calloc(arena, job->count, sizeof(*vectors->passages));
    vectors->count = job->count;
    for (size_t i = 0; i < job->count; i++) {
        MR_ASSERT(job->parts[i].vector != NULL);
        vectors->passages[i] = job->parts[i].passage;
        memcpy(floats + i * bytes, job->parts[i].vector, bytes);
    }
    vectors->floats.bytes = mr_span(floats, job->count * bytes);
}

enum mr_code job_emit(const struct job *job, struct mr_state *state,
                      struct mr_effects *effects, uint32_t dimension,
                      struct mr_err *err)
{
    const struct mr_record *record = &job->input.record;
    struct mr_arena *arena = mr_state_arena(state);
    struct mr_vectors vectors = {
        .id = record->key,
        .version = record->version,
        .content_version = job->content_version,
        .state = MR_STATE_LIVE,
        .time_ms = record->time_ms,
        .dimension = dimension,
    };
    struct mr_span value;
    enum mr_code code;

    MR_ASSERT(job->state == JOB_DONE || job->state == JOB_FAILED);
    if (job->state == JOB_FAILED) {
        vectors.state = MR_STATE_FAILED;
        vectors.error = mr_span_str(job->error.text);
    } else {
        fill(job, arena, dimension, &vectors);
        mr_effects_claim(effects, &vectors.floats);
    }
    code = mr_vectors_encode(&vectors, arena, &value, err);
    if (code != MR_OK)
        return code;
    mr_effects_emit(effects, MR_TOPIC_VECTORS,
                    &(struct mr_emit){ .key = record->key,
                                       .value = value,
                                       .version = record->version,
                                       .time_ms = record->time_ms,
                                       .cause = &job->input });
    return MR_OK;
}
