// SPDX-License-Identifier: Apache-2.0
/*
 * shard_compare.h - are two requests to a shard, or two replies, one?  A part
 * of compare.h.
 */
#ifndef TESTS_UNIT_COMMON_WIRE_SHARD_COMPARE_H
#define TESTS_UNIT_COMMON_WIRE_SHARD_COMPARE_H

#include "tests/unit/common_wire/compare_fields.h"

static inline void same_shard_place(const struct mr_shard_place *a,
                                    const struct mr_shard_place *b)
{
    SAME_SPAN(a->document, b->document);
    ck_assert_uint_eq(a->content_version, b->content_version);
    ck_assert_uint_eq(a->passage, b->passage);
}

static inline void same_shard_terms(const struct mr_shard_request *a,
                                    const struct mr_shard_request *b)
{
    ck_assert_uint_eq(a->term_count, b->term_count);
    for (size_t i = 0; i < a->term_count; i++) {
        SAME_SPAN(a->terms[i].term, b->terms[i].term);
        ck_assert_uint_eq(a->terms[i].weight, b->terms[i].weight);
        ck_assert_uint_eq(a->terms[i].word, b->terms[i].word);
        ck_assert_uint_eq(a->terms[i].frequency, b->terms[i].frequency);
    }
}

static inline void same_shard_filter(const struct mr_shard_request *a,
                                     const struct mr_shard_request *b)
{
    ck_assert_uint_eq(a->condition_count, b->condition_count);
    for (size_t i = 0; i < a->condition_count; i++) {
        SAME_SPAN(a->conditions[i].key, b->conditions[i].key);
        ck_assert_uint_eq(a->conditions[i].op, b->conditions[i].op);
        same_pairs(&a->conditions[i].values, &b->conditions[i].values);
    }
    ck_assert_int_eq(a->has_principals, b->has_principals);
    ck_assert_uint_eq(a->principal_count, b->principal_count);
    for (size_t i = 0; i < a->principal_count; i++)
        SAME_SPAN(a->principals[i], b->principals[i]);
}

static inline void same_shard_request(const struct mr_shard_request *a,
                                      const struct mr_shard_request *b)
{
    ck_assert_int_eq(a->verb, b->verb);
    ck_assert_uint_eq(a->left_ms, b->left_ms);
    same_shard_terms(a, b);
    ck_assert_uint_eq(a->passages, b->passages);
    ck_assert_uint_eq(a->length, b->length);
    ck_assert_uint_eq(a->top_k, b->top_k);
    ck_assert_uint_eq(a->per_document, b->per_document);
    ck_assert_int_eq(a->exact, b->exact);
    ck_assert_int_eq(a->explain, b->explain);
    ck_assert_int_eq(a->keyword, b->keyword);
    SAME_SPAN(a->vector, b->vector);
    same_shard_filter(a, b);
    ck_assert_uint_eq(a->place_count, b->place_count);
    for (size_t i = 0; i < a->place_count; i++)
        same_shard_place(&a->places[i], &b->places[i]);
    SAME_SPAN(a->id, b->id);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_int_eq(a->dense, b->dense);
    ck_assert_uint_eq(a->wait_ms, b->wait_ms);
}

static inline void same_shard_hits(const struct mr_shard_hit *a, size_t a_count,
                                   const struct mr_shard_hit *b, size_t b_count)
{
    ck_assert_uint_eq(a_count, b_count);
    for (size_t i = 0; i < a_count; i++) {
        same_shard_place(&a[i].place, &b[i].place);
        ck_assert_double_eq(a[i].score, b[i].score);
        SAME_SPAN(a[i].parts, b[i].parts);
    }
}

static inline void same_shard_counts(const struct mr_shard_counts *a,
                                     const struct mr_shard_counts *b)
{
    ck_assert_uint_eq(a->live, b->live);
    ck_assert_uint_eq(a->rejected, b->rejected);
    ck_assert_uint_eq(a->duplicate, b->duplicate);
    ck_assert_uint_eq(a->deleted, b->deleted);
    ck_assert_uint_eq(a->failed, b->failed);
    ck_assert_uint_eq(a->passages, b->passages);
    ck_assert_uint_eq(a->passages_dense, b->passages_dense);
    ck_assert_uint_eq(a->documents_dense, b->documents_dense);
    ck_assert_uint_eq(a->keyword_segments, b->keyword_segments);
    ck_assert_uint_eq(a->dense_segments, b->dense_segments);
    ck_assert_uint_eq(a->keyword_lag, b->keyword_lag);
    ck_assert_uint_eq(a->dense_lag, b->dense_lag);
    ck_assert_uint_eq(a->bytes, b->bytes);
    ck_assert_double_eq(a->recall, b->recall);
}

static inline void same_shard_loaded(const struct mr_shard_passage *a,
                                     const struct mr_shard_passage *b)
{
    struct mr_passage one = a->passage;
    struct mr_passage two = b->passage;
    struct mr_passages left = { .items = &one, .count = 1 };
    struct mr_passages right = { .items = &two, .count = 1 };

    SAME_SPAN(a->document, b->document);
    same_passages(&left, &right);
    SAME_SPAN(a->text, b->text);
}

static inline void same_shard_record(const struct mr_shard_reply *a,
                                     const struct mr_shard_reply *b)
{
    SAME_SPAN(a->document, b->document);
    ck_assert_int_eq(a->has_dense, b->has_dense);
    ck_assert_int_eq(a->dense_failed, b->dense_failed);
    SAME_SPAN(a->failed_error, b->failed_error);
    ck_assert_uint_eq(a->documents_offset, b->documents_offset);
    ck_assert_uint_eq(a->passage_count, b->passage_count);
    ck_assert_int_eq(a->has_text, b->has_text);
    SAME_SPAN(a->text, b->text);
    ck_assert_int_eq(a->done, b->done);
}

static inline void same_shard_reply(const struct mr_shard_reply *a,
                                    const struct mr_shard_reply *b)
{
    ck_assert_int_eq(a->verb, b->verb);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_uint_eq(a->language_count, b->language_count);
    for (size_t i = 0; i < a->language_count; i++)
        SAME_SPAN(a->languages[i], b->languages[i]);
    same_shard_counts(&a->counts, &b->counts);
    ck_assert_uint_eq(a->passages, b->passages);
    ck_assert_uint_eq(a->length, b->length);
    ck_assert_uint_eq(a->frequency_count, b->frequency_count);
    for (size_t i = 0; i < a->frequency_count; i++)
        ck_assert_uint_eq(a->frequency[i], b->frequency[i]);
    same_shard_hits(a->keyword, a->keyword_count, b->keyword, b->keyword_count);
    same_shard_hits(a->dense, a->dense_count, b->dense, b->dense_count);
    SAME_SPAN(a->keyword_error, b->keyword_error);
    SAME_SPAN(a->dense_error, b->dense_error);
    ck_assert_uint_eq(a->loaded_count, b->loaded_count);
    for (size_t i = 0; i < a->loaded_count; i++)
        same_shard_loaded(&a->loaded[i], &b->loaded[i]);
    same_shard_record(a, b);
}

#endif
