// SPDX-License-Identifier: Apache-2.0
/*
 * document_request.c - see document_request.h.
 */
#include "retriever/request/document_request.h"

#include "common/document/document_json.h"

static enum mr_code check_keys(const struct mr_json *body,
                               const char *const *known, size_t count,
                               const char *hint, struct mr_err *err)
{
    struct mr_span unknown;

    if (body == NULL || mr_json_kind(body) != MR_JSON_OBJECT)
        return mr_fail(err, MR_E_INVALID, "the body should be an object: %s",
                       hint);
    unknown = document_json_unknown(body, known, count);
    if (unknown.data != NULL)
        return mr_fail(err, MR_E_INVALID,
                       "\"%.*s\" is not known here; known are: %s",
                       MR_SPAN_ARG(unknown), hint);
    return MR_OK;
}

enum mr_code document_request_put(const struct mr_json *body,
                                  struct mr_arena *arena, struct mr_raw *out,
                                  struct mr_err *err)
{
    static const char *const known[] = { "text",     "html", "title", "url",
                                         "metadata", "time", "owner", "acl" };
    enum mr_code code =
        check_keys(body, known, sizeof(known) / sizeof(known[0]),
                   "text or html, title, url, metadata, time, owner, acl", err);

    if (code == MR_OK)
        code = document_json_put(body, arena, out, err);
    return code;
}

enum mr_code document_request_patch(const struct mr_json *body,
                                    struct mr_arena *arena, struct mr_raw *out,
                                    struct mr_err *err)
{
    static const char *const known[] = { "metadata", "owner", "acl" };
    enum mr_code code =
        check_keys(body, known, sizeof(known) / sizeof(known[0]),
                   "metadata, owner, acl", err);

    if (code == MR_OK)
        code = document_json_patch(body, arena, out, err);
    if (code == MR_OK && out->patch.metadata.count == 0 &&
        !out->patch.has_access)
        return mr_fail(err, MR_E_INVALID,
                       "a patch needs \"metadata\", \"owner\" or \"acl\"");
    return code;
}
