// SPDX-License-Identifier: Apache-2.0
/*
 * record.h - what admission remembers of a document: where its newest text
 * lies, and its newest verdict with the patches folded in.
 *
 *   record := format:u8 (1)  flags:u8
 *             offset:varint version:varint          when TEXT
 *             offset:varint bytes (verdict.proto)   when VERDICT, to the end
 *
 * The text itself stays in `clean` and is fetched by its offset.  The record
 * of a deleted document holds no metadata, some 60 bytes beside the id.
 *
 * Memory:  what a parsed record points to lives in the bytes given and the
 *          arena.
 * Threads: plain values.
 * I/O:     none.
 */
#ifndef PREPROCESSOR_ADMIT_RECORD_H
#define PREPROCESSOR_ADMIT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/verdict.h"

struct admit_record {
    struct mr_span id; /* the key */

    bool has_text;
    bool text_gone; /* a null came behind it: of use for a tombstone only */
    uint64_t text_offset; /* in `clean` */
    uint64_t text_version;

    bool has_verdict;
    uint64_t verdict_offset; /* in `verdicts` */
    /* Newest; its patch and access are those of all patches since the put. */
    struct mr_verdict verdict;
};

/* True when the text is the one that the verdict is about. */
static inline bool admit_record_agrees(const struct admit_record *record)
{
    return record->has_text && record->has_verdict &&
           record->text_version == record->verdict.content_version;
}

/* MR_E_LIMIT: the patches are more than a document may have. */
MR_MUST_CHECK enum mr_code admit_record_encode(
    const struct admit_record *record, struct mr_arena *arena,
    struct mr_span *out, struct mr_err *err);

/* An absent `bytes` gives an empty record. MR_E_DAMAGED: they are no record. */
MR_MUST_CHECK enum mr_code admit_record_parse(struct mr_span id,
                                              struct mr_span bytes,
                                              struct mr_arena *arena,
                                              struct admit_record *out,
                                              struct mr_err *err);

#endif
