// SPDX-License-Identifier: Apache-2.0
/*
 * path.h - where a value is in a record of somebody else's topic.
 *
 *   $key              the record's key, a text
 *   $header.NAME      a header, a text
 *   $.meta.ids[0]     in the value: members by dots, items by brackets
 *   meta.ids.0        the same
 *   /meta/ids/0       the same as a JSON pointer (RFC 6901: ~1 is "/")
 *   $                 the value as a whole
 *
 * Memory:  a parsed path lives in the caller's arena.  Threads: plain values.
 * I/O:     none.
 */
#ifndef INGESTOR_FOREIGN_PATH_H
#define INGESTOR_FOREIGN_PATH_H

#include "common/base/mr_arena.h"
#include "common/json/json.h"

#define FOREIGN_STEPS_MAX 32u

enum foreign_origin {
    FOREIGN_NOWHERE, /* no path was given */
    FOREIGN_VALUE,
    FOREIGN_KEY,
    FOREIGN_HEADER,
};

struct foreign_path {
    const char *text; /* as it was written */
    enum foreign_origin origin;
    const char *header;
    const char **steps; /* of a value */
    size_t step_count;
};

/* The value of a record as trees. */
struct foreign_tree {
    struct mr_json *root; /* owned */
    struct mr_json *data; /* owned; NULL, or what "data" means instead of the
                             root's member */
};

void foreign_tree_free(struct foreign_tree *tree);

/* `what` is the key of the configuration that holds it, for messages.
 * MR_E_INVALID: it is no path. */
MR_MUST_CHECK enum mr_code foreign_path_parse(const char *what,
                                              const char *text,
                                              struct mr_arena *arena,
                                              struct foreign_path *out,
                                              struct mr_err *err);

/* What lies at a path of origin FOREIGN_VALUE; NULL: nothing. */
const struct mr_json *foreign_path_find(const struct foreign_path *path,
                                        const struct foreign_tree *tree);

#endif
