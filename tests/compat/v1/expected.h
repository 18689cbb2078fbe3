// SPDX-License-Identifier: Apache-2.0
/*
 * expected.h - what the bytes in v1/ mean.  Frozen: a field that came later
 * is absent or 0 here.
 */
#ifndef TESTS_COMPAT_V1_EXPECTED_H
#define TESTS_COMPAT_V1_EXPECTED_H

#include "tests/unit/common_wire/samples.h"

#define V1_TEXT \
    "Tidal mills\n\nA tidal mill is driven by the tide \xE2\x80\x94 twice."

static struct mr_pair v1_pairs[] = {
    { .key = { (const uint8_t *)"lang", 4 },
      .kind = MR_VALUE_TEXT,
      .text = { (const uint8_t *)"fran\xC3\xA7"
                                 "ais",
                9 } },
    { .key = { (const uint8_t *)"lang", 4 },
      .kind = MR_VALUE_TEXT,
      .text = { (const uint8_t *)"deutsch", 7 } },
    { .key = { (const uint8_t *)"public", 6 },
      .kind = MR_VALUE_FLAG,
      .flag = true },
    { .key = { (const uint8_t *)"rank", 4 },
      .kind = MR_VALUE_NUMBER,
      .number = -2.5 },
    { .key = { (const uint8_t *)"tmp", 3 }, .kind = MR_VALUE_NULL },
};

static struct mr_span v1_principals[] = {
    { (const uint8_t *)"group:b", 7 },
    { (const uint8_t *)"group:a", 7 },
};

static struct mr_signal v1_signals[] = {
    { { (const uint8_t *)"words", 5 }, 9 },
    { { (const uint8_t *)"upper", 5 }, 0.03125 },
    { { (const uint8_t *)"zero", 4 }, 0 },
};

static struct mr_passage v1_passages[] = {
    { .id = { 1, 2 },
      .start = 0,
      .end = 11,
      .headings = { (const uint8_t *)"Tidal mills", 11 } },
    { .id = { UINT64_MAX, 0x0123456789ABCDEF }, .start = 13, .end = 58 },
};

static struct mr_event_hit v1_hits[] = {
    { .document = { (const uint8_t *)"tide/2", 6 },
      .content_version = 0x0001000000000007,
      .passage = { 1, 2 },
      .score = 0.625 },
};

static uint32_t v1_ordinals[] = { 0, 1, 1, 300 };

static inline struct mr_pairs v1_metadata(size_t count)
{
    return (struct mr_pairs){ .items = v1_pairs, .count = count };
}

static inline struct mr_access v1_access(void)
{
    return (struct mr_access){ .owner = text("anna"),
                               .principals = v1_principals,
                               .principal_count = 2 };
}

static inline struct mr_raw v1_raw(enum mr_kind kind)
{
    return (struct mr_raw){ .id = text("tide/2"),
                            .kind = kind,
                            .time_ms = 1650000000000,
                            .source = text("api"),
                            .source_rank = 300,
                            .lane = MR_LANE_PUSH,
                            .access = v1_access() };
}

static inline void v1_raw_put(union any *out)
{
    out->raw = v1_raw(MR_KIND_PUT);
    out->raw.put = (struct mr_raw_put){
        .content_type = text("text/plain"),
        .charset = text("utf-8"),
        .body = { .bytes = text(V1_TEXT) },
        .title = text("Tidal mills"),
        .url = text("https://example.org/tide/2"),
        .metadata = v1_metadata(4),
    };
}

static inline void v1_raw_patch(union any *out)
{
    out->raw = v1_raw(MR_KIND_PATCH);
    out->raw.patch =
        (struct mr_raw_patch){ .metadata = v1_metadata(5), .has_access = true };
}

static inline void v1_raw_delete(union any *out)
{
    out->raw = v1_raw(MR_KIND_DELETE);
    out->raw.del = (struct mr_raw_delete){ .source = text("site"),
                                           .before = 0x0001000000000009 };
}

static inline void v1_clean(union any *out)
{
    out->clean = (struct mr_clean){
        .id = text("tide/2"),
        .version = 0x0001000000000007,
        .time_ms = -1,
        .source = text("api"),
        .lane = MR_LANE_BULK,
        .access = v1_access(),
        .title = text("Tidal mills"),
        .url = text("https://example.org/tide/2"),
        .metadata = v1_metadata(4),
        .text = { .in_blob = true, .hash = { 3, 4 }, .size = 1000000 },
        .language = text("en"),
        .signals = { v1_signals, 3 },
        .passages = { v1_passages, 2 },
        .source_map = text("\x05\x06"),
        .config = text("cfg1"),
    };
}

static inline struct mr_signature v1_signature(enum mr_kind kind)
{
    return (struct mr_signature){ .id = text("tide/2"),
                                  .version = 0x0001000000000007,
                                  .kind = kind,
                                  .time_ms = 1650000000000,
                                  .source = text("api"),
                                  .source_rank = 300,
                                  .access_hash = 0x8000000000000001 };
}

static inline void v1_signature_put(union any *out)
{
    out->signature = v1_signature(MR_KIND_PUT);
    out->signature.text_hash = (struct mr_hash128){ 5, 6 };
    out->signature.has_minhash = true;
    for (unsigned i = 0; i < MR_MINHASH_ROWS; i++)
        out->signature.minhash[i] = (uint16_t)(40000 + i);
    out->signature.signals = (struct mr_signals){ v1_signals, 3 };
    out->signature.reject_rule = text("empty");
    out->signature.reject_value = text("0");
}

static inline void v1_signature_patch(union any *out)
{
    out->signature = v1_signature(MR_KIND_PATCH);
    out->signature.patch = v1_metadata(5);
    out->signature.has_access = true;
    out->signature.access = v1_access();
}

static inline void v1_signature_delete(union any *out)
{
    out->signature = v1_signature(MR_KIND_DELETE);
    out->signature.sweep_source = text("site");
    out->signature.sweep_before = 0x0001000000000009;
}

static inline void v1_signature_failed(union any *out)
{
    out->signature = v1_signature(MR_KIND_FAILED);
    out->signature.error = text("too deep");
}

static inline void v1_verdict(union any *out)
{
    out->verdict = (struct mr_verdict){
        .id = text("tide/2"),
        .version = 0x0001000000000008,
        .content_version = 0x0001000000000007,
        .state = MR_STATE_DUPLICATE,
        .reason = { .rule = text("near"),
                    .value = text("117 of 128"),
                    .duplicate_of = text("tide/1"),
                    .similarity = 0.9140625 },
        .time_ms = 1650000000001,
        .is_patch = true,
        .patch = v1_metadata(5),
        .has_access = true,
        .access = v1_access(),
        .config = text("pol1"),
    };
}

static inline struct mr_document v1_document(enum mr_doc_state state)
{
    return (struct mr_document){
        .id = text("tide/2"),
        .version = 0x0001000000000008,
        .content_version = 0x0001000000000007,
        .state = state,
        .time_ms = 1650000000001,
        .source = text("api"),
        .lane = MR_LANE_PUSH,
        .access = v1_access(),
        .title = text("Tidal mills"),
        .url = text("https://example.org/tide/2"),
        .metadata = v1_metadata(4),
        .language = text("en"),
        .signals = { v1_signals, 3 },
        .lineage = { .clean_offset = 7,
                     .verdict_offset = 70000,
                     .clean_config = text("cfg1"),
                     .curate_config = text("pol1") },
    };
}

static inline void v1_document_live(union any *out)
{
    out->document = v1_document(MR_STATE_LIVE);
    out->document.text.bytes = text(V1_TEXT);
    out->document.passages = (struct mr_passages){ v1_passages, 2 };
    out->document.source_map = text("\x05\x06");
}

static inline void v1_document_rejected(union any *out)
{
    out->document = v1_document(MR_STATE_REJECTED);
    out->document.reason.rule = text("language");
    out->document.reason.value = text("xx");
}

static inline void v1_vectors(union any *out)
{
    out->vectors = (struct mr_vectors){
        .id = text("tide/2"),
        .version = 0x0001000000000008,
        .content_version = 0x0001000000000007,
        .state = MR_STATE_LIVE,
        .time_ms = 1650000000001,
        .dimension = 1,
        .passages = v1_ordinals,
        .count = 4,
        .floats = { .bytes = text("AAAABBBBCCCCDDDD") },
    };
}

static inline void v1_vectors_failed(union any *out)
{
    out->vectors = (struct mr_vectors){ .id = text("tide/2"),
                                        .version = 0x0001000000000008,
                                        .content_version = 0x0001000000000007,
                                        .state = MR_STATE_FAILED,
                                        .error = text("model: not there"),
                                        .time_ms = 1650000000001 };
}

static inline void v1_dead(union any *out)
{
    out->dead = (struct mr_dead){ .id = text("\xFE\xFF"),
                                  .stage = text("clean"),
                                  .topic = text("main.raw"),
                                  .partition = 2,
                                  .offset = 123456,
                                  .version = 0x000100000001E240,
                                  .code = text("corrupt"),
                                  .error = text("raw: broken"),
                                  .time_ms = 1650000000002,
                                  .value = { .bytes = text("\x08\x01\xFF") } };
}

static inline void v1_event(union any *out)
{
    out->event = (struct mr_event){
        .id = text("000102030405060708090a0b0c0d0e0f"),
        .kind = MR_EVENT_FEEDBACK,
        .time_ms = 1650000000003,
        .owner = text("anna"),
        .query = text("what drives a tidal mill?"),
        .mode = text("hybrid"),
        .top_k = 5,
        .hits = v1_hits,
        .hit_count = 1,
        .took_ms = 8,
        .partial = true,
        .model = text("minilm01"),
        .index_version = 99,
        .prompt = text("Context: the tide\n"),
        .answer = text("The tide."),
        .generator = text("extractive"),
        .about = text("f0e0d0c0b0a090807060504030201000"),
        .rating = -1,
        .text = text("short"),
        .correction = text("The tide, twice a day."),
    };
}

static struct mr_checkpoint_file v1_files[] = {
    { .name = { (const uint8_t *)"keyword-0-77-L1.seg", 19 },
      .size = 33554433,
      .digest = { 3, 4 },
      .pieces = { (const uint8_t *)"abcdefghijklmnopABCDEFGHIJKLMNOP", 32 } },
    { .name = { (const uint8_t *)"records/000007.sst", 18 },
      .size = 1,
      .digest = { UINT64_MAX, 5 },
      .pieces = { (const uint8_t *)"0123456789abcdef", 16 } },
};

static inline void v1_checkpoint(union any *out)
{
    out->checkpoint = (struct mr_checkpoint){
        .index = text("main.1.minilm01.q2w3e4r5t6"),
        .model = text("minilm01"),
        .analyser = text("words1"),
        .member = text("indexer-1"),
        .generation = 1,
        .partition = 3,
        .partitions = 4,
        .epoch = 1,
        .documents_next = 1234567,
        .vectors_next = 1234000,
        .taken_ms = 1650000000004,
        .has_previous = true,
        .previous = { 6, 7 },
        .piece_bytes = 33554432,
        .files = v1_files,
        .file_count = 2,
    };
}

static inline void v1_control_checkpoint(union any *out)
{
    out->control = (struct mr_control){
        .is_checkpoint = true,
        .checkpoint = { .generation = 1,
                        .partition = 3,
                        .model = text("minilm01"),
                        .manifest = { 8, 9 },
                        .documents_next = 1234567,
                        .vectors_next = 1234000,
                        .taken_ms = 1650000000004,
                        .bytes = 33554434,
                        .member = text("indexer-1"),
                        .broken = true },
    };
}

#define V1(name, kind)                                \
    {                                                 \
#name, v1_##name, encode_##kind, parse_##kind \
    }

static const struct sample v1_all[] = {
    V1(raw_put, raw),
    V1(raw_patch, raw),
    V1(raw_delete, raw),
    V1(clean, clean),
    V1(signature_put, signature),
    V1(signature_patch, signature),
    V1(signature_delete, signature),
    V1(signature_failed, signature),
    V1(verdict, verdict),
    V1(document_live, document),
    V1(document_rejected, document),
    V1(vectors, vectors),
    V1(vectors_failed, vectors),
    V1(dead, dead),
    V1(event, event),
    V1(checkpoint, checkpoint),
    V1(control_checkpoint, control),
};

#define V1_COUNT (sizeof(v1_all) / sizeof(v1_all[0]))

#endif
