// SPDX-License-Identifier: Apache-2.0
/*
 * filter.c - see filter.h.
 */
#include "indexer/shard/filter.h"

#include <string.h>

#include "common/base/mr_assert.h"

/* <0, 0, >0; *comparable false for values of different kinds. */
static int compare(const struct mr_pair *a, const struct mr_pair *b,
                   bool *comparable)
{
    *comparable = a->kind == b->kind;
    if (!*comparable)
        return 0;
    switch (a->kind) {
    case MR_VALUE_TEXT:
        return mr_span_compare(a->text, b->text);
    case MR_VALUE_NUMBER:
        return (a->number > b->number) - (a->number < b->number);
    case MR_VALUE_FLAG:
        return (int)a->flag - (int)b->flag;
    case MR_VALUE_NULL:
        return 0;
    }
    MR_UNREACHABLE();
}

/* Whether one value of the document meets the condition. */
static bool value_meets(const struct index_condition *condition,
                        const struct mr_pair *value)
{
    for (size_t i = 0; i < condition->value_count; i++) {
        bool comparable;
        int order = compare(value, &condition->values[i], &comparable);

        if (!comparable)
            continue;
        switch (condition->op) {
        case INDEX_OP_IN:
        case INDEX_OP_NOT_IN:
            if (order == 0)
                return true;
            break;
        case INDEX_OP_GT:
            return order > 0;
        case INDEX_OP_GTE:
            return order >= 0;
        case INDEX_OP_LT:
            return order < 0;
        case INDEX_OP_LTE:
            return order <= 0;
        case INDEX_OP_EXISTS:
            return true;
        }
    }
    return condition->op == INDEX_OP_EXISTS;
}

/* The document's own fact that a "$" key names, as a value. */
static bool own_value(const struct table_doc *doc, struct mr_span key,
                      struct mr_pair *out)
{
    *out = (struct mr_pair){ .key = key, .kind = MR_VALUE_TEXT };
    if (mr_span_equal(key, mr_span_str("$id")))
        out->text = doc->id;
    else if (mr_span_equal(key, mr_span_str("$source")))
        out->text = doc->source;
    else if (mr_span_equal(key, mr_span_str("$language")))
        out->text = mr_span_str(doc->language);
    return out->text.size > 0;
}

static bool condition_meets(const struct index_condition *condition,
                            const struct table_doc *doc)
{
    bool met = false;

    if (condition->key.size > 0 && condition->key.data[0] == '$') {
        struct mr_pair value;

        met = own_value(doc, condition->key, &value) &&
              value_meets(condition, &value);
    } else {
        for (size_t i = 0; i < doc->pair_count && !met; i++)
            met = mr_span_equal(doc->pairs[i].key, condition->key) &&
                  value_meets(condition, &doc->pairs[i]);
    }
    return condition->op == INDEX_OP_NOT_IN ? !met : met;
}

static bool may_see(const struct index_filter *filter,
                    const struct table_doc *doc)
{
    if (filter->principals == NULL || doc->principal_count == 0)
        return true;
    for (size_t i = 0; i < doc->principal_count; i++) {
        for (size_t k = 0; k < filter->principal_count; k++) {
            if (mr_span_equal(doc->principals[i], filter->principals[k]))
                return true;
        }
    }
    return false;
}

bool filter_meets(const struct index_filter *filter,
                  const struct table_doc *doc)
{
    if (!may_see(filter, doc))
        return false;
    for (size_t i = 0; i < filter->count; i++) {
        if (!condition_meets(&filter->conditions[i], doc))
            return false;
    }
    return true;
}
