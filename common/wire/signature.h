// SPDX-License-Identifier: Apache-2.0
/*
 * signature.h - the message on `signatures`: what a verdict needs, no text.
 *
 * One for every record on `raw`, of every kind; at most
 * MR_SIGNATURE_BYTES_MAX with a patch, 600 bytes and the id without.
 */
#ifndef COMMON_WIRE_SIGNATURE_H
#define COMMON_WIRE_SIGNATURE_H

#include "common/wire/types.h"

#define MR_MINHASH_ROWS 128u

/* Without a patch, besides the id: beyond it an encoder says MR_E_LIMIT.  About
 * 350 bytes are fixed; a signal takes 6 bytes and its name for a whole number,
 * 12 and its name for others, so there is room for some 12 of them. */
#define MR_SIGNATURE_BYTES_USUAL 600u
/* An encoder cuts what is longer. */
#define MR_REJECT_VALUE_BYTES_MAX    64u
#define MR_SIGNATURE_ERROR_BYTES_MAX 384u

struct mr_signature {
    struct mr_span id;
    uint64_t version;
    enum mr_kind kind;
    int64_t time_ms; /* event time, else the append time on raw */
    struct mr_span source;
    uint32_t source_rank;
    uint64_t access_hash; /* put; patch with has_access */

    /* put */
    struct mr_hash128 text_hash;
    uint16_t minhash[MR_MINHASH_ROWS]; /* when has_minhash */
    bool has_minhash;                  /* false for texts too short */
    struct mr_signals signals;
    struct mr_span reject_rule; /* clean refuses the text; else absent */
    struct mr_span reject_value;

    /* patch */
    struct mr_pairs patch;
    bool has_access;
    struct mr_access access; /* when has_access */

    /* delete, see mr_raw_delete */
    struct mr_span sweep_source;
    uint64_t sweep_before;

    /* failed */
    struct mr_span error;
};

MR_MUST_CHECK enum mr_code mr_signature_encode(
    const struct mr_signature *signature, struct mr_arena *arena,
    struct mr_span *out, struct mr_err *err);
MR_MUST_CHECK enum mr_code mr_signature_parse(struct mr_span bytes,
                                              struct mr_arena *arena,
                                              struct mr_signature *out,
                                              struct mr_err *err);

#endif
