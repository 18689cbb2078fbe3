// SPDX-License-Identifier: Apache-2.0
/*
 * document_request.h - bodies of PUT and PATCH on documents, as raw messages.
 *
 * PUT    {"text" or "html", "title", "url", "metadata", "time", "owner",
 *         "acl"}
 * PATCH  {"metadata", "owner", "acl"}: null removes a key of metadata.
 *
 * An unknown member is refused by name, so that a typing error does not lose
 * data in silence.
 *
 * Memory:  what is read borrows the parsed JSON or lies in the arena.
 * Threads: any.  I/O: none.
 */
#ifndef RETRIEVER_REQUEST_DOCUMENT_REQUEST_H
#define RETRIEVER_REQUEST_DOCUMENT_REQUEST_H

#include "common/json/json.h"
#include "common/wire/raw.h"

/* Fills kind, access, time and put of `out`; the id is the caller's.
 * MR_E_INVALID with words for whoever sent it. */
MR_MUST_CHECK enum mr_code document_request_put(const struct mr_json *body,
                                                struct mr_arena *arena,
                                                struct mr_raw *out,
                                                struct mr_err *err);

MR_MUST_CHECK enum mr_code document_request_patch(const struct mr_json *body,
                                                  struct mr_arena *arena,
                                                  struct mr_raw *out,
                                                  struct mr_err *err);

#endif
