// SPDX-License-Identifier: Apache-2.0
/*
 * document_json.c - see document_json.h.
 */
#include "common/document/document_json.h"

#include <math.h>

#include "common/base/mr_time.h"

enum mr_code document_json_text(const struct mr_json *json, const char *key,
                                size_t bytes_max, struct mr_span *out,
                                struct mr_err *err)
{
    const struct mr_json *value = mr_json_get(json, key);

    *out = (struct mr_span){ 0 };
    if (value == NULL || mr_json_kind(value) == MR_JSON_NULL)
        return MR_OK;
    *out = mr_json_text(value);
    if (out->data == NULL)
        return mr_fail(err, MR_E_INVALID, "\"%s\" is %s, should be a text", key,
                       mr_json_kind_name(mr_json_kind(value)));
    if (out->size > bytes_max)
        return mr_fail(err, MR_E_INVALID, "\"%s\" has %zu bytes, at most %zu",
                       key, out->size, bytes_max);
    return MR_OK;
}

struct mr_span document_json_unknown(const struct mr_json *json,
                                     const char *const *known, size_t count)
{
    for (size_t i = 0; i < mr_json_size(json); i++) {
        struct mr_span key;
        bool found = false;

        (void)mr_json_member(json, i, &key);
        for (size_t k = 0; k < count && !found; k++)
            found = mr_span_equal(key, mr_span_str(known[k]));
        if (!found)
            return key;
    }
    return (struct mr_span){ 0 };
}

/* One value of metadata.  *skip: null in a put, which is nothing. */
static enum mr_code pair_of(struct mr_span key, const struct mr_json *value,
                            bool patch, struct mr_pair *out, bool *skip,
                            struct mr_err *err)
{
    *out = (struct mr_pair){ .key = key };
    *skip = false;
    switch (mr_json_kind(value)) {
    case MR_JSON_TEXT:
        out->kind = MR_VALUE_TEXT;
        out->text = mr_json_text(value);
        if (key.size + out->text.size <= MR_PAIR_BYTES_MAX)
            return MR_OK;
        return mr_fail(err, MR_E_INVALID,
                       "metadata \"%.*s\" has %zu bytes, at most %u",
                       MR_SPAN_ARG(key), out->text.size, MR_PAIR_BYTES_MAX);
    case MR_JSON_NUMBER:
        out->kind = MR_VALUE_NUMBER;
        out->number = mr_json_number(value, 0);
        return MR_OK;
    case MR_JSON_BOOL:
        out->kind = MR_VALUE_FLAG;
        out->flag = mr_json_bool(value, false);
        return MR_OK;
    case MR_JSON_NULL:
        out->kind = MR_VALUE_NULL;
        *skip = !patch;
        return MR_OK;
    case MR_JSON_ARRAY:
    case MR_JSON_OBJECT:
        break;
    }
    return mr_fail(err, MR_E_INVALID,
                   "metadata \"%.*s\" is %s, should be a text, a number, a "
                   "boolean, or a list of those",
                   MR_SPAN_ARG(key), mr_json_kind_name(mr_json_kind(value)));
}

struct collector {
    struct mr_arena *arena;
    struct mr_pairs *pairs;
    bool patch;
};

static enum mr_code add_pair(struct collector *to, struct mr_span key,
                             const struct mr_json *value, struct mr_err *err)
{
    struct mr_pair pair;
    enum mr_code code;
    bool skip;

    if (to->pairs->count == MR_PAIRS_MAX)
        return mr_fail(err, MR_E_INVALID, "more than %u values of metadata",
                       MR_PAIRS_MAX);
    code = pair_of(key, value, to->patch, &pair, &skip, err);
    if (code == MR_OK && !skip)
        to->pairs->items[to->pairs->count++] = pair;
    return code;
}

static enum mr_code add_member(struct collector *to, struct mr_span key,
                               const struct mr_json *value, struct mr_err *err)
{
    enum mr_code code = MR_OK;

    if (key.size == 0 || key.data[0] == '$')
        return mr_fail(err, MR_E_INVALID,
                       "metadata \"%.*s\": a key may not be empty or begin "
                       "with \"$\"",
                       MR_SPAN_ARG(key));
    if (mr_json_kind(value) != MR_JSON_ARRAY)
        return add_pair(to, key, value, err);
    for (size_t i = 0; code == MR_OK && i < mr_json_size(value); i++)
        code = add_pair(to, key, mr_json_at(value, i), err);
    return code;
}

static enum mr_code metadata_of(const struct mr_json *json, bool patch,
                                struct mr_arena *arena, struct mr_pairs *out,
                                struct mr_err *err)
{
    const struct mr_json *metadata = mr_json_get(json, "metadata");
    struct collector to = { .arena = arena, .pairs = out, .patch = patch };
    enum mr_code code = MR_OK;

    *out = (struct mr_pairs){ 0 };
    if (metadata == NULL || mr_json_kind(metadata) == MR_JSON_NULL)
        return MR_OK;
    if (mr_json_kind(metadata) != MR_JSON_OBJECT)
        return mr_fail(err, MR_E_INVALID,
                       "\"metadata\" is %s, should be an "
                       "object",
                       mr_json_kind_name(mr_json_kind(metadata)));
    out->items = mr_arena_calloc(arena, MR_PAIRS_MAX, sizeof(*out->items));
    for (size_t i = 0; code == MR_OK && i < mr_json_size(metadata); i++) {
        struct mr_span key;
        const struct mr_json *value = mr_json_member(metadata, i, &key);

        code = add_member(&to, key, value, err);
    }
    if (code == MR_OK)
        mr_pairs_sort(out);
    return code;
}

/* *given: it says something about access. */
static enum mr_code access_of(const struct mr_json *json,
                              struct mr_arena *arena, struct mr_access *out,
                              bool *given, struct mr_err *err)
{
    const struct mr_json *acl = mr_json_get(json, "acl");
    enum mr_code code =
        document_json_text(json, "owner", MR_ID_BYTES_MAX, &out->owner, err);

    *given = acl != NULL || mr_json_get(json, "owner") != NULL;
    if (code != MR_OK || acl == NULL || mr_json_kind(acl) == MR_JSON_NULL)
        return code;
    if (mr_json_kind(acl) != MR_JSON_ARRAY || mr_json_size(acl) > MR_ACL_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "\"acl\" should be an array of at most %u texts",
                       MR_ACL_MAX);
    out->principals =
        mr_arena_calloc(arena, mr_json_size(acl), sizeof(*out->principals));
    for (size_t i = 0; i < mr_json_size(acl); i++) {
        struct mr_span name = mr_json_text(mr_json_at(acl, i));

        /* Left out, it would open the document to everybody. */
        if (name.size == 0 || name.size > MR_ID_BYTES_MAX)
            return mr_fail(err, MR_E_INVALID,
                           "\"acl\"[%zu] should be a text of 1 to %u bytes", i,
                           MR_ID_BYTES_MAX);
        out->principals[out->principal_count++] = name;
    }
    return MR_OK;
}

static enum mr_code time_of(const struct mr_json *json, int64_t *out,
                            struct mr_err *err)
{
    const struct mr_json *value = mr_json_get(json, "time");
    double number;

    *out = 0;
    if (value == NULL || mr_json_kind(value) == MR_JSON_NULL)
        return MR_OK;
    if (mr_json_kind(value) == MR_JSON_TEXT &&
        mr_time_parse(mr_json_text(value), out))
        return MR_OK;
    number = mr_json_number(value, NAN);
    if (isfinite(number) && fabs(number) < 8e15) {
        *out = (int64_t)number;
        return MR_OK;
    }
    return mr_fail(err, MR_E_INVALID,
                   "\"time\" should be a text such as 2026-01-31T12:00:00Z, or "
                   "milliseconds since 1970");
}

static enum mr_code body_of(const struct mr_json *json, struct mr_raw_put *put,
                            struct mr_err *err)
{
    struct mr_span text;
    struct mr_span html;
    enum mr_code code = document_json_text(json, "text", SIZE_MAX, &text, err);

    if (code == MR_OK)
        code = document_json_text(json, "html", SIZE_MAX, &html, err);
    if (code != MR_OK)
        return code;
    if ((text.data == NULL) == (html.data == NULL))
        return mr_fail(err, MR_E_INVALID,
                       "a document needs \"text\" or \"html\", one of them");
    put->content_type =
        mr_span_str(text.data != NULL ? "text/plain" : "text/html");
    put->charset = mr_span_str("utf-8");
    put->body.bytes = text.data != NULL ? text : html;
    return MR_OK;
}

enum mr_code document_json_put(const struct mr_json *json,
                               struct mr_arena *arena, struct mr_raw *out,
                               struct mr_err *err)
{
    enum mr_code code = body_of(json, &out->put, err);
    bool given;

    out->kind = MR_KIND_PUT;
    if (code == MR_OK)
        code = document_json_text(json, "title", MR_TITLE_BYTES_MAX,
                                  &out->put.title, err);
    if (code == MR_OK)
        code = document_json_text(json, "url", MR_URL_BYTES_MAX, &out->put.url,
                                  err);
    if (code == MR_OK)
        code = metadata_of(json, false, arena, &out->put.metadata, err);
    if (code == MR_OK)
        code = time_of(json, &out->time_ms, err);
    if (code == MR_OK)
        code = access_of(json, arena, &out->access, &given, err);
    return code;
}

enum mr_code document_json_patch(const struct mr_json *json,
                                 struct mr_arena *arena, struct mr_raw *out,
                                 struct mr_err *err)
{
    enum mr_code code =
        metadata_of(json, true, arena, &out->patch.metadata, err);

    out->kind = MR_KIND_PATCH;
    if (code == MR_OK)
        code =
            access_of(json, arena, &out->access, &out->patch.has_access, err);
    return code;
}
