// SPDX-License-Identifier: Apache-2.0
/*
 * embed_harness.h - documents for the stage `embed`, and a model that counts
 * and can be made to fail.
 */
#ifndef TESTS_UNIT_EMBEDDER_EMBED_HARNESS_H
#define TESTS_UNIT_EMBEDDER_EMBED_HARNESS_H

#include <string.h>

#include "common/base/mr_buf.h"
#include "common/base/mr_mem.h"

#include "common/wire/document.h"
#include "common/wire/vectors.h"
#include "embedder/embedder.h"
#include "embedder/hashing/hashing.h"
#include "tests/unit/preprocessor/harness.h"

#define DIMENSION  16
#define TOKENS_MAX 12 /* of a text: 10 words */
#define LOG_BYTES  65536

/* Passes on to a hashing model. */
struct counting {
    struct mr_model model; /* first */
    struct mr_model *inner;
    size_t calls;
    size_t texts;
    size_t tokens_most;    /* of one call */
    char log[LOG_BYTES];   /* every text that was embedded, "|" behind each */
    const char *breaks_on; /* a text that holds this is MR_E_INVALID */
    bool away;             /* every call is MR_E_UNAVAILABLE */
};

static inline enum mr_code counting_split(struct mr_model *model,
                                          struct mr_span text,
                                          struct mr_arena *arena,
                                          struct mr_span **parts,
                                          uint32_t **tokens, size_t *count,
                                          struct mr_err *err)
{
    return mr_model_split(((struct counting *)model)->inner, text, arena, parts,
                          tokens, count, err);
}

static inline enum mr_code counting_embed(struct mr_model *model,
                                          enum mr_model_lane lane,
                                          const struct mr_span *texts,
                                          size_t count, float *out,
                                          struct mr_err *err)
{
    struct counting *counting = (struct counting *)model;
    struct mr_arena *arena;
    size_t tokens_all = 0;

    if (counting->away)
        return mr_fail(err, MR_E_UNAVAILABLE, "the model is away");
    arena = mr_arena_new();
    for (size_t i = 0; i < count; i++) {
        const char *text = mr_arena_str(arena, texts[i]);
        struct mr_span *parts;
        uint32_t *tokens;
        size_t part_count;

        if (counting->breaks_on != NULL &&
            strstr(text, counting->breaks_on) != NULL) {
            mr_arena_free(arena);
            return mr_fail(err, MR_E_INVALID, "the model breaks on \"%s\"",
                           counting->breaks_on);
        }
        ck_assert_int_eq(mr_model_split(counting->inner, texts[i], arena,
                                        &parts, &tokens, &part_count, NULL),
                         MR_OK);
        ck_assert_uint_eq(part_count, 1);
        tokens_all += tokens[0];
        if (strlen(counting->log) + texts[i].size + 2 < LOG_BYTES)
            (void)strcat(strcat(counting->log, text), "|");
    }
    mr_arena_free(arena);
    counting->calls++;
    counting->texts += count;
    if (tokens_all > counting->tokens_most)
        counting->tokens_most = tokens_all;
    return mr_model_embed(counting->inner, lane, texts, count, out, err);
}

static const struct mr_model_ops counting_ops = { counting_split,
                                                  counting_embed };

struct embed_harness {
    struct harness h;
    struct counting *counting;
    struct embed_config config;
};

static inline void embed_run(struct embed_harness *e)
{
    struct mr_stage *stage;

    ck_assert_int_eq(embed_stage_new(&e->config, &stage, NULL), MR_OK);
    harness_run(&e->h, stage);
}

static inline void embed_open(struct embed_harness *e)
{
    struct counting *counting = mr_calloc(1, sizeof(*counting));

    counting->inner = hashing_new(&(struct hashing_spec){
        .dimension = DIMENSION, .tokens_max = TOKENS_MAX });
    counting->model = *counting->inner;
    counting->model.ops = &counting_ops;
    e->counting = counting;
    e->config = embed_config_default(&counting->model);
    harness_open(&e->h);
    embed_run(e);
}

static inline void embed_close(struct embed_harness *e)
{
    harness_close(&e->h);
    hashing_free(e->counting->inner);
    mr_free(e->counting);
}

/* A document as the tests write it. */
struct doc {
    const char *id;
    uint64_t version;
    uint64_t content; /* 0: as version */
    enum mr_doc_state state;
    enum mr_lane lane;
    const char *title;
    const char *text; /* passages have "|" between them; NULL: no passage */
};

static inline void cut_passages(struct mr_arena *arena, const char *text,
                                struct mr_passages *out)
{
    size_t size = strlen(text);
    uint32_t start = 0;

    out->items = mr_arena_calloc(arena, size + 1, sizeof(*out->items));
    for (uint32_t i = 0; i <= size; i++) {
        if (i < size && text[i] != '|')
            continue;
        out->items[out->count].start = start;
        out->items[out->count].end = i;
        out->items[out->count].id.low = out->count + 1;
        out->count++;
        start = i + 1;
    }
}

static inline struct mr_span doc_bytes(struct mr_arena *arena,
                                       const struct doc *doc)
{
    struct mr_document document = {
        .id = mr_span_str(doc->id),
        .version = doc->version,
        .content_version = doc->content != 0 ? doc->content : doc->version,
        .state = doc->state,
        .lane = doc->lane,
        .time_ms = (int64_t)doc->version * 1000,
        .source = mr_span_str("push"),
        .title = mr_span_str(doc->title),
    };
    struct mr_err err = { 0 };
    struct mr_span bytes;

    if (doc->state == MR_STATE_REJECTED)
        document.reason.rule = mr_span_str("empty");
    if (doc->text != NULL && doc->state == MR_STATE_LIVE) {
        document.text.bytes = mr_span_str(doc->text);
        cut_passages(arena, doc->text, &document.passages);
    }
    if (mr_document_encode(&document, arena, &bytes, &err) != MR_OK)
        ck_abort_msg("%s", err.text);
    return bytes;
}

static inline void embed_append(struct embed_harness *e, const struct doc *doc)
{
    (void)harness_append(&e->h, MR_TOPIC_DOCUMENTS, mr_span_str(doc->id),
                         doc_bytes(e->h.arena, doc), doc->version,
                         (int64_t)doc->version * 1000);
}

#define LIVE(id_, version_, lane_, text_)   \
    (&(struct doc){ .id = id_,              \
                    .version = version_,    \
                    .state = MR_STATE_LIVE, \
                    .lane = lane_,          \
                    .text = text_ })

/* Record `nth` of `vectors`. */
static inline struct mr_vectors embed_vectors(struct embed_harness *e,
                                              size_t nth)
{
    struct mr_record record = harness_read(&e->h, MR_TOPIC_VECTORS, nth);
    struct mr_vectors vectors;
    struct mr_err err = { 0 };

    if (mr_vectors_parse(record.value, e->h.arena, &vectors, &err) != MR_OK)
        ck_abort_msg("%s", err.text);
    ck_assert(mr_span_equal(vectors.id, record.key));
    ck_assert_uint_eq(vectors.version, record.version);
    return vectors;
}

/* The records of `vectors` in order, as "id@version:state*count ...". */
static inline const char *embed_story(struct embed_harness *e)
{
    size_t count = harness_count(&e->h, MR_TOPIC_VECTORS);
    char *story = mr_arena_printf(e->h.arena, "%s", "");

    for (size_t i = 0; i < count; i++) {
        struct mr_record record = harness_read(&e->h, MR_TOPIC_VECTORS, i);
        struct mr_vectors vectors;

        if (record.value.data == NULL) {
            story = mr_arena_printf(e->h.arena, "%s%s%.*s@%lu:null", story,
                                    i == 0 ? "" : " ", MR_SPAN_ARG(record.key),
                                    (unsigned long)record.version);
            continue;
        }
        vectors = embed_vectors(e, i);
        story = mr_arena_printf(e->h.arena, "%s%s%.*s@%lu:%s*%zu", story,
                                i == 0 ? "" : " ", MR_SPAN_ARG(record.key),
                                (unsigned long)record.version,
                                mr_state_name(vectors.state), vectors.count);
    }
    return story;
}

/* `count` passages "w0", "w1", ... */
static inline const char *many_passages(struct mr_arena *arena, size_t count)
{
    struct mr_buf buf = mr_buf(1u << 20);
    const char *text;

    for (size_t i = 0; i < count; i++)
        mr_buf_printf(&buf, "%sw%zu", i == 0 ? "" : "|", i);
    text = mr_arena_str(arena, mr_buf_bytes(&buf));
    mr_buf_deinit(&buf);
    return text;
}

#endif
