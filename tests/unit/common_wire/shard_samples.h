// SPDX-License-Identifier: Apache-2.0
/*
 * shard_samples.h - a request to a shard and a reply, with every field set:
 * more than any one of them has.  A part of samples.h.
 *
 * Memory: static; a caller may change its copy.  Threads: one.  I/O: none.
 */
#ifndef TESTS_UNIT_COMMON_WIRE_SHARD_SAMPLES_H
#define TESTS_UNIT_COMMON_WIRE_SHARD_SAMPLES_H

#include "common/wire/shard.h"

static inline struct mr_shard_request sample_shard_request(void)
{
    static struct mr_shard_term terms[2];
    static struct mr_pair values[3];
    static struct mr_shard_condition conditions[2];
    static struct mr_span principals[2];
    static struct mr_shard_place places[2];

    terms[0] = (struct mr_shard_term){ .term = mr_span_str("m\xC3\xBChl"),
                                       .weight = 2,
                                       .word = 1,
                                       .frequency = 1ull << 40 };
    terms[1] =
        (struct mr_shard_term){ .term = mr_span_str("mill"), .weight = 1 };
    values[0] = (struct mr_pair){ .key = mr_span_str(""),
                                  .kind = MR_VALUE_NUMBER,
                                  .number = -2.5 };
    values[1] = (struct mr_pair){ .key = mr_span_str(""),
                                  .kind = MR_VALUE_TEXT,
                                  .text = mr_span_str("x") };
    values[2] = (struct mr_pair){ .key = mr_span_str(""),
                                  .kind = MR_VALUE_FLAG,
                                  .flag = true };
    conditions[0] = (struct mr_shard_condition){ .key = mr_span_str("year"),
                                                 .op = 1,
                                                 .values = { .items = values,
                                                             .count = 3 } };
    conditions[1] = (struct mr_shard_condition){ .key = mr_span_str("$id"),
                                                 .op = MR_SHARD_OPS - 1 };
    principals[0] = mr_span_str("user:7");
    principals[1] = mr_span_str("group:2");
    places[0] = (struct mr_shard_place){ .document = mr_span_str("doc:1"),
                                         .content_version = mr_version(1, 5),
                                         .passage = 3 };
    places[1] = (struct mr_shard_place){ .document = mr_span_str("doc:2"),
                                         .content_version = 1 };
    return (struct mr_shard_request){
        .verb = MR_SHARD_SEARCH,
        .left_ms = 4321,
        .terms = terms,
        .term_count = 2,
        .passages = 1ull << 33,
        .length = 1ull << 41,
        .top_k = 100,
        .per_document = 3,
        .exact = true,
        .explain = true,
        .keyword = true,
        .vector = mr_span_str("FLOATS.."),
        .conditions = conditions,
        .condition_count = 2,
        .has_principals = true,
        .principals = principals,
        .principal_count = 2,
        .places = places,
        .place_count = 2,
        .id = mr_span_str("doc:9"),
        .version = mr_version(2, 77),
        .dense = true,
        .wait_ms = 60000,
    };
}

static inline struct mr_shard_counts sample_shard_counts(void)
{
    return (struct mr_shard_counts){ .live = 1,
                                     .rejected = 2,
                                     .duplicate = 3,
                                     .deleted = 4,
                                     .failed = 5,
                                     .passages = 6,
                                     .passages_dense = 7,
                                     .documents_dense = 8,
                                     .keyword_segments = 9,
                                     .dense_segments = 10,
                                     .keyword_lag = 11,
                                     .dense_lag = 12,
                                     .bytes = 1ull << 50,
                                     .recall = .9375 };
}

static inline struct mr_shard_reply sample_shard_reply(void)
{
    static struct mr_span languages[2];
    static uint64_t frequency[3] = { 0, 1ull << 40, 7 };
    static struct mr_shard_hit hits[2];
    static struct mr_shard_passage loaded[2];

    languages[0] = mr_span_str("en");
    languages[1] = mr_span_str("de");
    hits[0] = (struct mr_shard_hit){
        .place = { .document = mr_span_str("doc:1"),
                   .content_version = 9,
                   .passage = 2 },
        .score = 7.125,
        .parts = mr_span_str("A DOUBLEANOTHER."),
    };
    hits[1] = (struct mr_shard_hit){
        .place = { .document = mr_span_str("doc:2"), .content_version = 1 },
        .score = -.5,
    };
    loaded[0] = (struct mr_shard_passage){
        .document = mr_span_str("a document"),
        .passage = { .id = { 3, 4 },
                     .start = 10,
                     .end = 14,
                     .headings = mr_span_str("A > B") },
        .text = mr_span_str("text"),
    };
    loaded[1] = (struct mr_shard_passage){ 0 };
    return (struct mr_shard_reply){
        .verb = MR_SHARD_INFO,
        .version = 1ull << 35,
        .languages = languages,
        .language_count = 2,
        .counts = sample_shard_counts(),
        .passages = 1ull << 33,
        .length = 1ull << 34,
        .frequency = frequency,
        .frequency_count = 3,
        .keyword = hits,
        .keyword_count = 2,
        .dense = &hits[1],
        .dense_count = 1,
        .keyword_error = mr_span_str("words"),
        .dense_error = mr_span_str("other words"),
        .loaded = loaded,
        .loaded_count = 2,
        .document = mr_span_str("another document"),
        .has_dense = true,
        .dense_failed = true,
        .failed_error = mr_span_str("the model is gone"),
        .documents_offset = 1ull << 36,
        .passage_count = 12,
        .has_text = true,
        .text = mr_span_str("all of it"),
        .done = true,
    };
}

#endif
