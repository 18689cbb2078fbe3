// SPDX-License-Identifier: Apache-2.0
/*
 * verdict.h - the message on `verdicts`: what became of a document, and why.
 *
 * One for every message on `signatures`, and again when a verdict flips.
 */
#ifndef COMMON_WIRE_VERDICT_H
#define COMMON_WIRE_VERDICT_H

#include "common/wire/types.h"

struct mr_verdict {
    struct mr_span id;
    uint64_t version;         /* of the newest put, patch or delete */
    uint64_t content_version; /* of the newest put */
    enum mr_doc_state state;
    struct mr_reason reason;
    int64_t time_ms; /* of what caused it */

    /* The patch of `version`, when that is one; admit folds it in. */
    bool is_patch;
    struct mr_pairs patch;
    bool has_access;
    struct mr_access access;

    struct mr_span config; /* fingerprint of the policy used */
};

MR_MUST_CHECK enum mr_code mr_verdict_encode(const struct mr_verdict *verdict,
                                             struct mr_arena *arena,
                                             struct mr_span *out,
                                             struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_verdict_parse(struct mr_span bytes,
                                            struct mr_arena *arena,
                                            struct mr_verdict *out,
                                            struct mr_err *err);

#endif
