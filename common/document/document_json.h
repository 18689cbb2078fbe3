// SPDX-License-Identifier: Apache-2.0
/*
 * document_json.h - a document or a patch in JSON as a raw message.
 *
 *   put    {"text" or "html", "title", "url", "metadata", "time", "owner",
 *           "acl"}
 *   patch  {"metadata", "owner", "acl"}: null removes a key of metadata
 *
 * In a put null is the same as nothing.  Members that are not known here are
 * left alone: whoever reads decides about them.
 *
 * Memory:  what is read borrows the parsed JSON or lies in the arena.
 * Threads: any.
 * I/O:     none.
 */
#ifndef COMMON_DOCUMENT_DOCUMENT_JSON_H
#define COMMON_DOCUMENT_DOCUMENT_JSON_H

#include "common/json/json.h"
#include "common/wire/raw.h"

/* Fills kind, access, time and put of `out`; the id is the caller's.
 * MR_E_INVALID with words for whoever wrote it. */
MR_MUST_CHECK enum mr_code document_json_put(const struct mr_json *json,
                                             struct mr_arena *arena,
                                             struct mr_raw *out,
                                             struct mr_err *err);

/* Fills kind, access and patch of `out`. */
MR_MUST_CHECK enum mr_code document_json_patch(const struct mr_json *json,
                                               struct mr_arena *arena,
                                               struct mr_raw *out,
                                               struct mr_err *err);

/* A member that is a text; absent when it is missing or null.  MR_E_INVALID:
 * of another kind, or longer. */
MR_MUST_CHECK enum mr_code document_json_text(const struct mr_json *json,
                                              const char *key, size_t bytes_max,
                                              struct mr_span *out,
                                              struct mr_err *err);

/* The first member that is not among `known`, absent if there is none. */
struct mr_span document_json_unknown(const struct mr_json *json,
                                     const char *const *known, size_t count);

#endif
