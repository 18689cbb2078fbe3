// SPDX-License-Identifier: Apache-2.0
/*
 * admit_messages.h - texts and verdicts as bytes, for tests of admission.
 */
#ifndef TESTS_UNIT_PREPROCESSOR_ADMIT_MESSAGES_H
#define TESTS_UNIT_PREPROCESSOR_ADMIT_MESSAGES_H

#include <string.h>

#include "common/wire/clean.h"
#include "common/wire/document.h"
#include "common/wire/verdict.h"
#include "tests/unit/preprocessor/harness.h"

static inline struct mr_pair text_pair(const char *key, const char *value)
{
    return (struct mr_pair){ .key = mr_span_str(key),
                             .kind =
                                 value != NULL ? MR_VALUE_TEXT : MR_VALUE_NULL,
                             .text = mr_span_str(value) };
}

/* A put: its title names the version; metadata "a" = "put", "b" = "put". */
static inline struct mr_clean usual_clean(struct mr_arena *arena,
                                          const char *id, uint64_t version)
{
    struct mr_clean clean = {
        .id = mr_span_str(id),
        .version = version,
        .time_ms = (int64_t)version * 1000,
        .source = mr_span_str("site"),
        .lane = MR_LANE_BULK,
        .title = mr_span_str(
            mr_arena_printf(arena, "title %llu", (unsigned long long)version)),
        .url = mr_span_str("https://example.org/"),
        .text.bytes = mr_span_str("one two three"),
        .language = mr_span_str("en"),
        .config = mr_span_str("clean-config"),
    };

    clean.metadata.items = mr_arena_alloc(arena, 2 * sizeof(struct mr_pair));
    clean.metadata.items[0] = text_pair("a", "put");
    clean.metadata.items[1] = text_pair("b", "put");
    clean.metadata.count = 2;
    clean.passages.items = mr_arena_calloc(arena, 1, sizeof(struct mr_passage));
    clean.passages.items[0].end = 13;
    clean.passages.count = 1;
    return clean;
}

static inline struct mr_span clean_bytes(const struct mr_clean *clean,
                                         struct mr_arena *arena)
{
    struct mr_err err = { 0 };
    struct mr_span bytes;

    if (mr_clean_encode(clean, arena, &bytes, &err) != MR_OK)
        ck_abort_msg("%s", err.text);
    return bytes;
}

static inline struct mr_verdict usual_verdict(const char *id, uint64_t version,
                                              uint64_t content_version,
                                              enum mr_doc_state state)
{
    struct mr_verdict verdict = { .id = mr_span_str(id),
                                  .version = version,
                                  .content_version = content_version,
                                  .state = state,
                                  .time_ms = (int64_t)version * 1000 + 1,
                                  .config = mr_span_str("curate-config") };

    if (state == MR_STATE_REJECTED)
        verdict.reason.rule = mr_span_str("too_short");
    if (state == MR_STATE_DUPLICATE) {
        verdict.reason.duplicate_of = mr_span_str("other");
        verdict.reason.similarity = .9375;
    }
    if (state == MR_STATE_FAILED)
        verdict.reason.value = mr_span_str("broken");
    return verdict;
}

static inline struct mr_span verdict_bytes(const struct mr_verdict *verdict,
                                           struct mr_arena *arena)
{
    struct mr_err err = { 0 };
    struct mr_span bytes;

    if (mr_verdict_encode(verdict, arena, &bytes, &err) != MR_OK)
        ck_abort_msg("%s", err.text);
    return bytes;
}

static inline void give_clean(struct harness *h, const struct mr_clean *clean)
{
    harness_append(h, MR_TOPIC_CLEAN, clean->id, clean_bytes(clean, h->arena),
                   clean->version, clean->time_ms);
}

static inline void give_null(struct harness *h, const char *id,
                             uint64_t version)
{
    harness_append(h, MR_TOPIC_CLEAN, mr_span_str(id), mr_span(NULL, 0),
                   version, (int64_t)version * 1000);
}

static inline void give_verdict(struct harness *h,
                                const struct mr_verdict *verdict)
{
    harness_append(h, MR_TOPIC_VERDICTS, verdict->id,
                   verdict_bytes(verdict, h->arena), verdict->version,
                   verdict->time_ms);
}

/* The nth record of `documents`. */
static inline struct mr_document read_document(struct harness *h, size_t nth)
{
    struct mr_record record = harness_read(h, MR_TOPIC_DOCUMENTS, nth);
    struct mr_document document;
    struct mr_err err = { 0 };

    if (mr_document_parse(record.value, h->arena, &document, &err) != MR_OK)
        ck_abort_msg("document %zu: %s", nth, err.text);
    return document;
}

static inline bool span_is(struct mr_span span, const char *text)
{
    return mr_span_equal(span, mr_span_str(text));
}

#endif
