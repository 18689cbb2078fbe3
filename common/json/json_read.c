// SPDX-License-Identifier: Apache-2.0
/*
 * json_read.c - reading, see json.h.
 *
 * A struct mr_json is a json_t by another name: nothing is copied.
 */
#include "common/json/json.h"

#include <jansson.h>

#include "common/base/mr_assert.h"

static const json_t *tree(const struct mr_json *value)
{
    return (const json_t *)value;
}

static const struct mr_json *wrap(const json_t *value)
{
    return (const struct mr_json *)value;
}

const char *mr_json_kind_name(enum mr_json_kind kind)
{
    switch (kind) {
    case MR_JSON_NULL:
        return "null";
    case MR_JSON_BOOL:
        return "a boolean";
    case MR_JSON_NUMBER:
        return "a number";
    case MR_JSON_TEXT:
        return "a text";
    case MR_JSON_ARRAY:
        return "an array";
    case MR_JSON_OBJECT:
        return "an object";
    }
    MR_UNREACHABLE();
}

/* Nesting, counted before jansson sees it: it recurses. */
static bool too_deep(struct mr_span text)
{
    unsigned depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];

        if (quoted && byte == '\\')
            i++;
        else if (byte == '"')
            quoted = !quoted;
        else if (!quoted && (byte == '{' || byte == '['))
            depth++;
        else if (!quoted && (byte == '}' || byte == ']') && depth > 0)
            depth--;
        if (depth > MR_JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

enum mr_code mr_json_parse(struct mr_span text, struct mr_json **out,
                           struct mr_err *err)
{
    json_error_t error;
    json_t *root;

    *out = NULL;
    if (text.size == 0)
        return mr_fail(err, MR_E_CORRUPT, "json: nothing there");
    if (too_deep(text))
        return mr_fail(err, MR_E_CORRUPT, "json: nested deeper than %u",
                       MR_JSON_DEPTH_MAX);
    root = json_loadb((const char *)text.data, text.size,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
                      &error);
    if (root == NULL)
        return mr_fail(err, MR_E_CORRUPT, "json: line %d, column %d: %s",
                       error.line, error.column, error.text);
    *out = (struct mr_json *)root;
    return MR_OK;
}

void mr_json_free(struct mr_json *root)
{
    json_decref((json_t *)root);
}

enum mr_json_kind mr_json_kind(const struct mr_json *value)
{
    switch (json_typeof(tree(value))) {
    case JSON_OBJECT:
        return MR_JSON_OBJECT;
    case JSON_ARRAY:
        return MR_JSON_ARRAY;
    case JSON_STRING:
        return MR_JSON_TEXT;
    case JSON_INTEGER:
    case JSON_REAL:
        return MR_JSON_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return MR_JSON_BOOL;
    case JSON_NULL:
        return MR_JSON_NULL;
    }
    MR_UNREACHABLE();
}

const struct mr_json *mr_json_get(const struct mr_json *object, const char *key)
{
    return wrap(json_object_get(tree(object), key));
}

size_t mr_json_size(const struct mr_json *value)
{
    if (json_is_object(tree(value)))
        return json_object_size(tree(value));
    return json_array_size(tree(value));
}

const struct mr_json *mr_json_at(const struct mr_json *array, size_t nth)
{
    return wrap(json_array_get(tree(array), nth));
}

/* jansson's iterators want a mutable object and do not change it. */
static json_t *mutable_tree(const struct mr_json *value)
{
    union {
        const struct mr_json *from;
        json_t *to;
    } cast = { .from = value };

    return cast.to;
}

const struct mr_json *mr_json_member(const struct mr_json *object, size_t nth,
                                     struct mr_span *key)
{
    json_t *members = mutable_tree(object);
    void *at = json_object_iter(members);

    for (size_t i = 0; at != NULL && i < nth; i++)
        at = json_object_iter_next(members, at);
    if (at == NULL)
        return NULL;
    *key = mr_span(json_object_iter_key(at), json_object_iter_key_len(at));
    return wrap(json_object_iter_value(at));
}

struct mr_span mr_json_text(const struct mr_json *value)
{
    if (!json_is_string(tree(value)))
        return (struct mr_span){ 0 };
    return mr_span(json_string_value(tree(value)),
                   json_string_length(tree(value)));
}

double mr_json_number(const struct mr_json *value, double fallback)
{
    return json_is_number(tree(value)) ? json_number_value(tree(value))
                                       : fallback;
}

bool mr_json_bool(const struct mr_json *value, bool fallback)
{
    return json_is_boolean(tree(value)) ? json_is_true(tree(value)) : fallback;
}
