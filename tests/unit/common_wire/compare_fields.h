// SPDX-License-Identifier: Apache-2.0
/*
 * compare_fields.h - field by field, are two messages of a topic one?  A part
 * of compare.h.
 *
 * Absent and empty are told apart.
 */
#ifndef TESTS_UNIT_COMMON_WIRE_COMPARE_FIELDS_H
#define TESTS_UNIT_COMMON_WIRE_COMPARE_FIELDS_H

#include <check.h>

#include "tests/unit/common_wire/samples.h"

#define SAME_SPAN(a, b)                                                     \
    do {                                                                    \
        ck_assert_msg(((a).data == NULL) == ((b).data == NULL), "%s is %s", \
                      #a, (a).data == NULL ? "absent" : "there");           \
        ck_assert_msg(mr_span_equal((a), (b)),                              \
                      "%s is \"%.*s\", want \"%.*s\"", #a, MR_SPAN_ARG(a),  \
                      MR_SPAN_ARG(b));                                      \
    } while (0)

static inline void same_hash(struct mr_hash128 a, struct mr_hash128 b)
{
    ck_assert_uint_eq(a.low, b.low);
    ck_assert_uint_eq(a.high, b.high);
}

static inline void same_pairs(const struct mr_pairs *a,
                              const struct mr_pairs *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        SAME_SPAN(a->items[i].key, b->items[i].key);
        ck_assert_int_eq(a->items[i].kind, b->items[i].kind);
        SAME_SPAN(a->items[i].text, b->items[i].text);
        ck_assert_double_eq(a->items[i].number, b->items[i].number);
        ck_assert_int_eq(a->items[i].flag, b->items[i].flag);
    }
}

static inline void same_access(const struct mr_access *a,
                               const struct mr_access *b)
{
    SAME_SPAN(a->owner, b->owner);
    ck_assert_uint_eq(a->principal_count, b->principal_count);
    for (size_t i = 0; i < a->principal_count; i++)
        SAME_SPAN(a->principals[i], b->principals[i]);
}

static inline void same_signals(const struct mr_signals *a,
                                const struct mr_signals *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        SAME_SPAN(a->items[i].name, b->items[i].name);
        ck_assert_double_eq(a->items[i].value, b->items[i].value);
    }
}

static inline void same_payload(const struct mr_payload *a,
                                const struct mr_payload *b)
{
    SAME_SPAN(a->bytes, b->bytes);
    ck_assert_int_eq(a->in_blob, b->in_blob);
    same_hash(a->hash, b->hash);
    ck_assert_uint_eq(a->size, b->size);
}

static inline void same_passages(const struct mr_passages *a,
                                 const struct mr_passages *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        same_hash(a->items[i].id, b->items[i].id);
        ck_assert_uint_eq(a->items[i].start, b->items[i].start);
        ck_assert_uint_eq(a->items[i].end, b->items[i].end);
        SAME_SPAN(a->items[i].headings, b->items[i].headings);
    }
}

static inline void same_reason(const struct mr_reason *a,
                               const struct mr_reason *b)
{
    SAME_SPAN(a->rule, b->rule);
    SAME_SPAN(a->value, b->value);
    SAME_SPAN(a->duplicate_of, b->duplicate_of);
    ck_assert_double_eq(a->similarity, b->similarity);
}

static inline void same_raw(const struct mr_raw *a, const struct mr_raw *b)
{
    SAME_SPAN(a->id, b->id);
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    SAME_SPAN(a->source, b->source);
    ck_assert_uint_eq(a->source_rank, b->source_rank);
    ck_assert_int_eq(a->lane, b->lane);
    same_access(&a->access, &b->access);
    SAME_SPAN(a->put.content_type, b->put.content_type);
    SAME_SPAN(a->put.charset, b->put.charset);
    same_payload(&a->put.body, &b->put.body);
    SAME_SPAN(a->put.title, b->put.title);
    SAME_SPAN(a->put.url, b->put.url);
    same_pairs(&a->put.metadata, &b->put.metadata);
    same_pairs(&a->patch.metadata, &b->patch.metadata);
    ck_assert_int_eq(a->patch.has_access, b->patch.has_access);
    SAME_SPAN(a->del.source, b->del.source);
    ck_assert_uint_eq(a->del.before, b->del.before);
}

static inline void same_clean(const struct mr_clean *a,
                              const struct mr_clean *b)
{
    SAME_SPAN(a->id, b->id);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    SAME_SPAN(a->source, b->source);
    ck_assert_int_eq(a->lane, b->lane);
    same_access(&a->access, &b->access);
    SAME_SPAN(a->title, b->title);
    SAME_SPAN(a->url, b->url);
    same_pairs(&a->metadata, &b->metadata);
    same_payload(&a->text, &b->text);
    SAME_SPAN(a->language, b->language);
    same_signals(&a->signals, &b->signals);
    same_passages(&a->passages, &b->passages);
    SAME_SPAN(a->source_map, b->source_map);
    SAME_SPAN(a->config, b->config);
}

static inline void same_signature(const struct mr_signature *a,
                                  const struct mr_signature *b)
{
    SAME_SPAN(a->id, b->id);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    SAME_SPAN(a->source, b->source);
    ck_assert_uint_eq(a->source_rank, b->source_rank);
    ck_assert_uint_eq(a->access_hash, b->access_hash);
    same_hash(a->text_hash, b->text_hash);
    ck_assert_int_eq(a->has_minhash, b->has_minhash);
    ck_assert_mem_eq(a->minhash, b->minhash, sizeof(a->minhash));
    same_signals(&a->signals, &b->signals);
    SAME_SPAN(a->reject_rule, b->reject_rule);
    SAME_SPAN(a->reject_value, b->reject_value);
    same_pairs(&a->patch, &b->patch);
    ck_assert_int_eq(a->has_access, b->has_access);
    same_access(&a->access, &b->access);
    SAME_SPAN(a->sweep_source, b->sweep_source);
    ck_assert_uint_eq(a->sweep_before, b->sweep_before);
    SAME_SPAN(a->error, b->error);
}

static inline void same_verdict(const struct mr_verdict *a,
                                const struct mr_verdict *b)
{
    SAME_SPAN(a->id, b->id);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_uint_eq(a->content_version, b->content_version);
    ck_assert_int_eq(a->state, b->state);
    same_reason(&a->reason, &b->reason);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    ck_assert_int_eq(a->is_patch, b->is_patch);
    same_pairs(&a->patch, &b->patch);
    ck_assert_int_eq(a->has_access, b->has_access);
    same_access(&a->access, &b->access);
    SAME_SPAN(a->config, b->config);
}

static inline void same_document(const struct mr_document *a,
                                 const struct mr_document *b)
{
    SAME_SPAN(a->id, b->id);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_uint_eq(a->content_version, b->content_version);
    ck_assert_int_eq(a->state, b->state);
    same_reason(&a->reason, &b->reason);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    SAME_SPAN(a->source, b->source);
    ck_assert_int_eq(a->lane, b->lane);
    same_access(&a->access, &b->access);
    SAME_SPAN(a->title, b->title);
    SAME_SPAN(a->url, b->url);
    same_pairs(&a->metadata, &b->metadata);
    SAME_SPAN(a->language, b->language);
    same_signals(&a->signals, &b->signals);
    same_payload(&a->text, &b->text);
    same_passages(&a->passages, &b->passages);
    SAME_SPAN(a->source_map, b->source_map);
    ck_assert_uint_eq(a->lineage.clean_offset, b->lineage.clean_offset);
    ck_assert_uint_eq(a->lineage.verdict_offset, b->lineage.verdict_offset);
    SAME_SPAN(a->lineage.clean_config, b->lineage.clean_config);
    SAME_SPAN(a->lineage.curate_config, b->lineage.curate_config);
}

static inline void same_vectors(const struct mr_vectors *a,
                                const struct mr_vectors *b)
{
    SAME_SPAN(a->id, b->id);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_uint_eq(a->content_version, b->content_version);
    ck_assert_int_eq(a->state, b->state);
    SAME_SPAN(a->error, b->error);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    ck_assert_uint_eq(a->dimension, b->dimension);
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        ck_assert_uint_eq(a->passages[i], b->passages[i]);
    same_payload(&a->floats, &b->floats);
}

static inline void same_dead(const struct mr_dead *a, const struct mr_dead *b)
{
    SAME_SPAN(a->id, b->id);
    SAME_SPAN(a->stage, b->stage);
    SAME_SPAN(a->topic, b->topic);
    ck_assert_uint_eq(a->partition, b->partition);
    ck_assert_uint_eq(a->offset, b->offset);
    ck_assert_uint_eq(a->version, b->version);
    SAME_SPAN(a->code, b->code);
    SAME_SPAN(a->error, b->error);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    same_payload(&a->value, &b->value);
}

static inline void same_hits(const struct mr_event *a, const struct mr_event *b)
{
    ck_assert_uint_eq(a->hit_count, b->hit_count);
    for (size_t i = 0; i < a->hit_count; i++) {
        SAME_SPAN(a->hits[i].document, b->hits[i].document);
        ck_assert_uint_eq(a->hits[i].content_version,
                          b->hits[i].content_version);
        same_hash(a->hits[i].passage, b->hits[i].passage);
        ck_assert_double_eq(a->hits[i].score, b->hits[i].score);
    }
}

static inline void same_pieces(const struct mr_event *a,
                               const struct mr_event *b)
{
    ck_assert_uint_eq(a->piece_count, b->piece_count);
    for (size_t i = 0; i < a->piece_count; i++) {
        SAME_SPAN(a->pieces[i].document, b->pieces[i].document);
        ck_assert_uint_eq(a->pieces[i].content_version,
                          b->pieces[i].content_version);
        ck_assert_uint_eq(a->pieces[i].passage, b->pieces[i].passage);
        ck_assert_uint_eq(a->pieces[i].source, b->pieces[i].source);
        ck_assert_uint_eq(a->pieces[i].start, b->pieces[i].start);
        ck_assert_uint_eq(a->pieces[i].end, b->pieces[i].end);
    }
}

static inline void same_event(const struct mr_event *a,
                              const struct mr_event *b)
{
    SAME_SPAN(a->id, b->id);
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_int_eq(a->time_ms, b->time_ms);
    SAME_SPAN(a->owner, b->owner);
    SAME_SPAN(a->query, b->query);
    SAME_SPAN(a->mode, b->mode);
    ck_assert_uint_eq(a->top_k, b->top_k);
    same_hits(a, b);
    ck_assert_uint_eq(a->took_ms, b->took_ms);
    ck_assert_int_eq(a->partial, b->partial);
    SAME_SPAN(a->model, b->model);
    ck_assert_uint_eq(a->index_version, b->index_version);
    SAME_SPAN(a->prompt, b->prompt);
    SAME_SPAN(a->answer, b->answer);
    SAME_SPAN(a->generator, b->generator);
    SAME_SPAN(a->template_name, b->template_name);
    same_hash(a->template_hash, b->template_hash);
    same_hash(a->prompt_hash, b->prompt_hash);
    ck_assert_uint_eq(a->prompt_tokens, b->prompt_tokens);
    same_pieces(a, b);
    SAME_SPAN(a->about, b->about);
    ck_assert_int_eq(a->rating, b->rating);
    SAME_SPAN(a->text, b->text);
    SAME_SPAN(a->correction, b->correction);
}

static inline void same_stage(const struct mr_member_stage *a,
                              const struct mr_member_stage *b)
{
    SAME_SPAN(a->name, b->name);
    ck_assert_uint_eq(a->inputs, b->inputs);
    ck_assert_uint_eq(a->outputs, b->outputs);
    ck_assert_uint_eq(a->rejected, b->rejected);
    ck_assert_uint_eq(a->failed, b->failed);
    ck_assert_uint_eq(a->retries, b->retries);
    ck_assert_uint_eq(a->lag, b->lag);
    ck_assert_int_eq(a->oldest_ms, b->oldest_ms);
    SAME_SPAN(a->error, b->error);
}

static inline void same_note(const struct mr_checkpoint_note *a,
                             const struct mr_checkpoint_note *b)
{
    ck_assert_uint_eq(a->generation, b->generation);
    ck_assert_uint_eq(a->partition, b->partition);
    SAME_SPAN(a->model, b->model);
    ck_assert_uint_eq(a->manifest.low, b->manifest.low);
    ck_assert_uint_eq(a->manifest.high, b->manifest.high);
    ck_assert_uint_eq(a->documents_next, b->documents_next);
    ck_assert_uint_eq(a->vectors_next, b->vectors_next);
    ck_assert_int_eq(a->taken_ms, b->taken_ms);
    ck_assert_uint_eq(a->bytes, b->bytes);
    SAME_SPAN(a->member, b->member);
    ck_assert_int_eq(a->broken, b->broken);
}

static inline void same_checkpoint_file(const struct mr_checkpoint_file *a,
                                        const struct mr_checkpoint_file *b)
{
    SAME_SPAN(a->name, b->name);
    ck_assert_uint_eq(a->size, b->size);
    ck_assert_uint_eq(a->digest.low, b->digest.low);
    ck_assert_uint_eq(a->digest.high, b->digest.high);
    SAME_SPAN(a->pieces, b->pieces);
}

static inline void same_checkpoint(const struct mr_checkpoint *a,
                                   const struct mr_checkpoint *b)
{
    SAME_SPAN(a->index, b->index);
    SAME_SPAN(a->model, b->model);
    SAME_SPAN(a->analyser, b->analyser);
    SAME_SPAN(a->member, b->member);
    ck_assert_uint_eq(a->generation, b->generation);
    ck_assert_uint_eq(a->partition, b->partition);
    ck_assert_uint_eq(a->partitions, b->partitions);
    ck_assert_uint_eq(a->epoch, b->epoch);
    ck_assert_uint_eq(a->documents_next, b->documents_next);
    ck_assert_uint_eq(a->vectors_next, b->vectors_next);
    ck_assert_int_eq(a->taken_ms, b->taken_ms);
    ck_assert_int_eq(a->has_previous, b->has_previous);
    ck_assert_uint_eq(a->previous.low, b->previous.low);
    ck_assert_uint_eq(a->previous.high, b->previous.high);
    ck_assert_uint_eq(a->piece_bytes, b->piece_bytes);
    ck_assert_uint_eq(a->file_count, b->file_count);
    for (size_t i = 0; i < a->file_count; i++)
        same_checkpoint_file(&a->files[i], &b->files[i]);
}

static inline void same_origin(const struct mr_origin *a,
                               const struct mr_origin *b)
{
    ck_assert_uint_eq(a->generation, b->generation);
    SAME_SPAN(a->from, b->from);
    ck_assert_uint_eq(a->offset_count, b->offset_count);
    for (size_t i = 0; i < a->offset_count; i++)
        ck_assert_uint_eq(a->offsets[i], b->offsets[i]);
    ck_assert_int_eq(a->partial, b->partial);
    ck_assert_int_eq(a->since_ms, b->since_ms);
    ck_assert_int_eq(a->set_ms, b->set_ms);
}

static inline void same_control(const struct mr_control *a,
                                const struct mr_control *b)
{
    const struct mr_member *one = &a->member;
    const struct mr_member *two = &b->member;

    ck_assert_int_eq(a->is_member, b->is_member);
    ck_assert_int_eq(a->is_alias, b->is_alias);
    ck_assert_int_eq(a->is_checkpoint, b->is_checkpoint);
    if (a->is_checkpoint)
        same_note(&a->checkpoint, &b->checkpoint);
    ck_assert_uint_eq(a->alias.generation, b->alias.generation);
    ck_assert_uint_eq(a->alias.previous, b->alias.previous);
    ck_assert_int_eq(a->alias.set_ms, b->alias.set_ms);
    ck_assert_int_eq(a->is_origin, b->is_origin);
    same_origin(&a->origin, &b->origin);
    ck_assert_uint_eq(one->generation, two->generation);
    SAME_SPAN(one->name, two->name);
    SAME_SPAN(one->role, two->role);
    SAME_SPAN(one->host, two->host);
    SAME_SPAN(one->address, two->address);
    ck_assert_uint_eq(one->number, two->number);
    ck_assert_uint_eq(one->members, two->members);
    ck_assert_uint_eq(one->partition_count, two->partition_count);
    for (size_t i = 0; i < one->partition_count; i++)
        ck_assert_uint_eq(one->partitions[i], two->partitions[i]);
    ck_assert_uint_eq(one->beat, two->beat);
    ck_assert_int_eq(one->started_ms, two->started_ms);
    ck_assert_int_eq(one->leaving, two->leaving);
    ck_assert_uint_eq(one->interval_ms, two->interval_ms);
    ck_assert_uint_eq(one->keyword_lag, two->keyword_lag);
    ck_assert_uint_eq(one->stage_count, two->stage_count);
    for (size_t i = 0; i < one->stage_count; i++)
        same_stage(&one->stages[i], &two->stages[i]);
}

#endif
