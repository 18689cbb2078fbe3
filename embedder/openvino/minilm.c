// SPDX-License-Identifier: Apache-2.0
/*
 * minilm.c - see minilm.h.
 */
#include "embedder/openvino/minilm.h"

#include <math.h>
#include <string.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "embedder/io/model_folder.h"
#include "embedder/io/turn.h"
#include "embedder/openvino/session.h"
#include "embedder/plan/batch_plan.h"
#include "embedder/wordpiece/wordpiece.h"

/* Vectors are of length 1 within so much, or something is broken. */
#define LENGTH_TOLERANCE 1e-3

/* Lines of the published vocabulary, which is as long as the model's table. */
#define VOCABULARY_SIZE 30522u

/* What the fingerprint is over, besides the files. */
#define SETTINGS MINILM_NAME " uncased mean unit 256"

static_assert(MINILM_TOKENS_MAX <= MINILM_BATCH_TOKENS, "a text fits a batch");
static_assert(MR_MODEL_BULK < TURN_LANES, "a lane of the turn for each lane");

struct minilm {
    struct mr_model model; /* first: this is what the port sees */
    char fingerprint[MODEL_FINGERPRINT_SIZE];
    struct wordpiece *wordpiece;
    struct session *session;
    struct turn turn;
};

/* One call's work: up to BATCH_TEXTS_MAX texts as ids, and one batch of them
 * as the session wants it. */
struct work {
    uint32_t lengths[BATCH_TEXTS_MAX];
    int32_t ids[BATCH_TEXTS_MAX][MINILM_TOKENS_MAX];
    struct batch_plan plan;
    int64_t batch_ids[MINILM_BATCH_TOKENS];
    int64_t batch_mask[MINILM_BATCH_TOKENS];
    float batch_out[BATCH_TEXTS_MAX][MINILM_DIMENSION];
};

static struct minilm *minilm_of(struct mr_model *model)
{
    return (struct minilm *)model;
}

static enum mr_code split(struct mr_model *model, struct mr_span text,
                          struct mr_arena *arena, struct mr_span **parts,
                          uint32_t **tokens, size_t *count, struct mr_err *err)
{
    (void)err;
    wordpiece_split(minilm_of(model)->wordpiece, text, MINILM_TOKENS_MAX, arena,
                    parts, tokens, count);
    return MR_OK;
}

/* The texts of a batch side by side, each padded with id 0 and mask 0. */
static void fill(struct work *work, const struct batch *batch)
{
    size_t at = 0;

    MR_ASSERT(batch->count * batch->length <= MINILM_BATCH_TOKENS);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t text = work->plan.order[batch->first + i];

        for (uint32_t k = 0; k < batch->length; k++, at++) {
            bool there = k < work->lengths[text];

            work->batch_ids[at] = there ? work->ids[text][k] : 0;
            work->batch_mask[at] = there ? 1 : 0;
        }
    }
}

static enum mr_code check_length(const float *vector, struct mr_err *err)
{
    double sum = 0;

    for (size_t i = 0; i < MINILM_DIMENSION; i++)
        sum += (double)vector[i] * (double)vector[i];
    /* Not "greater": a NaN must fail too. */
    if (!(fabs(sum - 1) <= LENGTH_TOLERANCE))
        return mr_fail(err, MR_E_INVALID,
                       "minilm: a vector of squared length %g, not 1", sum);
    return MR_OK;
}

/* Runs one batch, with the turn; its vectors go to their texts' places. */
static enum mr_code run(struct minilm *minilm, enum mr_model_lane lane,
                        struct work *work, const struct batch *batch,
                        float *out, struct mr_err *err)
{
    enum mr_code code;

    fill(work, batch);
    turn_take(&minilm->turn, lane);
    code = session_run(minilm->session, work->batch_ids, work->batch_mask,
                       batch->count, batch->length, work->batch_out[0], err);
    turn_give(&minilm->turn);
    for (uint32_t i = 0; i < batch->count && code == MR_OK; i++) {
        uint32_t text = work->plan.order[batch->first + i];

        code = check_length(work->batch_out[i], err);
        memcpy(out + (size_t)text * MINILM_DIMENSION, work->batch_out[i],
               sizeof(work->batch_out[i]));
    }
    return code;
}

static enum mr_code embed_some(struct minilm *minilm, enum mr_model_lane lane,
                               struct work *work, const struct mr_span *texts,
                               size_t count, float *out, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    for (size_t i = 0; i < count; i++)
        work->lengths[i] = (uint32_t)wordpiece_encode(
            minilm->wordpiece, texts[i], work->ids[i], MINILM_TOKENS_MAX);
    batch_plan(&work->plan, work->lengths, count, MINILM_BATCH_TOKENS);
    for (size_t i = 0; i < work->plan.count && code == MR_OK; i++)
        code = run(minilm, lane, work, &work->plan.batches[i], out, err);
    return code;
}

static enum mr_code embed(struct mr_model *model, enum mr_model_lane lane,
                          const struct mr_span *texts, size_t count, float *out,
                          struct mr_err *err)
{
    struct work *work = mr_malloc(sizeof(*work));
    enum mr_code code = MR_OK;

    for (size_t done = 0; done < count && code == MR_OK;) {
        size_t some = count - done;

        if (some > BATCH_TEXTS_MAX)
            some = BATCH_TEXTS_MAX;
        code = embed_some(minilm_of(model), lane, work, texts + done, some,
                          out + done * MINILM_DIMENSION, err);
        done += some;
    }
    mr_free(work);
    return code;
}

static const struct mr_model_ops ops = {
    .split = split,
    .embed = embed,
};

/* One text through everything: that it works, and the first, slow run. */
static enum mr_code probe(struct minilm *minilm, struct mr_err *err)
{
    struct mr_span text = mr_span_str("a mill race carries water to the wheel");
    float vector[MINILM_DIMENSION];
    struct mr_err why;

    if (mr_model_embed(&minilm->model, MR_MODEL_QUERY, &text, 1, vector,
                       &why) != MR_OK)
        return mr_fail(err, MR_E_CONFIG, "minilm: the model does not work: %s",
                       why.text);
    return MR_OK;
}

/* Everything of the folder that is not the session. */
static enum mr_code read_folder(struct minilm *minilm,
                                const struct model_folder *folder,
                                struct mr_err *err)
{
    struct mr_err why;

    if (wordpiece_parse(folder->vocabulary, &minilm->wordpiece, &why) != MR_OK)
        return mr_fail(err, MR_E_CONFIG, "minilm: %s: %s", folder->path,
                       why.text);
    if (wordpiece_size(minilm->wordpiece) != VOCABULARY_SIZE)
        return mr_fail(
            err, MR_E_CONFIG,
            "minilm: %s/vocab.txt has %zu lines, that of %s %u; copy "
            "the model anew, or let deploy/build fetch it",
            folder->path, wordpiece_size(minilm->wordpiece), MINILM_NAME,
            VOCABULARY_SIZE);
    model_folder_fingerprint(folder, SETTINGS, minilm->fingerprint);
    return MR_OK;
}

static enum mr_code start(struct minilm *minilm,
                          const struct model_folder *folder, uint32_t threads,
                          struct mr_err *err)
{
    struct mr_err why;

    if (session_open(folder->xml, threads, &minilm->session, &why) != MR_OK)
        return mr_fail(err, MR_E_CONFIG,
                       "minilm: %.350s is damaged, copy the model anew or let "
                       "deploy/build fetch it (%.350s)",
                       folder->path, why.text);
    if (session_dimension(minilm->session) != MINILM_DIMENSION)
        return mr_fail(err, MR_E_CONFIG,
                       "minilm: %s gives vectors of %zu numbers, %s has %u",
                       folder->xml, session_dimension(minilm->session),
                       MINILM_NAME, MINILM_DIMENSION);
    return probe(minilm, err);
}

enum mr_code minilm_fingerprint(const char *path,
                                char out[MINILM_FINGERPRINT_SIZE],
                                struct mr_err *err)
{
    struct model_folder folder;
    enum mr_code code = model_folder_open(&folder, path, err);

    if (code != MR_OK)
        return code;
    model_folder_fingerprint(&folder, SETTINGS, out);
    model_folder_close(&folder);
    return MR_OK;
}

enum mr_code minilm_open(const struct minilm_spec *spec, struct mr_model **out,
                         struct mr_err *err)
{
    struct model_folder folder;
    struct minilm *minilm;
    enum mr_code code;

    *out = NULL;
    code = model_folder_open(&folder, spec->folder, err);
    if (code != MR_OK)
        return code;
    minilm = mr_calloc(1, sizeof(*minilm));
    turn_init(&minilm->turn);
    minilm->model = (struct mr_model){
        .ops = &ops,
        .name = MINILM_NAME,
        .fingerprint = minilm->fingerprint,
        .dimension = MINILM_DIMENSION,
        .tokens_max = MINILM_TOKENS_MAX,
    };
    code = read_folder(minilm, &folder, err);
    if (code == MR_OK)
        code = start(minilm, &folder, spec->threads, err);
    model_folder_close(&folder);
    if (code != MR_OK)
        minilm_close(&minilm->model);
    else
        *out = &minilm->model;
    return code;
}

void minilm_close(struct mr_model *model)
{
    struct minilm *minilm;

    if (model == NULL)
        return;
    minilm = minilm_of(model);
    session_close(minilm->session);
    wordpiece_free(minilm->wordpiece);
    turn_deinit(&minilm->turn);
    mr_free(minilm);
}
