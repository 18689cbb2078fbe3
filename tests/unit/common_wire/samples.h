// SPDX-License-Identifier: Apache-2.0
/*
 * samples.h - one message of each kind with every field set, for the tests of
 * common/wire; and all kinds in one table, to try the same on each.
 *
 * Memory: static; a caller may change its copy.  Threads: one.  I/O: none.
 */
#ifndef TESTS_UNIT_COMMON_WIRE_SAMPLES_H
#define TESTS_UNIT_COMMON_WIRE_SAMPLES_H

#include "common/wire/clean.h"
#include "common/wire/control.h"
#include "common/wire/dead.h"
#include "common/wire/document.h"
#include "common/wire/event.h"
#include "common/wire/raw.h"
#include "common/wire/signature.h"
#include "common/wire/vectors.h"
#include "common/wire/verdict.h"
#include "tests/unit/common_wire/checkpoint_samples.h"
#include "tests/unit/common_wire/origin_samples.h"
#include "tests/unit/common_wire/shard_samples.h"

#define SAMPLE_TEXT                                                 \
    "A mill race is the channel that carries water to the wheel.\n" \
    "Gr\xC3\xBC\xC3\x9F"                                            \
    "e: es flie\xC3\x9Ft zur M\xC3\xBChle."

static inline struct mr_span text(const char *chars)
{
    return mr_span_str(chars);
}

static inline struct mr_hash128 sample_hash(uint64_t nth)
{
    return (struct mr_hash128){ .low = 0x1122334455667788u + nth,
                                .high = 0x99AABBCCDDEEFF00u + nth };
}

/* Five pairs: each kind, and a list of two under one key. */
static inline struct mr_pairs sample_pairs(bool nulls)
{
    static struct mr_pair items[6];

    items[0] = (struct mr_pair){ .key = text("author"),
                                 .kind = MR_VALUE_TEXT,
                                 .text = text("Zo\xC3\xAB") };
    items[1] = (struct mr_pair){ .key = text("author"),
                                 .kind = MR_VALUE_TEXT,
                                 .text = text("Abel") };
    items[2] = (struct mr_pair){ .key = text("note"),
                                 .kind = MR_VALUE_TEXT,
                                 .text = text("") };
    items[3] = (struct mr_pair){ .key = text("open"),
                                 .kind = MR_VALUE_FLAG,
                                 .flag = true };
    items[4] = (struct mr_pair){ .key = text("year"),
                                 .kind = MR_VALUE_NUMBER,
                                 .number = 1850.5 };
    items[5] = (struct mr_pair){ .key = text("zone"), .kind = MR_VALUE_NULL };
    return (struct mr_pairs){ .items = items, .count = nulls ? 6 : 5 };
}

static inline struct mr_access sample_access(void)
{
    static struct mr_span principals[2];

    principals[0] = text("team:mill");
    principals[1] = text("anna");
    return (struct mr_access){ .owner = text("user:7"),
                               .principals = principals,
                               .principal_count = 2 };
}

static inline struct mr_signals sample_signals(void)
{
    static struct mr_signal items[2];

    items[0] = (struct mr_signal){ .name = text("words"), .value = 17 };
    items[1] =
        (struct mr_signal){ .name = text("digit_share"), .value = -0.125 };
    return (struct mr_signals){ .items = items, .count = 2 };
}

static inline struct mr_payload sample_inline(const char *chars)
{
    return (struct mr_payload){ .bytes = text(chars) };
}

static inline struct mr_payload sample_blob(uint64_t size)
{
    return (struct mr_payload){ .in_blob = true,
                                .hash = sample_hash(5),
                                .size = size };
}

static inline struct mr_passages sample_passages(void)
{
    static struct mr_passage items[2];

    items[0] = (struct mr_passage){ .id = sample_hash(1),
                                    .start = 0,
                                    .end = 59,
                                    .headings = text("Mill > Race") };
    items[1] =
        (struct mr_passage){ .id = sample_hash(2), .start = 60, .end = 91 };
    return (struct mr_passages){ .items = items, .count = 2 };
}

static inline struct mr_reason sample_reason(void)
{
    return (struct mr_reason){ .rule = text("duplicate"),
                               .value = text("0.91"),
                               .duplicate_of = text("doc:1"),
                               .similarity = 0.90625 };
}

static inline struct mr_raw sample_raw(enum mr_kind kind)
{
    struct mr_raw raw = {
        .id = text("doc:2"),
        .kind = kind,
        .time_ms = -1234567890123,
        .source = text("mill-site"),
        .source_rank = 3,
        .lane = MR_LANE_BULK,
        .access = sample_access(),
    };

    if (kind == MR_KIND_PUT)
        raw.put = (struct mr_raw_put){
            .content_type = text("text/html"),
            .charset = text("iso-8859-1"),
            .body = sample_inline("<p>Gr\xFC\xDF"
                                  "e\x01"),
            .title = text("Gr\xC3\xBC\xC3\x9F"
                          "e"),
            .url = text("https://example.org/m?a=1"),
            .metadata = sample_pairs(false),
        };
    if (kind == MR_KIND_PATCH)
        raw.patch = (struct mr_raw_patch){ .metadata = sample_pairs(true),
                                           .has_access = true };
    if (kind == MR_KIND_DELETE)
        raw.del = (struct mr_raw_delete){ .source = text("mill-site"),
                                          .before = mr_version(1, 77) };
    return raw;
}

static inline struct mr_clean sample_clean(void)
{
    return (struct mr_clean){
        .id = text("doc:2"),
        .version = mr_version(1, 78),
        .time_ms = 1700000000000,
        .source = text("mill-site"),
        .lane = MR_LANE_PUSH,
        .access = sample_access(),
        .title = text("Of mills"),
        .url = text("https://example.org/m"),
        .metadata = sample_pairs(false),
        .text = sample_inline(SAMPLE_TEXT),
        .language = text("en"),
        .signals = sample_signals(),
        .passages = sample_passages(),
        .source_map = text("\x01\x02\xFF"),
        .config = text("c0ffee"),
    };
}

static inline struct mr_signature sample_signature(enum mr_kind kind)
{
    struct mr_signature signature = {
        .id = text("doc:2"),
        .version = mr_version(2, 79),
        .kind = kind,
        .time_ms = 1700000000001,
        .source = text("mill-site"),
        .source_rank = 9,
        .access_hash = 0xFEDCBA9876543210u,
    };

    if (kind == MR_KIND_PUT) {
        signature.text_hash = sample_hash(3);
        signature.has_minhash = true;
        for (unsigned i = 0; i < MR_MINHASH_ROWS; i++)
            signature.minhash[i] = (uint16_t)(i * 517 + 3);
        signature.signals = sample_signals();
        signature.reject_rule = text("too_short");
        signature.reject_value = text("17 words");
    }
    if (kind == MR_KIND_PATCH) {
        signature.patch = sample_pairs(true);
        signature.has_access = true;
        signature.access = sample_access();
    }
    if (kind == MR_KIND_DELETE) {
        signature.sweep_source = text("mill-site");
        signature.sweep_before = mr_version(1, 60);
    }
    if (kind == MR_KIND_FAILED)
        signature.error = text("html: deeper than 512");
    return signature;
}

static inline struct mr_verdict sample_verdict(void)
{
    return (struct mr_verdict){
        .id = text("doc:2"),
        .version = mr_version(1, 80),
        .content_version = mr_version(1, 78),
        .state = MR_STATE_DUPLICATE,
        .reason = sample_reason(),
        .time_ms = 1700000000002,
        .is_patch = true,
        .patch = sample_pairs(true),
        .has_access = true,
        .access = sample_access(),
        .config = text("beef01"),
    };
}

static inline struct mr_document sample_document(enum mr_doc_state state)
{
    struct mr_document document = {
        .id = text("doc:2"),
        .version = mr_version(1, 80),
        .content_version = mr_version(1, 78),
        .state = state,
        .time_ms = 1700000000003,
        .source = text("mill-site"),
        .lane = MR_LANE_BULK,
        .access = sample_access(),
        .title = text("Of mills"),
        .url = text("https://example.org/m"),
        .metadata = sample_pairs(false),
        .language = text("de-CH"),
        .signals = sample_signals(),
        .lineage = { .clean_offset = 11,
                     .verdict_offset = 1u << 30,
                     .clean_config = text("c0ffee"),
                     .curate_config = text("beef01") },
    };

    if (state == MR_STATE_LIVE) {
        document.text = sample_inline(SAMPLE_TEXT);
        document.passages = sample_passages();
        document.source_map = text("\x01\x02\xFF");
    } else {
        document.reason = sample_reason();
    }
    return document;
}

static inline struct mr_vectors sample_vectors(void)
{
    static uint32_t passages[3];
    static const uint8_t floats[3 * 2 * 4] = { 0, 0, 0x80, 0x3F, 9 };

    passages[0] = 0;
    passages[1] = 0;
    passages[2] = 1;
    return (struct mr_vectors){
        .id = text("doc:2"),
        .version = mr_version(1, 80),
        .content_version = mr_version(1, 78),
        .state = MR_STATE_LIVE,
        .error = text("none, but kept"),
        .time_ms = 1700000000004,
        .dimension = 2,
        .passages = passages,
        .count = 3,
        .floats = { .bytes = { floats, sizeof(floats) } },
    };
}

static inline struct mr_dead sample_dead(void)
{
    return (struct mr_dead){
        .id = text("doc\xFF"),
        .stage = text("clean"),
        .topic = text("main.raw"),
        .partition = 3,
        .offset = 1ull << 40,
        .version = mr_version(1, 81),
        .code = text("corrupt"),
        .error = text("raw: it is not so that all is well"),
        .time_ms = 1700000000005,
        .value = sample_inline("\x08\x7F\xFF"),
    };
}

static inline struct mr_event sample_event(void)
{
    static struct mr_event_hit hits[2];
    static struct mr_event_piece pieces[2];

    pieces[0] = (struct mr_event_piece){ .document = text("doc:2"),
                                         .content_version = mr_version(1, 78),
                                         .passage = 3,
                                         .source = 1,
                                         .start = 1000,
                                         .end = 1800 };
    pieces[1] = (struct mr_event_piece){ .document = text("doc:3"),
                                         .content_version = mr_version(1, 5),
                                         .source = 2,
                                         .end = 41 };
    hits[0] = (struct mr_event_hit){ .document = text("doc:2"),
                                     .content_version = mr_version(1, 78),
                                     .passage = sample_hash(1),
                                     .score = 0.75 };
    hits[1] = (struct mr_event_hit){ .document = text("doc:3"),
                                     .content_version = mr_version(1, 5),
                                     .passage = sample_hash(4),
                                     .score = -3 };
    return (struct mr_event){
        .id = text("00112233445566778899aabbccddeeff"),
        .kind = MR_EVENT_ANSWER,
        .time_ms = 1700000000006,
        .owner = text("user:7"),
        .query = text("What is FAISS?"),
        .mode = text("hybrid"),
        .top_k = 10,
        .hits = hits,
        .hit_count = 2,
        .took_ms = 12,
        .partial = true,
        .model = text("ab12cd34"),
        .index_version = 1ull << 33,
        .prompt = text("Context: FAISS is a vector database\n"),
        .answer = text("A vector database."),
        .generator = text("extractive"),
        .template_name = text("cited"),
        .template_hash = sample_hash(9),
        .prompt_hash = sample_hash(10),
        .prompt_tokens = 321,
        .pieces = pieces,
        .piece_count = 2,
        .about = text("ffeeddccbbaa99887766554433221100"),
        .rating = -1,
        .text = text("not what I asked"),
        .correction = text("FAISS is a library."),
    };
}

static inline struct mr_control sample_control(void)
{
    static const uint32_t partitions[] = { 0, 2, 1000 };
    static struct mr_member_stage stages[2];

    stages[0] = (struct mr_member_stage){ .name = text("clean"),
                                          .inputs = 1ull << 40,
                                          .outputs = 7,
                                          .rejected = 2,
                                          .failed = 1,
                                          .retries = 3,
                                          .lag = 9,
                                          .oldest_ms = 1700000000006,
                                          .error = text("the disk is full") };
    stages[1] = (struct mr_member_stage){ .name = text("admit") };
    return (struct mr_control){
        .is_member = true,
        .member = { .name = text("preprocessor-0"),
                    .role = text("preprocessor"),
                    .host = text("wheel"),
                    .address = text("http://10.0.0.7:7701"),
                    .number = 0,
                    .members = 2,
                    .partitions = partitions,
                    .partition_count = 3,
                    .beat = 12,
                    .started_ms = 1700000000000,
                    .leaving = true,
                    .interval_ms = 2000,
                    .generation = 3,
                    .keyword_lag = 55,
                    .stages = stages,
                    .stage_count = 2 },
    };
}

/* A plain struct of any kind. */
union any {
    struct mr_raw raw;
    struct mr_clean clean;
    struct mr_signature signature;
    struct mr_verdict verdict;
    struct mr_document document;
    struct mr_vectors vectors;
    struct mr_dead dead;
    struct mr_event event;
    struct mr_control control;
    struct mr_checkpoint checkpoint;
    struct mr_shard_request shard_request;
    struct mr_shard_reply shard_reply;
};

struct sample {
    const char *name;
    void (*fill)(union any *out);
    enum mr_code (*encode)(const union any *any, struct mr_arena *arena,
                           struct mr_span *out, struct mr_err *err);
    enum mr_code (*parse)(struct mr_span bytes, struct mr_arena *arena,
                          union any *out, struct mr_err *err);
};

#define SAMPLE_CODECS(kind)                                                \
    static inline enum mr_code encode_##kind(                              \
        const union any *any, struct mr_arena *arena, struct mr_span *out, \
        struct mr_err *err)                                                \
    {                                                                      \
        return mr_##kind##_encode(&any->kind, arena, out, err);            \
    }                                                                      \
    static inline enum mr_code parse_##kind(                               \
        struct mr_span bytes, struct mr_arena *arena, union any *out,      \
        struct mr_err *err)                                                \
    {                                                                      \
        return mr_##kind##_parse(bytes, arena, &out->kind, err);           \
    }

#define SAMPLE_FILL(name, kind, value)             \
    static inline void fill_##name(union any *out) \
    {                                              \
        out->kind = value;                         \
    }

SAMPLE_CODECS(raw)
SAMPLE_CODECS(clean)
SAMPLE_CODECS(signature)
SAMPLE_CODECS(verdict)
SAMPLE_CODECS(document)
SAMPLE_CODECS(vectors)
SAMPLE_CODECS(dead)
SAMPLE_CODECS(event)
SAMPLE_CODECS(control)
SAMPLE_CODECS(checkpoint)
SAMPLE_CODECS(shard_request)
SAMPLE_CODECS(shard_reply)

SAMPLE_FILL(raw_put, raw, sample_raw(MR_KIND_PUT))
SAMPLE_FILL(raw_patch, raw, sample_raw(MR_KIND_PATCH))
SAMPLE_FILL(raw_delete, raw, sample_raw(MR_KIND_DELETE))
SAMPLE_FILL(clean, clean, sample_clean())
SAMPLE_FILL(signature_put, signature, sample_signature(MR_KIND_PUT))
SAMPLE_FILL(signature_patch, signature, sample_signature(MR_KIND_PATCH))
SAMPLE_FILL(signature_delete, signature, sample_signature(MR_KIND_DELETE))
SAMPLE_FILL(signature_failed, signature, sample_signature(MR_KIND_FAILED))
SAMPLE_FILL(verdict, verdict, sample_verdict())
SAMPLE_FILL(document_live, document, sample_document(MR_STATE_LIVE))
SAMPLE_FILL(document_dead, document, sample_document(MR_STATE_DUPLICATE))
SAMPLE_FILL(vectors, vectors, sample_vectors())
SAMPLE_FILL(dead, dead, sample_dead())
SAMPLE_FILL(event, event, sample_event())
SAMPLE_FILL(control, control, sample_control())
SAMPLE_FILL(control_alias, control,
            ((struct mr_control){ .is_alias = true,
                                  .alias = { .generation = 2,
                                             .previous = 1,
                                             .set_ms = 1700000000007 } }))
SAMPLE_FILL(control_checkpoint, control, sample_control_checkpoint())
SAMPLE_FILL(checkpoint, checkpoint, sample_checkpoint())
SAMPLE_FILL(control_origin, control, sample_control_origin())
SAMPLE_FILL(shard_request, shard_request, sample_shard_request())
SAMPLE_FILL(shard_reply, shard_reply, sample_shard_reply())

#define SAMPLE(name, kind)                              \
    {                                                   \
#name, fill_##name, encode_##kind, parse_##kind \
    }

static const struct sample samples[] = {
    SAMPLE(raw_put, raw),
    SAMPLE(raw_patch, raw),
    SAMPLE(raw_delete, raw),
    SAMPLE(clean, clean),
    SAMPLE(signature_put, signature),
    SAMPLE(signature_patch, signature),
    SAMPLE(signature_delete, signature),
    SAMPLE(signature_failed, signature),
    SAMPLE(verdict, verdict),
    SAMPLE(document_live, document),
    SAMPLE(document_dead, document),
    SAMPLE(vectors, vectors),
    SAMPLE(dead, dead),
    SAMPLE(event, event),
    SAMPLE(control, control),
    SAMPLE(control_alias, control),
    SAMPLE(control_checkpoint, control),
    SAMPLE(checkpoint, checkpoint),
    SAMPLE(control_origin, control),
    SAMPLE(shard_request, shard_request),
    SAMPLE(shard_reply, shard_reply),
};

#define SAMPLE_COUNT (sizeof(samples) / sizeof(samples[0]))

#endif
