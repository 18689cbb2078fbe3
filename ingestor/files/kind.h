// SPDX-License-Identifier: Apache-2.0
/*
 * kind.h - what a file is, by its name; and the ids of what is in it.
 *
 * Memory:  ids live in the caller's arena.  Threads: any.  I/O: none.
 */
#ifndef INGESTOR_FILES_KIND_H
#define INGESTOR_FILES_KIND_H

#include <stdint.h>

#include "common/base/mr_arena.h"
#include "common/base/mr_span.h"
#include "common/base/mr_status.h"

enum file_kind {
    FILE_OTHER, /* not read */
    FILE_HTML,
    FILE_MARKDOWN,
    FILE_TEXT,
    FILE_JSONL, /* a document a line */
};

/* By the ending of the name, capitals or not. */
enum file_kind file_kind_of(struct mr_span path);

/* "text/html", "text/markdown", "text/plain"; static.  Of the three only. */
const char *file_kind_content(enum file_kind kind);

/* Whether a path has a part that begins with ".". */
bool file_is_hidden(struct mr_span path);

/*
 * "<source>:<path>", or "<source>:<path>#<line>" when `line` is not 0, into
 * the arena.  MR_E_INVALID: the path is no UTF-8, holds control characters or
 * makes an id of more than 512 bytes.
 */
MR_MUST_CHECK enum mr_code file_id(const char *source, struct mr_span path,
                                   uint64_t line, struct mr_arena *arena,
                                   struct mr_span *out, struct mr_err *err);

#endif
