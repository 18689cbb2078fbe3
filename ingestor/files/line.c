// SPDX-License-Identifier: Apache-2.0
/*
 * line.c - see line.h.
 */
#include "ingestor/files/line.h"

#include "common/document/document_json.h"

static enum mr_code id_of(const struct mr_json *json, struct mr_span *out,
                          struct mr_err *err)
{
    const char *key = mr_json_get(json, "id") != NULL ? "id" : "_id";
    enum mr_code code =
        document_json_text(json, key, MR_ID_BYTES_MAX, out, err);

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

enum mr_code line_read(const struct mr_json *json, struct mr_arena *arena,
                       struct mr_raw *raw, struct line_document *out,
                       struct mr_err *err)
{
    static const char *const known[] = { "id",    "_id", "text",     "html",
                                         "title", "url", "metadata", "time",
                                         "owner", "acl" };
    enum mr_code code;

    *out = (struct line_document){ 0 };
    if (mr_json_kind(json) != MR_JSON_OBJECT)
        return mr_fail(err, MR_E_INVALID, "it is %s, should be an object",
                       mr_json_kind_name(mr_json_kind(json)));
    out->unknown =
        document_json_unknown(json, known, sizeof(known) / sizeof(known[0]));
    code = id_of(json, &out->id, err);
    if (code == MR_OK)
        code = document_json_put(json, arena, raw, err);
    return code;
}
