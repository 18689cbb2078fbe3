// SPDX-License-Identifier: Apache-2.0
/*
 * raw.h - the message on `raw`: what somebody wants of a document.
 *
 * The key of the record is the id, its offset makes the version.
 */
#ifndef COMMON_WIRE_RAW_H
#define COMMON_WIRE_RAW_H

#include "common/wire/types.h"

struct mr_raw_put {
    struct mr_span content_type; /* "text/html", "text/plain", ... */
    struct mr_span charset;      /* as told by the transport, or absent */
    struct mr_payload body;
    struct mr_span title; /* given by the source, or absent */
    struct mr_span url;
    struct mr_pairs metadata;
};

struct mr_raw_patch {
    struct mr_pairs metadata; /* replaces the keys named, null removes */
    bool has_access;
};

struct mr_raw_delete {
    /* A sweep deletes only what this source owns and what is older than
     * `before`, a version; absent and 0 for a person's delete, which is
     * unconditional. */
    struct mr_span source;
    uint64_t before;
};

struct mr_raw {
    struct mr_span id;
    enum mr_kind kind;     /* put, delete or patch */
    int64_t time_ms;       /* event time, 0: that of the append */
    struct mr_span source; /* "api", or the name of a configured source */
    uint32_t source_rank;  /* lower wins among duplicates */
    enum mr_lane lane;
    struct mr_access access;
    struct mr_raw_put put;
    struct mr_raw_patch patch;
    struct mr_raw_delete del;
};

MR_MUST_CHECK enum mr_code mr_raw_encode(const struct mr_raw *raw,
                                         struct mr_arena *arena,
                                         struct mr_span *out,
                                         struct mr_err *err);

/* MR_E_CORRUPT, MR_E_LIMIT: poison. MR_E_CONFIG: an unknown major version. */
MR_MUST_CHECK enum mr_code mr_raw_parse(struct mr_span bytes,
                                        struct mr_arena *arena,
                                        struct mr_raw *out, struct mr_err *err);

#endif
