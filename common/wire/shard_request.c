// SPDX-License-Identifier: Apache-2.0
/*
 * shard_request.c - see shard.h.
 */
#include <math.h>

#include "common/wire/pack.h"
#include "common/wire/shard_parts.h"
#include "common/wire/vectors.h"

static void check_condition(struct mr_wire_check *c,
                            const struct mr_shard_condition *condition)
{
    mr_wire_check_text(c, "key", condition->key, MR_PAIR_BYTES_MAX);
    mr_wire_check(c, condition->op < MR_SHARD_OPS, "an operator is known");
    mr_wire_check_size(c, "values", condition->values.count,
                       MR_SHARD_VALUES_MAX);
    for (size_t i = 0; c->code == MR_OK && i < condition->values.count; i++) {
        const struct mr_pair *value = &condition->values.items[i];

        mr_wire_check_enum(c, "kind of value", (int)value->kind, MR_VALUE_TEXT,
                           MR_VALUE_FLAG);
        mr_wire_check_text(c, "value", value->text, MR_PAIR_BYTES_MAX);
        mr_wire_check(c, isfinite(value->number), "a value is finite");
    }
}

static void check_search(struct mr_wire_check *c,
                         const struct mr_shard_request *request)
{
    mr_wire_check(
        c,
        request->verb != MR_SHARD_SEARCH ||
            (request->top_k > 0 && request->top_k <= MR_SHARD_HITS_MAX),
        "a search wants some hits, and not too many");
    mr_wire_check(c,
                  request->vector.size % sizeof(float) == 0 &&
                      request->vector.size <= MR_DIMENSION_MAX * sizeof(float),
                  "a vector is of whole floats");
    mr_wire_check_size(c, "conditions", request->condition_count,
                       MR_SHARD_CONDITIONS_MAX);
    for (size_t i = 0; c->code == MR_OK && i < request->condition_count; i++)
        check_condition(c, &request->conditions[i]);
    mr_wire_check_texts(c, "principals", request->principals,
                        request->principal_count, MR_SHARD_PRINCIPALS_MAX);
}

static void check(struct mr_wire_check *c,
                  const struct mr_shard_request *request)
{
    bool named = request->verb == MR_SHARD_GET ||
                 request->verb == MR_SHARD_TEXT ||
                 request->verb == MR_SHARD_WAIT;

    mr_wire_check_enum(c, "verb", (int)request->verb, MR_SHARD_INFO,
                       MR_SHARD_WAIT);
    mr_wire_check_size(c, "terms", request->term_count, MR_SHARD_TERMS_MAX);
    for (size_t i = 0; c->code == MR_OK && i < request->term_count; i++)
        mr_wire_check_text(c, "term", request->terms[i].term,
                           MR_SHARD_TERM_BYTES_MAX);
    check_search(c, request);
    mr_wire_check_size(c, "places", request->place_count, MR_SHARD_PLACES_MAX);
    for (size_t i = 0; c->code == MR_OK && i < request->place_count; i++)
        mr_wire_check_place(c, &request->places[i]);
    if (named)
        mr_wire_check_id(c, "id", request->id);
    else
        mr_wire_check_text(c, "id", request->id, MR_ID_BYTES_MAX);
}

static Millrace__ShardTerm **put_terms(struct mr_arena *arena,
                                       const struct mr_shard_request *request)
{
    size_t count = request->term_count;
    Millrace__ShardTerm *parts = mr_arena_calloc(arena, count, sizeof(*parts));
    Millrace__ShardTerm **list = mr_arena_calloc(arena, count, sizeof(*list));

    for (size_t i = 0; i < count; i++) {
        list[i] = &parts[i];
        millrace__shard_term__init(&parts[i]);
        parts[i].term = mr_wire_put(request->terms[i].term);
        parts[i].weight = request->terms[i].weight;
        parts[i].word = request->terms[i].word;
        parts[i].frequency = request->terms[i].frequency;
    }
    return list;
}

static Millrace__ShardCondition **put_conditions(
    struct mr_arena *arena, const struct mr_shard_request *request)
{
    size_t count = request->condition_count;
    Millrace__ShardCondition *parts =
        mr_arena_calloc(arena, count, sizeof(*parts));
    Millrace__ShardCondition **list =
        mr_arena_calloc(arena, count, sizeof(*list));

    for (size_t i = 0; i < count; i++) {
        const struct mr_shard_condition *condition = &request->conditions[i];

        list[i] = &parts[i];
        millrace__shard_condition__init(&parts[i]);
        parts[i].key = mr_wire_put(condition->key);
        parts[i].op = condition->op + 1;
        parts[i].n_values = condition->values.count;
        parts[i].values = mr_wire_put_pairs(arena, &condition->values);
    }
    return list;
}

static Millrace__ShardPlace **put_places(struct mr_arena *arena,
                                         const struct mr_shard_request *request)
{
    size_t count = request->place_count;
    Millrace__ShardPlace *parts = mr_arena_calloc(arena, count, sizeof(*parts));
    Millrace__ShardPlace **list = mr_arena_calloc(arena, count, sizeof(*list));

    for (size_t i = 0; i < count; i++) {
        list[i] = &parts[i];
        mr_wire_put_place(&request->places[i], &parts[i]);
    }
    return list;
}

static void put(struct mr_arena *arena, const struct mr_shard_request *request,
                Millrace__ShardRequest *message)
{
    message->major = MR_WIRE_MAJOR;
    message->verb = (Millrace__ShardVerb)request->verb;
    message->left_ms = request->left_ms;
    message->n_terms = request->term_count;
    message->terms = put_terms(arena, request);
    message->passages = request->passages;
    message->length = request->length;
    message->top_k = request->top_k;
    message->per_document = request->per_document;
    message->exact = request->exact;
    message->explain = request->explain;
    message->keyword = request->keyword;
    message->vector = mr_wire_put(request->vector);
    message->n_conditions = request->condition_count;
    message->conditions = put_conditions(arena, request);
    message->has_principals = request->has_principals;
    message->n_principals = request->principal_count;
    message->principals =
        mr_wire_put_texts(arena, request->principals, request->principal_count);
    message->n_places = request->place_count;
    message->places = put_places(arena, request);
    message->id = mr_wire_put(request->id);
    message->version = request->version;
    message->dense = request->dense;
    message->wait_ms = request->wait_ms;
}

enum mr_code mr_shard_request_encode(const struct mr_shard_request *request,
                                     struct mr_arena *arena,
                                     struct mr_span *out, struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_encoding("request to a shard", err);
    Millrace__ShardRequest message = MILLRACE__SHARD_REQUEST__INIT;

    check(&c, request);
    if (c.code != MR_OK)
        return c.code;
    put(arena, request, &message);
    return mr_wire_pack_max(&c, &message.base, MR_SHARD_REQUEST_BYTES_MAX,
                            arena, out);
}

static struct mr_shard_term *get_terms(struct mr_arena *arena,
                                       const Millrace__ShardRequest *message)
{
    struct mr_shard_term *terms =
        mr_arena_calloc(arena, message->n_terms, sizeof(*terms));

    for (size_t i = 0; i < message->n_terms; i++)
        terms[i] = (struct mr_shard_term){
            .term = mr_wire_get(message->terms[i]->term),
            .weight = message->terms[i]->weight,
            .word = message->terms[i]->word,
            .frequency = message->terms[i]->frequency,
        };
    return terms;
}

static struct mr_shard_condition *get_conditions(
    struct mr_arena *arena, const Millrace__ShardRequest *message)
{
    struct mr_shard_condition *conditions =
        mr_arena_calloc(arena, message->n_conditions, sizeof(*conditions));

    for (size_t i = 0; i < message->n_conditions; i++) {
        const Millrace__ShardCondition *part = message->conditions[i];

        conditions[i] = (struct mr_shard_condition){
            .key = mr_wire_get(part->key),
            .op = part->op - 1, /* 0, never written, is none */
            .values = mr_wire_get_pairs(arena, part->values, part->n_values),
        };
    }
    return conditions;
}

static struct mr_shard_place *get_places(struct mr_arena *arena,
                                         const Millrace__ShardRequest *message)
{
    struct mr_shard_place *places =
        mr_arena_calloc(arena, message->n_places, sizeof(*places));

    for (size_t i = 0; i < message->n_places; i++)
        places[i] = mr_wire_get_place(message->places[i]);
    return places;
}

enum mr_code mr_shard_request_parse(struct mr_span bytes,
                                    struct mr_arena *arena,
                                    struct mr_shard_request *out,
                                    struct mr_err *err)
{
    struct mr_wire_check c = mr_wire_parsing("request to a shard", err);
    const Millrace__ShardRequest *message =
        mr_wire_unpack_max(&c, &millrace__shard_request__descriptor, bytes,
                           MR_SHARD_REQUEST_BYTES_MAX, arena);

    if (message == NULL)
        return c.code;
    *out = (struct mr_shard_request){
        .verb = (enum mr_shard_verb)message->verb,
        .left_ms = message->left_ms,
        .terms = get_terms(arena, message),
        .term_count = message->n_terms,
        .passages = message->passages,
        .length = message->length,
        .top_k = message->top_k,
        .per_document = message->per_document,
        .exact = message->exact,
        .explain = message->explain,
        .keyword = message->keyword,
        .vector = mr_wire_get(message->vector),
        .conditions = get_conditions(arena, message),
        .condition_count = message->n_conditions,
        .has_principals = message->has_principals,
        .principals = mr_wire_get_texts(arena, message->principals,
                                        message->n_principals),
        .principal_count = message->n_principals,
        .places = get_places(arena, message),
        .place_count = message->n_places,
        .id = mr_wire_get(message->id),
        .version = message->version,
        .dense = message->dense,
        .wait_ms = message->wait_ms,
    };
    check(&c, out);
    return c.code;
}
