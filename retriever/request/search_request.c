// SPDX-License-Identifier: Apache-2.0
/*
 * search_request.c - see search_request.h.
 */
#include "retriever/request/search_request.h"

#include <math.h>

#include "common/base/mr_assert.h"

const char *search_mode_name(enum search_mode mode)
{
    switch (mode) {
    case SEARCH_HYBRID:
        return "hybrid";
    case SEARCH_DENSE:
        return "dense";
    case SEARCH_KEYWORD:
        return "keyword";
    }
    MR_UNREACHABLE();
}

bool search_mode_of(struct mr_span name, enum search_mode *out)
{
    for (enum search_mode mode = SEARCH_HYBRID; mode <= SEARCH_KEYWORD;
         mode++) {
        if (mr_span_equal(name, mr_span_str(search_mode_name(mode)))) {
            *out = mode;
            return true;
        }
    }
    return false;
}

static enum mr_code read_query(const struct mr_json *value,
                               struct search_request *out, struct mr_err *err)
{
    out->query = mr_json_text(value);
    if (out->query.size > 0 && out->query.size <= SEARCH_QUERY_BYTES_MAX)
        return MR_OK;
    return mr_fail(err, MR_E_INVALID,
                   "\"query\" should be a text of 1 to %u bytes",
                   SEARCH_QUERY_BYTES_MAX);
}

static enum mr_code read_count(const struct mr_json *value, const char *key,
                               uint32_t least, uint32_t *out,
                               struct mr_err *err)
{
    double number = mr_json_number(value, NAN);

    if (!(number >= least && number <= INDEX_TOP_K_MAX) ||
        number != floor(number))
        return mr_fail(err, MR_E_INVALID,
                       "\"%s\" should be a whole number from %u to %u", key,
                       least, INDEX_TOP_K_MAX);
    *out = (uint32_t)number;
    return MR_OK;
}

static enum mr_code read_flag(const struct mr_json *value, const char *key,
                              bool *out, struct mr_err *err)
{
    if (mr_json_kind(value) != MR_JSON_BOOL)
        return mr_fail(err, MR_E_INVALID, "\"%s\" should be true or false",
                       key);
    *out = mr_json_bool(value, false);
    return MR_OK;
}

/* Where conditions are put. */
struct conditions {
    struct mr_arena *arena;
    struct index_condition *items;
    size_t count;
};

static enum mr_code value_of(struct mr_span key, const struct mr_json *value,
                             struct mr_pair *out, struct mr_err *err)
{
    *out = (struct mr_pair){ 0 };
    switch (mr_json_kind(value)) {
    case MR_JSON_TEXT:
        out->kind = MR_VALUE_TEXT;
        out->text = mr_json_text(value);
        return MR_OK;
    case MR_JSON_NUMBER:
        out->kind = MR_VALUE_NUMBER;
        out->number = mr_json_number(value, 0);
        return MR_OK;
    case MR_JSON_BOOL:
        out->kind = MR_VALUE_FLAG;
        out->flag = mr_json_bool(value, false);
        return MR_OK;
    case MR_JSON_NULL:
    case MR_JSON_ARRAY:
    case MR_JSON_OBJECT:
        break;
    }
    return mr_fail(err, MR_E_INVALID,
                   "filter \"%.*s\": %s is nothing to compare with",
                   MR_SPAN_ARG(key), mr_json_kind_name(mr_json_kind(value)));
}

/* A condition on `key` with one value or a list of them. */
static enum mr_code add_condition(struct conditions *to, struct mr_span key,
                                  enum index_op op, const struct mr_json *value,
                                  struct mr_err *err)
{
    bool list = mr_json_kind(value) == MR_JSON_ARRAY;
    size_t count = list ? mr_json_size(value) : 1;
    struct mr_pair *values = mr_arena_calloc(to->arena, count, sizeof(*values));
    enum mr_code code = MR_OK;

    if (to->count == SEARCH_CONDITIONS_MAX)
        return mr_fail(err, MR_E_INVALID, "filter: more than %u conditions",
                       SEARCH_CONDITIONS_MAX);
    for (size_t i = 0; code == MR_OK && i < count; i++)
        code =
            value_of(key, list ? mr_json_at(value, i) : value, &values[i], err);
    to->items[to->count++] = (struct index_condition){
        .key = key, .op = op, .values = values, .value_count = count
    };
    return code;
}

static enum mr_code add_exists(struct conditions *to, struct mr_span key,
                               const struct mr_json *value, struct mr_err *err)
{
    if (mr_json_kind(value) != MR_JSON_BOOL || !mr_json_bool(value, false))
        return mr_fail(err, MR_E_INVALID,
                       "filter \"%.*s\": \"exists\" can only be true",
                       MR_SPAN_ARG(key));
    if (to->count == SEARCH_CONDITIONS_MAX)
        return mr_fail(err, MR_E_INVALID, "filter: more than %u conditions",
                       SEARCH_CONDITIONS_MAX);
    to->items[to->count++] =
        (struct index_condition){ .key = key, .op = INDEX_OP_EXISTS };
    return MR_OK;
}

static enum mr_code add_operator(struct conditions *to, struct mr_span key,
                                 struct mr_span name,
                                 const struct mr_json *value,
                                 struct mr_err *err)
{
    static const struct {
        const char *name;
        enum index_op op;
    } ops[] = { { "gt", INDEX_OP_GT },      { "gte", INDEX_OP_GTE },
                { "lt", INDEX_OP_LT },      { "lte", INDEX_OP_LTE },
                { "not", INDEX_OP_NOT_IN }, { "in", INDEX_OP_IN } };

    if (mr_span_equal(name, mr_span_str("exists")))
        return add_exists(to, key, value, err);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        bool many = ops[i].op == INDEX_OP_IN || ops[i].op == INDEX_OP_NOT_IN;

        if (!mr_span_equal(name, mr_span_str(ops[i].name)))
            continue;
        if (!many && mr_json_kind(value) == MR_JSON_ARRAY)
            break;
        return add_condition(to, key, ops[i].op, value, err);
    }
    return mr_fail(err, MR_E_INVALID,
                   "filter \"%.*s\": \"%.*s\" should be gt, gte, lt, lte (with "
                   "one value), in, not or exists",
                   MR_SPAN_ARG(key), MR_SPAN_ARG(name));
}

static enum mr_code add_member(struct conditions *to, struct mr_span key,
                               const struct mr_json *value, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    if (mr_json_kind(value) != MR_JSON_OBJECT)
        return add_condition(to, key, INDEX_OP_IN, value, err);
    for (size_t i = 0; code == MR_OK && i < mr_json_size(value); i++) {
        struct mr_span name;
        const struct mr_json *operand = mr_json_member(value, i, &name);

        code = add_operator(to, key, name, operand, err);
    }
    return code;
}

static enum mr_code read_filter(const struct mr_json *value,
                                struct mr_arena *arena,
                                struct search_request *out, struct mr_err *err)
{
    struct conditions to = { .arena = arena };
    enum mr_code code = MR_OK;

    if (mr_json_kind(value) == MR_JSON_NULL)
        return MR_OK;
    if (mr_json_kind(value) != MR_JSON_OBJECT)
        return mr_fail(err, MR_E_INVALID,
                       "\"filter\" should be an object such as "
                       "{\"lang\": \"en\", \"year\": {\"gte\": 2020}}");
    to.items = mr_arena_calloc(arena, SEARCH_CONDITIONS_MAX, sizeof(*to.items));
    for (size_t i = 0; code == MR_OK && i < mr_json_size(value); i++) {
        struct mr_span key;
        const struct mr_json *member = mr_json_member(value, i, &key);

        code = add_member(&to, key, member, err);
    }
    out->filter.conditions = to.items;
    out->filter.count = to.count;
    return code;
}

static enum mr_code read_mode(const struct mr_json *value,
                              struct search_request *out, struct mr_err *err)
{
    if (search_mode_of(mr_json_text(value), &out->mode))
        return MR_OK;
    return mr_fail(err, MR_E_INVALID,
                   "\"mode\" should be hybrid, dense or keyword");
}

static enum mr_code read_token(const struct mr_json *value,
                               struct search_request *out, struct mr_err *err)
{
    out->at_least = mr_json_text(value);
    if (out->at_least.data != NULL)
        return MR_OK;
    return mr_fail(err, MR_E_INVALID,
                   "\"at_least\" should be a token that a write answered with");
}

static enum mr_code read_member(struct mr_span key, const struct mr_json *value,
                                struct mr_arena *arena,
                                struct search_request *out, struct mr_err *err)
{
    if (mr_span_equal(key, mr_span_str("query")))
        return read_query(value, out, err);
    if (mr_span_equal(key, mr_span_str("mode")))
        return read_mode(value, out, err);
    if (mr_span_equal(key, mr_span_str("top_k")))
        return read_count(value, "top_k", 1, &out->top_k, err);
    if (mr_span_equal(key, mr_span_str("per_document")))
        return read_count(value, "per_document", 0, &out->per_document, err);
    if (mr_span_equal(key, mr_span_str("filter")))
        return read_filter(value, arena, out, err);
    if (mr_span_equal(key, mr_span_str("explain")))
        return read_flag(value, "explain", &out->explain, err);
    if (mr_span_equal(key, mr_span_str("exact")))
        return read_flag(value, "exact", &out->exact, err);
    if (mr_span_equal(key, mr_span_str("exact_stats")))
        return read_flag(value, "exact_stats", &out->exact_stats, err);
    if (mr_span_equal(key, mr_span_str("draft")))
        return read_flag(value, "draft", &out->draft, err);
    if (mr_span_equal(key, mr_span_str("at_least")))
        return read_token(value, out, err);
    return mr_fail(
        err, MR_E_INVALID,
        "\"%.*s\" is not known here; known are: query, mode, top_k, "
        "per_document, filter, explain, exact, exact_stats, draft, at_least",
        MR_SPAN_ARG(key));
}

enum mr_code search_request_parse(const struct mr_json *body,
                                  struct mr_arena *arena,
                                  struct search_request *out,
                                  struct mr_err *err)
{
    enum mr_code code = MR_OK;

    if (body == NULL || mr_json_kind(body) != MR_JSON_OBJECT)
        return mr_fail(err, MR_E_INVALID,
                       "the body should be an object with \"query\"");
    for (size_t i = 0; code == MR_OK && i < mr_json_size(body); i++) {
        struct mr_span key;
        const struct mr_json *value = mr_json_member(body, i, &key);

        code = read_member(key, value, arena, out, err);
    }
    if (code == MR_OK && out->query.data == NULL)
        return read_query(NULL, out, err);
    return code;
}
