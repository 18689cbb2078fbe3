// SPDX-License-Identifier: Apache-2.0
/*
 * clean.h - the message on `clean`: a put as normalised text with passages.
 *
 * Made of one raw record by a pure function.  The null value stands for an
 * unconditional delete.
 */
#ifndef COMMON_WIRE_CLEAN_H
#define COMMON_WIRE_CLEAN_H

#include "common/wire/types.h"

/* A stretch of the text that is found, cited and labelled as one. */
struct mr_passage {
    struct mr_hash128 id;    /* hash of (document id, ordinal, text) */
    uint32_t start;          /* bytes into the normalised text */
    uint32_t end;            /* first byte after it */
    struct mr_span headings; /* "A > B", the path of headings; or absent */
};

struct mr_passages {
    struct mr_passage *items; /* in order of start */
    size_t count;
};

struct mr_clean {
    struct mr_span id;
    uint64_t version; /* and content version: it is a put */
    int64_t time_ms;
    struct mr_span source;
    enum mr_lane lane;
    struct mr_access access;
    struct mr_span title;
    struct mr_span url;
    struct mr_pairs metadata;
    struct mr_payload text;  /* UTF-8, NFC */
    struct mr_span language; /* BCP 47, or absent when unknown */
    struct mr_signals signals;
    struct mr_passages passages;
    struct mr_span source_map; /* see text/source_map.h; absent: identity */
    struct mr_span config;     /* fingerprint of the configuration used */
};

MR_MUST_CHECK enum mr_code mr_clean_encode(const struct mr_clean *clean,
                                           struct mr_arena *arena,
                                           struct mr_span *out,
                                           struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_clean_parse(struct mr_span bytes,
                                          struct mr_arena *arena,
                                          struct mr_clean *out,
                                          struct mr_err *err);

#endif
