// SPDX-License-Identifier: Apache-2.0
/*
 * dead.h - the message on `dead`: an input that failed for good.
 */
#ifndef COMMON_WIRE_DEAD_H
#define COMMON_WIRE_DEAD_H

#include "common/wire/types.h"

struct mr_dead {
    struct mr_span id; /* the record's key, any bytes */
    struct mr_span stage;
    struct mr_span topic; /* whole name, and the place in it */
    uint32_t partition;
    uint64_t offset;
    uint64_t version;
    struct mr_span code; /* mr_code_name() */
    struct mr_span error;
    int64_t time_ms;         /* of the input: stages know no other */
    struct mr_payload value; /* the bytes that failed */
};

MR_MUST_CHECK enum mr_code mr_dead_encode(const struct mr_dead *dead,
                                          struct mr_arena *arena,
                                          struct mr_span *out,
                                          struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_dead_parse(struct mr_span bytes,
                                         struct mr_arena *arena,
                                         struct mr_dead *out,
                                         struct mr_err *err);

#endif
