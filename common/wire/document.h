// SPDX-License-Identifier: Apache-2.0
/*
 * document.h - the message on `documents`: what is live, and why what is not
 * is not.
 *
 * A document that is not live travels as a tombstone: state and reason, title
 * and URL, no text and no passages.
 */
#ifndef COMMON_WIRE_DOCUMENT_H
#define COMMON_WIRE_DOCUMENT_H

#include "common/wire/clean.h"
#include "common/wire/types.h"

/* What made this record: `why` tells it. */
struct mr_lineage {
    uint64_t clean_offset;
    uint64_t verdict_offset;
    struct mr_span clean_config;
    struct mr_span curate_config;
};

struct mr_document {
    struct mr_span id;
    uint64_t version;
    uint64_t content_version;
    enum mr_doc_state state;
    struct mr_reason reason;
    int64_t time_ms;
    struct mr_span source;
    enum mr_lane lane; /* 0 in a tombstone whose put was never seen */
    struct mr_access access;
    struct mr_span title;
    struct mr_span url;
    struct mr_pairs metadata;
    struct mr_span language;
    struct mr_signals signals;
    struct mr_payload text;
    struct mr_passages passages;
    struct mr_span source_map;
    struct mr_lineage lineage;
};

MR_MUST_CHECK enum mr_code mr_document_encode(
    const struct mr_document *document, struct mr_arena *arena,
    struct mr_span *out, struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_document_parse(struct mr_span bytes,
                                             struct mr_arena *arena,
                                             struct mr_document *out,
                                             struct mr_err *err);

#endif
