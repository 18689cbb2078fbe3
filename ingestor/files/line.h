// SPDX-License-Identifier: Apache-2.0
/*
 * line.h - a line of JSONL as a document.
 *
 *   {"id", "text" or "html", "title", "url", "metadata", "time", "owner",
 *    "acl"}
 *
 * "_id" is taken for "id".  All but text or html may be missing.  Members are
 * as in PUT /v1/documents/{id}; unknown ones are left out and told.
 *
 * Memory:  what is read borrows the parsed JSON or lies in the arena.
 * Threads: any.  I/O: none.
 */
#ifndef INGESTOR_FILES_LINE_H
#define INGESTOR_FILES_LINE_H

#include "common/json/json.h"
#include "common/wire/raw.h"

struct line_document {
    struct mr_span id;      /* absent when it has none */
    struct mr_span unknown; /* the name of a member that was left out */
};

/* Fills time, access and put of `raw`.  MR_E_INVALID: says what is wrong. */
MR_MUST_CHECK enum mr_code line_read(const struct mr_json *json,
                                     struct mr_arena *arena, struct mr_raw *raw,
                                     struct line_document *out,
                                     struct mr_err *err);

#endif
