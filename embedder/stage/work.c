// SPDX-License-Identifier: Apache-2.0
/*
 * work.c - see work.h.
 */
#include "embedder/stage/work.h"

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"

void work_begin(struct work *work, enum mr_model_lane lane,
                struct work_limits limits)
{
    work->lane = lane;
    work->tokens_left = limits.tokens;
    work->parts_left = limits.parts;
    work->full = false;
}

void work_deinit(struct work *work)
{
    mr_free(work->jobs);
    mr_free(work->todo);
}

static bool same_hash(struct mr_hash128 a, struct mr_hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

/* Whether the text is among those that will be embedded. */
static bool is_coming(const struct work *work, struct mr_hash128 hash)
{
    for (size_t i = 0; i < work->todo_count; i++)
        if (same_hash(work->todo[i]->hash, hash))
            return true;
    return false;
}

/* Has the part embedded in this step; false when there is no room. */
static bool take(struct work *work, struct job_part *part)
{
    if (part->tokens > work->tokens_left && work->todo_count > 0)
        return false;
    work->tokens_left -=
        part->tokens < work->tokens_left ? part->tokens : work->tokens_left;
    if (work->todo_count == work->todo_room) {
        work->todo_room = work->todo_room == 0 ? 64 : 2 * work->todo_room;
        work->todo =
            mr_realloc_array(work->todo, work->todo_room, sizeof(*work->todo));
    }
    work->todo[work->todo_count++] = part;
    return true;
}

/* Looks for the job's vectors and has the missing ones embedded, as far as
 * there is room. */
static enum mr_code find_vectors(struct work *work, struct job *job,
                                 struct mr_err *err)
{
    for (size_t i = 0; i < job->count; i++) {
        struct job_part *part = &job->parts[i];
        enum mr_code code;

        code = cache_get(work->cache, part->hash, &part->vector, err);
        if (code != MR_OK)
            return code;
        if (part->vector != NULL)
            mr_count(work->telemetry, MR_M_EMBED_CACHED, NULL, NULL, 1);
        if (part->vector == NULL && !is_coming(work, part->hash) &&
            !take(work, part)) {
            work->full = true;
            return MR_OK;
        }
    }
    return MR_OK;
}

static struct job *add_job(struct work *work)
{
    if (work->count == work->room) {
        work->room = work->room == 0 ? 64 : 2 * work->room;
        work->jobs =
            mr_realloc_array(work->jobs, work->room, sizeof(*work->jobs));
    }
    return &work->jobs[work->count++];
}

enum mr_code work_add(struct work *work, const struct mr_input *input,
                      struct mr_document *document, struct mr_err *err)
{
    struct job *job = add_job(work);
    enum mr_code code =
        job_init(job, work->state, work->model, input, document, err);

    MR_ASSERT(!work->full);
    if (code != MR_OK)
        return code;
    work->parts_left -=
        job->count < work->parts_left ? job->count : work->parts_left;
    work->full = work->parts_left == 0;
    if (job->state == JOB_FAILED)
        return MR_OK;
    return find_vectors(work, job, err);
}

void work_add_failed(struct work *work, const struct mr_input *input,
                     uint64_t content_version, const struct mr_err *cause)
{
    *add_job(work) = (struct job){
        .input = *input,
        .content_version = content_version,
        .state = JOB_FAILED,
        .error = *cause,
    };
}

void work_cancel(struct work *work, struct mr_span id)
{
    for (size_t i = 0; i < work->count; i++)
        if (mr_span_equal(work->jobs[i].input.record.key, id))
            work->jobs[i].state = JOB_VOID;
}

/* One call for the texts todo[first, first + count). */
static enum mr_code embed(struct work *work, size_t first, size_t count,
                          struct mr_err *err)
{
    struct mr_arena *arena = mr_state_arena(work->state);
    size_t dimension = work->model->dimension;
    struct mr_span *texts = mr_arena_calloc(arena, count, sizeof(*texts));
    float *out = mr_arena_alloc(arena, count * dimension * sizeof(*out));
    enum mr_code code;

    for (size_t i = 0; i < count; i++)
        texts[i] = work->todo[first + i]->text;
    code = mr_model_embed(work->model, work->lane, texts, count, out, err);
    for (size_t i = 0; i < count && code == MR_OK; i++) {
        struct job_part *part = work->todo[first + i];

        mr_count(work->telemetry, MR_M_EMBED_TOKENS, NULL, NULL, part->tokens);
        part->vector = out + i * dimension;
        cache_put(work->cache, part->hash, part->vector);
    }
    return code;
}

/* A text among them breaks the model: each alone, so that only its own
 * documents fail. */
static enum mr_code embed_singly(struct work *work, struct mr_err *why,
                                 struct mr_err *err)
{
    for (size_t i = 0; i < work->todo_count; i++) {
        struct mr_err one;
        enum mr_code code = embed(work, i, 1, &one);

        if (mr_class_of(code) == MR_CLASS_POISON)
            *why = one;
        else if (code != MR_OK)
            return mr_fail(err, code, "%s", one.text);
    }
    return MR_OK;
}

/* Gives the parts the vectors of this step's texts, up to the first that has
 * to wait. */
static enum mr_code settle(struct work *work, struct job *job,
                           const struct mr_err *why, struct mr_err *err)
{
    for (size_t i = 0; i < job->count; i++) {
        struct job_part *part = &job->parts[i];
        enum mr_code code = MR_OK;

        if (part->vector == NULL)
            code = cache_get(work->cache, part->hash, &part->vector, err);
        if (code != MR_OK)
            return code;
        if (part->vector != NULL)
            continue;
        if (why->code != MR_OK && is_coming(work, part->hash)) {
            job->state = JOB_FAILED;
            job->error = *why;
        }
        return MR_OK;
    }
    job->state = JOB_DONE;
    return MR_OK;
}

enum mr_code work_run(struct work *work, struct mr_err *err)
{
    struct mr_err why = { 0 };
    struct mr_err all;
    enum mr_code code = MR_OK;

    if (work->todo_count > 0)
        code = embed(work, 0, work->todo_count, &all);
    if (mr_class_of(code) == MR_CLASS_POISON)
        code = embed_singly(work, &why, err);
    else if (code != MR_OK)
        return mr_fail(err, code, "%s", all.text);
    for (size_t i = 0; i < work->count && code == MR_OK; i++)
        if (work->jobs[i].state == JOB_OPEN)
            code = settle(work, &work->jobs[i], &why, err);
    return code;
}

enum mr_code work_emit(const struct work *work, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < work->count && code == MR_OK; i++) {
        const struct job *job = &work->jobs[i];

        if (job->state == JOB_DONE || job->state == JOB_FAILED)
            code = job_emit(job, work->state, work->effects,
                            work->model->dimension, err);
    }
    return code;
}
