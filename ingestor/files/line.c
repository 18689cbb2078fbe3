// SPDX-License-Identifier: Apache-2.0
/*
 * line.c - see line.h.
 */
#include "ingestor/files/line.h"

#include <math.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_time.h"

static enum mr_code text_of(const struct mr_json *json, const char *key,
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

static bool is_known(struct mr_span key)
{
    static const char *const known[] = { "id",    "_id", "text",     "html",
                                         "title", "url", "metadata", "time",
                                         "owner", "acl" };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (mr_span_equal(key, mr_span_str(known[i])))
            return true;
    }
    return false;
}

static enum mr_code id_of(const struct mr_json *json, struct mr_span *out,
                          struct mr_err *err)
{
    const char *key = mr_json_get(json, "id") != NULL ? "id" : "_id";
    enum mr_code code = text_of(json, key, MR_ID_BYTES_MAX, out, err);

    if (code != MR_OK || out->data == NULL)
        return code;
    if (out->size == 0)
        return mr_fail(err, MR_E_INVALID, "\"%s\" is empty", key);
    for (size_t i = 0; i < out->size; i++) {
        if (out->data[i] < 0x20 || out->data[i] == 0x7F)
            return mr_fail(err, MR_E_INVALID,
                           "\"%s\" has a control character at byte %zu", key,
                           i);
    }
    return MR_OK;
}

static enum mr_code body_of(const struct mr_json *json, struct mr_raw_put *put,
                            struct mr_err *err)
{
    struct mr_span text = { 0 };
    struct mr_span html = { 0 };
    enum mr_code code = text_of(json, "text", SIZE_MAX, &text, err);

    if (code == MR_OK)
        code = text_of(json, "html", SIZE_MAX, &html, err);
    if (code != MR_OK)
        return code;
    if ((text.data != NULL) == (html.data != NULL))
        return mr_fail(err, MR_E_INVALID,
                       "a document needs \"text\" or \"html\", one of them");
    put->content_type =
        mr_span_str(text.data != NULL ? "text/plain" : "text/html");
    put->charset = mr_span_str("utf-8");
    put->body.bytes = text.data != NULL ? text : html;
    return MR_OK;
}

static enum mr_code add_pair(struct mr_pairs *to, struct mr_span key,
                             const struct mr_json *value, struct mr_err *err)
{
    struct mr_pair pair = { .key = key };

    MR_ASSERT(to->items != NULL);
    if (to->count == MR_PAIRS_MAX)
        return mr_fail(err, MR_E_INVALID, "more than %u values of metadata",
                       MR_PAIRS_MAX);
    switch (mr_json_kind(value)) {
    case MR_JSON_NULL:
        return MR_OK;
    case MR_JSON_TEXT:
        pair.kind = MR_VALUE_TEXT;
        pair.text = mr_json_text(value);
        break;
    case MR_JSON_NUMBER:
        pair.kind = MR_VALUE_NUMBER;
        pair.number = mr_json_number(value, 0);
        break;
    case MR_JSON_BOOL:
        pair.kind = MR_VALUE_FLAG;
        pair.flag = mr_json_bool(value, false);
        break;
    case MR_JSON_ARRAY:
    case MR_JSON_OBJECT:
        return mr_fail(err, MR_E_INVALID,
                       "metadata \"%.*s\" is %s, should be a text, a number, a "
                       "boolean, or a list of those",
                       MR_SPAN_ARG(key),
                       mr_json_kind_name(mr_json_kind(value)));
    }
    if (key.size + pair.text.size > MR_PAIR_BYTES_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "metadata \"%.*s\" has %zu bytes, at most %u",
                       MR_SPAN_ARG(key), pair.text.size, MR_PAIR_BYTES_MAX);
    to->items[to->count++] = pair;
    return MR_OK;
}

static enum mr_code metadata_of(const struct mr_json *json,
                                struct mr_arena *arena, struct mr_pairs *out,
                                struct mr_err *err)
{
    const struct mr_json *metadata = mr_json_get(json, "metadata");
    enum mr_code code = MR_OK;

    *out = (struct mr_pairs){ 0 };
    if (metadata == NULL || mr_json_kind(metadata) == MR_JSON_NULL)
        return MR_OK;
    if (mr_json_kind(metadata) != MR_JSON_OBJECT)
        return mr_fail(err, MR_E_INVALID,
                       "\"metadata\" is %s, should be an object",
                       mr_json_kind_name(mr_json_kind(metadata)));
    if (mr_json_size(metadata) > 0)
        out->items = mr_arena_calloc(arena, MR_PAIRS_MAX, sizeof(*out->items));
    for (size_t i = 0; code == MR_OK && i < mr_json_size(metadata); i++) {
        struct mr_span key;
        const struct mr_json *value = mr_json_member(metadata, i, &key);

        if (key.size == 0 || key.data[0] == '$')
            return mr_fail(err, MR_E_INVALID,
                           "metadata \"%.*s\": a key may not be empty or "
                           "begin with \"$\"",
                           MR_SPAN_ARG(key));
        if (mr_json_kind(value) != MR_JSON_ARRAY)
            code = add_pair(out, key, value, err);
        for (size_t k = 0;
             code == MR_OK && mr_json_kind(value) == MR_JSON_ARRAY &&
             k < mr_json_size(value);
             k++)
            code = add_pair(out, key, mr_json_at(value, k), err);
    }
    return code;
}

static enum mr_code time_of(const struct mr_json *json, int64_t *out,
                            struct mr_err *err)
{
    const struct mr_json *value = mr_json_get(json, "time");
    double number;

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

static enum mr_code access_of(const struct mr_json *json,
                              struct mr_arena *arena, struct mr_access *out,
                              struct mr_err *err)
{
    const struct mr_json *acl = mr_json_get(json, "acl");
    size_t count = mr_json_size(acl);
    enum mr_code code =
        text_of(json, "owner", MR_ID_BYTES_MAX, &out->owner, err);

    if (code != MR_OK || acl == NULL || mr_json_kind(acl) == MR_JSON_NULL)
        return code;
    if (mr_json_kind(acl) != MR_JSON_ARRAY || count > MR_ACL_MAX)
        return mr_fail(err, MR_E_INVALID,
                       "\"acl\" should be an array of at most %u texts",
                       MR_ACL_MAX);
    out->principals = mr_arena_calloc(arena, count, sizeof(*out->principals));
    out->principal_count = count;
    for (size_t i = 0; i < count; i++) {
        out->principals[i] = mr_json_text(mr_json_at(acl, i));
        /* Left out, it would open the document to everybody. */
        if (out->principals[i].size == 0 ||
            out->principals[i].size > MR_ID_BYTES_MAX)
            return mr_fail(err, MR_E_INVALID,
                           "\"acl\"[%zu] should be a text of 1 to %u bytes", i,
                           MR_ID_BYTES_MAX);
    }
    return MR_OK;
}

enum mr_code line_read(const struct mr_json *json, struct mr_arena *arena,
                       struct mr_raw *raw, struct line_document *out,
                       struct mr_err *err)
{
    enum mr_code code;

    *out = (struct line_document){ 0 };
    if (mr_json_kind(json) != MR_JSON_OBJECT)
        return mr_fail(err, MR_E_INVALID, "it is %s, should be an object",
                       mr_json_kind_name(mr_json_kind(json)));
    for (size_t i = 0; i < mr_json_size(json); i++) {
        struct mr_span key;

        (void)mr_json_member(json, i, &key);
        if (!is_known(key))
            out->unknown = key;
    }
    code = id_of(json, &out->id, err);
    if (code == MR_OK)
        code = body_of(json, &raw->put, err);
    if (code == MR_OK)
        code = text_of(json, "title", MR_TITLE_BYTES_MAX, &raw->put.title, err);
    if (code == MR_OK)
        code = text_of(json, "url", MR_URL_BYTES_MAX, &raw->put.url, err);
    if (code == MR_OK)
        code = metadata_of(json, arena, &raw->put.metadata, err);
    if (code == MR_OK)
        code = time_of(json, &raw->time_ms, err);
    if (code == MR_OK)
        code = access_of(json, arena, &raw->access, err);
    return code;
}
